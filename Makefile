# postkeys: run `make` for the list of targets. All that is built or fetched goes to .build.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BUILD       := $(CURDIR)/.build
BINARY      := $(BUILD)/postkeys
PGSERVER    := $(BUILD)/pgserver
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GO_BUILD    := go build -trimpath -buildvcs=false

# Random commands are compared with Redis' from one of so many seeds, by turns; a failure tells how to repeat it.
CONFORMANCE_SEED := $(or $(CONFORMANCE_SEED),$(shell echo $$(($$(git rev-list --count HEAD 2>/dev/null || echo 0) % 7 + 1))))
export CONFORMANCE_SEED
# PostgreSQL that tests run on: 16, 17 or 18.
PG_VERSION  ?= 18
export PG_VERSION
# Packages to test, further flags for go test, and the time each fuzz target gets.
PKGS        ?= ./...
TESTFLAGS   ?=
FUZZTIME    ?= 30s
# What to measure, as arguments for bench: BENCH="-quick -workloads GET", BENCH=connections.
BENCH       ?=

LINT_MODULE  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
LINT_VERSION := v2.15.0
LINT         := $(BUILD)/bin/golangci-lint-$(LINT_VERSION)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Variables: PG_VERSION=16|17|18 (now $(PG_VERSION)), PKGS, TESTFLAGS, FUZZTIME, BENCH. All settings of the server: .build/postkeys --help"

.PHONY: build
build: ## Build .build/postkeys
	$(GO_BUILD) -ldflags '-X main.version=$(VERSION)' -o $(BINARY) .

.PHONY: run
run: build ## Serve on :6379, on a PostgreSQL of its own unless PG_HOST or PG_DSN names one
	@if [ -z "$${PG_HOST:-}$${PG_DSN:-}" ]; then export PG_EMBEDDED="$${PG_EMBEDDED:-true}"; fi; \
	unset PG_VERSION; exec $(BINARY)

.PHONY: fmt
fmt: $(LINT) ## Format the code
	$(LINT) fmt ./...

.PHONY: lint
lint: $(LINT) ## Check style, imports between packages and common mistakes
	$(LINT) run ./...

.PHONY: generate
generate: ## Run the code generators
	go generate ./...

# Works on a tree with uncommitted changes too: what counts is that nothing changes.
.PHONY: verify
verify: ## Check that modules and generated files are up to date
	go mod verify
	go mod tidy -diff
	@state() { git status --porcelain; git diff HEAD; }; \
	before=$$(state | sha256sum); $(MAKE) --no-print-directory generate; \
	if [ "$$before" != "$$(state | sha256sum)" ]; then \
		git status --short; echo "verify: generated files were out of date" >&2; exit 1; fi

.PHONY: test
test: build $(PGSERVER) test-tools ## Run all tests, fetching what they need
	POSTKEYS_BINARY=$(BINARY) $(PGSERVER) exec go test -shuffle=on -timeout=30m $(TESTFLAGS) $(PKGS)

.PHONY: test-race
test-race: $(PGSERVER) test-tools ## Run all tests with the race detector
	.ci/packages gcc=gcc:libc6-dev
	$(GO_BUILD) -race -ldflags '-X main.version=$(VERSION)' -o $(BINARY)-race .
	POSTKEYS_BINARY=$(BINARY)-race $(PGSERVER) exec go test -race -shuffle=on -timeout=60m $(TESTFLAGS) $(PKGS)

.PHONY: conformance
conformance: build $(PGSERVER) test-tools ## Compare replies with those of redis-server
	POSTKEYS_BINARY=$(BINARY) $(PGSERVER) exec go test -count=1 -timeout=30m $(TESTFLAGS) ./commands/conformance/...

.PHONY: suite
suite: build $(PGSERVER) test-tools ## Run Redis' own test suite and print its table
	$(PGSERVER) database .ci/with-server $(BINARY) commands/redissuite/run-suite

.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; done

.PHONY: bench
bench: $(PGSERVER) test-tools ## Compare speed with Redis; writes its report below .build
	$(PGSERVER) fetch
	$(GO_BUILD) -o $(BUILD)/bench-tool ./bench/cmd/bench
	$(BUILD)/bench-tool $(BENCH)

.PHONY: pg-up
pg-up: $(PGSERVER) ## Start the PostgreSQL of the tests and keep it
	@$(PGSERVER) up

.PHONY: pg-down
pg-down: $(PGSERVER) ## Stop the PostgreSQL of the tests
	@$(PGSERVER) down

.PHONY: clean
clean: ## Stop test servers and remove .build, but no data of make run
	@if [ -x $(PGSERVER) ]; then for version in 16 17 18; do \
		if [ -d $(BUILD)/pgtest/$$version ]; then PG_VERSION=$$version $(PGSERVER) remove; fi; done; fi
	rm -rf $(BUILD)

.PHONY: test-tools
test-tools:
	@.ci/packages redis-server=redis-server redis-cli=redis-tools redis-benchmark=redis-tools tclsh=tcl python3=python3

# go build is quick when nothing has changed and knows better than make when something has.
.PHONY: $(PGSERVER)
$(PGSERVER):
	@$(GO_BUILD) -o $@ ./pg/pgtest/cmd/pgserver

$(LINT):
	@mkdir -p $(@D)
	GOBIN=$(@D) go install $(LINT_MODULE)@$(LINT_VERSION)
	mv $(@D)/golangci-lint $@
