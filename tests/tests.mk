# How the proof is run.
#: make check      install what is missing, build, prove everything (three databases, real clients)
#: make bench      measure against hand-written endpoints, in one run
#: make torture    the same proofs as make check at their full size: hours
#: make fuzz       every fuzz target for an hour (FUZZ_SECONDS=3600), one after the other
#: make mutants    takes checks of access out of the server, one by one: the oracle must notice each

# ---- unit tests: tests/unit/<floor>/*.c, linked with the floors up to <floor> ----
# A test is a function `void test_<topic>__<what>(void **state)`: found by its name, no registration.
UNIT_FLOORS := $(foreach floor,$(FLOORS),$(if $(wildcard tests/unit/$(floor)/*.c),$(floor)))
floors_up_to = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call floors_up_to,$(1),$(wordlist 2,99,$(2))))
UNIT_PROGRAMS := $(foreach floor,$(UNIT_FLOORS),$(OUT)/unit/$(floor))

$(OUT)/tests/%.o: tests/%.c | build/generated/stamp
	@mkdir -p $(@D)
	$(COMPILE) -Wno-missing-prototypes -Isrc -Ibuild -Iinclude -Itests/unit $(LIBRARY_FLAGS) -c $< -o $@
$(OUT)/unit/%_main.o: $(OUT)/unit/%_main.c
	$(COMPILE) -Wno-missing-prototypes -Itests/unit -c $< -o $@

# What tests share is an archive, so that a low floor links nothing of it that needs a high one.
unit_objects_of = $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/unit/$(1)/*.c))
$(OUT)/unit/support.a: $(call unit_objects_of,support)
	@mkdir -p $(@D)
	@rm -f $@
	$(call short,archive)ar rcs $@ $^

define unit_program
$(OUT)/unit/$(1)_main.c: $(wildcard tests/unit/$(1)/*.c) tests/unit/make_main.sh
	@mkdir -p $$(@D)
	tests/unit/make_main.sh $(wildcard tests/unit/$(1)/*.c) > $$@
$(OUT)/unit/$(1): $(OUT)/unit/$(1)_main.o $(call unit_objects_of,$(1)) $(OUT)/unit/support.a \
    $(filter-out $(OUT)/src/server/main.o,$(foreach floor,$(call floors_up_to,$(1),$(FLOORS)),$(call objects_of,$(floor)))) \
    $(GENERATED_BASE) $(if $(filter service,$(call floors_up_to,$(1),$(FLOORS))),$(GENERATED_SERVICE))
	$$(LINK) $$(LINK_$(VARIANT)) $$(filter %.o,$$^) $(OUT)/unit/support.a $$(LINK_LIBRARIES) -lcmocka -o $$@
endef
$(foreach floor,$(UNIT_FLOORS),$(eval $(call unit_program,$(floor))))

# The other chain: the programs that are clients, with their tests in tests/unit/apps.
UNIT_PROGRAMS += $(OUT)/unit/apps
$(OUT)/unit/apps: LIBRARIES := $(CLIENT_LIBRARIES)
$(OUT)/unit/apps_main.c: $(wildcard tests/unit/apps/*.c) tests/unit/make_main.sh
	@mkdir -p $(@D)
	tests/unit/make_main.sh $(wildcard tests/unit/apps/*.c) > $@
$(OUT)/unit/apps: $(OUT)/unit/apps_main.o $(call unit_objects_of,apps) $(OUT)/tests/unit/support/runner.o \
    $(filter-out $(OUT)/src/apps/admin/main.o,$(CLIENT_OBJECTS) $(ADMIN_OBJECTS) $(MAIL_OBJECTS)) $(GENERATED_BASE)
	$(LINK) $(LINK_$(VARIANT)) $^ $(LINK_LIBRARIES) -lcmocka -o $@

unit-programs: $(UNIT_PROGRAMS)
# `make unit-<floor>` builds with sanitizers and runs one floor's tests.
unit-%:
	$(MAKE) VARIANT=check build/check/unit/$*
	tests/unit/run.sh build/check/unit/$*

# ---- the generator: XML in, golden out; bad XML in, right line out ----
# Here it is built as the house is, with sanitizers.
$(OUT)/generate: $(foreach floor,base xml generate,$(call objects_of,$(floor))) $(GENERATED_BASE)
	$(LINK) $(LINK_$(VARIANT)) $^ $(LINK_LIBRARIES) -o $@
.PHONY: check-generate
check-generate:
	$(MAKE) VARIANT=check build/check/generate
	tests/generate/run.sh build/check/generate

# ---- fuzz targets: tests/fuzz/<what>.c, linked with the whole house but its main, and with what
# the unit tests share ----
# Built by clang:  make VARIANT=fuzz CC=clang objects fuzz-programs
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(OUT)/fuzzers/%,$(wildcard tests/fuzz/*.c))
$(OUT)/fuzzers/%: $(OUT)/tests/fuzz/%.o $(filter-out $(OUT)/src/server/main.o,$(HOUSE_OBJECTS)) \
    $(GENERATED_BASE) $(GENERATED_SERVICE) $(OUT)/unit/support.a
	@mkdir -p $(@D)
	$(LINK) $(LINK_$(VARIANT)) $(filter %.o,$^) $(OUT)/unit/support.a $(LINK_LIBRARIES) -lcmocka -o $@
# What is of the other chain and touches no gSOAP.
$(OUT)/fuzzers/lmtp: $(addprefix $(OUT)/src/apps/mail/,letter.o lmtp_command.o lmtp_content.o lmtp_session.o)
fuzz-programs: $(FUZZ_PROGRAMS)
.PRECIOUS: $(OUT)/tests/%.o

# ---- the whole proof, and the measurements; PARTS and BENCH name some of them ----
.PHONY: check bench mutants torture fuzz unit-programs fuzz-programs
check:
	@.ci/packages build check
	@tests/check.sh $(PARTS)
bench:
	@.ci/packages build bench
	@tests/bench/run.sh $(BENCH)
# SEED replays a run.
mutants:
	@.ci/packages build check
	@$(MAKE) -s -j2 all programs
	tests/oracle/mutants/run.py
fuzz:
	@.ci/packages build check
	@$(MAKE) -s -j2 VARIANT=fuzz CC=clang objects fuzz-programs
	FUZZ_SECONDS=$${FUZZ_SECONDS:-3600} tests/fuzz/run.sh
torture:
	@.ci/packages build check
	@$(MAKE) -s -j2 all
	tests/oracle/run.py --program build/release/crmd --decisions 200000 --lists 2000 --leaks 20000 $(if $(SEED),--seed $(SEED))
	tests/credentials/run.py --replays 100000
	tests/hostile/statements.py --program build/release/crmd --queries 100000 $(if $(SEED),--seed $(SEED))
	tests/reliability/run.py --writes 10000 --kills 300 --database-writes 10000 --database-kills 50 --job-rows 20000 --job-kills 50 --changes 200 --cuts 1000 $(if $(SEED),--seed $(SEED))
	tests/reliability/run.py --no-steps --writes 50000 --kills 20 --database-kills 0 --changes 1 --cuts 1 $(if $(SEED),--seed $(SEED)) # 200,000 changes
	tests/reliability/galera.py --failures 10 --calls 2000 $(if $(SEED),--seed $(SEED))
	tests/reliability/clock.py --turns 20 $(if $(SEED),--seed $(SEED))
	tests/reliability/disk.py --fills 200 $(if $(SEED),--seed $(SEED))
	tests/mail/conversation.py --messages 300 --own 30 $(if $(SEED),--seed $(SEED))
	tests/mail/storm.py --messages 10000 --kills 100 $(if $(SEED),--seed $(SEED))
