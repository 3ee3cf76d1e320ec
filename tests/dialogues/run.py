#!/usr/bin/python3
"""Plays the dialogues, each against a fresh server.   run.py [--program FILE] [DIALOGUE...]

Without names: all of them, and then every_entity.py. Operations that were asked for are noted in
build/check-logs/touched for untouched.py.
"""
import argparse
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE))
import every_entity  # noqa: E402
from svyaz import script, stage  # noqa: E402
from svyaz.contract import Contract  # noqa: E402
from svyaz.server import ROOT, Server, hold_folder  # noqa: E402
from svyaz.tally import Tally  # noqa: E402

WORK = ROOT / "build" / "dialogues"
TOUCHED = ROOT / "build" / "check-logs" / "touched"


def secured_metadata(folder, names):
    """A copy of metadata/ in which these fields are secured; the setting that names it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "metadata", folder)
    for entity, field in (name.split(".") for name in names):
        for path in (folder / "entities").glob("*.xml"):
            text = path.read_text(encoding="utf-8")
            if f' name="{entity}" ' in text:
                path.write_text(text.replace(f'<field name="{field}" ',
                                             f'<field name="{field}" secured="true" '), encoding="utf-8")
    return f"metadata.dir={folder}"


def play(path, program, template, contract, touched):
    """Why a dialogue fails; None when it comes true."""
    try:
        written = script.read(path)
    except script.ScriptError as reason:
        return str(reason)
    settings = written.settings()
    if written.secured():
        settings.append(secured_metadata(WORK / f"{path.stem}-metadata", written.secured()))
    server = Server(WORK / path.stem, program, settings)
    server.bootstrap(template)
    try:
        with server:
            contract.url = server.url
            actor = stage.Stage(server, contract, touched)
            actor.play(written)
            actor.check_answered()
    except (stage.Failure, RuntimeError, OSError) as reason:
        return f"{reason}\n{server.report()}".rstrip()
    return server.report() or None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", default="build/check/crmd")
    arguments.add_argument("dialogues", nargs="*", type=pathlib.Path)
    chosen = arguments.parse_args()
    paths = chosen.dialogues or sorted(HERE.glob("*/*.dialogue"))

    lock = hold_folder(WORK)
    tally, touched = Tally(), set()
    template = Server(WORK / "template", chosen.program)
    template.bootstrap()
    with template:
        contract = Contract(template.url)
    for path in paths:
        name = str(path.resolve().relative_to(HERE))
        tally.check(name, play(path, chosen.program, template.folder, contract, touched))
    if not chosen.dialogues:
        every_entity.run(tally, touched, chosen.program, template.folder, WORK / "every-entity")
        TOUCHED.parent.mkdir(parents=True, exist_ok=True)
        TOUCHED.write_text("\n".join(sorted(touched)) + "\n")
    lock.close()
    tally.end()


main()
