#!/usr/bin/python3
"""Reads what a client wrote by raw HTTP and compares it with the story.

   read_back.py URL USER PASSWORD TAG     the client's output on standard input
"""
import decimal
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from svyaz import wire  # noqa: E402

URL, USER, PASSWORD, TAG = sys.argv[1:5]


def read(entity, identifier):
    """Text of every field, a reference's as id; or the code of the fault."""
    reply = wire.call(URL, entity, f"Retrieve{entity}", f"<id>{identifier}</id>",
                      headers=wire.basic(USER, PASSWORD))
    fault = reply.fault()
    if fault is not None:
        return fault.get("code", "a fault without code")
    return {field.tag.rpartition("}")[2]: field.findtext("{*}id") if len(field) else field.text
            for field in reply.message()[0]}


def differences(record, expected):
    if isinstance(record, str):
        return f"the server answers {record}"
    wrong = []
    for field, value in expected.items():
        came = record.get(field)
        if isinstance(value, decimal.Decimal) and came is not None:
            came = decimal.Decimal(came)
        if came != value:
            wrong.append(f"{field} is {came!r} instead of {value!r}")
    return "; ".join(wrong)


def main():
    words = [line.split() for line in sys.stdin if line.startswith(("wrote ", "deleted ", "batched ", "limit "))]
    left = {tuple(word[:-1]): word[-1] for word in words}
    limit = decimal.Decimal(left.get(("limit",), "1234567.89"))
    account = left.get(("wrote", "Account"), "")
    checks = {
        "account": (left.get(("wrote", "Account")), "Account", {
            "name": f"ООО «Ромашка & Ко» <{TAG}>", "accountNumber": TAG,
            "creditLimit": limit, "numberOfEmployees": "43",
            "telephone1": None}),
        "contact": (left.get(("wrote", "Contact")), "Contact", {
            "firstName": "Мария", "lastName": f"Ёлкина {TAG}", "birthDate": "1985-05-17",
            "parentCustomer": account}),
        "batched": (left.get(("batched", "Contact")), "Contact", {
            "lastName": f"{TAG} batch",
            "parentCustomer": left.get(("batched", "Account"), "")}),
        "deleted": (left.get(("deleted", "Contact")), "Contact", "RECORD_NOT_FOUND"),
    }
    for name, (identifier, entity, expected) in checks.items():
        if identifier is None:
            print(f"not ok read-back-{name}: the client told no id")
            continue
        record = read(entity, identifier)
        if isinstance(expected, str):
            complaint = "" if record == expected else f"the server answers {record}"
        else:
            complaint = differences(record, expected)
        print(f"not ok read-back-{name}: {complaint}" if complaint else f"ok read-back-{name}")


main()
