#!/usr/bin/env bash
# Trains every registered model again, from public data, by the registry's recipe, and compares with the shipped card:
#
#   scripts/train_all.sh FOLDER            # the folder with the data sets (python -m core.data NAME --data FOLDER)
#   scripts/train_all.sh FOLDER NAME …     # some of them
#
# Runs lie in runs/NAME; one that was interrupted goes on. Each begins with its budget and the validation that the shipped
# weights had: some of those were trained in several parts, or began with the weights of another model (their cards say
# which), so that a single run may end a little above.
set -euo pipefail
data=$(cd -- "${1:?the folder with the data sets}" && pwd)
shift
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

source scripts/environment.sh

planned() {
    python - "$@" <<'PY'
import sys

from core.training.checkpoints import read_card
from core.training.registry import REGISTRY

for name in sys.argv[1:] or REGISTRY:
    if name not in REGISTRY:
        sys.exit(f"There is no model {name}.")
    recipe, nats = REGISTRY[name].recipe, read_card(name).get("validation_nats", "unknown")
    print(name, recipe.steps, recipe.batch_size, nats, REGISTRY[name].dataset)
PY
}

plan=$(planned "$@")
while read -r name steps batch nats dataset; do
    echo "$name: $steps steps of $batch pictures of $dataset; the shipped weights: $nats nats on validation."
    resume=()
    [ -e "runs/$name/$name.state.safetensors" ] && resume=(--resume)
    python -m core.training "$name" --data "$data" --film "${resume[@]}" < /dev/null
    python -m core.evaluation "$name" --data "$data" --checkpoints "runs/$name" < /dev/null
done <<< "$plan"
