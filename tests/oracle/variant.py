"""A copy of metadata/ in which relations cascade otherwise and some fields are secured, by a seed.

The standard metadata would show the rules in one form only; here each server has its own.
"""
import shutil

from lxml import etree

import catalog
from catalog import NAMESPACE

CASCADES = ("all", "active", "userOwned", "none")
MANY = 4  # secured fields of one entity, at most, and a lookup
# Types that a field security profile can be tried with.
SECURABLE = ("string", "memo", "integer", "decimal", "money", "boolean", "date", "choice", "lookup")


def terms_of_computed(roots):
    """Names that computed fields are made from: they would make those secured as well."""
    return {name for root in roots for computed in root.iter(f"{NAMESPACE}computed")
            for term in computed.iter() for words in term.attrib.values() for name in words.split()}


def vary_cascades(root, random):
    if root.get("ownership") != "user":
        return
    for relation in root.iter(f"{NAMESPACE}relation"):
        if relation.get("parental") != "true" and random.random() < 0.8:
            continue
        share = random.choice(CASCADES)
        for name, value in (("reparent", random.choice(CASCADES)), ("share", share), ("unshare", share),
                            ("assign", random.choice(CASCADES))):
            relation.set(name, value)


def secure_fields(root, random, excluded):
    names = {root.get("nameField", "name")} | {
        name for key in root.iterfind(f"{NAMESPACE}key") for name in key.get("fields").split()} | excluded
    free = [field for field in root.iterfind(f"{NAMESPACE}field")
            if field.get("type") in SECURABLE and field.get("name") not in names
            and field.get("required") != "true" and field.get("secret") != "true"
            and field.find(f"{NAMESPACE}computed") is None
            and field.find(f"{NAMESPACE}relation[@parental='true']") is None]
    lookups = [field for field in free if field.get("type") == "lookup"]  # links go by them
    for field in random.sample(free, min(MANY, len(free))) + random.sample(lookups, min(1, len(lookups))):
        field.set("secured", "true")


# Entities of the access model itself keep the form that the platform needs.
FIXED = ("BusinessUnit", "SystemUser", "Team", "Role", "FieldSecurityProfile", "TransactionCurrency")


def make(source, folder, random):
    """Writes the copy and answers what it says."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    paths = sorted(folder.glob("entities/*.xml"))
    trees = {path: etree.parse(path) for path in paths}
    excluded = terms_of_computed([tree.getroot() for tree in trees.values()])
    for path, tree in trees.items():
        if tree.getroot().get("name") not in FIXED:
            vary_cascades(tree.getroot(), random)
            secure_fields(tree.getroot(), random, excluded)
            tree.write(path, encoding="UTF-8", xml_declaration=True)
    return catalog.read(folder)
