// The story of ../story.md told by a C++ client that kdwsdl2cpp made.
//
// KDSoap holds a decimal in a float, so the credit limit is one that a float holds exactly.
#include <QCoreApplication>
#include <QDate>
#include <QEventLoop>
#include <QStringList>
#include <QTextStream>

#include <KDSoapMessage.h>

#include "Account.h"
#include "Batch.h"
#include "Contact.h"
#include "Session.h"

static const QString phone = QStringLiteral("+7 495 000-11-22");
static const float limit = 1234567.5f;
static const QDate born(1985, 5, 17);

// What a step found: the value that came and the value expected.
struct Finding {
    QString what;
    QVariant came, expected;
};

class Story
{
public:
    Story(const QString &url, const QString &tag) : tag(tag), name(QString("ООО «Ромашка & Ко» <%1>").arg(tag))
    {
        sessions.setEndPoint(url + "/soap/Session");
        accounts.setEndPoint(url + "/soap/Account");
        contacts.setEndPoint(url + "/soap/Contact");
        batches.setEndPoint(url + "/soap/Batch");
    }
    void run(const QString &user, const QString &password);

private:
    void tell(const QString &step, const QList<Finding> &findings);
    template<typename Service> void must(const Service &service, const QString &step);
    QList<Finding> valuesOf(const Account::T__Account &account, int employees, const QString &telephone);
    Account::T__Account retrieve(const QString &step);
    void update(Account::T__Account change, const QString &step);
    QString createContact(const Contact::T__Contact &contact, const QString &step);

    void login(const QString &user, const QString &password);
    void create();
    void reference();
    void change(qint64 version);
    void setNull();
    void query();
    void batch();
    void fault();
    void remove();

    QString tag, name, account, person, deleted, batched[2];
    Session::SessionService sessions;
    Account::AccountService accounts;
    Contact::ContactService contacts;
    Batch::BatchService batches;
    QTextStream out{stdout};
};

// Prints how a step went.
void Story::tell(const QString &step, const QList<Finding> &findings)
{
    QStringList wrong;
    for (const Finding &finding : findings) {
        if (finding.came != finding.expected) {
            wrong << QString("%1 is %2 instead of %3")
                         .arg(finding.what, finding.came.toString(), finding.expected.toString());
        }
    }
    out << (wrong.isEmpty() ? "ok " + step : "not ok " + step + ": " + wrong.join("; ")) << "\n";
    out.flush();
}

// A call that must have succeeded: without its answer the story cannot go on.
template<typename Service> void Story::must(const Service &service, const QString &step)
{
    if (!service.lastError().isEmpty()) {
        out << "not ok " << step << ": " << service.lastError() << "\n";
        out.flush();
        exit(1);
    }
}

// The text of an element of the fault's typed detail; only the asynchronous call shows it.
static QString detailOf(const KDSoapMessage &fault, const QString &element)
{
    const KDSoapValue detail = fault.childValues().child("detail").childValues().child("CrmFault");
    return detail.childValues().child(element).value().toString();
}

QList<Finding> Story::valuesOf(const Account::T__Account &record, int employees, const QString &telephone)
{
    return {{"name", record.name(), name},
            {"accountNumber", record.accountNumber(), tag},
            {"creditLimit", float(record.creditLimit()), limit},
            {"numberOfEmployees", record.numberOfEmployees(), employees},
            {"telephone1", record.telephone1(), telephone},
            {"has telephone1", record.hasValueForTelephone1(), !telephone.isEmpty()}};
}

Account::T__Account Story::retrieve(const QString &step)
{
    Account::T__RetrieveAccount request;
    request.setId(account);
    const auto response = accounts.retrieveAccount(request);
    must(accounts, step);
    return response.account();
}

void Story::update(Account::T__Account change, const QString &step)
{
    Account::T__UpdateAccount request;
    change.setId(account);
    request.setAccount(change);
    accounts.updateAccount(request);
    must(accounts, step);
}

QString Story::createContact(const Contact::T__Contact &contact, const QString &step)
{
    Contact::T__CreateContact request;
    request.setContact(contact);
    const auto response = contacts.createContact(request);
    must(contacts, step);
    return response.result().id();
}

void Story::login(const QString &user, const QString &password)
{
    Session::T__Login request;
    request.setUserName(user);
    request.setPassword(password);
    request.setApplication("kdsoap");
    const QString token = sessions.login(request).result().token();
    must(sessions, "login");
    tell("login", {{"token", !token.isEmpty(), true}});

    Account::T__SessionHeader forAccounts;
    forAccounts.setToken(token);
    accounts.setSessionHeader(forAccounts);
    Contact::T__SessionHeader forContacts;
    forContacts.setToken(token);
    contacts.setSessionHeader(forContacts);
    Batch::T__SessionHeader forBatches;
    forBatches.setToken(token);
    batches.setSessionHeader(forBatches);
}

void Story::create()
{
    Account::T__Account record;
    record.setName(name);
    record.setAccountNumber(tag);
    record.setCreditLimit(limit);
    record.setNumberOfEmployees(42);
    record.setTelephone1(phone);
    Account::T__CreateAccount request;
    request.setAccount(record);
    const auto result = accounts.createAccount(request).result();
    must(accounts, "create");
    account = result.id();
    tell("create", {{"created", result.created(), true}, {"length of id", account.length(), 36}});
}

void Story::reference()
{
    Contact::T__Reference customer;
    customer.setEntity("Account");
    customer.setId(account);
    Contact::T__Contact record;
    record.setFirstName("Мария");
    record.setLastName("Ёлкина " + tag);
    record.setBirthDate(born);
    record.setParentCustomer(customer);
    person = createContact(record, "reference");

    Contact::T__RetrieveContact request;
    request.setId(person);
    const auto contact = contacts.retrieveContact(request).contact();
    must(contacts, "reference");
    tell("reference", {{"birthDate", contact.birthDate(), born},
                       {"lastName", contact.lastName(), "Ёлкина " + tag},
                       {"entity", contact.parentCustomer().entity(), "Account"},
                       {"id", contact.parentCustomer().id(), account},
                       {"name", contact.parentCustomer().name(), name}});
}

void Story::change(qint64 version)
{
    Account::T__Account record;
    record.setNumberOfEmployees(43);
    update(record, "update");
    const auto changed = retrieve("update");
    tell("update", valuesOf(changed, 43, phone) + QList<Finding>{{"version is higher", changed.version() > version, true}});
}

void Story::setNull()
{
    Account::T__ArrayOfString fields;
    fields.setString({"telephone1"});
    Account::T__Account record;
    record.setFieldsToNull(fields);
    update(record, "null");
    tell("null", valuesOf(retrieve("null"), 43, QString()));
}

static Contact::T__ArrayOfString texts(const QString &text)
{
    Contact::T__ArrayOfString array;
    array.setString({text});
    return array;
}

static Contact::T__Condition condition(const QString &field, const QString &comparison,
                                       const QString &value)
{
    Contact::T__Condition condition;
    condition.setField(field);
    condition.setOperator(comparison);
    condition.setValues(texts(value));
    return condition;
}

// The query of the story: two a page, the last names downwards.
static Contact::T__Query makeQuery(const QString &tag)
{
    Contact::T__ArrayOfCondition conditions;
    conditions.setCondition({condition("lastName", "like", tag + "-%"),
                             condition("firstName", "eq", "Пётр")});
    Contact::T__Filter filter;
    filter.setType("and");
    filter.setConditions(conditions);
    Contact::T__Order order;
    order.setField("lastName");
    order.setDescending(true);
    Contact::T__ArrayOfOrder orders;
    orders.setOrder({order});
    Contact::T__Query query;
    query.setColumns(texts("lastName"));
    query.setFilter(filter);
    query.setOrders(orders);
    query.setPageSize(2);
    return query;
}

void Story::query()
{
    QStringList expected, names;
    for (int i = 1; i <= 5; i++) {
        Contact::T__Contact record;
        record.setFirstName("Пётр");
        record.setLastName(QString("%1-%2").arg(tag).arg(i));
        const QString id = createContact(record, "query");
        deleted = i == 1 ? id : deleted;
        expected.prepend(record.lastName());
    }
    Contact::T__Query query = makeQuery(tag);
    int pages = 0;
    bool more = true;
    for (; more && pages < 9; pages++) {
        Contact::T__RetrieveMultipleContact request;
        request.setQuery(query);
        const auto page = contacts.retrieveMultipleContact(request).page();
        must(contacts, "query");
        for (const auto &row : page.contacts().contact()) {
            names << row.lastName();
        }
        more = page.more();
        query.setCookie(page.nextCookie());
    }
    tell("query", {{"names", names.join(" "), expected.join(" ")}, {"pages", pages, 3}});
}

static Batch::T__BatchRow creation(const QString &entity, const QList<Batch::T__BatchField> &fields)
{
    Batch::T__ArrayOfBatchField array;
    array.setBatchField(fields);
    Batch::T__BatchRow row;
    row.setOperation("create");
    row.setEntity(entity);
    row.setFields(array);
    return row;
}

void Story::batch()
{
    Batch::T__BatchField text, customer;
    text.setName("name");
    text.setValue(tag + " batch");
    Batch::T__BatchRow first = creation("Account", {text});
    first.setTag("customer");
    text.setName("lastName");
    customer.setName("parentCustomer");
    customer.setResultOf("customer");
    Batch::T__ArrayOfBatchRow rows;
    rows.setBatchRow({first, creation("Contact", {text, customer})});
    Batch::T__ExecuteBatch request;
    request.setRows(rows);
    request.setAllOrNone(true);
    const auto done = batches.executeBatch(request).result();
    must(batches, "batch");
    const auto results = done.rows().rowResult();
    for (int i = 0; i < 2; i++) {
        batched[i] = results[i].id();
    }
    tell("batch", {{"succeeded", done.succeeded(), 2}, {"tag", results[0].rowTag(), "customer"}});
}

void Story::fault()
{
    Account::T__Account record;
    record.setName(QString(5000, QChar(0x42b)));
    Account::T__CreateAccount request;
    request.setAccount(record);
    QString code, field;
    QEventLoop loop;
    QObject::connect(&accounts, &Account::AccountService::createAccountError, [&](const KDSoapMessage &fault) {
        code = detailOf(fault, "code");
        field = detailOf(fault, "field");
        loop.quit();
    });
    QObject::connect(&accounts, &Account::AccountService::createAccountDone, &loop, &QEventLoop::quit);
    accounts.asyncCreateAccount(request);
    loop.exec();
    tell("fault", {{"code", code, "VALUE_TOO_LONG"}, {"field", field, "name"}});
}

void Story::remove()
{
    Contact::T__DeleteContact request;
    request.setId(deleted);
    contacts.deleteContact(request);
    must(contacts, "delete");
    Contact::T__RetrieveContact read;
    read.setId(deleted);
    contacts.retrieveContact(read);
    tell("delete", {{"code is told", contacts.lastError().contains("RECORD_NOT_FOUND"), true}});
}

void Story::run(const QString &user, const QString &password)
{
    out.setCodec("UTF-8");
    login(user, password);
    create();
    const auto record = retrieve("retrieve");
    tell("retrieve", valuesOf(record, 42, phone));
    reference();
    change(record.version());
    setNull();
    query();
    batch();
    fault();
    remove();
    out << "wrote Account " << account << "\nwrote Contact " << person << "\ndeleted Contact " << deleted
        << "\nbatched Account " << batched[0] << "\nbatched Contact " << batched[1]
        << "\nlimit " << QString::number(limit, 'f', 1) << "\n";
}

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    Story(arguments[1], arguments[4]).run(arguments[2], arguments[3]);
    return 0;
}
