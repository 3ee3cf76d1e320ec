"""Counts what passed and failed, and says it as every test here does."""
import sys


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, name, is_loud=False):
        self.passed += 1
        if is_loud:
            print(f"ok {name}", flush=True)

    def fail(self, name, reason):
        self.failed += 1
        print(f"not ok {name}: {reason}", flush=True)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"skip {name}: {reason}", flush=True)

    def check(self, name, complaint):
        """Passes when there is no complaint."""
        self.fail(name, complaint) if complaint else self.ok(name)

    def end(self):
        """Prints the last line and leaves with the status that it means."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        sys.exit(1 if self.failed else 0)
