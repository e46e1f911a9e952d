# KeyService. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test terraform container soak simulate fuzz lint proto bench bench-check bench-sign bench-audit growth build-bench restore setup-run setup-test

# Where `make run` keeps its token, database and settings.
KEYSERVICE_DATA ?= .dev
DATA := $(abspath $(KEYSERVICE_DATA))
NODE := tests/peers/node
# helm, and what the chart's manifests are checked with.
KUBERNETES := tests/peers/kubernetes
PEERS := $(NODE)/node_modules/.package-lock.json $(KUBERNETES)/node_modules/.package-lock.json
BUF_VERSION := 1.75.0
BUF := obj/buf-$(BUF_VERSION)/node_modules/.bin/buf
# What the present contract must stay compatible with.
BUF_AGAINST ?= .git\#ref=main

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: setup-run ## Server on SoftHSM at http://127.0.0.1:8080 (JSON, JWKS) and :8081 (gRPC)
	@exec infra/dev/run.sh "$(DATA)"

test: setup-test ## Every test, against real SoftHSM, SQLite, PostgreSQL and third-party clients
	dotnet test KeyService.sln --configuration Release --logger "console;verbosity=minimal"

terraform: setup-test ## Form and tests of the Terraform modules, the AWS example applied to moto, and the chart, about a minute
	@dotnet build tests/KeyService.Server.Tests --configuration Release --nologo --verbosity quiet
	@dotnet tests/KeyService.Server.Tests/bin/Release/net10.0/KeyService.Server.Tests.dll -class 'KeyService.Server.Tests.Infrastructure.*'

container: setup-test ## The image: built on bases made of this machine's files, run without rights, signed through, stopped under load; as root
	@dotnet build tests/KeyService.Server.Tests --configuration Release --nologo --verbosity quiet
	@dotnet tests/KeyService.Server.Tests/bin/Release/net10.0/KeyService.Server.Tests.dll -class '*.ContainerTests'

# The variables are the tests' own: they make long what `make test` does briefly.
soak: export KEYSERVICE_REPLICA_ROTATIONS ?= 200
soak: export KEYSERVICE_OUTAGE_SECONDS ?= 60
soak: export KEYSERVICE_REPLICA_KILL_SECONDS ?= 120
soak: export KEYSERVICE_SOAK_RESTARTS ?= 200
soak: export KEYSERVICE_AUDIT_KILLS ?= 30
soak: setup-test ## Real processes for about 20 minutes: rotated at once, PostgreSQL away, killed again and again
	@dotnet build tests/KeyService.Server.Tests --configuration Release --nologo --verbosity quiet
	@dotnet tests/KeyService.Server.Tests/bin/Release/net10.0/KeyService.Server.Tests.dll -parallel none -showliveoutput -class 'KeyService.Server.Tests.Replicas.*' -class '*.KillSoakTests' -class '*.KillUnderLoadTests'

SEEDS ?= 300
FIRST ?= 1
simulate: ## Replicas, clocks, faults and crashes in virtual time: SEEDS=300 runs from FIRST=1 on, each from its seed
	@dotnet build tests/KeyService.Simulation --configuration Release --nologo --verbosity quiet
	@dotnet tests/KeyService.Simulation/bin/Release/net10.0/KeyService.Simulation.dll seeds $(SEEDS) $(FIRST)

INPUTS ?= 1000000
fuzz: ## Mutated frames, protobuf, JSON, DER, policies, audit lines at the parsers: INPUTS=1000000 from FIRST=1 on, each from its seed
	@dotnet build tests/KeyService.Fuzz --configuration Release --nologo --verbosity quiet
	@nice dotnet tests/KeyService.Fuzz/bin/Release/net10.0/KeyService.Fuzz.dll inputs $(INPUTS) $(FIRST)

# The server as it is shipped: compiled ahead.
RUNTIME := linux-$(if $(filter aarch64,$(shell uname -m)),arm64,x64)
BENCH = dotnet tests/KeyService.Benchmarks/bin/Release/net10.0/KeyService.Benchmarks.dll obj/published/keyservice.dll
bench: build-bench ## Beside the token alone and nginx, in turns: signatures, latency, JWKS, memory; about seven minutes; writes bench/results.json
	@$(BENCH) run bench/results.json

bench-check: build-bench ## The same, and fails where a ratio is worse than in bench/results.json
	@$(BENCH) check bench/results.json

ALGORITHM ?= ES256
bench-sign: build-bench ## Sign beside the token alone for one ALGORITHM, half a minute
	@$(BENCH) sign $(ALGORITHM)

bench-audit: build-bench ## With the audit log beside without
	@$(BENCH) audit

KEY_SETS ?= 10000
growth: build-bench ## What 10,000 key sets cost beside one: memory, start, refresh, latency, about two minutes
	@$(BENCH) growth $(KEY_SETS)

lint: $(BUF) ## Format, protos, compatibility of the contract
	dotnet format KeyService.sln --verify-no-changes
	$(BUF) lint
	$(BUF) format --diff --exit-code --exclude-path protos/google
	@if git rev-parse --verify --quiet main:protos >/dev/null; then $(BUF) breaking --against '$(BUF_AGAINST)'; fi

proto: $(BUF) ## Check and format the protos
	$(BUF) build
	$(BUF) format --write --exclude-path protos/google

restore: ## NuGet packages exactly as locked
	dotnet restore KeyService.sln --locked-mode

build-bench:
	@infra/dev/install.sh bench
	@dotnet build tests/KeyService.Benchmarks --configuration Release --nologo --verbosity quiet
	@dotnet publish src/KeyService.Server --configuration Release --runtime $(RUNTIME) --no-self-contained --output obj/published --nologo --verbosity quiet

setup-run:
	@infra/dev/install.sh run

setup-test:
	@infra/dev/install.sh test
	@$(MAKE) --no-print-directory $(PEERS)

$(PEERS): %/node_modules/.package-lock.json: %/package-lock.json
	npm ci --prefix $* --no-audit --no-fund
	@touch $@

# Not among the peers' locked packages: a lock file would have to list its binaries for every platform.
$(BUF):
	npm install --prefix obj/buf-$(BUF_VERSION) --no-save --no-audit --no-fund @bufbuild/buf@$(BUF_VERSION)
	@touch $@
