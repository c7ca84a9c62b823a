# make          build/wearlite              make demo    install what is missing, build, run the main job small
# make test     everything that must not break, under ASan and UBSan (T=name: only tests whose name holds it)
# make cross    the emitted C on emulated chips          make bench   counts on emulated chips, ratios on this one
# make fuzz     every reader of foreign bytes, SECONDS=10 each
# make lint     floors, format, warnings                 make install PREFIX=/usr/local      make clean
MODE   ?= release
CC     ?= cc
PREFIX ?= /usr/local
B      := build/$(MODE)
G      := build/gen
PKGS   := jansson libzip hdf5-serial libcurl libprotobuf-c openblas libserialport
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

# -ffp-contract=off: float kernels give the same bits here as on the device.
VERSION := 0.1.0
CFLAGS  = -DWEARLITE_VERSION=\"$(VERSION)\" -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -ffp-contract=off -g -MMD -MP \
          -I$(G) $(PKG_CFLAGS) $(CFLAGS_$(MODE)) $(WERROR)
CFLAGS_release = -O2
CFLAGS_asan    = -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_fuzz    = $(CFLAGS_asan) -fsanitize=fuzzer-no-link
LDLIBS  = $(PKG_LIBS) -lm -lpthread -ldl

SRC    := $(filter-out src/cli/main.c,$(wildcard src/*/*.c))
LIB    := $(SRC:%.c=$(B)/%.o) $(B)/gen/onnx.pb-c.o $(B)/gen/embedded.o
TEST   := $(patsubst %.c,$(B)/%.o,$(filter-out tests/fuzz/% tests/cross/%,$(wildcard tests/*.c tests/*/*.c)))
FUZZ   := $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
# What the program carries inside: device sources, project templates, the page's script.
EMBED  := $(sort $(wildcard device/*.[chS] device/*/*.[chS] src/emit/projects/*/* src/measure/files/* src/report/files/*))
CHARTJS ?= $(firstword $(wildcard /usr/share/javascript/chart.js/chart.min.js /usr/share/javascript/chart.js/Chart.min.js))

# V=1 shows every command.
Q      := $(if $(V),,@)

# A rule with a recipe that calls make builds with every core; packages are installed before anything is built.
ifneq ($(filter all demo test cross bench bench-check fuzz lint install,$(or $(MAKECMDGOALS),all)),)
.NOTPARALLEL:
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

# Scripts that build something: their make is one of its own, with every core.
SCRIPT := env -u MAKELEVEL -u MAKEFLAGS

all: build/wearlite
build/wearlite: build/release/wearlite
	@ln -sf release/wearlite $@
build/release/wearlite: FORCE
	@$(MAKE) --no-print-directory deps-build
	@$(MAKE) --no-print-directory MODE=release build/release/wearlite.bin && ln -sf wearlite.bin build/release/wearlite
$(B)/wearlite.bin: $(LIB) $(B)/src/cli/main.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)
$(B)/check: $(LIB) $(TEST) $(B)/tests/cross/zoo.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)
$(B)/cross: $(B)/tests/cross/cross.o
$(B)/count: $(B)/bench/count.o
$(B)/evaluate: $(LIB) $(B)/bench/evaluate.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)
$(B)/cross $(B)/count: $(LIB) $(B)/tests/tiny.o $(B)/tests/cross/zoo.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)
$(FUZZ): $(B)/%: $(LIB) $(B)/tests/fuzz/%.o
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ $(LDLIBS)
# The same targets without libFuzzer, over files: tests/fuzz/replay.
$(B)/replay_%: $(LIB) $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LDLIBS)

# The host's copies of the device kernels: every float bit as on the chip, vectorised by the compiler.
# No traps are looked at, so comparisons of floats need no branches: the same bits, without mispredictions.
$(B)/src/graph/kernel%.o: CFLAGS += -O3 -fno-trapping-math
# Gradients: loops over channels, vectorised too.
$(B)/src/train/%.o: CFLAGS += -O3
$(B)/%.o: %.c | $(G)/onnx.pb-c.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -c $< -o $@
$(B)/gen/%.o: $(G)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -Wshadow -Wextra,$(CFLAGS)) -c $< -o $@

$(G)/onnx.pb-c.c $(G)/onnx.pb-c.h &:
	@mkdir -p $(G)
	protoc-c --proto_path=/usr/include/onnx --c_out=$(G) /usr/include/onnx/onnx.proto
$(G)/embed: tools/embed.c
	@mkdir -p $(G)
	$(CC) -O1 -Wall $< -o $@
$(G)/embedded.list: FORCE # changes with the set of files, whatever their age
	@mkdir -p $(G) && echo '$(EMBED)' | cmp -s - $@ || echo '$(EMBED)' > $@
$(G)/embedded.c: $(G)/embed $(EMBED) $(G)/embedded.list Makefile
	$(Q)$(G)/embed $(EMBED) $(if $(CHARTJS),chart.min.js=$(CHARTJS)) > $@.tmp && mv $@.tmp $@

deps-build deps-demo deps-test deps-lint deps-fuzz:
	@tools/install-deps $(@:deps-%=%)

demo: deps-demo all
	$(SCRIPT) tools/demo
test: deps-test all
	@$(MAKE) --no-print-directory MODE=asan build/asan/check build/asan/wearlite.bin
	$(SCRIPT) tests/run $(T)
cross: deps-test all
	$(SCRIPT) tests/cross/run
bench: deps-test all
	$(SCRIPT) bench/run
bench-check: deps-test all
	$(SCRIPT) bench/run --check
fuzz: deps-fuzz
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang fuzz-run
fuzz-run: $(FUZZ)
	tests/fuzz/run $(B) $(or $(SECONDS),10)
lint: deps-lint
	$(SCRIPT) tools/lint
install: all
	install -D -m 755 build/release/wearlite.bin $(DESTDIR)$(PREFIX)/bin/wearlite
clean:
	rm -rf build
FORCE:
.PHONY: all demo test cross bench bench-check fuzz fuzz-run lint install clean FORCE deps-build deps-demo deps-test \
        deps-lint deps-fuzz
-include $(LIB:.o=.d) $(TEST:.o=.d) $(wildcard $(B)/tests/cross/*.d $(B)/bench/*.d) $(B)/src/cli/main.d $(wildcard $(B)/tests/fuzz/*.d)
