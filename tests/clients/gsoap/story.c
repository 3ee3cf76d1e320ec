/* The story of ../story.md told by a C client that wsdl2h and soapcpp2 made. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "AccountBinding.nsmap"
#include "soapH.h"

static const char phone[] = "+7 495 000-11-22";
static const char born[] = "1985-05-17";

/* What the steps share. */
struct story {
    struct soap *soap;
    char *token;
    char *tag;
    char *name;
    char session_url[200], account_url[200], contact_url[200], batch_url[200];
    char account[64], person[64], deleted[64], batched[2][64];
    char findings[2000]; /* what is wrong in this step */
};

static char *text(struct story *story, const char *format, ...)
{
    char buffer[20000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(buffer, sizeof(buffer), format, arguments);
    va_end(arguments);
    return soap_strdup(story->soap, buffer);
}

static void find(struct story *story, const char *what, const char *came, const char *expected)
{
    size_t used = strlen(story->findings);

    if (came == NULL || expected == NULL ? came != expected : strcmp(came, expected) != 0) {
        snprintf(story->findings + used, sizeof(story->findings) - used, "%s is %s instead of %s; ",
                 what, came ? came : "nothing", expected ? expected : "nothing");
    }
}

static void find_number(struct story *story, const char *what, long came, long expected)
{
    find(story, what, text(story, "%ld", came), text(story, "%ld", expected));
}

/* Prints how a step went. */
static void tell(struct story *story, const char *step)
{
    if (story->findings[0] != '\0') {
        printf("not ok %s: %s\n", step, story->findings);
    } else {
        printf("ok %s\n", step);
    }
    fflush(stdout);
    story->findings[0] = '\0';
}

/* Puts the session's token into the header of the next message. */
static void begin_account(struct story *story)
{
    static struct account__SessionHeader session;

    session.token = story->token;
    story->soap->header = soap_malloc(story->soap, sizeof(*story->soap->header));
    memset(story->soap->header, 0, sizeof(*story->soap->header));
    story->soap->header->account__Session = &session;
}

static void begin_contact(struct story *story)
{
    static struct contact__SessionHeader session;

    session.token = story->token;
    story->soap->header = soap_malloc(story->soap, sizeof(*story->soap->header));
    memset(story->soap->header, 0, sizeof(*story->soap->header));
    story->soap->header->contact__Session = &session;
}

static void begin_batch(struct story *story)
{
    static struct batch__SessionHeader session;

    session.token = story->token;
    story->soap->header = soap_malloc(story->soap, sizeof(*story->soap->header));
    memset(story->soap->header, 0, sizeof(*story->soap->header));
    story->soap->header->batch__Session = &session;
}

/* A call that must succeed: without its answer the story cannot go on. */
static void must(struct story *story, int status, const char *step)
{
    if (status != SOAP_OK) {
        printf("not ok %s: ", step);
        soap_print_fault(story->soap, stdout);
        soap_print_fault(story->soap, stderr);
        exit(1);
    }
}

static struct account__Account *retrieve_account(struct story *story, const char *step)
{
    struct _account__RetrieveAccount request = {.id = story->account};
    struct _account__RetrieveAccountResponse response = {0};

    begin_account(story);
    must(story,
         soap_call___account__RetrieveAccount(story->soap, story->account_url, NULL, &request,
                                              &response),
         step);
    return response.account;
}

static void update_account(struct story *story, struct account__Account *account, const char *step)
{
    struct _account__UpdateAccount request = {.account = account};
    struct _account__UpdateAccountResponse response = {0};

    account->id = story->account;
    begin_account(story);
    must(story,
         soap_call___account__UpdateAccount(story->soap, story->account_url, NULL, &request,
                                            &response),
         step);
}

static void create_contact(struct story *story, struct contact__Contact *contact, char *id_out,
                           const char *step)
{
    struct _contact__CreateContact request = {.contact = contact};
    struct _contact__CreateContactResponse response = {0};

    begin_contact(story);
    must(story,
         soap_call___contact__CreateContact(story->soap, story->contact_url, NULL, &request,
                                            &response),
         step);
    snprintf(id_out, 64, "%s", response.result->id);
}

/* Finds what of the account differs from what was created. */
static void find_values(struct story *story, const struct account__Account *account, int employees,
                        const char *telephone)
{
    find(story, "name", account->name, story->name);
    find(story, "accountNumber", account->accountNumber, story->tag);
    find(story, "creditLimit", text(story, "%.4f", atof(account->creditLimit)), "1234567.8900");
    find_number(story, "numberOfEmployees", *account->numberOfEmployees, employees);
    find(story, "telephone1", account->telephone1, telephone);
}

static void tell_login(struct story *story, char *user, char *password)
{
    struct _session__Login request = {
        .userName = user, .password = password, .application = "gsoap"};
    struct _session__LoginResponse response = {0};

    must(story,
         soap_call___session__Login(story->soap, story->session_url, NULL, &request, &response),
         "login");
    story->token = response.result->token;
    find_number(story, "token", story->token[0] != '\0', true);
    tell(story, "login");
}

static void tell_create(struct story *story)
{
    int employees = 42;
    struct account__Account account = {.name = story->name,
                                       .accountNumber = story->tag,
                                       .creditLimit = "1234567.89",
                                       .numberOfEmployees = &employees,
                                       .telephone1 = (char *)phone};
    struct _account__CreateAccount request = {.account = &account};
    struct _account__CreateAccountResponse response = {0};

    begin_account(story);
    must(story,
         soap_call___account__CreateAccount(story->soap, story->account_url, NULL, &request,
                                            &response),
         "create");
    find_number(story, "created", *response.result->created == xsd__boolean__true_, true);
    find_number(story, "length of id", (long)strlen(response.result->id), 36);
    snprintf(story->account, sizeof(story->account), "%s", response.result->id);
    tell(story, "create");
}

static void tell_reference(struct story *story)
{
    struct contact__Reference customer = {.entity = "Account", .id = story->account};
    struct contact__Contact contact = {.firstName = "Мария",
                                       .lastName = text(story, "Ёлкина %s", story->tag),
                                       .birthDate = (char *)born,
                                       .parentCustomer = &customer};
    struct _contact__RetrieveContact request = {.id = story->person};
    struct _contact__RetrieveContactResponse response = {0};
    struct contact__Contact *came;

    create_contact(story, &contact, story->person, "reference");
    begin_contact(story);
    must(story,
         soap_call___contact__RetrieveContact(story->soap, story->contact_url, NULL, &request,
                                              &response),
         "reference");
    came = response.contact;
    find(story, "birthDate", came->birthDate, born);
    find(story, "lastName", came->lastName, contact.lastName);
    find(story, "entity", came->parentCustomer->entity, "Account");
    find(story, "id", came->parentCustomer->id, story->account);
    find(story, "name", came->parentCustomer->name, story->name);
    tell(story, "reference");
}

static void tell_update(struct story *story, LONG64 version)
{
    int employees = 43;
    struct account__Account change = {.numberOfEmployees = &employees};
    struct account__Account *account;

    update_account(story, &change, "update");
    account = retrieve_account(story, "update");
    find_values(story, account, 43, phone);
    find_number(story, "version is higher", *account->version > version, true);
    tell(story, "update");
}

static void tell_null(struct story *story)
{
    char *names[] = {"telephone1"};
    struct account__ArrayOfString fields = {.__sizestring = 1, .string = names};
    struct account__Account change = {.fieldsToNull = &fields};

    update_account(story, &change, "null");
    find_values(story, retrieve_account(story, "null"), 43, NULL);
    tell(story, "null");
}

/* Runs the query to its last page; the last names, each followed by a blank. */
static const char *run_query(struct story *story, struct contact__Query *query, int *pages_out)
{
    struct _contact__RetrieveMultipleContact request = {.query = query};
    struct _contact__RetrieveMultipleContactResponse response = {0};
    char names[2000] = "";
    bool more = true;

    for (*pages_out = 0; more && *pages_out < 9; ++*pages_out) {
        begin_contact(story);
        must(story,
             soap_call___contact__RetrieveMultipleContact(story->soap, story->contact_url, NULL,
                                                          &request, &response),
             "query");
        for (int i = 0; i < response.page->contacts->__sizeContact; i++) {
            strcat(strcat(names, response.page->contacts->Contact[i].lastName), " ");
        }
        more = *response.page->more == xsd__boolean__true_;
        query->cookie = response.page->nextCookie;
    }
    return text(story, "%s", names);
}

static void tell_query(struct story *story)
{
    int page_size = 2, pages;
    enum xsd__boolean yes = xsd__boolean__true_;
    char *column[] = {"lastName"}, *like[] = {text(story, "%s-%%", story->tag)},
         *peter[] = {"Пётр"};
    struct contact__ArrayOfString columns = {1, column}, pattern = {1, like}, first = {1, peter};
    struct contact__Condition condition[] = {{"lastName", "like", &pattern},
                                             {"firstName", "eq", &first}};
    struct contact__ArrayOfCondition conditions = {2, condition};
    struct contact__Filter filter = {.type = "and", .conditions = &conditions};
    struct contact__Order order = {"lastName", &yes};
    struct contact__ArrayOfOrder orders = {1, &order};
    struct contact__Query query = {
        .columns = &columns, .filter = &filter, .orders = &orders, .pageSize = &page_size};

    for (int i = 1; i <= 5; i++) {
        struct contact__Contact contact = {.firstName = "Пётр",
                                           .lastName = text(story, "%s-%d", story->tag, i)};
        char id[64];
        create_contact(story, &contact, i == 1 ? story->deleted : id, "query");
    }
    find(story, "names", run_query(story, &query, &pages),
         text(story, "%s-5 %s-4 %s-3 %s-2 %s-1 ", story->tag, story->tag, story->tag, story->tag,
              story->tag));
    find_number(story, "pages", pages, 3);
    tell(story, "query");
}

static void tell_batch(struct story *story)
{
    char *name = text(story, "%s batch", story->tag);
    enum xsd__boolean yes = xsd__boolean__true_;
    struct batch__BatchField account = {.name = "name", .value = name};
    struct batch__BatchField contact[] = {{.name = "lastName", .value = name},
                                          {.name = "parentCustomer", .resultOf = "customer"}};
    struct batch__ArrayOfBatchField of_account = {1, &account}, of_contact = {2, contact};
    struct batch__BatchRow row[] = {
        {.tag = "customer", .operation = "create", .entity = "Account", .fields = &of_account},
        {.operation = "create", .entity = "Contact", .fields = &of_contact}};
    struct batch__ArrayOfBatchRow rows = {2, row};
    struct _batch__ExecuteBatch request = {.rows = &rows, .allOrNone = &yes};
    struct _batch__ExecuteBatchResponse response = {0};

    begin_batch(story);
    must(story,
         soap_call___batch__ExecuteBatch(story->soap, story->batch_url, NULL, &request, &response),
         "batch");
    find_number(story, "succeeded", *response.result->succeeded, 2);
    find(story, "tag", response.result->rows->RowResult[0].rowTag, "customer");
    for (int i = 0; i < 2; i++) {
        snprintf(story->batched[i], 64, "%s", response.result->rows->RowResult[i].id);
    }
    tell(story, "batch");
}

static void tell_fault(struct story *story)
{
    char *long_name = soap_malloc(story->soap, 10001);
    struct account__Account account = {.name = long_name};
    struct _account__CreateAccount request = {.account = &account};
    struct _account__CreateAccountResponse response = {0};
    struct account__CrmFaultDetail *detail = NULL;

    for (int i = 0; i < 5000; i++) {
        memcpy(long_name + 2 * i, "Ы", 2);
    }
    long_name[10000] = '\0';
    begin_account(story);
    if (soap_call___account__CreateAccount(story->soap, story->account_url, NULL, &request,
                                           &response) != SOAP_OK &&
        story->soap->fault != NULL && story->soap->fault->detail != NULL) {
        detail = story->soap->fault->detail->account__CrmFault;
    }
    find(story, "code", detail ? detail->code : NULL, "VALUE_TOO_LONG");
    find(story, "field", detail ? detail->field : NULL, "name");
    tell(story, "fault");
}

static void tell_delete(struct story *story)
{
    struct _contact__DeleteContact request = {.id = story->deleted};
    struct _contact__DeleteContactResponse response = {0};
    struct _contact__RetrieveContact read = {.id = story->deleted};
    struct _contact__RetrieveContactResponse answer = {0};
    struct contact__CrmFaultDetail *detail = NULL;

    begin_contact(story);
    must(story,
         soap_call___contact__DeleteContact(story->soap, story->contact_url, NULL, &request,
                                            &response),
         "delete");
    begin_contact(story);
    if (soap_call___contact__RetrieveContact(story->soap, story->contact_url, NULL, &read,
                                             &answer) != SOAP_OK &&
        story->soap->fault != NULL && story->soap->fault->detail != NULL) {
        detail = story->soap->fault->detail->contact__CrmFault;
    }
    find(story, "code", detail ? detail->code : NULL, "RECORD_NOT_FOUND");
    tell(story, "delete");
}

int main(int argc, char **argv)
{
    struct story story = {.soap = soap_new1(SOAP_C_UTFSTRING | SOAP_IO_KEEPALIVE)};
    struct account__Account *account;

    if (argc < 5) {
        return 2;
    }
    story.tag = argv[4];
    story.name = text(&story, "ООО «Ромашка & Ко» <%s>", story.tag);
    snprintf(story.session_url, sizeof(story.session_url), "%s/soap/Session", argv[1]);
    snprintf(story.account_url, sizeof(story.account_url), "%s/soap/Account", argv[1]);
    snprintf(story.contact_url, sizeof(story.contact_url), "%s/soap/Contact", argv[1]);
    snprintf(story.batch_url, sizeof(story.batch_url), "%s/soap/Batch", argv[1]);

    tell_login(&story, argv[2], argv[3]);
    tell_create(&story);
    account = retrieve_account(&story, "retrieve");
    find_values(&story, account, 42, phone);
    tell(&story, "retrieve");
    tell_reference(&story);
    tell_update(&story, *account->version);
    tell_null(&story);
    tell_query(&story);
    tell_batch(&story);
    tell_fault(&story);
    tell_delete(&story);
    printf("wrote Account %s\nwrote Contact %s\ndeleted Contact %s\n", story.account, story.person,
           story.deleted);
    printf("batched Account %s\nbatched Contact %s\n", story.batched[0], story.batched[1]);
    return 0;
}
