# How the house is built: generator first, then the floors in order, then the programs.
#: make            build/crmd, build/crmctl and the connectors, release; V=1 shows the commands
#: make run        install what is missing, build, serve a sample organisation, print its URLs
#: make generate   write wsdl/ again from metadata/ and services/
#: make layers     check that every include goes to the left
#: make format     clang-format on all source
#: make clean      remove build/

sources_of = $(sort $(wildcard src/$(1)/*.c))
objects_of = $(patsubst src/%.c,$(OUT)/src/%.o,$(call sources_of,$(1)))

# ---- the generator: errors, settings and services become C tables ----
GENERATE_SOURCES := $(wildcard src/generate/*.c) $(filter-out src/base/settings.c src/base/setting_list.c,$(call sources_of,base)) \
    $(filter-out src/xml/signature.c,$(call sources_of,xml))
GENERATE_OBJECTS := $(patsubst src/%.c,build/generate-objects/%.o,$(GENERATE_SOURCES))
GENERATED_HEADERS := $(addprefix build/generated/,error_codes.h settings.h connector_settings.h messages.h operations.h contract_names.def)
GENERATED_SOURCES := $(addprefix build/generated/,errors.c settings.c connector_settings.c messages.c operations.c)
GENERATED_BASE    := $(OUT)/generated/errors.o $(OUT)/generated/settings.o
GENERATED_SERVICE := $(OUT)/generated/messages.o $(OUT)/generated/operations.o

# One generator serves both builds.
build/generate build/generate-objects/%.o: override VARIANT := release

build/generate-objects/%.o: src/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Isrc -Isrc/generate/seed $(LIBRARY_FLAGS) -c $< -o $@

build/generate: $(GENERATE_OBJECTS)
	$(LINK) $(LINK_$(VARIANT)) $^ $(shell pkg-config --libs libxml-2.0) -lpthread -o $@

build/generated/stamp: build/generate $(wildcard metadata/*.x[ms][ld] services/*.x[ms][ld])
	@mkdir -p build/generated
	build/generate metadata services build/generated
	@touch $@
$(GENERATED_HEADERS) $(GENERATED_SOURCES): build/generated/stamp ;

# ---- the floors ----
$(OUT)/src/%.o: src/%.c | build/generated/stamp
	@mkdir -p $(@D)
	$(COMPILE) -Isrc -Ibuild -Iinclude $(LIBRARY_FLAGS) -c $< -o $@

$(OUT)/generated/%.o: build/generated/%.c
	@mkdir -p $(@D)
	$(COMPILE) -Isrc -Ibuild -Iinclude -c $< -o $@

# ---- crmctl and the connectors: linked with the gSOAP runtime that has TLS, whose flags change the layout of its types ----
CLIENT_LIBRARIES := $(LIBRARIES:gsoap=gsoapssl)
$(OUT)/src/client/%.o $(addprefix $(OUT)/,$(CLIENT_PROGRAMS)): LIBRARIES := $(CLIENT_LIBRARIES)
$(OUT)/src/client/transport.o: build/generated/client_soapC.c

# What the runtime wants of every program, written by its own generator; its warnings are not ours.
build/generated/client_soapC.c: src/client/runtime.gsoap
	@mkdir -p $(@D)
	soapcpp2 -c -C -L -x -w -d build/generated -p client_soap $< > /dev/null 2>&1
$(OUT)/generated/client_soapC.o: build/generated/client_soapC.c
	@mkdir -p $(@D)
	$(call short,compile)$(CC) -std=c11 -D_DEFAULT_SOURCE -w $(FLAGS_$(VARIANT)) $(shell pkg-config --cflags gsoapssl) -c $< -o $@

# The schema of import mappings is compiled in, so that crmctl works from any place.
build/generated/import_schema.c: src/apps/admin/import.xsd
	@mkdir -p $(@D)
	{ echo '#include "apps/admin/mapping.h"'; echo 'const unsigned char import_schema[] = {'; \
	    od -An -v -tu1 $< | sed 's/ *\([0-9][0-9]*\)/\1,/g'; \
	    echo '};'; echo 'const size_t import_schema_length = sizeof(import_schema);'; } > $@

HOUSE_OBJECTS := $(foreach floor,$(FLOORS),$(call objects_of,$(floor)))
CLIENT_OBJECTS := $(foreach floor,base text xml crypto client,$(call objects_of,$(floor))) $(OUT)/generated/client_soapC.o
ADMIN_OBJECTS := $(call objects_of,apps/admin) $(OUT)/generated/import_schema.o
# With each of these begins a connector; the rest is theirs in common.
MAIL_MAINS    := $(addprefix $(OUT)/src/apps/mail/,lmtpd.o deliver.o imap.o outbox.o)
# What needs libetpan is crm-imap's alone.
IMAP_OBJECTS  := $(addprefix $(OUT)/src/apps/mail/,imap_client.o imap_session.o imap_follower.o)
MAIL_OBJECTS  := $(filter-out $(MAIL_MAINS) $(IMAP_OBJECTS),$(call objects_of,apps/mail)) $(OUT)/generated/connector_settings.o

$(OUT)/crmd: $(HOUSE_OBJECTS) $(GENERATED_BASE) $(GENERATED_SERVICE)
	$(LINK) $(LINK_$(VARIANT)) $^ $(LINK_LIBRARIES) -o $@
$(OUT)/crmctl: $(CLIENT_OBJECTS) $(ADMIN_OBJECTS) $(GENERATED_BASE)
	$(LINK) $(LINK_$(VARIANT)) $^ $(LINK_LIBRARIES) -o $@
$(OUT)/crm-imap: $(IMAP_OBJECTS)
$(OUT)/crm-imap: LINK_LIBRARIES += -letpan
$(OUT)/crm-lmtpd $(OUT)/crm-deliver $(OUT)/crm-imap $(OUT)/crm-outbox: $(OUT)/crm-%: $(OUT)/src/apps/mail/%.o $(MAIL_OBJECTS) $(CLIENT_OBJECTS) $(GENERATED_BASE)
	$(LINK) $(LINK_$(VARIANT)) $^ $(LINK_LIBRARIES) -o $@

# All that is compiled, for a compiler that is only to be heard.
.PHONY: objects
objects: $(HOUSE_OBJECTS) $(CLIENT_OBJECTS) $(ADMIN_OBJECTS) $(MAIL_OBJECTS) $(IMAP_OBJECTS) $(MAIL_MAINS)

# What is shipped is the release build; the name in build/ is a hard link to it.
ifeq ($(VARIANT),release)
$(addprefix build/,crmd $(CLIENT_PROGRAMS)): build/%: $(OUT)/%
	ln -f $< $@
endif

# ---- a sample organisation: a trading firm's users, accounts, products and orders ----
RUN_DATA := crm_data

$(RUN_DATA)/svyaz.db: | all
	@mkdir -p -m 700 $(RUN_DATA)
	@(umask 077; head -c 18 /dev/urandom | base64 > $(RUN_DATA)/admin.password)
	build/crmctl bootstrap --data $(RUN_DATA) --admin admin --password-stdin --sample < $(RUN_DATA)/admin.password

run:
	@.ci/packages build
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory $(RUN_DATA)/svyaz.db
	@echo "Log in as admin; the password lies in $(RUN_DATA)/admin.password. Ctrl-C ends the server."
	@exec build/crmd --data $(RUN_DATA)

# ---- the published contract ----
generate: build/crmd
	build/crmd --write-contract wsdl

layers:
	@tests/house/layers.sh "$(FLOORS)" "$(APPS)"

format:
	clang-format -i $$(git ls-files 'src/*.[ch]' 'include/*.h' 'tests/*.[ch]')

-include $(shell find build/release build/check build/fuzz build/generate-objects -type f -name '*.d' 2>/dev/null)
