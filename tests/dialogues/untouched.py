#!/usr/bin/python3
"""Fails for every operation of the contract that no test asked for.

Reads what run.py noted in build/check-logs/touched, and wsdl/operations.csv.
"""
import csv
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
from svyaz.tally import Tally  # noqa: E402


def main():
    touched = set((ROOT / "build/check-logs/touched").read_text().split())
    tally = Tally()
    with open(ROOT / "wsdl/operations.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["operation"]
            tally.check(name, None if name in touched else "no test asks for it")
    tally.end()


main()
