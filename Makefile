# Everything a person runs. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
RID := linux-$(shell uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
DOTNET_FLAGS := --nologo -v quiet -clp:NoSummary
AOT_FRAMEWORK := $(shell sed -n 's:.*<AotTargetFramework>\(.*\)</AotTargetFramework>.*:\1:p' Directory.Build.props)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

.PHONY: help setup build build-tests image demo test bench soak clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## Install the Debian packages that are missing (named as it does so)
	@eng/setup.sh

build: setup ## Build out/bin/fairlead and out/cni/<plugin>
	@echo "build: out/bin/fairlead"
	@mkdir -p out/bin out/cni
	@dotnet publish src/Fairlead.Cli -f $(AOT_FRAMEWORK) -r $(RID) -c Release -o out/publish/fairlead $(DOTNET_FLAGS)
	@for file in out/publish/fairlead/fairlead out/publish/fairlead/*.so; do cp -f --remove-destination $$file out/bin/; done
	@echo "build: out/cni"
	@dotnet publish src/Fairlead.Cni.Plugins -f $(AOT_FRAMEWORK) -r $(RID) -c Release -o out/publish/cni $(DOTNET_FLAGS)
	@eng/install-plugins.sh out/publish/cni/fairlead-cni out/cni

build-tests: setup
	@eng/kubectl.sh
	@eng/clients.sh
	@echo "build: tests"
	@dotnet build Fairlead.Tests.slnf -c Release $(DOTNET_FLAGS)

image: build ## The agent's container image for deploy/fairlead.yaml: out/image.tar
	@eng/image.sh

demo: build ## Bring a lab up and show it working
	@out/bin/fairlead lab demo

test: build build-tests ## Everything that is tested: unit, kernel, end to end
	@eng/test.sh

bench: build ## Measure against the peers; docs/performance.md says what each figure means
	@eng/bench.sh

soak: build build-tests ## The slow tests: churn, crashes, leaks
	@eng/soak.sh

clean: ## Remove what was built
	@rm -rf out; find src tests bench tools -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} + 2>/dev/null || true
