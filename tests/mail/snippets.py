"""What src/apps/mail/README.md tells administrators to write and to run, cut out of it as it stands."""
import re

from svyaz.server import ROOT

README = ROOT / "src" / "apps" / "mail" / "README.md"
# `/etc/file`, in brackets which of several; then the block.
BLOCK = re.compile(r"`(/(?:etc|bin)/[^`]+)`(?: \((\w+)\))?:\n\n```\n(.*?)```", re.S)


def read():
    """{(file, which): text}; which is empty where the page has one block for the file."""
    return {(file, which): text for file, which, text in BLOCK.findall(README.read_text())}
