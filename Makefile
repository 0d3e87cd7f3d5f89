# make demo and make test do all set-up on a fresh Debian or Ubuntu machine that has Swift.
RELEASE = -c release --static-swift-stdlib -Xlinker -s
PREFIX ?= /usr/local
BINARY = $$(swift build $(RELEASE) --show-bin-path)/efs-purge-batch

.DEFAULT_GOAL := build
.PHONY: setup build demo test lint format check-configs check-deploy configmap install clean

setup: ## Install what the build needs (apt)
	@scripts/setup.sh

build: setup ## Release build, the Swift runtime inside
	swift build $(RELEASE) --product efs-purge-batch

demo: build ## See it work on 100 000 files
	scripts/demo.sh "$(BINARY)"

test: setup ## All tests
	swift test

lint: ## Format, scripts, generated files
	scripts/lint.sh

format: ## Rewrite the sources in the project's format
	swift format --in-place --recursive Package.swift Sources Tests

check-configs: build ## Check every shipped config
	"$(BINARY)" check-config --deny-warnings configs/*.yaml

check-deploy: ## Validate the Kubernetes manifests (PyPI: kubernetes-validate)
	scripts/check-deploy.sh

configmap: ## Make deploy/configmap.yaml from the config it ships
	scripts/make-configmap.sh configs/monthly-partitions.yaml > deploy/configmap.yaml

install: build ## Into $(PREFIX)/bin
	install -D "$(BINARY)" "$(DESTDIR)$(PREFIX)/bin/efs-purge-batch"

clean:
	rm -rf .build .build-deploy
