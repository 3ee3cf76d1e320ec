# How the proof is run.
#: make check      install what is missing, build, prove everything (three databases, real clients)
#: make bench      measure against hand-written endpoints, in one run

# ---- unit tests: tests/unit/<floor>/*.c, linked with the floors up to <floor> ----
# A test is a function `void test_<topic>__<what>(void **state)`: found by its name, no registration.
UNIT_FLOORS := $(foreach floor,$(FLOORS),$(if $(wildcard tests/unit/$(floor)/*.c),$(floor)))
floors_up_to = $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call floors_up_to,$(1),$(wordlist 2,99,$(2))))
UNIT_PROGRAMS := $(foreach floor,$(UNIT_FLOORS),$(OUT)/unit/$(floor))

define unit_program
$(OUT)/unit/$(1)_main.c: $(wildcard tests/unit/$(1)/*.c) tests/unit/make_main.sh
	@mkdir -p $$(@D)
	tests/unit/make_main.sh $(wildcard tests/unit/$(1)/*.c) > $$@
$(OUT)/unit/$(1): $(OUT)/unit/$(1)_main.c $(wildcard tests/unit/$(1)/*.c) $(wildcard tests/unit/support/*.c) \
    $(foreach floor,$(call floors_up_to,$(1),$(FLOORS)),$(call objects_of,$(floor))) $(GENERATED_BASE) \
    $(if $(filter service,$(call floors_up_to,$(1),$(FLOORS))),$(GENERATED_SERVICE))
	$$(COMPILE) -Wno-missing-prototypes -Isrc -Ibuild -Iinclude -Itests/unit $$(LIBRARY_FLAGS) $$(LINK_$(VARIANT)) \
	    $$(filter %.c %.o,$$^) $$(LINK_LIBRARIES) -lcmocka -o $$@
endef
$(foreach floor,$(UNIT_FLOORS),$(eval $(call unit_program,$(floor))))

unit-programs: $(UNIT_PROGRAMS)
# `make unit-<floor>` builds with sanitizers and runs one floor's tests.
unit-%:
	$(MAKE) VARIANT=check build/check/unit/$*
	tests/unit/run.sh build/check/unit/$*
