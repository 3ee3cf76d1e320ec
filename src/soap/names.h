/*
 * names.h - namespaces and identifiers of the standards that this floor speaks.
 */
#ifndef SOAP_NAMES_H
#define SOAP_NAMES_H

#define NAMESPACE_XML "http://www.w3.org/XML/1998/namespace"
#define NAMESPACE_XMLNS "http://www.w3.org/2000/xmlns/"
#define NAMESPACE_SCHEMA "http://www.w3.org/2001/XMLSchema"
#define NAMESPACE_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
#define NAMESPACE_ENVELOPE_1_1 "http://schemas.xmlsoap.org/soap/envelope/"
#define NAMESPACE_ENVELOPE_1_2 "http://www.w3.org/2003/05/soap-envelope"
#define NAMESPACE_ENCODING_1_1 "http://schemas.xmlsoap.org/soap/encoding/"
#define NAMESPACE_ENCODING_1_2 "http://www.w3.org/2003/05/soap-encoding"
#define NAMESPACE_WSDL "http://schemas.xmlsoap.org/wsdl/"
#define NAMESPACE_WSDL_SOAP_1_1 "http://schemas.xmlsoap.org/wsdl/soap/"
#define NAMESPACE_WSDL_SOAP_1_2 "http://schemas.xmlsoap.org/wsdl/soap12/"
#define NAMESPACE_XOP "http://www.w3.org/2004/08/xop/include"

#define NAMESPACE_ADDRESSING "http://www.w3.org/2005/08/addressing"
#define NAMESPACE_ADDRESSING_2004 "http://schemas.xmlsoap.org/ws/2004/08/addressing"

#define NAMESPACE_SECURITY                                                                         \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
#define NAMESPACE_UTILITY                                                                          \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
#define TYPE_PASSWORD_TEXT                                                                         \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"           \
    "#PasswordText"
#define ENCODING_BASE64                                                                            \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"            \
    "#Base64Binary"
#define TYPE_X509                                                                                  \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
#define NAMESPACE_SIGNATURE "http://www.w3.org/2000/09/xmldsig#"
#define TYPE_PASSWORD_DIGEST                                                                       \
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"           \
    "#PasswordDigest"

/* Every service has a namespace of its own that begins so. */
#define NAMESPACE_PREFIX "urn:svyaz:crm:1:"

#endif
