"""Endpoints that toolkits make of /soap/Notification?wsdl: the programs of toolkits/, started and ended here."""
import json
import os
import pathlib
import shutil
import subprocess

from svyaz import wire
from svyaz.ports import is_answered, start_on_some
from svyaz.server import ROOT

HERE = pathlib.Path(__file__).resolve().parent / "toolkits"
PATIENCE = 60


def install_node_soap():
    """The npm package that tests/clients uses, in the same place."""
    pinned = ROOT / "tests" / "clients" / "node-soap"
    modules = ROOT / "build" / "node-modules" / "node-soap"
    modules.mkdir(parents=True, exist_ok=True)
    lock = modules / "package-lock.json"
    if not (modules / "node_modules").is_dir() or lock.read_bytes() != (pinned / "package-lock.json").read_bytes():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(pinned / name, modules)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=modules, check=True, capture_output=True, timeout=600)
    shutil.copy(HERE / "endpoint.js", modules)
    return modules


def start_php(toolkit):
    return ["php", "-d", "soap.wsdl_cache_enabled=0", "-S", f"127.0.0.1:{toolkit.port}", HERE / "endpoint.php"]


def start_node(toolkit):
    return ["node", install_node_soap() / "endpoint.js", toolkit.wsdl, toolkit.notes, str(toolkit.port)]


class Toolkit:
    """One endpoint of a toolkit. Use it in a with statement; notes has a line for each change that it was told."""

    def __init__(self, folder, url, start):
        self.folder, self.server_url, self.start = pathlib.Path(folder), url, start
        self.folder.mkdir(parents=True, exist_ok=True)
        self.wsdl, self.notes = self.folder / "Notification.wsdl", self.folder / "notes"
        self.process, self.port = None, 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def changes(self):
        return [json.loads(line) for line in self.notes.read_text().splitlines()]

    def start_at(self, port):
        self.port = port
        self.notes.write_text("")
        document = wire.send(f"{self.server_url}/soap/Notification?wsdl").body.decode()
        self.wsdl.write_text(document.replace(f"{self.server_url}/soap/Notification", self.url))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(self.start(self), stdout=log, stderr=log, cwd=self.folder,
                                            env=os.environ | {"WSDL": str(self.wsdl), "NOTES": str(self.notes)})
        return is_answered(self.process, "127.0.0.1", port)

    def __enter__(self):
        start_on_some(self.start_at)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
