# Set-up, build and test. Needs Python 3.11+ and GNU make; everything else comes from PyPI and npm,
# pinned in requirements.txt and package-lock.json, into folders that git ignores.
#
#   make demo [ARGS='--orders FILE --json']   run the cross-border demo
#   make test                                 run forge's tests and Ape's, but for those of targets of their own
#   make test-slow                            run what takes seconds each: demos, audits, thefts, histories
#   make bench-gas [ARGS=--update]            measure gas, compare with or rewrite benchmarks/gas.json
#   make bench [ARGS='--number 2000']         measure speed; of all 20,000 payments write benchmarks/speed.json
#   make check                                lint, format, imports, types and static analysis
#   make fuzz [SEED=7]                        long runs of invariants and model: 26 minutes
#   make prove                                halmos: the kernel, for every input: 7 minutes
#   make coverage                             lines and branches that no Foundry test reaches
#   make mutate [ARGS='--sample 150 --seed 1']  break the contracts, one mistake at a time: hours
#   make test-faults [ARGS=--kills=8]         kill senders under load, 50 times in each of 6 campaigns
#   make test-nodes                           test real nodes, and the library on geth: 12 minutes
#   make npm-pack                             pack the contracts for npm, into dist/
#   make npm-test                             use that package as others do: 2 minutes
#   make verify-sources RPC=http://...        compare what stands on a chain with the sources
#   make build | wheel | lock | clean

PYTHON ?= python3
ARGS ?=
SEED ?= 1
CONSUMERS := tests/npm_package/consumers
HARDHAT := tests/nodes/hardhat_projects

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export SOLCX_BINARY_PATH := $(CURDIR)/.solcx
# Without its bytecode cache Ape takes twice as long to start.
unexport PYTHONDONTWRITEBYTECODE

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --quiet

# Folders too, so that a deleted file counts as a change (Ape's own .cache is made by the set-up).
CONTRACTS := $(shell find contracts -name .cache -prune -o -print 2>/dev/null)
EXPORT := tools/export_artifacts.py deposit_token/chain/artifacts.py deposit_token/chain/roles.py

.PHONY: build demo test forge-test ape-test check fuzz prove coverage bench bench-gas mutate test-slow test-faults test-nodes npm-pack npm-test verify-sources wheel lock clean
.DELETE_ON_ERROR:

build: deposit_token/chain/artifacts/.done
	@:

# What the set-up prints goes to standard error: the demo's own output may be read by a program.
demo:
	@$(MAKE) --no-print-directory build 1>&2
	@python -m deposit_token.demo $(ARGS)

# Both at a time: each leaves a core idle now and then. Forge's output is shown if a test fails.
test:
	@$(MAKE) --no-print-directory -j2 forge-test ape-test

forge-test: build
	@echo "forge test"
	@forge test > cache/forge-test.log 2>&1 || { cat cache/forge-test.log; exit 1; }
	@echo && tail -n 1 cache/forge-test.log

ape-test: build .build/.done
	ape test -n 2 --dist loadfile --disable-isolation

test-slow: build .build/.done
	ape test -n 2 --dist loadfile --disable-isolation -m slow $(ARGS)

check: node_modules/.done
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	forge fmt --check contracts npm tests
	forge lint --deny notes --out cache/lint/out --cache-path cache/lint contracts
	python -m tools.static_analysis

bench: build
	python -m benchmarks.speed $(ARGS)

bench-gas: build
	python -m benchmarks.gas $(ARGS)

fuzz: build
	FOUNDRY_INVARIANT_RUNS=60 forge test --match-contract InvariantsTest -vv --fuzz-seed $(SEED)
	pytest -m '' tests/model --histories 1000 --seed $(SEED)
	pytest -m '' tests/access --deep

prove: build
	python tests/solidity/symbolic/prove.py $(ARGS)

# Compiles the tests through the IR too, which takes most of the time. What needs the deployed code's
# gas is left out.
coverage: build
	FOUNDRY_PROFILE=coverage forge coverage --ir-minimum --exclude-tests --report lcov \
		--report summary --no-match-test _as_deployed --no-match-contract RegistryReplacedOften
	python -m tools.coverage

mutate: build
	nice -n 10 python -m tools.mutation $(ARGS)

test-faults: build
	pytest -p no:ape_test -m faults tests/faults $(ARGS)

# The first time it builds geth, if there is none on PATH: four minutes, and 700 MB of Go's own cache.
test-nodes: build cache/hardhat-2/.done cache/hardhat-3/.done
	@python -m tests.nodes.geth
	pytest -p no:ape_test --node geth -m 'not packaged and not faults' -rs tests/networks tests/library $(ARGS)

npm-pack: build
	python -m tools.npm_package

npm-test: build cache/consumers/.done
	pytest -m packaged tests/npm_package

verify-sources: build
	@python -m tools.verify_sources --rpc '$(RPC)' $(ARGS)

wheel: build
	uv build --wheel --no-build-isolation --python .venv/bin/python

lock: node_modules/.done
	$(LOCK) --group bootstrap --output-file requirements-uv.txt
	$(LOCK) --group workshop --extra demo --output-file requirements.txt pyproject.toml
	npm install --package-lock-only --omit-lockfile-registry-resolved
	for each in $(CONSUMERS) $(HARDHAT)/2 $(HARDHAT)/3; do \
		npm install --prefix $$each --package-lock-only --omit-lockfile-registry-resolved || exit 1; \
	done

clean:
	rm -rf .venv node_modules .solcx out cache .build contracts/.cache deposit_token/chain/artifacts dist
	rm -rf lcov.info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/.done: requirements-uv.txt requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed, found $$($(PYTHON) --version 2>&1): name another with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) lacks its venv module: install it (on Debian and Ubuntu the package python3-venv), then run make again" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
	uv pip sync --quiet --require-hashes --python .venv/bin/python requirements.txt
	uv pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python --editable .
	@touch $@

node_modules/.done: package.json package-lock.json | .venv/.done
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@mkdir -p .solcx contracts/.cache
	ln -sf ../tools/solc .solcx/solc-v$$(node -p 'require("solc/package.json").version')
	@touch $@

# Apart from what the build needs: 650 packages of 360 MB.
cache/consumers/.done: $(CONSUMERS)/package.json $(CONSUMERS)/package-lock.json node_modules/.done
	@mkdir -p cache/consumers
	cp $(CONSUMERS)/package.json $(CONSUMERS)/package-lock.json cache/consumers
	npm ci --prefix cache/consumers --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

cache/hardhat-%/.done: $(HARDHAT)/%/package.json $(HARDHAT)/%/package-lock.json $(HARDHAT)/%/hardhat.config.js node_modules/.done
	@mkdir -p $(@D)
	cp $(HARDHAT)/$*/* $(@D)
	npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

deposit_token/chain/artifacts/.done: $(CONTRACTS) $(EXPORT) foundry.toml tools/solc node_modules/.done
	forge build contracts
	python -m tools.export_artifacts
	@touch $@

# Ape recompiles a changed file but not the files that import it: start afresh after every change.
# It compiles in a copy without node_modules, unless the project lies in the temporary folder.
.build/.done: $(CONTRACTS) ape-config.yaml tools/solc node_modules/.done
	rm -rf .build
	TMPDIR=$(CURDIR) ape compile --verbosity WARNING
	@touch $@
