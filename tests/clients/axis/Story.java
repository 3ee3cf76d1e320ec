// The story of ../story.md told by Java stubs that Axis 1.4 made.
import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.URL;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.apache.axis.client.Stub;
import org.apache.axis.message.SOAPHeaderElement;

import crm.account.Account;
import crm.account.AccountServiceLocator;
import crm.batch.BatchField;
import crm.batch.BatchRow;
import crm.batch.BatchServiceLocator;
import crm.batch.BulkResult;
import crm.batch.RowResult;
import crm.contact.Condition;
import crm.contact.Contact;
import crm.contact.ContactPage;
import crm.contact.ContactServiceLocator;
import crm.contact.Filter;
import crm.contact.Order;
import crm.contact.Query;
import crm.session.SessionServiceLocator;

public class Story {
    private static final String PHONE = "+7 495 000-11-22";
    private static final BigDecimal LIMIT = new BigDecimal("1234567.89");
    private static final SimpleDateFormat DAY = new SimpleDateFormat("yyyy-MM-dd");

    private final String tag;
    private final String name;
    private final PrintStream out;
    private final crm.session.SessionPort_PortType sessions;
    private final crm.account.AccountPort_PortType accounts;
    private final crm.contact.ContactPort_PortType contacts;
    private final crm.batch.BatchPort_PortType batches;
    private final List<String> wrong = new ArrayList<>();

    Story(String url, String tag) throws Exception {
        this.tag = tag;
        name = "ООО «Ромашка & Ко» <" + tag + ">";
        out = new PrintStream(System.out, true, "UTF-8");
        sessions = new SessionServiceLocator().getSessionPort(new URL(url + "/soap/Session"));
        accounts = new AccountServiceLocator().getAccountPort(new URL(url + "/soap/Account"));
        contacts = new ContactServiceLocator().getContactPort(new URL(url + "/soap/Contact"));
        batches = new BatchServiceLocator().getBatchPort(new URL(url + "/soap/Batch"));
    }

    /** Notes what is wrong in this step. */
    private void find(String what, Object came, Object expected) {
        if (!Objects.equals(came, expected)) {
            wrong.add(what + " is " + came + " instead of " + expected);
        }
    }

    /** Prints how a step went. */
    private void tell(String step) {
        out.println(wrong.isEmpty() ? "ok " + step : "not ok " + step + ": " + String.join("; ", wrong));
        wrong.clear();
    }

    private static void authorise(Object stub, String service, String token) throws Exception {
        String namespace = "urn:svyaz:crm:1:" + service;
        SOAPHeaderElement header = new SOAPHeaderElement(namespace, "Session");
        header.setActor(null);
        header.addChildElement("token", "", namespace).addTextNode(token);
        ((Stub) stub).setHeader(header);
    }

    private void findValues(Account account, int employees, String telephone) {
        find("name", account.getName(), name);
        find("accountNumber", account.getAccountNumber(), tag);
        find("creditLimit", account.getCreditLimit().compareTo(LIMIT), 0);
        find("numberOfEmployees", account.getNumberOfEmployees(), employees);
        find("telephone1", account.getTelephone1(), telephone);
    }

    private Account retrieve(String id) throws Exception {
        return accounts.retrieveAccount(id, null, null);
    }

    private void login(String user, String password) throws Exception {
        String token = sessions.login(user, password, "axis").getToken();
        find("token", token.isEmpty(), false);
        tell("login");
        authorise(accounts, "Account", token);
        authorise(contacts, "Contact", token);
        authorise(batches, "Batch", token);
    }

    private String create() throws Exception {
        Account account = new Account();
        account.setName(name);
        account.setAccountNumber(tag);
        account.setCreditLimit(LIMIT);
        account.setNumberOfEmployees(42);
        account.setTelephone1(PHONE);
        crm.account.WriteResult result = accounts.createAccount(account);
        find("created", result.getCreated(), true);
        find("length of id", result.getId().length(), 36);
        tell("create");
        return result.getId();
    }

    private String reference(String account) throws Exception {
        crm.contact.Reference customer = new crm.contact.Reference();
        customer.setEntity("Account");
        customer.setId(account);
        Contact contact = new Contact();
        contact.setFirstName("Мария");
        contact.setLastName("Ёлкина " + tag);
        contact.setBirthDate(DAY.parse("1985-05-17"));
        contact.setParentCustomer(customer);
        String person = contacts.createContact(contact).getId();

        Contact came = contacts.retrieveContact(person, null, null);
        find("birthDate", DAY.format(came.getBirthDate()), "1985-05-17");
        find("lastName", came.getLastName(), "Ёлкина " + tag);
        find("entity", came.getParentCustomer().getEntity(), "Account");
        find("id", came.getParentCustomer().getId(), account);
        find("name", came.getParentCustomer().getName(), name);
        tell("reference");
        return person;
    }

    private void update(String id, long version) throws Exception {
        Account change = new Account();
        change.setId(id);
        change.setNumberOfEmployees(43);
        accounts.updateAccount(change);
        Account changed = retrieve(id);
        findValues(changed, 43, PHONE);
        find("version is higher", changed.getVersion() > version, true);
        tell("update");
    }

    private void setNull(String id) throws Exception {
        Account change = new Account();
        change.setId(id);
        change.setFieldsToNull(new String[] {"telephone1"});
        accounts.updateAccount(change);
        findValues(retrieve(id), 43, null);
        tell("null");
    }

    private static Condition condition(String field, String operator, String value) {
        Condition condition = new Condition();
        condition.setField(field);
        condition.setOperator(operator);
        condition.setValues(new String[] {value});
        return condition;
    }

    /** The query of the story: two a page, the last names downwards. */
    private Query makeQuery() {
        Filter filter = new Filter();
        filter.setType("and");
        filter.setConditions(new Condition[] {
            condition("lastName", "like", tag + "-%"),
            condition("firstName", "eq", "Пётр")});
        Order order = new Order();
        order.setField("lastName");
        order.setDescending(true);
        Query query = new Query();
        query.setColumns(new String[] {"lastName"});
        query.setFilter(filter);
        query.setOrders(new Order[] {order});
        query.setPageSize(2);
        return query;
    }

    private String query() throws Exception {
        List<String> expected = new ArrayList<>();
        String first = null;
        for (int i = 1; i <= 5; i++) {
            Contact contact = new Contact();
            contact.setFirstName("Пётр");
            contact.setLastName(tag + "-" + i);
            String id = contacts.createContact(contact).getId();
            first = i == 1 ? id : first;
            expected.add(0, contact.getLastName());
        }
        List<String> names = new ArrayList<>();
        Query query = makeQuery();
        ContactPage page;
        int pages = 0;
        do {
            page = contacts.retrieveMultipleContact(query);
            for (Contact row : page.getContacts()) {
                names.add(row.getLastName());
            }
            query.setCookie(page.getNextCookie());
            pages++;
        } while (page.getMore() && pages < 9);
        find("names", names, expected);
        find("pages", pages, 3);
        tell("query");
        return first;
    }

    private static BatchField field(String name, String value, String resultOf) {
        BatchField field = new BatchField();
        field.setName(name);
        field.setValue(value);
        field.setResultOf(resultOf);
        return field;
    }

    private static BatchRow creation(String entity, String tag, BatchField... fields) {
        BatchRow row = new BatchRow();
        row.setTag(tag);
        row.setOperation("create");
        row.setEntity(entity);
        row.setFields(fields);
        return row;
    }

    private RowResult[] batch() throws Exception {
        BulkResult done = batches.executeBatch(new BatchRow[] {
            creation("Account", "customer", field("name", tag + " batch", null)),
            creation("Contact", null, field("lastName", tag + " batch", null),
                field("parentCustomer", null, "customer"))}, true);
        find("succeeded", done.getSucceeded(), 2);
        find("tag", done.getRows()[0].getRowTag(), "customer");
        tell("batch");
        return done.getRows();
    }

    private void fault() throws Exception {
        Account account = new Account();
        account.setName("Ы".repeat(5000));
        try {
            accounts.createAccount(account);
            find("outcome", "no fault", "a fault");
        } catch (crm.account.CrmFaultDetail fault) {
            find("code", fault.getCode(), "VALUE_TOO_LONG");
            find("field", fault.getField(), "name");
        }
        tell("fault");
    }

    private void delete(String id) throws Exception {
        contacts.deleteContact(id);
        try {
            contacts.retrieveContact(id, null, null);
            find("outcome", "no fault", "a fault");
        } catch (crm.contact.CrmFaultDetail fault) {
            find("code", fault.getCode(), "RECORD_NOT_FOUND");
        }
        tell("delete");
    }

    private void run(String user, String password) throws Exception {
        login(user, password);
        String id = create();
        Account account = retrieve(id);
        findValues(account, 42, PHONE);
        tell("retrieve");
        String person = reference(id);
        update(id, account.getVersion());
        setNull(id);
        String deleted = query();
        RowResult[] batched = batch();
        fault();
        delete(deleted);
        out.println("wrote Account " + id + "\nwrote Contact " + person + "\ndeleted Contact " + deleted);
        out.println("batched Account " + batched[0].getId() + "\nbatched Contact " + batched[1].getId());
    }

    public static void main(String[] arguments) throws Exception {
        new Story(arguments[0], arguments[3]).run(arguments[1], arguments[2]);
    }
}
