# Svyaz: `make help` lists what can be asked for.
#
# Two builds live side by side: build/release is what is shipped (linked as build/crmd, build/crmctl
# ...), build/check is the same source with AddressSanitizer and UBSan. A third,
# build/fuzz, is clang's.

# A file may include headers of its own floor and of floors to its left, and nothing else.
FLOORS := base text xml crypto mime database metadata security call query change record document mail service job soap push server
APPS   := base text xml crypto client apps
# Programs that are clients, beside crmd.
CLIENT_PROGRAMS := crmctl crm-lmtpd crm-deliver crm-imap crm-outbox

VARIANT ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
OUT     := build/$(VARIANT)

WARNINGS      := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wvla -Werror
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LINK_release  := -pie -Wl,-z,relro,-z,now
FLAGS_check   := -DINTERRUPTIBLE -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LINK_check    := -fsanitize=address,undefined
# clang's build of the house: it proves that clang finds nothing to say, and carries the fuzzers.
FLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK_fuzz     := -fsanitize=fuzzer,address,undefined
STANDARD      := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE
# One short line for each file that is made; V=1 shows the commands, make -s nothing.
is_silent      = $(findstring s,$(firstword -$(MAKEFLAGS)))
short          = $(if $(V),,@$(if $(is_silent),,printf '  %-8s%s\n' $(1) $@ && ))
COMPILE        = $(call short,compile)$(CC) $(STANDARD) $(WARNINGS) $(FLAGS_$(VARIANT)) -MMD -MP $(CFLAGS)
LINK           = $(call short,link)$(CC)

LIBRARIES     := libxml-2.0 odbc openssl xmlsec1-openssl libsodium icu-uc icu-i18n zlib inih gsoap ldap lber krb5-gssapi gmime-3.0 libical
LIBRARY_FLAGS  = $(shell pkg-config --cflags $(LIBRARIES) 2>/dev/null)
LINK_LIBRARIES = -Wl,--as-needed $(shell pkg-config --libs $(LIBRARIES) 2>/dev/null) -lcsv -lpthread -lm

.PHONY: all run check bench generate layers format help clean packages-build packages-check
.DEFAULT_GOAL := all

all: layers $(addprefix build/,crmd $(CLIENT_PROGRAMS))
programs: $(OUT)/crmd $(addprefix $(OUT)/,$(CLIENT_PROGRAMS))

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

include src/build.mk
include src/install.mk
include tests/tests.mk

clean:
	rm -rf build
