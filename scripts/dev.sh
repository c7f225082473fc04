#!/usr/bin/env bash
# The app while you write it: it starts again whenever a file of it changes. Arguments go to app.py:
#
#   scripts/dev.sh --port 7861
#
# Reload the page in the browser to see the change. Ctrl+C ends it.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
trap 'exit 130' INT

source scripts/environment.sh

exec python -m watchfiles --target-type command "$(printf '%q ' python app.py "$@")" app.py core viz assets checkpoints
