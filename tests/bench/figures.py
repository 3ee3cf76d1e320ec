"""The figures of a run, each with what it has to reach."""
import sys


class Figures:
    def __init__(self):
        self.rows = []

    def note(self, text):
        """A figure that nothing is asked of."""
        print(f"   {text}", flush=True)

    def at_most(self, name, value, limit, unit=""):
        self.add(name, value, "at most", limit, unit, value <= limit)

    def at_least(self, name, value, limit, unit=""):
        self.add(name, value, "at least", limit, unit, value >= limit)

    def add(self, name, value, comparison, limit, unit, is_reached):
        text = f"{name}: {value:.3g}{unit}, {comparison} {limit:.3g}{unit}"
        self.rows.append((text, is_reached))
        print(f"   {'ok    ' if is_reached else 'short '} {text}", flush=True)

    def missing(self, part, reason):
        self.rows.append((f"{part} was not measured: {reason}", False))
        print(f"   {part} was not measured: {reason}", flush=True)

    def end(self):
        """Says again what falls short, and leaves with the status that it means."""
        short = [text for text, is_reached in self.rows if not is_reached]
        for text in short:
            print(f"short: {text}")
        print(f"{len(self.rows) - len(short)} passed, {len(short)} failed, 0 skipped")
        sys.exit(1 if short else 0)
