# vitamin: one Makefile, no configure step. `make help` lists the targets.
#
#   make CC=clang SAN=asan test FILTER='replay/*'
#
# One short line per file; V=1 prints the commands.
#
# Sources are found by wildcard: a new file needs no edit here.

VERSION = 0.9.0

# `make deps smoke` on a bare machine: the packages must be installed before pkg-config is called below.
# Not under -n, -q or -t, which only show, ask and touch.
SHORT_FLAGS := $(filter-out --%,$(firstword -$(MAKEFLAGS)))
DRY_RUN := $(strip $(foreach f,n q t,$(findstring $f,$(SHORT_FLAGS))))
DEPS    := $(if $(DRY_RUN),,$(filter deps deps-dev,$(MAKECMDGOALS)))
ifneq ($(DEPS),)
$(shell MUJOCO_PREFIX='$(MUJOCO_PREFIX)' ./deps.sh $(if $(filter deps-dev,$(DEPS)),dev) >&2)
ifneq ($(.SHELLSTATUS),0)
$(error deps: the packages could not be installed)
endif
endif

CC      = gcc
SAN     =
WERROR  = $(if $(CI),1)
# One program for a mixed cluster: what is worth it is compiled for AVX-512 too (engine/base/wide.h,
# engine/nn/kernel.c). ARCH=native is for this machine alone; the bits are the same.
MACHINE := $(shell $(CC) -dumpmachine)
ARCH    = $(if $(filter x86_64%,$(MACHINE)),x86-64-v3,$(if $(filter aarch64%,$(MACHINE)),armv8-a,native))
FILTER  =
THREADS =
V       =

# For `make reproduce` and `make report`: folders, and which runs.
MATRIX  = paper
PRESET  =
RESULTS =
DATA    =

# To use a MuJoCo release other than Debian's, set MUJOCO_PREFIX to its folder (include/, lib/).
MUJOCO_PREFIX =

# For `make install` and `make uninstall`. DESTDIR is put before every path, for packages.
PREFIX  = /usr/local
DESTDIR =

HDF5_PC := hdf5
PKGS    := openblas $(HDF5_PC) inih libcurl libcrypto

comma := ,
empty :=
space := $(empty) $(empty)
# A value as one word of the shell, whatever it contains.
quote  = '$(subst ','\'',$(1))'

BUILD := build/$(notdir $(CC))$(if $(SAN),-$(SAN))

# --- flags ------------------------------------------------------------------------------------
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wdouble-promotion \
          -Wundef -Wvla $(if $(WERROR),-Werror)
# Never -Ofast or -ffast-math (they break NaN checks). Contraction is off so that gcc and clang both
# follow the written order of operations.
OPT    := -O3 -march=$(ARCH) -ffp-contract=off -fno-math-errno -fno-trapping-math
# GCC 12 tuned for 256-bit moves miscompiles f((struct s){x, x, 0, 0}), four doubles by value: it
# broadcasts x and loses the zeros. With 128-bit moves it does not (tests/engine/base/test_toolchain.c).
accepts = $(if $(shell echo | $(CC) $(1) -x c -c -o /dev/null - 2>&1),,$(1))
OPT    += $(call accepts,-mmove-max=128 -mstore-max=128)
SANFLAGS_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANFLAGS_tsan := -fsanitize=thread
SANFLAGS_fuzz := $(SANFLAGS_asan) -fsanitize=fuzzer-no-link
OPT    := $(if $(SAN),-O1 $(SANFLAGS_$(SAN)) -ffp-contract=off -march=$(ARCH),$(OPT))

# The program remembers the folder of the library: a whole path, and blanks within it stay.
MUJOCO_DIR := $(if $(MUJOCO_PREFIX),$(subst $(space),\$(space),$(shell realpath -m $(call quote,$(MUJOCO_PREFIX)))))

CPPFLAGS := -I. -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS)) \
            $(if $(MUJOCO_DIR),-I$(MUJOCO_DIR)/include) $(if $(filter fuzz,$(SAN)),-DFUZZING)
CFLAGS   := -std=c17 -g $(OPT) $(WARN) -fopenmp
LDFLAGS  := -fopenmp $(if $(SAN),$(SANFLAGS_$(SAN))) \
            $(if $(MUJOCO_DIR),-L$(MUJOCO_DIR)/lib -Wl$(comma)-rpath$(comma)$(MUJOCO_DIR)/lib)
LIBS_BASE   := $(shell pkg-config --libs $(HDF5_PC) openblas libcrypto) -lm
LIBS_ALL    := $(LIBS_BASE) $(shell pkg-config --libs inih libcurl) -lmujoco -lz
LIBS_REPORT := -lz $(shell pkg-config --libs fontconfig json-c)
LIBS_TEST   := $(shell pkg-config --libs criterion)


# The line printed for a rule, unless V=1.
say = $(if $(filter-out 0,$(V)),,@printf '  %-5s %s\n' $(1) '$(2)';) # a command follows

# --- sources ----------------------------------------------------------------------------------
find_c   = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))
objects  = $(patsubst %.c,$(BUILD)/%.o,$(1))

BASE     := $(call find_c,engine/base)
ENGINE   := $(call find_c,engine)
SUITES   := $(call find_c,suites)
HARNESS  := $(filter-out harness/main.c,$(call find_c,harness))
REPORT   := $(filter-out report/main.c,$(call find_c,report))
# The report reads only result files: it is linked without the methods and MuJoCo.
REPORT_NEEDS := $(BASE) engine/theory/names.c $(addprefix harness/base/,progress.c terminal.c) \
                $(filter-out %/checkpoint.c %/provenance.c,$(call find_c,harness/curve))
SUPPORT  := $(call find_c,tests/support)

# Text files embedded in the programs.
HARNESS_TEXT := $(sort $(wildcard harness/sweep/slurm.sh harness/presets/*/*.ini harness/matrices/*.ini \
                  harness/explain/*.txt docs/ledger.md))
HARNESS_OBJECTS := $(call objects,$(HARNESS)) $(BUILD)/embed/harness.o
SUITES_TEXT := $(sort $(wildcard suites/models/*.xml))
SUITES_OBJECTS := $(call objects,$(SUITES)) $(BUILD)/embed/suites.o
REPORT_TEXT := $(sort $(wildcard report/draw/*.gp report/page/*.css report/page/*.js results/paper/*.csv \
                  results/reference/tiny.csv docs/ledger.md))
REPORT_OBJECTS := $(call objects,$(REPORT) $(REPORT_NEEDS)) $(BUILD)/embed/report.o

PROGRAMS := $(BUILD)/vitamin $(if $(wildcard report/main.c),$(BUILD)/vitamin-report)
TEST_DIRS := $(foreach d,engine suites harness report,$(if $(call find_c,tests/$(d)),$(d)))
TESTS    := $(TEST_DIRS:%=$(BUILD)/test-%)
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCHES  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/bench_*.c))

.DEFAULT_GOAL := all
# The compiler and its flags, including MUJOCO_PREFIX: when they change, everything is recompiled.
FLAGS     := $(BUILD)/flags
FLAGS_NOW := $(strip $(filter-out -Werror,$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)))
ifneq ($(file <$(FLAGS)),$(FLAGS_NOW))
.PHONY: $(FLAGS)
endif
$(FLAGS):
	@mkdir -p $(@D) && printf '%s\n' '$(FLAGS_NOW)' > $@

.PHONY: all build man test test-kills test-sameness smoke demo reproduce report bench benches bench-peer fuzz lint format clean help deps \
        install uninstall dist deb deps-dev test-install test-pages test-slurm deps-slurm test-distros deps-distros \
        compile_commands.json
all: build

build: $(PROGRAMS) ## compile the programs

$(BUILD)/vitamin: $(call objects,harness/main.c $(ENGINE)) $(SUITES_OBJECTS) $(HARNESS_OBJECTS)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $^ $(LIBS_ALL) -o $@

$(BUILD)/vitamin-report: $(call objects,report/main.c) $(REPORT_OBJECTS)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $^ $(LIBS_BASE) $(LIBS_REPORT) -o $@

$(BUILD)/test-engine: $(call objects,$(call find_c,tests/engine) $(ENGINE)) $(BUILD)/support.a
$(BUILD)/test-suites: $(call objects,$(call find_c,tests/suites) $(ENGINE)) $(BUILD)/support.a $(SUITES_OBJECTS)
$(BUILD)/test-harness: $(call objects,$(call find_c,tests/harness) $(ENGINE)) $(BUILD)/support.a $(SUITES_OBJECTS) $(HARNESS_OBJECTS)
$(BUILD)/test-report: $(call objects,$(call find_c,tests/report)) $(REPORT_OBJECTS) $(BUILD)/support.a
$(BUILD)/test-suites $(BUILD)/test-harness: LIBS_EXTRA = $(LIBS_ALL)
$(BUILD)/test-engine $(BUILD)/test-report: LIBS_EXTRA = $(LIBS_BASE) $(LIBS_REPORT)
# An archive: each test program links only what it uses, so test-engine does not need MuJoCo although
# one helper replays environments.
$(BUILD)/support.a: $(call objects,$(SUPPORT))
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^
$(TESTS):
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $^ $(LIBS_EXTRA) $(LIBS_TEST) -o $@

$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(call objects,$(ENGINE)) $(SUITES_OBJECTS) $(HARNESS_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $^ $(LIBS_ALL) -o $@

# The report is a separate program: its names may repeat those of the harness.
$(BUILD)/bench/bench_stats: $(BUILD)/tests/bench/bench_stats.o $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) $^ $(LIBS_BASE) $(LIBS_REPORT) -o $@

$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(call objects,$(ENGINE)) $(SUITES_OBJECTS) $(HARNESS_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ $(LIBS_ALL) -o $@

# The report is a separate program here too.
$(addprefix $(BUILD)/fuzz/,fuzz_curve fuzz_scores_h5 fuzz_scores_csv): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(REPORT_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(LDFLAGS) -fsanitize=fuzzer $^ $(LIBS_BASE) $(LIBS_REPORT) -o $@

$(BUILD)/embed/harness.c: embed.sh $(HARNESS_TEXT)
	@mkdir -p $(@D)
	$(call say,EMBED,$@)./embed.sh embed_harness harness/ $(HARNESS_TEXT) > $@

$(BUILD)/embed/suites.c: embed.sh $(SUITES_TEXT)
	@mkdir -p $(@D)
	$(call say,EMBED,$@)./embed.sh embed_suites suites/models/ $(SUITES_TEXT) > $@

$(BUILD)/embed/report.c: embed.sh $(REPORT_TEXT)
	@mkdir -p $(@D)
	$(call say,EMBED,$@)./embed.sh embed_report report/ $(REPORT_TEXT) > $@

$(BUILD)/embed/%.o: $(BUILD)/embed/%.c $(FLAGS)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# GCC 12 fails to compile sums of fmax for aarch64, which tests have, when it makes vectors of them.
ifneq ($(filter aarch64%,$(MACHINE)),)
$(BUILD)/tests/%.o: CFLAGS += -fno-tree-vectorize
endif

# The code's version and revision are compiled into one object, which is rebuilt when they change.
# `git archive` writes the revision into packaging/revision and gives all files one time: in an unpacked
# archive a file that is newer has been changed. With safe.directory root may build another user's clone.
ifneq ($(wildcard .git),)
GIT      := GIT_OPTIONAL_LOCKS=0 git -c safe.directory='*'
REVISION := $(shell $(GIT) rev-parse --short=12 HEAD 2>/dev/null)
DIRTY    := $(shell $(GIT) diff --quiet HEAD -- '*.c' '*.h' '*.def' '*.xml' '*.ini' Makefile 2>/dev/null && echo 0 || echo 1)
else
REVISION := $(shell grep -oE '^[0-9a-f]{12}' packaging/revision)
DIRTY    := $(if $(shell find Makefile engine suites harness report tests -newer packaging/revision \
                \( -name '*.[ch]' -o -name '*.def' -o -name '*.xml' -o -name '*.ini' -o -name Makefile \)),1,0)
endif
ifeq ($(REVISION),)
REVISION := unknown
DIRTY    := 1
endif
STAMP    := $(BUILD)/revision-$(VERSION)-$(REVISION)-$(DIRTY)
$(STAMP):
	@mkdir -p $(@D) && rm -f $(BUILD)/revision-* && touch $@
$(BUILD)/engine/base/version.o: CPPFLAGS += -DVITAMIN_VERSION='"$(VERSION)"' -DVITAMIN_REVISION='"$(REVISION)"' -DVITAMIN_DIRTY=$(DIRTY)
$(BUILD)/engine/base/version.o: $(STAMP)
# Pictures of worlds need EGL's headers here and its library when they are asked for.
$(BUILD)/suites/camera.o: CPPFLAGS += $(shell pkg-config --exists egl && echo -DVITAMIN_EGL)
$(BUILD)/harness/curve/provenance.o: CPPFLAGS += -DVITAMIN_FLAGS='"$(OPT)"'

-include $(shell find $(BUILD) -type f -name '*.d' 2>/dev/null)

# --- targets ----------------------------------------------------------------------------------
# What the programs say of themselves, laid out as it is installed: share/man, and for each shell the
# folder where it looks for the completion of other people's programs. vitamin has a command where
# vitamin-report has an option.
SHARE     := $(BUILD)/share
GENERATED := $(foreach p,$(notdir $(PROGRAMS)),$(SHARE)/man/man1/$p.1 $(SHARE)/bash-completion/completions/$p \
               $(SHARE)/zsh/site-functions/_$p $(SHARE)/fish/vendor_completions.d/$p.fish)
define generate
@mkdir -p $(@D)
$(call say,GEN,$@)$< $(if $(filter vitamin,$*),,--)$(1) > $@.tmp && mv $@.tmp $@
endef
$(SHARE)/man/man1/%.1: $(BUILD)/%
	$(call generate,man)
$(SHARE)/bash-completion/completions/%: $(BUILD)/%
	$(call generate,completion bash)
$(SHARE)/zsh/site-functions/_%: $(BUILD)/%
	$(call generate,completion zsh)
$(SHARE)/fish/vendor_completions.d/%.fish: $(BUILD)/%
	$(call generate,completion fish)

# The one asks the other about its options.
$(GENERATED): $(PROGRAMS)

man: $(filter %.1,$(GENERATED)) ## write the manual pages into the build folder

INSTALLER = PREFIX=$(call quote,$(PREFIX)) DESTDIR=$(call quote,$(DESTDIR)) packaging/install.sh
install: build $(GENERATED) ## install programs, manual pages, shell completion and docs (PREFIX=/usr/local DESTDIR=)
	@$(INSTALLER) install $(BUILD)

uninstall: ## remove what install has put there (PREFIX=/usr/local DESTDIR=)
	@$(INSTALLER) uninstall

dist: ## write HEAD as build/vitamin-VERSION.tar.gz, which knows its revision
	@mkdir -p build && rm -f build/vitamin-*.tar.gz
	git archive --prefix=vitamin-$(VERSION)/ -o build/vitamin-$(VERSION).tar.gz HEAD

# From a clone HEAD is packaged, from an archive this folder. dpkg's build calls make anew.
DEB := build/deb/vitamin-$(VERSION)
deb: ## build Debian's package in build/deb (deps.sh deb)
	@rm -rf build/deb && mkdir -p $(DEB)
	$(if $(wildcard .git),git archive HEAD,tar -c --exclude=./build --exclude=./data --exclude=./out .) | tar -x -C $(DEB)
	@cp -R packaging/debian $(DEB)/debian
	cd $(DEB) && env -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS:-noautodbgsym}" \
	    dpkg-buildpackage -b -us -uc -J
	@rm -rf $(DEB) && ls build/deb/*.deb

# The installation, the pages' commands and the terminal are tested too, unless only some tests are.
test: build $(GENERATED) $(TESTS) ## run the tests (SAN=asan FILTER='replay/*')
	SAN=$(SAN) FILTER='$(FILTER)' BUILD=$(BUILD) SCRIPTS='$(if $(SAN)$(FILTER),,tests/e2e/install.sh tests/e2e/pages.sh tests/e2e/terminal.sh)' tests/run.sh $(TESTS)

test-install: build $(GENERATED) ## install into an empty folder, try every command there, uninstall
	tests/e2e/install.sh

test-pages: build ## run the commands of docs/own-*.md, each page's in an empty folder
	BUILD=$(BUILD) tests/e2e/pages.sh

test-kills: build $(BUILD)/test-harness ## kill runs of every method and, 200 times, a scheduler; compare the resumed curves (KILLS=200)
	VITAMIN_KILLS=$(or $(KILLS),200) SAN=$(SAN) FILTER='@(run|sweep)/killed*' BUILD=$(BUILD) \
	    tests/run.sh $(BUILD)/test-harness

# Ctrl-C stops smoke and reproduce; the same command resumes.
# Seeds 1 to N, or a range; the matrix with those seeds is a file of the same name.
test-sameness: OUT = out/sameness
test-sameness: SEED_RANGE = $(if $(findstring -,$(SEEDS)),$(SEEDS),1-$(or $(SEEDS),8))
test-sameness: build ## run matrix tiny and compare its distributions with the released program's (SEEDS=8|9-16 OUT=folder)
	@mkdir -p $(call quote,$(OUT))
	@sed 's/^seeds = .*/seeds = $(SEED_RANGE)/' harness/matrices/tiny.ini > $(call quote,$(OUT)/tiny.ini)
	$(BUILD)/vitamin sweep $(call quote,$(OUT)/tiny.ini) --results $(call quote,$(OUT)/runs) \
	    --data $(call quote,$(OUT)/data) --no-fetch
	$(BUILD)/vitamin sameness --seeds $(SEED_RANGE) $(call quote,$(OUT)/runs/tiny)

smoke: OUT = out/smoke
smoke: build ## run everything end to end in minutes: tiny networks, generated data, a report (OUT=folder)
	$(BUILD)/vitamin sweep smoke --results $(call quote,$(OUT)/runs) --data $(call quote,$(OUT)/data) \
	    --report $(call quote,$(OUT)/report)

demo: OUT = out/demo
demo: build ## show the paper's effect in minutes: TD3+ODT and ODT on a small maze, a report (OUT=folder)
	$(BUILD)/vitamin sweep demo --results $(call quote,$(OUT)/runs) --data $(call quote,$(OUT)/data) \
	    --report $(call quote,$(OUT)/report)

reproduce: OUT = out/$(MATRIX)$(if $(PRESET),-$(PRESET))
reproduce: build ## run or resume a matrix, then report (MATRIX=paper PRESET=paper|code RESULTS= DATA= OUT=)
	$(BUILD)/vitamin sweep $(call quote,$(MATRIX)) $(if $(PRESET),--preset $(PRESET)) \
	    $(if $(RESULTS),--results $(call quote,$(RESULTS))) $(if $(DATA),--data $(call quote,$(DATA))) \
	    --report $(call quote,$(OUT))

report: build ## make tables, figures and the page from result files (RESULTS=folder OUT=folder)
	$(BUILD)/vitamin report $(if $(RESULTS),$(call quote,$(RESULTS))) $(if $(OUT),--out $(call quote,$(OUT))) $(ARGS)

bench: build $(BENCHES) ## measure speed: medians, spreads, ratios (no pass or fail); THREADS=32: only one run on up to so many threads
	@export OMP_WAIT_POLICY=passive; for b in $(if $(THREADS),$(BUILD)/bench/bench_threads,$(BENCHES)); do \
	    echo "== $$b"; $$b $(THREADS) || exit 1; done

benches: $(BENCHES) ## compile the bench programs

bench-peer: benches ## compare with PyTorch, Gymnasium, EnvPool and rliable where installed (PYTHON= QUICK=1)
	OMP_WAIT_POLICY=passive PYTHON='$(PYTHON)' QUICK=$(QUICK) tests/bench/peer.sh $(BUILD)/bench

FUZZ_SECONDS = 60
fuzz: ## run every fuzzer on its corpus with clang (FUZZ_SECONDS=60)
	$(MAKE) CC=clang SAN=fuzz run-fuzzers

.PHONY: run-fuzzers
# Findings and new coverage stay in the build folder. `make test` replays tests/data/fuzz: copy there by
# hand what is worth keeping.
run-fuzzers: $(FUZZERS)
	@for f in $(FUZZERS); do \
	    name=$${f##*/fuzz_}; found=$(BUILD)/fuzz/found-$$name; mkdir -p $$found; echo "== $$f"; \
	    LSAN_OPTIONS=suppressions=tests/fuzz/lsan.supp:print_suppressions=0 OMP_NUM_THREADS=1 \
	    ASAN_OPTIONS=quarantine_size_mb=32 \
	    $$f -max_total_time=$(FUZZ_SECONDS) -timeout=30 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
	        -max_len=65536 -print_final_stats=1 -artifact_prefix=$$found/ $$found \
	        tests/data/fuzz/$$name || exit 1; done

lint: ## check includes, citations and format; run shellcheck, cppcheck and clang-tidy
	tests/lint/lint.sh $(LINT)

# Each file with make's own flags, except those that clang's tools do not know (and the revision, which
# only one object gets).
C_FILES = $(call find_c,engine suites harness report tests)
compile_commands.json: ## write how each file is compiled, for clangd and other tools
	@{ printf '['; comma=; for file in $(C_FILES); do \
	    printf '%s\n  {"directory": "%s", "file": "%s", "output": "%s",\n   "command": "%s"}' "$$comma" \
	        '$(CURDIR)' "$$file" "$(BUILD)/$${file%.c}.o" \
	        '$(CC) $(subst \,\\,$(strip $(CPPFLAGS) $(filter-out -mmove-max% -mstore-max%,$(CFLAGS)))) -c '"$$file -o $(BUILD)/$${file%.c}.o"; \
	    comma=,; done; printf '\n]\n'; } > $@.tmp && mv $@.tmp $@

format: ## reformat all C files
	clang-format -i $(shell git ls-files '*.c' '*.h')

test-slurm: build ## run a matrix on a private Slurm, if Slurm is installed (deps-slurm)
	tests/e2e/slurm.sh $(BUILD)

test-distros: ## run the README's two commands on bare Debian 12 and 13, as root (DISTROS=trixie FILTER= STEPS='smoke test package images')
	FILTER='$(FILTER)' STEPS='$(STEPS)' tests/e2e/distros.sh $(DISTROS)

deps: ## install the packages that building, running and testing need (done when make reads this file)
	@$(if $(DRY_RUN),./deps.sh,:)

deps-dev: ## install what developers need too: clang, linters, Slurm, debootstrap, shells, Debian's package tools
	@$(if $(DRY_RUN),./deps.sh dev,:)

deps-slurm: ## install Slurm and GNU parallel, for test-slurm
	./deps.sh slurm

deps-distros: ## install debootstrap, for test-distros
	./deps.sh distros

clean: ## remove the build folder
	rm -rf build

help: ## list the targets
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 24
