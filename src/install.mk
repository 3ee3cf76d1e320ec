# What goes where when it is installed; DESTDIR stands before every path, for packages.
#: make install    programs, metadata, manual pages and systemd units (PREFIX=/usr/local, DESTDIR)
PREFIX  ?= /usr/local
UNITS   ?= $(PREFIX)/lib/systemd/system
INSTALL ?= install
# What crmd reads when it starts; the rest of metadata/ is compiled in.
INSTALLED_METADATA := $(wildcard metadata/*.xsd metadata/entities/*.xml metadata/roles/*.xml)

.PHONY: install
install: $(addprefix build/,crmd $(CLIENT_PROGRAMS) crmctl.1 crmd.8 crm-lmtpd.8 crm-deliver.8 crm-imap.8 crm-outbox.8 crmd.service crm-lmtpd.service crm-imap.service crm-outbox.service)
	$(INSTALL) -D -m 755 -t $(DESTDIR)$(PREFIX)/bin $(addprefix build/release/,crmd $(CLIENT_PROGRAMS))
	$(foreach file,$(INSTALLED_METADATA),$(INSTALL) -D -m 644 $(file) $(DESTDIR)$(PREFIX)/share/svyaz/$(file) &&) true
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 build/crmctl.1
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 build/crmd.8 build/crm-lmtpd.8 build/crm-deliver.8 build/crm-imap.8 build/crm-outbox.8
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(UNITS) build/crmd.service build/crm-lmtpd.service build/crm-imap.service build/crm-outbox.service

build/%.8: build/% src/man.sh
	src/man.sh build/release/$* 8 > $@
build/crmctl.1: build/crmctl src/man.sh
	src/man.sh build/release/crmctl 1 > $@
# Always: PREFIX may be another one than before.
.PHONY: build/crmd.service build/crm-lmtpd.service build/crm-imap.service build/crm-outbox.service
build/crmd.service: src/server/crmd.service.in
build/crm-lmtpd.service: src/apps/mail/crm-lmtpd.service.in
build/crm-imap.service: src/apps/mail/crm-imap.service.in
build/crm-outbox.service: src/apps/mail/crm-outbox.service.in
build/crmd.service build/crm-lmtpd.service build/crm-imap.service build/crm-outbox.service:
	sed 's|@PREFIX@|$(PREFIX)|' $< > $@
