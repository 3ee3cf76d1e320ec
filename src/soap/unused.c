/*
 * unused.c - what gSOAP's library looks for in generated code, and hardly calls here.
 *
 * The library is linked without code of soapcpp2, since it only reads for us, and speaks HTTP to
 * endpoints: it never writes an element, a header or a fault, and knows no type of ours. Should it
 * ever try, the process stops rather than goes on with something half done.
 */
#include <stdsoap2.h>

#include "base/expect.h"

int soap_markelement(struct soap *soap, const void *value, int type);
int soap_putelement(struct soap *soap, const void *value, const char *tag, int id, int type);
void *soap_getelement(struct soap *soap, const char *tag, int *type);
void *soap_dupelement(struct soap *soap, const void *value, int type);
void soap_delelement(const void *value, int type);

static never_returns void stop(void)
{
    expect_failed("gSOAP only reads", __FILE__, __LINE__);
}

/* ---- elements ---- */

int soap_markelement(struct soap *soap, const void *value, int type)
{
    (void)soap, (void)value, (void)type;
    stop();
}

int soap_putelement(struct soap *soap, const void *value, const char *tag, int id, int type)
{
    (void)soap, (void)value, (void)tag, (void)id, (void)type;
    stop();
}

void *soap_getelement(struct soap *soap, const char *tag, int *type)
{
    (void)soap, (void)tag, (void)type;
    stop();
}

void *soap_dupelement(struct soap *soap, const void *value, int type)
{
    (void)soap, (void)value, (void)type;
    stop();
}

void soap_delelement(const void *value, int type)
{
    (void)value, (void)type;
    stop();
}

/* ---- headers ---- */

void soap_serializeheader(struct soap *soap)
{
    (void)soap;
    stop();
}

int soap_putheader(struct soap *soap)
{
    (void)soap;
    stop();
}

int soap_getheader(struct soap *soap)
{
    (void)soap;
    stop();
}

/* ---- faults ---- */

void soap_serializefault(struct soap *soap)
{
    (void)soap;
    stop();
}

int soap_putfault(struct soap *soap)
{
    (void)soap;
    stop();
}

int soap_getfault(struct soap *soap)
{
    (void)soap;
    stop();
}

/* What HTTP status an endpoint answered it puts into words of its own, which nobody reads: they lie
 * in the context, beside what is ours there. */
enum { OURS, CODE, STRING, DETAIL };

static const char **word(struct soap *soap, int place)
{
    return (const char **)&soap->data[place];
}

const char **soap_faultcode(struct soap *soap)
{
    return word(soap, CODE);
}

const char **soap_faultsubcode(struct soap *soap)
{
    return word(soap, CODE);
}

const char **soap_faultstring(struct soap *soap)
{
    return word(soap, STRING);
}

const char **soap_faultdetail(struct soap *soap)
{
    return word(soap, DETAIL);
}

const char *soap_fault_subcode(struct soap *soap)
{
    (void)soap;
    stop();
}

const char *soap_fault_string(struct soap *soap)
{
    (void)soap;
    stop();
}

const char *soap_fault_detail(struct soap *soap)
{
    (void)soap;
    stop();
}
