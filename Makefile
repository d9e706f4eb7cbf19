# wouldblock: `make demo` shows what it does, `make test` whether it does it right.
#
# Needed are gcc (or CC=clang) and make. What else is missing is installed with apt where there is
# apt; elsewhere .ci/packages says what to install. Everything made lies in .build/.
#
#   make          .build/wouldblock             make lint     format, static checks, warnings as errors
#   make demo     reads a sample log, reports   make san      all tests under ASan and UBSan
#   make test     all tests                     make fuzz     FUZZ_SECONDS=60 for each target
#   make install  DESTDIR= PREFIX=/usr/local    make torture  the tests that take hours
#   make clean                                  make bench    speed and memory

VERSION = 0.1.0
COMMIT := $(shell [ ! -e .git ] || git rev-parse --verify -q --short HEAD 2>/dev/null)

BUILD = .build
PREFIX = /usr/local
FUZZ_SECONDS = 60
CFLAGS = -O3 -g

# ------------------------------------------------------------------ rooms (left to right)

ROOMS = parsers analyzer ui
LIBS_parsers = -lpcre2-8
LIBS_analyzer = -lsqlite3 -lpsl -lm -pthread $(LIBS_parsers)
LIBS_ui = -linih -lncursesw $(LIBS_analyzer)

# What a room's programs are linked with: its archive and those to its left.
ARCHIVES_parsers = $(BUILD)/libparsers.a
ARCHIVES_analyzer = $(BUILD)/libanalyzer.a $(ARCHIVES_parsers)
ARCHIVES_ui = $(BUILD)/libui.a $(ARCHIVES_analyzer)

sources = $(sort $(wildcard $1/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$1)

OBJECTS_parsers = $(call objects,$(call sources,parsers))
OBJECTS_analyzer = $(call objects,$(call sources,analyzer)) $(BUILD)/obj/gen/sql.o $(BUILD)/obj/gen/shared_domains.o
OBJECTS_ui = $(call objects,$(filter-out ui/main.c,$(call sources,ui)))
OBJECT_main = $(BUILD)/obj/ui/main.o

# A unit test NAME_test.c is of the room where NAME.c is; these have no such file.
TESTS_parsers = companions vector
TESTS_analyzer =
TESTS_ui =

unit_names = $(patsubst tests/unit/%_test.c,%,$(sort $(wildcard tests/unit/*_test.c)))
room_names = $(filter $(patsubst $1/%.c,%,$(call sources,$1)) $(TESTS_$1),$(unit_names))
UNITS_parsers := $(patsubst %,$(BUILD)/unit/parsers/%_test,$(call room_names,parsers))
UNITS_analyzer := $(patsubst %,$(BUILD)/unit/analyzer/%_test,$(call room_names,analyzer))
UNITS_ui := $(patsubst %,$(BUILD)/unit/ui/%_test,$(call room_names,ui))
UNITS = $(UNITS_parsers) $(UNITS_analyzer) $(UNITS_ui)

homeless := $(filter-out $(foreach r,$(ROOMS),$(call room_names,$r)),$(unit_names))
ifneq ($(homeless),)
$(error Which room are these unit tests of? Name them in TESTS_parsers, _analyzer or _ui: $(homeless))
endif

# ------------------------------------------------------------------ how things are compiled

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion \
	-Wformat-security -Werror=format-security $(if $(WERROR),-Werror)

# SANITIZE=address,undefined: checks in place of the guards of a release.
ifdef SANITIZE
GUARDS = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK_GUARDS = -fsanitize=$(SANITIZE)
else
FORTIFY := $(shell echo '\#include <stdio.h>' | $(CC) -O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -x c -E - \
	>/dev/null 2>&1 && echo 3 || echo 2)
GUARDS = -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY) -fstack-protector-strong
LINK_GUARDS = -Wl,-z,relro,-z,now
endif

LANGUAGE = -std=c11 -D_GNU_SOURCE
COMPILE = $(CC) $(LANGUAGE) $(WARNINGS) $(GUARDS) -fPIE -MMD -MP $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(CFLAGS) -pie $(LINK_GUARDS) $(LDFLAGS)

# One job for each processor, unless somebody says otherwise or cleans.
ifeq ($(MAKELEVEL)$(filter -j% --jobserver%,$(MAKEFLAGS))$(filter clean,$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

MAKEFLAGS += --no-print-directory

# V=1 shows the commands.
Q = $(if $(V),,@)
tell = $(if $(V),,@printf '  %-6s %s\n' $1 $@)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all objects units unit demo test lint format san fuzz bench torture install clean FORCE

all: $(BUILD)/wouldblock

$(BUILD)/wouldblock: $(OBJECT_main) $(ARCHIVES_ui)
	$(call tell,LINK)
	$Q$(LINK) -o $@ $^ $(LIBS_ui)

# Facts of the command line and of folders, as files that change only when the fact does.
said_flags = $(COMPILE) $(LINK)
said_version = $(VERSION) $(COMMIT)
said_parsers = $(OBJECTS_parsers)
said_analyzer = $(OBJECTS_analyzer)
said_ui = $(OBJECTS_ui)
said_sql = $(SQL)

$(BUILD)/said/%: FORCE
	@mkdir -p $(@D)
	@echo '$(said_$*)' | cmp -s - $@ || echo '$(said_$*)' >$@

define archive
$(BUILD)/lib$1.a: $(OBJECTS_$1) $(BUILD)/said/$1
	$$(call tell,AR)
	$$Qrm -f $$@
	$$Q$(AR) rcs $$@ $(OBJECTS_$1)
endef
$(foreach r,$(ROOMS),$(eval $(call archive,$r)))

$(BUILD)/obj/%.o: %.c $(BUILD)/said/flags | $(BUILD)/have/build
	$(call tell,CC)
	@mkdir -p $(@D)
	$Q$(COMPILE) -c -o $@ $<

# Only this file knows the version, so that a commit compiles one file.
DEFINES_main = -DWB_VERSION='"$(VERSION)"' -DWB_COMMIT='"$(COMMIT)"'
$(OBJECT_main): CPPFLAGS += $(DEFINES_main)
$(OBJECT_main): $(BUILD)/said/version

objects: $(foreach r,$(ROOMS),$(OBJECTS_$r)) $(OBJECT_main) $(patsubst tests/%.c,$(BUILD)/obj/tests/%.o,$(wildcard tests/unit/*.c))

# ------------------------------------------------------------------ SQL and data as C

GEN = $(BUILD)/gen
SQL := $(wildcard sql/schema.sql) $(sort $(wildcard sql/upgrade/*.sql sql/read/*.sql sql/write/*.sql))

# The header changes with the names only, so that an edited query compiles one file.
$(GEN)/sql.h: sql/embed $(BUILD)/said/sql
	$(call tell,SQL)
	@mkdir -p $(@D)
	$Qsql/embed header $(SQL) >$@

$(GEN)/sql.c: sql/embed $(BUILD)/said/sql $(SQL)
	$(call tell,SQL)
	@mkdir -p $(@D)
	$Qsql/embed source $(SQL) >$@

$(GEN)/shared_domains.c: samples/shared-domains.txt
	$(call tell,TEXT)
	@mkdir -p $(@D)
	$Q{ echo '#include "analyzer/shared_domains.h"'; echo; echo 'const char shared_domains_txt[] ='; \
		sed 's/[\\"?]/\\&/g; s/.*/	"&\\n"/' $<; echo '	;'; } >$@

$(BUILD)/obj/gen/%.o: $(GEN)/%.c $(GEN)/sql.h $(BUILD)/said/flags | $(BUILD)/have/build
	$(call tell,CC)
	@mkdir -p $(@D)
	$Q$(COMPILE) -I. -c -o $@ $<

INCLUDE_sql = -I$(GEN)
$(call objects,$(call sources,analyzer) $(call sources,ui)): CPPFLAGS += $(INCLUDE_sql)
$(call objects,$(call sources,analyzer) $(call sources,ui)): | $(GEN)/sql.h

# ------------------------------------------------------------------ tests

$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/said/flags | $(BUILD)/have/test $(GEN)/sql.h
	$(call tell,CC)
	@mkdir -p $(@D)
	$Q$(COMPILE) $(INCLUDE_sql) -c -o $@ $<

# That a room's tests link without the rooms to its right is the proof that it does without them.
# `alone` is all of a room, not only what a test asks for.
define room
$(BUILD)/unit/$1/%_test: $(BUILD)/obj/tests/unit/%_test.o $(ARCHIVES_$1)
	$$(call tell,LINK)
	@mkdir -p $$(@D)
	$$Q$$(LINK) -o $$@ $$^ -lcmocka $(LIBS_$1)

$(BUILD)/unit/$1/alone: $(ARCHIVES_$1)
	$$(call tell,LINK)
	@mkdir -p $$(@D)
	$$Qecho 'int main(void) { return 0; }' | \
		$$(LINK) -fPIE -o $$@ -x c - -x none -Wl,--whole-archive $$^ -Wl,--no-whole-archive $(LIBS_$1)
endef
$(foreach r,$(ROOMS),$(eval $(call room,$r)))

units: $(UNITS) $(ROOMS:%=$(BUILD)/unit/%/alone)

RUN = BUILD=$(BUILD) WOULDBLOCK=$(BUILD)/wouldblock tests/run.sh

unit: units
	$(RUN) $(ROOMS)

# What tests/postmap.sh compares with Postfix's own postmap.
$(BUILD)/access_query: $(BUILD)/obj/tests/access_query.o $(ARCHIVES_parsers)
	$(call tell,LINK)
	$Q$(LINK) -o $@ $^ $(LIBS_parsers)

# What tests/faults.sh preloads; without guards or sanitizers, which have libraries of their own.
$(BUILD)/faults.so: tests/faults/shim.c tests/faults/power.c tests/faults/power.h $(BUILD)/said/flags | $(BUILD)/have/build
	$(call tell,LINK)
	$Q$(CC) $(LANGUAGE) $(WARNINGS) -O2 -g -fPIC -fvisibility=hidden -shared -o $@ $(filter %.c,$^) -ldl

test: units all $(BUILD)/access_query $(BUILD)/faults.so | $(BUILD)/have/test
	$(RUN)

# A status of its own, so that no test takes a sanitizer's end for an answer.
san:
	ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1:exitcode=99 TIME_FACTOR=$(or $(TIME_FACTOR),10) \
		$(MAKE) BUILD=$(BUILD)/san SANITIZE=address,undefined test

# ------------------------------------------------------------------ demo

# The log is made where it is not part of the tree.
DEMO_LOG := $(or $(wildcard samples/demo/mail.log.gz),$(BUILD)/demo/mail.log.gz)

$(BUILD)/demo/mail.log.gz: samples/demo/make-log samples/demo/postfix.py | $(BUILD)/have/demo
	@mkdir -p $(@D)
	$(call tell,LOG)
	$QPYTHONDONTWRITEBYTECODE=1 samples/demo/make-log | gzip -9n >$@

# As of the log's last day, so that its age does not count. No decision is a failure of the demo: 1 says no-go.
demo: all $(DEMO_LOG)
	@rm -f $(BUILD)/demo/db*
	@mkdir -p $(BUILD)/demo
	$(BUILD)/wouldblock --db $(BUILD)/demo/db ingest $(DEMO_LOG)
	$(BUILD)/wouldblock --db $(BUILD)/demo/db report --until 2026-11-16 || [ $$? -le 2 ]

# ------------------------------------------------------------------ lint

CODE = $(sort $(wildcard $(foreach d,$(ROOMS) tests tests/unit tests/fuzz tests/bench tests/faults,$d/*.c $d/*.h)))
SCRIPTS = $(sort $(wildcard tests/*.sh tests/*/*.sh)) .ci/run .ci/packages sql/embed
PROCESSORS = $$(nproc 2>/dev/null || echo 2)

# SC2317: functions that a test names to `ok` are called, though shellcheck does not see it.
lint: $(BUILD)/have/lint $(BUILD)/have/test $(GEN)/sql.h
	tests/doors.sh
	@echo clang-format
	$Qclang-format --dry-run --Werror $(CODE)
	@echo shellcheck
	$Qshellcheck -x -e SC2317 $(SCRIPTS)
	$(MAKE) BUILD=$(BUILD)/lint/gcc CC=gcc WERROR=1 objects
	$(MAKE) BUILD=$(BUILD)/lint/clang CC=clang WERROR=1 objects
	@echo cppcheck
	$Qcppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		-D_GNU_SOURCE '-Dnoreturn=__attribute__((noreturn))' $(INCLUDE_sql) $(DEFINES_main) -j $(PROCESSORS) \
		$(filter %.c,$(CODE))
	@echo clang-tidy
	$Qprintf '%s\n' $(filter %.c,$(CODE)) | xargs -P $(PROCESSORS) -I{} sh -c \
		'clang-tidy --quiet {} -- $(LANGUAGE) $(INCLUDE_sql) -DWB_VERSION=\"\" -DWB_COMMIT=\"\" 2>/dev/null'

format: $(BUILD)/have/lint
	@echo clang-format -i
	$Qclang-format -i $(CODE)

# ------------------------------------------------------------------ fuzzing

# A target is linked with the archives of its room: the analyzer's unless it is named here.
FUZZ_parsers = line
FUZZ_names = $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_analyzer = $(filter-out $(FUZZ_parsers),$(FUZZ_names))

fuzz: $(BUILD)/have/fuzz $(BUILD)/have/test
	$(MAKE) BUILD=$(BUILD)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined fuzzers
	BUILD=$(BUILD)/fuzz tests/fuzz/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_names)

.PHONY: fuzzers
fuzzers: $(FUZZ_names:%=$(BUILD)/%_fuzz)

$(FUZZ_parsers:%=$(BUILD)/%_fuzz): $(ARCHIVES_parsers)
$(FUZZ_analyzer:%=$(BUILD)/%_fuzz): $(ARCHIVES_analyzer)
$(FUZZ_parsers:%=$(BUILD)/%_fuzz): LIBS_fuzz = $(LIBS_parsers)
$(FUZZ_analyzer:%=$(BUILD)/%_fuzz): LIBS_fuzz = $(LIBS_analyzer)

$(BUILD)/%_fuzz: $(BUILD)/obj/tests/fuzz/%_fuzz.o
	$(call tell,LINK)
	$Q$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS_fuzz)

# ------------------------------------------------------------------ speed, and what takes hours

OBJECTS_genlog = $(call objects,$(sort $(wildcard tests/bench/genlog*.c)))

$(BUILD)/genlog: $(OBJECTS_genlog)
	$(call tell,LINK)
	$Q$(LINK) -o $@ $^ -lm

bench: all $(BUILD)/genlog
	GENLOG=$(BUILD)/genlog WOULDBLOCK=$(BUILD)/wouldblock tests/bench/bench.sh

torture: all $(BUILD)/faults.so | $(BUILD)/have/test
	$(RUN) 'cut-every:14400:tests/cut.sh every' 'cut-many:7200:tests/cut.sh 5000' \
		'kills:3600:tests/torture/kill.sh 1000' 'steps:7200:tests/torture/steps.sh all' \
		'mutants:7200:tests/torture/mutants.sh' 'flood:120:tests/torture/flood.sh 60' \
		'endless:7200:tests/torture/endless.sh 10' 'starts:3600:tests/torture/starts.sh 100 200' \
		'faults-every:14400:tests/faults.sh every' 'damage:3600:tests/torture/damage.sh 2000'

# ------------------------------------------------------------------ packages, installing

$(BUILD)/have/%: .ci/packages
	@mkdir -p $(@D)
	@CC='$(CC)' .ci/packages $*
	@touch $@

# One apt at a time.
$(BUILD)/have/test $(BUILD)/have/demo: | $(BUILD)/have/build
$(BUILD)/have/lint: | $(BUILD)/have/test
$(BUILD)/have/fuzz: | $(BUILD)/have/test

MANUALS = $(wildcard samples/man/*.1)
UNITS_systemd = $(wildcard samples/systemd/*.service samples/systemd/*.timer)

install: all
	install -D -m 755 $(BUILD)/wouldblock $(DESTDIR)$(PREFIX)/bin/wouldblock
	install -D -m 644 samples/wouldblock.conf $(DESTDIR)$(PREFIX)/share/doc/wouldblock/wouldblock.conf
	mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	for u in $(UNITS_systemd); do sed 's|/usr/local/bin/|$(PREFIX)/bin/|' $$u \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/$${u##*/}; done
	$(foreach m,$(MANUALS),install -D -m 644 $m $(DESTDIR)$(PREFIX)/share/man/man1/$(notdir $m))

clean:
	rm -rf $(BUILD)

-include $(shell [ ! -d $(BUILD)/obj ] || find $(BUILD)/obj -name '*.d')
