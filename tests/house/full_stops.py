#!/usr/bin/python3
"""Messages of faults and errors are sentences without a final full stop.   full_stops.py [--mend]

Every text in src that is a sentence counts, but for documentation, pages, hints, and what the
generator writes.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Documentation in the contract; pages for people and operators.
EXEMPT_FILES = {"soap/wire_fixed.c", "soap/wire_record.c", "server/admin.c", "server/answer.c"}
EXEMPT_FOLDER = "generate/"
EXEMPT_TEXTS = {
    "Check that the certificate names this host, and that its authority is trusted.",  # a hint
}
PIECE = r'"((?:[^"\\\n]|\\.)*)"'
TEXT = re.compile(rf"(?:{PIECE}\s*)+")


def find(path):
    """The sentences of a file that end with a full stop, as (offset of the stop, line, text)."""
    source = path.read_text(encoding="utf-8")
    for match in TEXT.finditer(source):
        pieces = list(re.finditer(PIECE, match[0]))
        text = "".join(piece[1] for piece in pieces)
        if " " in text and re.search(r"[^.]\.$", text) and text not in EXEMPT_TEXTS:
            yield match.start() + pieces[-1].end() - 2, source.count("\n", 0, match.start()) + 1, text


def mend(path):
    source = path.read_text(encoding="utf-8")
    for offset, _, _ in reversed(list(find(path))):
        source = source[:offset] + source[offset + 1:]
    path.write_text(source, encoding="utf-8")


def main():
    count = 0
    for path in sorted((ROOT / "src").rglob("*.c")):
        name = str(path.relative_to(ROOT / "src"))
        if name in EXEMPT_FILES or name.startswith(EXEMPT_FOLDER):
            continue
        if sys.argv[1:] == ["--mend"]:
            mend(path)
        for _, line, text in find(path):
            print(f"{path.relative_to(ROOT)}:{line}: a message ends with a full stop: {text}")
            count += 1
    sys.exit(1 if count else 0)


main()
