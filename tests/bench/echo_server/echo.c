/*
 * echo.c - the ceiling: a gSOAP server that answers a contact of the usual size without a database.
 *
 * A thread for each connection, keep-alive, one context a thread: as gSOAP's manual advises.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "echo.nsmap"
#include "soapH.h"

int c__RetrieveContact(struct soap *soap, char *id, struct c__ArrayOfString *columns,
                       struct c__RetrieveContactResponse *out)
{
    static struct c__Contact contact = {
        .version = "1",
        .salutation = "Mr",
        .firstName = "First1",
        .lastName = "Last1000",
        .jobTitle = "Sales manager",
        .emailAddress1 = "p1000@example.com",
        .telephone1 = "+49 30 000000",
        .mobilePhone = "+49 170 000000",
        .fax = "+49 30 000001",
        .address1Line1 = "1000 Main Street",
        .address1Line2 = "Back yard",
        .address1City = "City7",
        .address1StateOrProvince = "Region",
        .address1PostalCode = "10115",
        .address1Country = "Germany",
        .birthDate = "1985-01-01",
        .description = "A short note about this contact, as a user would type it.",
        .createdOn = "2024-01-01T00:00:00.000Z",
        .modifiedOn = "2024-01-01T00:00:00.000Z",
    };

    (void)columns;
    out->contact = soap_malloc(soap, sizeof(contact));
    *out->contact = contact;
    out->contact->id = id;
    return SOAP_OK;
}

static void *serve(void *context)
{
    struct soap *soap = context;

    soap_serve(soap);
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return NULL;
}

/* Listens on a free port of the loopback and says which on standard output. */
static int listen_somewhere(struct soap *soap)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);

    if (soap_bind(soap, "127.0.0.1", 0, 100) < 0 ||
        getsockname(soap->master, (struct sockaddr *)&address, &size) != 0) {
        return 0;
    }
    printf("%d\n", ntohs(address.sin_port));
    return fflush(stdout) == 0;
}

int main(void)
{
    struct soap *soap = soap_new1(SOAP_IO_KEEPALIVE | SOAP_C_UTFSTRING);
    pthread_t thread;

    signal(SIGPIPE, SIG_IGN);
    soap->bind_flags = SO_REUSEADDR;
    soap->max_keep_alive = 0; /* without end */
    if (!listen_somewhere(soap)) {
        return 1;
    }
    while (soap_accept(soap) >= 0) {
        pthread_create(&thread, NULL, serve, soap_copy(soap));
        pthread_detach(thread);
    }
    return 0;
}
