# What a fresh checkout needs: `make demo` shows it at work, `make test` tests it.
# Every target first has scripts/deps look for what it needs.

GO     ?= go
PREFIX ?= /usr/local
BIN    := bin/utrace

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# The entry point of package launch/entry sees signals, descriptors and limits
# as they were given to us, before the Go runtime changes them. Only the
# internal linker honours -E, so without cgo.
LDFLAGS := -E=_utrace_start -X main.version=$(VERSION)

# Multiplies the storms and the seeds of the random tests.
export UTRACE_TEST_SCALE ?= 1

.PHONY: test-ports test-386 test-arm64 test-arm64-backports test-ppc64le test-riscv64 test-s390x test-x86_64-6.1 all build demo test test-debuggers race bench kills kills-armed matrix lint generate conformance conformance-suites install clean

all: build

build:
	@scripts/deps build
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='$(LDFLAGS)' -o $(BIN) ./cmd/utrace

demo: build
	@scripts/deps demo
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='$(LDFLAGS)' -o bin/timeline ./examples/timeline
	@bin/timeline
	@bin/timeline -tracers $(BIN)

test:
	@scripts/deps test
	CGO_ENABLED=0 $(GO) test -timeout 15m ./...

# As 32-bit programs on this machine, which trace 32-bit and 64-bit ones. Left out
# are tests whose own tracers and compilers know amd64 only.
TESTS_386 := . ./hold ./internal/actor ./internal/denial ./internal/procfs ./internal/ptrace ./internal/scenarios \
	./internal/seccomp ./internal/waitloop ./keeper ./launch ./record/... ./regset ./syscalls ./top ./tracehook/... ./unwind

test-386:
	@scripts/deps test
	GOARCH=386 CGO_ENABLED=0 $(GO) test -timeout 15m $(TESTS_386)

# Emulated machines, under kernels of Debian: see internal/vmtest. With
# RESULTS=., docs/conformance.md gets what was found (then run make conformance).
GUEST_TESTS ?= ./internal/ptrace ./internal/seccomp ./internal/procfs ./regset ./launch ./tracehook/linux ./internal/scenarios .
GUEST_SCALE ?= 0.1
GUEST = UTRACE_TEST_SCALE=$(GUEST_SCALE) $(GO) run ./internal/vmtest/vmtest -guest $(@:test-%=%) $(if $(RESULTS),-v -results $(RESULTS))

# What continuous integration (.ci/run) runs beside make test: 32-bit programs, and
# in two guests the core and what it stands on, with smaller storms. All of them run,
# whatever fails.
PORTS_TESTS := ./internal/ptrace ./regset ./tracehook/linux ./internal/scenarios .

test-ports:
	@failed=; for target in test-386 test-arm64 test-ppc64le; do \
		echo "make $$target"; \
		$(MAKE) --no-print-directory $$target GUEST_TESTS='$(PORTS_TESTS)' GUEST_SCALE=0.03 || failed="$$failed $$target"; done; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

test-arm64 test-ppc64le test-riscv64 test-s390x:
	@scripts/deps build
	@scripts/guests $(@:test-%=%)
	$(GUEST) $(GUEST_TESTS)

# The newest kernel that Debian has for its release: the one of test-arm64 has no SME.
test-arm64-backports:
	@scripts/deps build
	@scripts/guests $(@:test-%=%)
	$(GUEST) ./internal/ptrace ./regset

# In the same machines, the tools beside gdb, strace and the kernel's own cores, with a
# compiler: what is special about an architecture shows here. It takes some ten minutes.
TOOL_TESTS ?= ./unwind ./stack ./symbol ./hold ./coredump ./probe ./strace ./daemon ./gdbserver
TOOL_RUN ?= Test(C|CPlusPlus|DeepStack|Running|Hostile|Loops|BodyAsGDB|Hold|Timeout|RG9_AsLive|Sparse|AsKernel|Conditions|Inside|SamePlace|MachineLikeStrace|MD5_.*|TwoStraces|Transparent|TwoClients|NonStop|AllStop|GDB|GDBAsNative|Registers|StartBehindExec|SeveralGDBs(Multi)?|RG6_GdbsWatch|StepTriggersWatchpoint)$$

test-tools-arm64 test-tools-ppc64le:
	@scripts/deps build
	@scripts/guests $(@:test-tools-%=%)+tools
	UTRACE_TEST_SCALE=0.1 $(GO) run ./internal/vmtest/vmtest -guest $(@:test-tools-%=%) -tools -run '$(TOOL_RUN)' $(TOOL_TESTS)

# An older kernel, with Yama: in each of its modes (ptrace(2)) the tests of what
# they permit, in mode 0 all the others, too.
YAMA_TESTS ?= ./internal/scenarios ./cmd/utrace

test-x86_64-6.1:
	@scripts/deps build
	@scripts/guests $(@:test-%=%)
	for scope in 1 2 3; do \
		$(GUEST) -setup "echo $$scope > /proc/sys/kernel/yama/ptrace_scope" -run 'AT9_|Yama' $(YAMA_TESTS) || exit 1; done
	$(GUEST) $(GUEST_TESTS)

race:
	@scripts/deps race
	CGO_ENABLED=1 $(GO) test -race -timeout 15m ./...

DELVE = github.com/go-delve/delve/cmd/dlv@v1.27.2

# Delve against utrace gdbserver. It takes a minute to be built, so the other tests
# replay what it says.
test-debuggers:
	@scripts/deps debuggers
	GOBIN=$(CURDIR)/bin $(GO) install $(DELVE)
	PATH=$(CURDIR)/bin:$$PATH CGO_ENABLED=0 $(GO) test -timeout 15m -tags debuggers -run Delve ./gdbserver

# Tracers, what they trace, and the owner die a thousand deaths. UTRACE_TEST_SEED
# repeats one order.
kills:
	@scripts/deps test
	UTRACE_TEST_SCALE=84 CGO_ENABLED=0 $(GO) test -run TestRO2_Kills -v -timeout 30m ./daemon

# How many programs of KILLS live on when the owner is killed while they come to a
# breakpoint of gdb, at several rates.
KILLS ?= 1000
kills-armed: build
	@scripts/deps bench
	@$(GO) run ./bench/kills -kills $(KILLS) $(BIN)

# Every pair and triple of tracers on one program, and every scenario over the owner's
# socket.
matrix:
	@scripts/deps test
	@scripts/guests i386
	GOBIN=$(CURDIR)/bin $(GO) install $(DELVE)
	PATH=$(CURDIR)/bin:$$PATH UTRACE_TEST_ALL=1 UTRACE_TEST_I386=$${UTRACE_GUESTS:-$${XDG_CACHE_HOME:-$$HOME/.cache}/utrace-guests}/i386 \
		CGO_ENABLED=0 $(GO) test -run 'TestMatrix|TestScenarios' -v -timeout 60m ./daemon

# First what single parts cost, then whole commands beside their peers.
bench: build
	@scripts/deps bench
	@$(GO) test -run '^$$' -bench . -benchmem ./... > bin/bench.txt || { cat bin/bench.txt; exit 1; }
	@grep -E '^(pkg: |Benchmark)' bin/bench.txt
	@$(GO) run ./bench/memory
	@$(GO) run ./bench/strace $(BIN)
	@$(GO) run ./bench/stops $(BIN)
	@$(GO) run ./bench/observe $(BIN)
	@$(GO) run ./bench/break
	@$(GO) run ./bench/gdbserver $(BIN)
	@$(GO) run ./bench/core $(BIN)

# Tools have a module file of their own: who imports the library need not
# know of them.
lint:
	@scripts/deps build
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then \
		echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool -modfile=scripts/tools.mod staticcheck ./...

generate:
	@scripts/deps build
	$(GO) generate ./...

conformance:
	@scripts/deps build
	$(GO) generate ./internal/conformance

# The test suites of other tracers, see the script.
conformance-suites: build
	@scripts/conformance-suites

install: build
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/utrace
	for page in docs/man/*.1; do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man1/$${page##*/} || exit 1; done
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BIN) completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/utrace
	$(BIN) completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_utrace
	$(BIN) completion fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/utrace.fish

clean:
	rm -rf bin
