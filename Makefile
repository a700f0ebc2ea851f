# The commands of the project; each sets up what it needs. `make help` lists them.
# Variables: PYTHON (the Python to embed, 3.11 or newer), CC, ARGS (for pytest or the benchmarks).
.PHONY: help build static packages demo test test-static test-cluster test-newest test-engines check bench generate pictures clean
.DEFAULT_GOAL := help
export PYTHON CC

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## the shared object in build/, the tools in .venv/bin
	@scripts/build.sh

static: ## the static form in build/static/: one file that needs glibc 2.17 and nothing else (its parts are kept in ~/.cache)
	@scripts/static.sh

packages: ## the static form as a wheel, as npm packages and as Debian packages, in dist/ (ARGS=wheel picks one)
	@scripts/packages.sh $(ARGS)

demo: ## a C program runs a container through the shared object
	@scripts/demo.sh

test: ## every test, on private container engines (ARGS="-k name" picks some)
	@scripts/test.sh $(ARGS)

test-static: ## the static form's tests, those of the C interface on it, and Perry's programs with it inside (ARGS="-k name" picks some)
	@scripts/test-static.sh $(ARGS)

test-cluster: ## every test of a real swarm: several nodes in namespaces of their own, power cuts and lost leaders too (ARGS="-k name" picks some); root
	@scripts/test-cluster.sh $(ARGS)

test-newest: ## those live tests where engines of different ages differ, on the newest docker and podman of Debian testing
	@scripts/test-newest.sh $(ARGS)

test-engines: ## the live tests on every engine of the matrix, and a table (ENGINES="docker@trixie podman@testing" picks rows)
	@scripts/test-engines.sh $(ARGS)

check: ## lint, format, types, the rooms of the package, the generated files; needs no engine
	@scripts/check.sh

bench: ## the numbers of the README, measured here (ARGS=growth picks a part: border cli config detect stacks growth cluster swarm trust perry sandbox workloads)
	@scripts/bench.sh $(ARGS)

generate: ## the header, the C shims, the dispatch tables and the README's table, from the ABI table; the list of the tests of attributes, what engines declare; the seccomp profile to read; docs/cli.md
	@scripts/build.sh test && .venv/bin/python -m perry_ffi.abi.generate && .venv/bin/python -m tests.support.attributes && .venv/bin/python -m tests.support.profiles && .venv/bin/python -m scripts.reference

pictures: ## the pictures of docs/cli.md, taken in tmux on a docker of its own (ARGS="up doctor" picks some); root
	@scripts/pictures.sh $(ARGS)

clean: ## what the other commands made, .venv too
	@rm -rf build .venv .cache dist packages/perry-container/lib packages/perry-container/target src/*.egg-info src/perry_ffi/interpreter/start.modules src/perry_ffi/interpreter/start.tables
	@rm -rf .pytest_cache .hypothesis .ruff_cache .mypy_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
