"""Reads a dialogue: a conversation written down as text. See tests/dialogues/README.md."""
import dataclasses
import pathlib

DIRECTIVES = ("as", "soap", "setting", "secured", "password", "wait", "restart", "header", ">", "<")


@dataclasses.dataclass
class Step:
    """One directive and the block of XML under it."""
    line: int
    verb: str
    words: list
    block: str = ""


@dataclasses.dataclass
class Script:
    path: pathlib.Path
    title: str
    steps: list

    def settings(self):
        """Settings that the server must be started with."""
        return [" ".join(step.words) for step in self.steps if step.verb == "setting"]


    def secured(self):
        """Fields that metadata must call secured, each as Entity.field."""
        return [step.words[0] for step in self.steps if step.verb == "secured"]


class ScriptError(Exception):
    """A dialogue that cannot be read."""


def read_block(lines, index):
    """The lines from index to the next empty line or turn, and the index after them."""
    begin = index
    while index < len(lines) and lines[index].strip() and not is_turn(lines[index]):
        index += 1
    return "\n".join(lines[begin:index]), index


def is_answer(line):
    """An answer begins with an arrow of its own: "<" alone or before a blank."""
    return line == "<" or line.startswith("< ")


def is_turn(line):
    return line == ">" or line.startswith("> ") or is_answer(line)


def first_word(line):
    if is_turn(line):
        return line[0]
    word = line.split(" ", 1)[0].rstrip()
    return word if word in DIRECTIVES else None


def read(path):
    """The script in a file. What is neither directive nor XML below one is prose."""
    path = pathlib.Path(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or first_word(lines[0]):
        raise ScriptError(f"{path}:1: the first line says in words what happens.")
    steps, index = [], 1
    while index < len(lines):
        verb = first_word(lines[index])
        if verb is None:
            if lines[index].startswith((" ", "<", ">")):
                raise ScriptError(f"{path}:{index + 1}: this XML belongs to no message.")
            index += 1
            continue
        step = Step(index + 1, verb, lines[index].split()[1:])
        index += 1
        if verb in (">", "<", "header"):
            step.block, index = read_block(lines, index)
        steps.append(step)
    return Script(path, lines[0], steps)
