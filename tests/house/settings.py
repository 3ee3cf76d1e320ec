#!/usr/bin/python3
"""Every setting is read by some code: one that nobody reads promises what does not hold.   settings.py"""
import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]

FILES = ("settings.xml", "connector-settings.xml")

# What a pointer to one section of the settings may be called, beside the name of the section.
POINTERS = ("settings", "settings_of", "given")


def main():
    code = "".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.c")) if path.parent.name != "generate")
    read = set(re.findall(r"\b(?=([a-z_]+)(?:\([a-z]*\))?(?:\.|->)([a-z_]+)\b)", code))
    sections = [section for name in FILES for section in xml.etree.ElementTree.parse(ROOT / "metadata" / name).getroot()]
    unread = [f"{section.get('name')}.{setting.get('key')}" for section in sections for setting in section.iter("setting")
              if not any((name, setting.get("key")) in read for name in (section.get("name"), *POINTERS))]
    for name in unread:
        print(f"{name} is read by no code.")
    sys.exit(1 if unread else 0)


main()
