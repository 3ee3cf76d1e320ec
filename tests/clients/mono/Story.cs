// The story of ../story.md told by C# proxies that Mono's wsdl made.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Web.Services.Protocols;
using Crm.Account;
using Crm.Batch;
using Crm.Contact;
using Crm.Session;
using AccountRecord = Crm.Account.Account;
using ContactRecord = Crm.Contact.Contact;

class Story
{
    const string Phone = "+7 495 000-11-22";
    static readonly DateTime Born = new DateTime(1985, 5, 17);
    readonly string user, password, tag, name;
    readonly AccountService accounts;
    readonly ContactService contacts;
    readonly SessionService sessions;
    readonly BatchService batches;

    Story(string user, string password, string tag)
    {
        this.user = user;
        this.password = password;
        this.tag = tag;
        name = $"ООО «Ромашка & Ко» <{tag}>";
        sessions = new SessionService();
        accounts = new AccountService();
        contacts = new ContactService();
        batches = new BatchService();
    }

    /// What a step found: the value that came and the value expected.
    class Finding
    {
        public readonly string what;
        public readonly object came, expected;

        public Finding(string what, object came, object expected)
        {
            this.what = what;
            this.came = came;
            this.expected = expected;
        }
    }

    static Finding Is(string what, object came, object expected) => new Finding(what, came, expected);

    /// Prints how a step went.
    static void Tell(string step, params Finding[] findings)
    {
        var wrong = findings.Where(finding => !Equals(finding.came, finding.expected))
            .Select(finding => $"{finding.what} is {finding.came ?? "nothing"} instead of {finding.expected ?? "nothing"}")
            .ToList();
        Console.WriteLine(wrong.Count > 0 ? $"not ok {step}: {string.Join("; ", wrong)}" : $"ok {step}");
    }

    /// The text of an element of the fault's typed detail.
    static string FaultOf(Action call, string element)
    {
        try {
            call();
        } catch (SoapException fault) {
            var nodes = fault.Detail.SelectNodes($"//*[local-name()='CrmFault']/*[local-name()='{element}']");
            return nodes.Count > 0 ? nodes[0].InnerText : null;
        }
        return "no fault";
    }

    Finding[] ValuesOf(AccountRecord account, int employees, string telephone) => new[] {
        Is("name", account.name, name), Is("accountNumber", account.accountNumber, tag),
        Is("creditLimit", account.creditLimit, 1234567.89m),
        Is("numberOfEmployees", account.numberOfEmployees, employees),
        Is("telephone1", account.telephone1, telephone) };

    void Login()
    {
        var token = sessions.Login(user, password, "mono").token;
        Tell("login", Is("token", token.Length > 0, true));
        accounts.Session = new Crm.Account.SessionHeader { token = token };
        contacts.Session = new Crm.Contact.SessionHeader { token = token };
        batches.Session = new Crm.Batch.SessionHeader { token = token };
    }

    string Create()
    {
        var result = accounts.CreateAccount(new AccountRecord {
            name = name, accountNumber = tag, creditLimit = 1234567.89m, creditLimitSpecified = true,
            numberOfEmployees = 42, numberOfEmployeesSpecified = true, telephone1 = Phone });
        Tell("create", Is("created", result.created, true), Is("length of id", result.id.Length, 36));
        return result.id;
    }

    string Reference(string account)
    {
        var person = contacts.CreateContact(new ContactRecord {
            firstName = "Мария", lastName = $"Ёлкина {tag}", birthDate = Born, birthDateSpecified = true,
            parentCustomer = new Crm.Contact.Reference { entity = "Account", id = account } }).id;
        var contact = contacts.RetrieveContact(person, null, null);
        Tell("reference", Is("birthDate", contact.birthDate, Born), Is("lastName", contact.lastName, $"Ёлкина {tag}"),
            Is("entity", contact.parentCustomer.entity, "Account"), Is("id", contact.parentCustomer.id, account),
            Is("name", contact.parentCustomer.name, name));
        return person;
    }

    void Update(string account, long version)
    {
        accounts.UpdateAccount(new AccountRecord {
            id = account, numberOfEmployees = 43, numberOfEmployeesSpecified = true });
        var changed = accounts.RetrieveAccount(account, null, null);
        Tell("update", ValuesOf(changed, 43, Phone).Append(
            Is("version is higher", changed.version > version, true)).ToArray());
    }

    void Null(string account)
    {
        accounts.UpdateAccount(new AccountRecord { id = account, fieldsToNull = new[] { "telephone1" } });
        Tell("null", ValuesOf(accounts.RetrieveAccount(account, null, null), 43, null));
    }

    string Query()
    {
        var ids = Enumerable.Range(1, 5).Select(i => contacts.CreateContact(
            new ContactRecord { firstName = "Пётр", lastName = $"{tag}-{i}" }).id).ToList();
        var query = new Crm.Contact.Query {
            columns = new[] { "lastName" },
            filter = new Crm.Contact.Filter { type = "and",
                conditions = new[] {
                    new Crm.Contact.Condition { field = "lastName", @operator = "like",
                        values = new[] { $"{tag}-%" } },
                    new Crm.Contact.Condition { field = "firstName", @operator = "eq",
                        values = new[] { "Пётр" } } } },
            orders = new[] { new Crm.Contact.Order { field = "lastName", descending = true, descendingSpecified = true } },
            pageSize = 2, pageSizeSpecified = true };
        var names = new List<string>();
        var pages = 0;
        ContactPage page;
        do {
            page = contacts.RetrieveMultipleContact(query);
            names.AddRange(page.contacts.Select(row => row.lastName));
            query.cookie = page.nextCookie;
            pages++;
        } while (page.more && pages < 9);
        Tell("query", Is("names", string.Join(" ", names),
            string.Join(" ", Enumerable.Range(1, 5).Reverse().Select(i => $"{tag}-{i}"))), Is("pages", pages, 3));
        return ids[0];
    }

    static BatchField Value(string field, string value) => new BatchField { name = field, value = value };

    Crm.Batch.RowResult[] Batch()
    {
        var rows = new[] {
            new BatchRow { tag = "customer", operation = "create", entity = "Account",
                fields = new[] { Value("name", $"{tag} batch") } },
            new BatchRow { operation = "create", entity = "Contact",
                fields = new[] { Value("lastName", $"{tag} batch"),
                    new BatchField { name = "parentCustomer", resultOf = "customer" } } } };
        var done = batches.ExecuteBatch(rows, true, true);
        Tell("batch", Is("succeeded", done.succeeded, 2), Is("tag", done.rows[0].rowTag, "customer"));
        return done.rows;
    }

    void Run()
    {
        Login();
        var id = Create();
        var account = accounts.RetrieveAccount(id, null, null);
        Tell("retrieve", ValuesOf(account, 42, Phone));
        var person = Reference(id);
        Update(id, account.version);
        Null(id);
        var deleted = Query();
        var batched = Batch();
        Action tooLong = () => accounts.CreateAccount(new AccountRecord { name = new string('Ы', 5000) });
        Tell("fault", Is("code", FaultOf(tooLong, "code"), "VALUE_TOO_LONG"), Is("field", FaultOf(tooLong, "field"), "name"));
        contacts.DeleteContact(deleted);
        Tell("delete", Is("code", FaultOf(() => contacts.RetrieveContact(deleted, null, null), "code"), "RECORD_NOT_FOUND"));
        Console.WriteLine($"wrote Account {id}\nwrote Contact {person}\ndeleted Contact {deleted}");
        Console.WriteLine($"batched Account {batched[0].id}\nbatched Contact {batched[1].id}");
    }

    static void Main(string[] arguments)
    {
        new Story(arguments[1], arguments[2], arguments[3]).Run();
    }
}
