"""The story of ../story.md told by suds."""
import datetime
import decimal
import sys

import suds.cache
import suds.client

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
        self.client = suds.client.Client(f"{URL}/soap/{name}?wsdl", cache=suds.cache.NoCache())
        if token:
            header = self.client.factory.create("Session")
            header.token = token
            self.client.set_options(soapheaders=header)

    def __getattr__(self, operation):
        return getattr(self.client.service, operation)

    def make(self, type_name, **members):
        """A value of a type of the schema."""
        value = self.client.factory.create(type_name)
        for member, content in members.items():
            setattr(value, member, content)
        return value

    def many(self, name, *items):
        """An ArrayOfX: its one child has the name that the schema gives it."""
        array = self.client.factory.create(f"ArrayOf{name}")
        setattr(array, array.__keylist__[0], list(items))
        return array

    def fault_of(self, operation, **parameters):
        """Code and field of the typed detail of the fault that a call ends in."""
        try:
            getattr(self, operation)(**parameters)
        except suds.WebFault as fault:
            detail = fault.fault.detail.CrmFault
            return str(detail.code), str(getattr(detail, "field", None))
        return "no fault", None


def value_of(record, field):
    """suds leaves out what was absent."""
    return getattr(record, field, None)


def values_of(account):
    return (("name", account.name, NAME), ("accountNumber", account.accountNumber, TAG),
            ("creditLimit", decimal.Decimal(account.creditLimit), LIMIT))


session = Service("Session").Login(userName=USER, password=PASSWORD, application="suds")
tell("login", ("token", bool(session.token), True))
accounts = Service("Account", session.token)
contacts = Service("Contact", session.token)
batches = Service("Batch", session.token)

created = accounts.CreateAccount(accounts.make(
    "Account", name=NAME, accountNumber=TAG, creditLimit=LIMIT, numberOfEmployees=42,
    telephone1=PHONE))
tell("create", ("created", created.created, True), ("id", len(created.id), 36))

account = accounts.RetrieveAccount(id=created.id)
tell("retrieve", *values_of(account), ("numberOfEmployees", account.numberOfEmployees, 42),
     ("telephone1", account.telephone1, PHONE))

person = contacts.CreateContact(contacts.make(
    "Contact", firstName="Мария", lastName=f"Ёлкина {TAG}", birthDate=BORN,
    parentCustomer=contacts.make("Reference", entity="Account", id=created.id)))
contact = contacts.RetrieveContact(id=person.id)
customer = contact.parentCustomer
tell("reference", ("birthDate", contact.birthDate, BORN), ("lastName", contact.lastName, f"Ёлкина {TAG}"),
     ("entity", customer.entity, "Account"), ("id", customer.id, created.id),
     ("name", customer.name, NAME))

accounts.UpdateAccount(accounts.make("Account", id=created.id, numberOfEmployees=43))
changed = accounts.RetrieveAccount(id=created.id)
tell("update", *values_of(changed), ("numberOfEmployees", changed.numberOfEmployees, 43),
     ("telephone1", changed.telephone1, PHONE),
     ("version is higher", changed.version > account.version, True))

accounts.UpdateAccount(accounts.make(
    "Account", id=created.id, fieldsToNull=accounts.many("String", "telephone1")))
changed = accounts.RetrieveAccount(id=created.id)
tell("null", *values_of(changed), ("numberOfEmployees", changed.numberOfEmployees, 43),
     ("telephone1", value_of(changed, "telephone1"), None))

ids = [contacts.CreateContact(contacts.make("Contact", firstName="Пётр", lastName=f"{TAG}-{i}")).id
       for i in range(1, 6)]
conditions = contacts.many(
    "Condition",
    contacts.make("Condition", field="lastName", operator="like",
                  values=contacts.many("String", f"{TAG}-%")),
    contacts.make("Condition", field="firstName", operator="eq",
                  values=contacts.many("String", "Пётр")))
query = contacts.make(
    "Query", columns=contacts.many("String", "lastName"),
    filter=contacts.make("Filter", type="and", conditions=conditions),
    orders=contacts.many("Order", contacts.make("Order", field="lastName", descending=True)),
    pageSize=2)
names, pages, more = [], 0, True
while more and pages < 9:
    page = contacts.RetrieveMultipleContact(query)
    names += [row.lastName for row in page.contacts[0]]
    pages, more, query.cookie = pages + 1, page.more, value_of(page, "nextCookie")
tell("query", ("names", names, [f"{TAG}-{i}" for i in range(5, 0, -1)]), ("pages", pages, 3))

def creation(entity, tag, **fields):
    """A row that creates a record; a field is a pair of the way it is given and its value."""
    return batches.make(
        "BatchRow", tag=tag, operation="create", entity=entity, fields=batches.many("BatchField", *(
            batches.make("BatchField", name=name, **{way: value})
            for name, (way, value) in fields.items())))


done = batches.ExecuteBatch(batches.many(
    "BatchRow", creation("Account", "customer", name=("value", f"{TAG} batch")),
    creation("Contact", None, lastName=("value", f"{TAG} batch"),
             parentCustomer=("resultOf", "customer"))), True)
results = done.rows[0]
tell("batch", ("succeeded", done.succeeded, 2), ("tag", results[0].rowTag, "customer"))

tell("fault", ("code and field",
               accounts.fault_of("CreateAccount", account=accounts.make("Account", name="Ы" * 5000)),
               ("VALUE_TOO_LONG", "name")))

contacts.DeleteContact(id=ids[0])
tell("delete", ("code", contacts.fault_of("RetrieveContact", id=ids[0])[0], "RECORD_NOT_FOUND"))

print(f"wrote Account {created.id}\nwrote Contact {person.id}\ndeleted Contact {ids[0]}")
print(f"batched Account {results[0].id}\nbatched Contact {results[1].id}")
