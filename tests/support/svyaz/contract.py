"""The published contract of a running server: which operations there are, and what their
answers must look like."""
from lxml import etree

from svyaz import wire

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
PREFIX = "urn:svyaz:crm:1:"


class Contract:
    """Read from ?wsdl once; services are fetched when they are first needed."""

    def __init__(self, url):
        self.url = url
        self.schemas = {}
        self.services = {}  # operation -> service
        for part in self.document("All").iter(f"{WSDL}part"):
            prefix, _, name = part.get("element").rpartition(":")
            namespace = part.nsmap[prefix or None]
            if part.getparent().get("name") and not name.endswith("Response"):
                self.services[name] = namespace.removeprefix(PREFIX)
        bound = {operation.get("name")
                 for operation in self.document("All").iter(f"{WSDL}operation")}
        self.services = {name: service for name, service in self.services.items()
                         if name in bound}

    def document(self, service, query="wsdl"):
        """The WSDL of a service."""
        reply = wire.send(f"{self.url}/soap/{service}?{query}")
        if reply.status != 200:
            raise LookupError(f"?{query} of {service} answers {reply.status}")
        return etree.fromstring(reply.body, wire.SAFE)

    def schema(self, service):
        """The inline schema of a service, ready to validate with."""
        if service not in self.schemas:
            inline = self.document(service).find(f"{WSDL}types/{SCHEMA}schema")
            self.schemas[service] = etree.XMLSchema(etree.fromstring(etree.tostring(inline)))
        return self.schemas[service]

    def complaint(self, service, reply):
        """Why an answer breaks the contract; None when it keeps it."""
        if not reply.is_soap:
            return f"an answer of type {reply.content_type or 'none'} (HTTP {reply.status})"
        message = reply.message()
        if etree.QName(message).localname == "Fault":
            message = message.find(".//{*}CrmFault")
            if message is None:
                return "a fault without CrmFault"
        schema = self.schema(service)
        if schema.validate(etree.fromstring(etree.tostring(message))):
            return None
        return str(schema.error_log.last_error)
