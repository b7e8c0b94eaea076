# Pushbench. `make help` lists the targets.
BUILD ?= build
JOBS ?= $(shell nproc)
SCENARIO ?= scenarios/quickstart.yaml
FUZZ_SECONDS ?= 20
# Warnings are errors in CI; a newer compiler on a user's machine may warn about more.
WERROR := $(if $(CI),ON,OFF)
CONFIGURE = cmake -G Ninja -DPUSHBENCH_WERROR=$(WERROR)

.DEFAULT_GOAL := help
.PHONY: help deps dev-deps build run test smoke bench bench-peers calibration format lint asan tsan fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what is missing: Debian packages (sudo when not root), npm packages for the tests
	@tools/deps base test npm

.PHONY: run-deps
run-deps:
	@tools/deps base

dev-deps:
	@tools/deps base dev

build: configure ## compile into build/
	cmake --build $(BUILD) -j $(JOBS)

.PHONY: configure programs
configure:
	@mkdir -p $(BUILD)
	@$(CONFIGURE) -S . -B $(BUILD) > $(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }

programs: configure
	cmake --build $(BUILD) -j $(JOBS) --target pushbench reference-server

run: run-deps programs ## set up everything, compare every technique (SCENARIO=...), write the report
	$(BUILD)/pushbench run $(SCENARIO)

test: deps build ## set up everything, run every test
	ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS)
	PUSHBENCH_BUILD=$(abspath $(BUILD)) /usr/bin/python3 -m pytest tests -q -n $(JOBS) -p no:cacheprovider

smoke: run-deps programs ## every technique for a few seconds
	$(BUILD)/pushbench run scenarios/smoke/*.yaml --no-report --out $(BUILD)/smoke

bench: run-deps build ## micro-benchmarks (Google Benchmark)
	@for program in $(BUILD)/tests/bench/*_bench; do \
	  echo "== $$program"; $$program --benchmark_out=$$program.json --benchmark_out_format=json || exit 1; done

bench-peers: run-deps build ## side by side with nginx, nchan, Bun, wrk and others (PEERS=--quick, PEERS='--only sse')
	@tools/deps bench
	PYTHONPATH=tests/bench /usr/bin/python3 -m peers --build $(BUILD) $(PEERS)

calibration: build ## what was true beside what was measured, as a table
	rm -f $(BUILD)/calibration.md
	PUSHBENCH_BUILD=$(abspath $(BUILD)) PUSHBENCH_CALIBRATION=$(abspath $(BUILD))/calibration.md /usr/bin/python3 -m pytest \
	  tests/e2e/calibration tests/e2e/test_server_cost.py -q -n $(JOBS) -p no:cacheprovider
	@printf '| quantity | true | measured |\n|---|---|---|\n'; LC_ALL=C sort $(BUILD)/calibration.md

format: dev-deps ## clang-format over the sources
	git ls-files '*.cc' '*.h' | xargs clang-format -i

# clang-tidy reads no precompiled headers of GCC.
lint: dev-deps ## formatting, clang-tidy and flake8
	git ls-files '*.cc' '*.h' | xargs clang-format --dry-run --Werror
	/usr/bin/python3 -m flake8 reports tests tools
	@$(CONFIGURE) -S . -B build-lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
	git ls-files 'wire/*.cc' 'net/*.cc' 'reference-server/*.cc' 'loadgen/*.cc' | \
	  xargs -P $(JOBS) -n 4 clang-tidy --quiet -p build-lint --extra-arg=-Wno-unknown-warning-option

asan: deps ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	$(CONFIGURE) -S . -B build-asan -DPUSHBENCH_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo
	$(MAKE) --no-print-directory sanitized-test SANITIZED=build-asan

tsan: deps ## every test under ThreadSanitizer
	$(CONFIGURE) -S . -B build-tsan -DPUSHBENCH_SANITIZE=thread -DCMAKE_BUILD_TYPE=RelWithDebInfo
	TSAN_OPTIONS=suppressions=$(abspath tests/tsan.supp) $(MAKE) --no-print-directory sanitized-test SANITIZED=build-tsan

.PHONY: sanitized-test
sanitized-test:
	cmake --build $(SANITIZED) -j $(JOBS)
	ctest --test-dir $(SANITIZED) --output-on-failure -j $(JOBS)
	PUSHBENCH_BUILD=$(abspath $(SANITIZED)) /usr/bin/python3 -m pytest tests -q -n $(JOBS) -p no:cacheprovider

fuzz: dev-deps ## every fuzzer for FUZZ_SECONDS
	CC=clang CXX=clang++ $(CONFIGURE) -S . -B build-fuzz -DPUSHBENCH_FUZZ=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
	cmake --build build-fuzz -j $(JOBS)
	@for fuzzer in build-fuzz/tests/fuzz/*_fuzz; do \
	  name=$$(basename $$fuzzer _fuzz); mkdir -p build-fuzz/corpus/$$name; echo "== $$name"; \
	  $$fuzzer -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 -artifact_prefix=build-fuzz/ \
	    build-fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; done

clean: ## delete everything that was built
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-lint
