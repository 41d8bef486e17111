# Every target works on a fresh clone with Go, gcc, make, git (and Node for the web parts) and nothing else installed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
SDK     := github.com/cosmos/cosmos-sdk/version
LDFLAGS := -s -w -X $(SDK).Name=panacea -X $(SDK).AppName=panacead -X $(SDK).Version=$(VERSION) -X $(SDK).Commit=$(COMMIT)
GO_PACKAGES := ./...
# The chain's simulation: SIM_BLOCKS blocks for each of SIM_SEEDS seeds.
SIM_BLOCKS ?= 50
SIM_SEEDS  ?= 3
FUZZ_TIME  ?= 10m

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: build
build: ## build the programs into build/
	go build -ldflags '$(LDFLAGS)' -o build/ ./cmd/...

.PHONY: install
install: ## install the programs into Go's bin directory
	go install -trimpath -ldflags '$(LDFLAGS)' ./cmd/...

.PHONY: demo
demo: build ## the main job: the whole exchange on this machine from nothing, as a story; DEMO_FLAGS="--data FILE --schema FILE"
	build/panacea demo --once $(DEMO_FLAGS)

.PHONY: test
test: check test-go test-interop test-dcapdiff ## everything that must hold: checks, unit, end-to-end and interoperability tests

# Vet has run in check already: to run its part here again costs minutes in an empty build cache.
.PHONY: test-go
test-go:
	go test -vet=off -timeout 25m $$(go list ./... | grep -v /test/interop)

.PHONY: test-interop
test-interop: ## against implementations nobody here wrote (npm)
	go test -vet=off -timeout 15m ./test/interop/...

.PHONY: test-dcapdiff
test-dcapdiff: ## tee/dcap against oasis-core's quote verifier (own go.mod)
	cd test/dcapdiff && go test -timeout 10m ./...

.PHONY: check
check: ## formatting, vet, linter, generated code, layering
	./scripts/check.sh

.PHONY: lint
lint: ## the linter alone
	./scripts/lint.sh

.PHONY: proto
proto: ## generate code from proto/
	./scripts/protogen.sh

.PHONY: sim
sim: ## the chain's simulation, long: 200 blocks, 10 seeds; determinism, import and export
	PANACEA_SIM_BLOCKS=200 PANACEA_SIM_SEEDS=10 go test -timeout 12h -run '^TestSimulation' -v ./app

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZ_TIME each (10m)
	./scripts/fuzz.sh $(FUZZ_TIME)

.PHONY: soak-vault
soak-vault: ## the vault's store against its model, long
	go test ./vault/store ./vault/embedded -rapid.checks=1000 -timeout 12h

.PHONY: soak-exchange
soak-exchange: ## the exchange with processes killed at random moments, 20 runs
	PANACEA_FAULT_RUNS=20 go test -v -count=1 -timeout 2h ./test/e2e/exchange

.PHONY: bench-vault
bench-vault: ## a gigabyte between two vaults, and between two Bitswap nodes (own go.mod)
	cd test/bench/vault && go test -v -timeout 60m .

.PHONY: bench-exchange
bench-exchange: ## the whole story 20 times, and 100 consents over 5 deals by 20 providers: time of each step, memory of each process
	go test ./cmd/panacea/internal/demo -run '^$$' -bench Story -benchtime 20x -v -timeout 2h
	go test ./cmd/panacea/internal/demo -run '^$$' -bench Market -benchtime 1x -v -timeout 1h

.PHONY: bench
bench: ## what docs/performance.md reports
	./scripts/bench.sh
