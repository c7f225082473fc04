# Sourced by test.sh and dev.sh, from the repository's root: the virtual environment with all that Easel needs.
# It stands in .venv; EASEL_VENV names another one. Needs Python 3.11 or later.

venv=${EASEL_VENV:-.venv}
export GRADIO_ANALYTICS_ENABLED=False

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

make_venv
install_requirements
