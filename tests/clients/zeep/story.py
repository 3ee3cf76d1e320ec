"""The story of ../story.md told by zeep."""
import datetime
import decimal
import sys

import zeep

URL, USER, PASSWORD, TAG = sys.argv[1:5]
NAME = f"ООО «Ромашка & Ко» <{TAG}>"
PHONE = "+7 495 000-11-22"
LIMIT = decimal.Decimal("1234567.89")
BORN = datetime.date(1985, 5, 17)


def tell(step, *findings):
    """Prints how a step went; a finding is (what, value that came, value expected)."""
    wrong = [f"{what} is {came!r} instead of {expected!r}"
             for what, came, expected in findings if came != expected]
    print(f"not ok {step}: {'; '.join(wrong)}" if wrong else f"ok {step}", flush=True)


class Service:
    """A service whose operations are called with the session's token in the header."""

    def __init__(self, name, token=None):
        self.client = zeep.Client(f"{URL}/soap/{name}?wsdl")
        self.namespace = f"urn:svyaz:crm:1:{name}"
        self.headers = {"Session": {"token": token}} if token else None

    def __getattr__(self, operation):
        call = getattr(self.client.service, operation)
        return lambda **parameters: call(**parameters, _soapheaders=self.headers)

    def many(self, name, *items):
        """An ArrayOfX: its one child has the name that the schema gives it."""
        array = self.client.get_type(f"{{{self.namespace}}}ArrayOf{name}")
        return {array.elements[0][0]: list(items)}

    def fault_of(self, operation, **parameters):
        """Code and field of the typed detail of the fault that a call ends in."""
        try:
            getattr(self, operation)(**parameters)
        except zeep.exceptions.Fault as fault:
            element = self.client.get_element(f"{{{self.namespace}}}CrmFault")
            detail = element.parse(fault.detail[0], self.client.wsdl.types)
            return detail.code, detail.field
        return "no fault", None


def values_of(account):
    return (("name", account.name, NAME), ("accountNumber", account.accountNumber, TAG),
            ("creditLimit", account.creditLimit, LIMIT))


session = Service("Session").Login(userName=USER, password=PASSWORD, application="zeep")
tell("login", ("token", bool(session.token), True))
accounts = Service("Account", session.token)
contacts = Service("Contact", session.token)
batches = Service("Batch", session.token)

created = accounts.CreateAccount(account={
    "name": NAME, "accountNumber": TAG, "creditLimit": LIMIT, "numberOfEmployees": 42,
    "telephone1": PHONE})
tell("create", ("created", created.created, True), ("id", len(created.id), 36))

account = accounts.RetrieveAccount(id=created.id)
tell("retrieve", *values_of(account), ("numberOfEmployees", account.numberOfEmployees, 42),
     ("telephone1", account.telephone1, PHONE))

person = contacts.CreateContact(contact={
    "firstName": "Мария", "lastName": f"Ёлкина {TAG}", "birthDate": BORN,
    "parentCustomer": {"entity": "Account", "id": created.id}})
contact = contacts.RetrieveContact(id=person.id)
customer = contact.parentCustomer
tell("reference", ("birthDate", contact.birthDate, BORN), ("lastName", contact.lastName, f"Ёлкина {TAG}"),
     ("entity", customer.entity, "Account"), ("id", customer.id, created.id),
     ("name", customer.name, NAME))

accounts.UpdateAccount(account={"id": created.id, "numberOfEmployees": 43})
changed = accounts.RetrieveAccount(id=created.id)
tell("update", *values_of(changed), ("numberOfEmployees", changed.numberOfEmployees, 43),
     ("telephone1", changed.telephone1, PHONE),
     ("version is higher", changed.version > account.version, True))

accounts.UpdateAccount(account={
    "id": created.id, "fieldsToNull": accounts.many("String", "telephone1")})
changed = accounts.RetrieveAccount(id=created.id)
tell("null", *values_of(changed), ("numberOfEmployees", changed.numberOfEmployees, 43),
     ("telephone1", changed.telephone1, None))

ids = [contacts.CreateContact(contact={"firstName": "Пётр", "lastName": f"{TAG}-{i}"}).id
       for i in range(1, 6)]
query = {
    "columns": contacts.many("String", "lastName"),
    "filter": {"type": "and", "conditions": contacts.many(
        "Condition",
        {"field": "lastName", "operator": "like", "values": contacts.many("String", f"{TAG}-%")},
        {"field": "firstName", "operator": "eq", "values": contacts.many("String", "Пётр")})},
    "orders": contacts.many("Order", {"field": "lastName", "descending": True}),
    "pageSize": 2}
names, pages, more = [], 0, True
while more and pages < 9:
    page = contacts.RetrieveMultipleContact(query=query)
    rows = getattr(page.contacts, next(iter(page.contacts)))
    names += [row.lastName for row in rows]
    pages, more, query["cookie"] = pages + 1, page.more, page.nextCookie
tell("query", ("names", names, [f"{TAG}-{i}" for i in range(5, 0, -1)]), ("pages", pages, 3))

done = batches.ExecuteBatch(rows=batches.many(
    "BatchRow",
    {"tag": "customer", "operation": "create", "entity": "Account", "fields": batches.many(
        "BatchField", {"name": "name", "value": f"{TAG} batch"})},
    {"operation": "create", "entity": "Contact", "fields": batches.many(
        "BatchField", {"name": "lastName", "value": f"{TAG} batch"},
        {"name": "parentCustomer", "resultOf": "customer"})}), allOrNone=True)
results = getattr(done.rows, next(iter(done.rows)))
tell("batch", ("succeeded", done.succeeded, 2), ("tag", results[0].rowTag, "customer"))

tell("fault", ("code and field", accounts.fault_of("CreateAccount", account={"name": "Ы" * 5000}),
               ("VALUE_TOO_LONG", "name")))

contacts.DeleteContact(id=ids[0])
tell("delete", ("code", contacts.fault_of("RetrieveContact", id=ids[0])[0], "RECORD_NOT_FOUND"))

print(f"wrote Account {created.id}\nwrote Contact {person.id}\ndeleted Contact {ids[0]}")
print(f"batched Account {results[0].id}\nbatched Contact {results[1].id}")
