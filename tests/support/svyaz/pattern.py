"""Compares an answer with a pattern: XML in which a text may be a word in braces.

{name} remembers the text under that name, or must equal what was remembered. {any}, {uuid},
{moment} and {number} take any text of that kind. `...` between elements stands for any others.
"""
import re
from xml.sax.saxutils import escape

from lxml import etree

KINDS = {
    "any": r".*",
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z",
    "number": r"-?\d+(\.\d+)?",
}
WORD = re.compile(r"\{(\w+)\}")
MORE = "..."


class Mismatch(Exception):
    """Says where an answer differs from the pattern."""


def fill_in(text, memory):
    """A request with its words in braces replaced by what was remembered."""
    def value(found):
        if found[1] not in memory:
            raise Mismatch(f"nothing is remembered as {found[1]}")
        return escape(memory[found[1]])
    return WORD.sub(value, text)


def name(element):
    return etree.QName(element).localname


def parse(block):
    """The pattern's elements, with `...` as text between them."""
    return etree.fromstring(f"<pattern>{block}</pattern>")


def match_text(expected, came, memory, where):
    expected, came = expected or "", came or ""
    found = WORD.fullmatch(expected.strip())
    if not found:
        if expected != came:
            raise Mismatch(f"{where} is {came!r} instead of {expected!r}")
        return
    word = found[1]
    if word in KINDS:
        if not re.fullmatch(KINDS[word], came, re.S):
            raise Mismatch(f"{where} is {came!r} and no {word}")
    elif memory.setdefault(word, came) != came:
        raise Mismatch(f"{where} is {came!r} instead of {memory[word]!r} ({word})")


def items(pattern):
    """Elements of a pattern in order, and MORE where others may be."""
    found = [MORE] if MORE in (pattern.text or "") else []
    for child in pattern:
        if isinstance(child.tag, str):
            found.append(child)
        if MORE in (child.tail or ""):
            found.append(MORE)
    return found


def match(pattern, came, memory, where=""):
    """Compares two elements with all that is in them; raises Mismatch."""
    wanted = items(pattern)
    if not wanted and not len(came):
        match_text(pattern.text, came.text, memory, where)
        return
    children = [child for child in came if isinstance(child.tag, str)]
    position, may_skip = 0, False
    for item in wanted:
        if item is MORE:
            may_skip = True
            continue
        while may_skip and position < len(children) and name(children[position]) != item.tag:
            position += 1
        if position == len(children):
            raise Mismatch(f"{where}/{item.tag} is missing")
        if name(children[position]) != item.tag:
            raise Mismatch(f"{where}/{name(children[position])} stands where {item.tag} is expected")
        match(item, children[position], memory, f"{where}/{item.tag}")
        position, may_skip = position + 1, False
    if position < len(children) and not may_skip:
        raise Mismatch(f"{where}/{name(children[position])} is not expected")
