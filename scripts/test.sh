#!/usr/bin/env bash
# All checks, the same here and in CI: style, types, tests (the browser's too). Arguments go to pytest:
#
#   scripts/test.sh                    everything
#   scripts/test.sh tests/core -k vae  style, types and these tests
#
# Needs Python 3.11 or later and makes the rest itself: a virtual environment in .venv (EASEL_VENV names another one)
# and, where no Chromium is found (CHROMIUM names one), a Chromium.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
trap 'exit 130' INT

venv=${EASEL_VENV:-.venv}
export GRADIO_ANALYTICS_ENABLED=False
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" # small models on small machines: more threads are slower

find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        if "$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Easel needs Python 3.11 or later with its venv module (Debian: apt-get install python3-venv)." >&2
    return 1
}

make_venv() {
    local python
    if ! "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$(find_python)
        echo "Making $venv with $python"
        "$python" -m venv "$venv"
    fi
    PATH=$(cd -- "$venv" && pwd)/bin:$PATH
}

fingerprint() {
    python - requirements.txt requirements-dev.txt <<'PY'
import hashlib, pathlib, sys
text = b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:])
print(hashlib.sha256(text + sys.version.encode()).hexdigest())
PY
}

install_requirements() {
    local stamp="$venv/.easel-requirements" wanted
    wanted=$(fingerprint)
    if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
        echo "Installing requirements-dev.txt into $venv"
        python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
        echo "$wanted" >"$stamp"
    fi
}

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

make_venv
install_requirements
provide_chromium

part "ruff check" ruff check .
part "ruff format" ruff format --check .
part "mypy" mypy
part "pytest" python -m pytest -q "$@"

if ((${#failed[@]})); then
    printf 'FAILED after %d s:%s\n' "$SECONDS" "$(printf ' [%s]' "${failed[@]}")"
    exit 1
fi
echo "All passed in $SECONDS s."
