#!/usr/bin/python3
"""Files of at most 1,000 lines, functions of at most 60; one sentence a breach.

Functions are found as clang-format leaves them: a brace alone in the first column opens and
closes a body. Tables are exempt, and so are generated files, which are not in git.
"""
import subprocess
import sys

FILE_MOST, FUNCTION_MOST = 1000, 60
PATTERNS = ("*.c", "*.h", "*.cpp", "*.py", "*.sh", "*.js", "*.php", "*.pl", "*.java", "*.cs", "*.mk")


def long_functions(path, lines):
    """Bodies of C that are too long, as sentences."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_MOST:
                yield f"{path}:{begin}: this function has {number - begin - 1} lines of {FUNCTION_MOST}."
            begin = None


def breaches():
    names = subprocess.run(["git", "ls-files", *PATTERNS], capture_output=True, text=True, check=True)
    for path in names.stdout.splitlines():
        try:
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            continue
        if len(lines) > FILE_MOST:
            yield f"{path}:{FILE_MOST}: this file has {len(lines)} lines of {FILE_MOST}."
        if path.endswith((".c", ".h", ".cpp")):
            yield from long_functions(path, lines)


found = list(breaches())
print("\n".join(found))
sys.exit(bool(found))
