"""The commands of the working day, run as they are on a copy whose tools only say how they were called."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
SAYS_HOW = '#!/usr/bin/env bash\necho "called: $(basename "$0") $*"\n'
APP = 'import sys\nprint("started:", *sys.argv[1:], flush=True)\nsys.stdin.read()\n'


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the scripts, an app that only says it has started, and an environment with all it needs."""
    for folder in ("core", "viz", "assets", "checkpoints"):
        (tmp_path / folder).mkdir()
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "app.py").write_text(APP)
    for name in REQUIREMENTS:
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    tests = 'if [[ "$*" == "-m pytest"* || "$*" == "-m scripts.audit" ]]; then echo "called: $*"; exit; fi'
    program(tools / "python", f'#!/usr/bin/env bash\n{tests}\nexec "{sys.executable}" "$@"\n')
    modules = tmp_path / "node_modules" / ".bin"
    modules.mkdir(parents=True)
    for path in (tools / "ruff", tools / "mypy", tools / "npm", tools / "node", modules / "biome", modules / "tsc"):
        program(path, SAYS_HOW)
    (tmp_path / "package-lock.json").write_text("{}")
    wanted = b"".join((ROOT / name).read_bytes() for name in REQUIREMENTS) + sys.version.encode()
    (tmp_path / ".venv" / ".easel-requirements").write_text(hashlib.sha256(wanted).hexdigest())
    monkeypatch.delenv("EASEL_VENV", raising=False)
    monkeypatch.setenv("CHROMIUM", "/none")
    return tmp_path


@contextmanager
def written_again_and_again(path: Path) -> Iterator[None]:
    """A hand that saves a file three times a second."""
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.3):
            path.write_text("body {}")

    hand = threading.Thread(target=write)
    hand.start()
    yield
    over.set()
    hand.join()


def checked(copy: Path, *arguments: str) -> list[str]:
    """What ``scripts/test.sh`` called."""
    command = [str(copy / "scripts" / "test.sh"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.removeprefix("called: ") for line in done.stdout.splitlines() if line.startswith("called: ")]


def test_all_checks_are_style_types_and_every_test_on_all_cores(copy: Path) -> None:
    assert checked(copy) == [
        "ruff check .",
        "ruff format --check .",
        "mypy ",
        "-m scripts.audit",
        "npm ci --ignore-scripts --no-audit --no-fund",
        "biome check --error-on-warnings .",
        "tsc -p .",
        "node --test tests/js/*.test.js",
        "-m pytest -q -n auto --dist loadfile --no-loadscope-reorder -r fER",
    ]


def test_the_javascript_tools_are_installed_again_only_when_their_lock_changes(copy: Path) -> None:
    assert any("npm ci" in call for call in checked(copy))
    assert not any("npm ci" in call for call in checked(copy))
    (copy / "package-lock.json").write_text("{ }")
    assert any("npm ci" in call for call in checked(copy))


def test_fast_leaves_out_the_browser_and_what_is_slow_and_other_words_go_to_pytest(copy: Path) -> None:
    *_, tests = checked(copy, "--fast", "tests/core", "-x")
    how = "-n auto --dist loadfile --no-loadscope-reorder -r fER"
    assert tests == f"-m pytest -q {how} -m not browser and not slow tests/core -x"


def test_a_failing_check_fails_the_whole_and_the_others_still_run(copy: Path) -> None:
    program(copy / ".venv" / "bin" / "mypy", "#!/usr/bin/env bash\nexit 1\n")
    done = subprocess.run([copy / "scripts" / "test.sh"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "[mypy]" in done.stdout and "called: -m pytest" in done.stdout


def test_the_app_starts_again_when_a_file_of_it_changes(copy: Path) -> None:
    command = [copy / "scripts" / "dev.sh", "--port", "7861"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as watching:
        assert watching.stdout is not None
        late = threading.Timer(60, os.killpg, (watching.pid, signal.SIGKILL))  # or it would wait for ever
        late.start()
        with written_again_and_again(copy / "viz" / "theme.css"):  # the watch begins a moment after the first start
            starts = list(islice((line for line in watching.stdout if line.startswith("started")), 2))
        watching.terminate()
        watching.wait(30)
        late.cancel()
    assert starts == ["started: --port 7861\n"] * 2


def test_all_models_are_trained_again_by_name_and_what_was_interrupted_goes_on(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = copy / ".venv" / "bin" / "python"
    program(
        python,
        '#!/usr/bin/env bash\nif [[ "$*" == "-m core"* ]]; then echo "called: $*"; exit; fi\n'
        f'exec "{sys.executable}" "$@"\n',
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    state = copy / "runs" / "vae-mnist" / "vae-mnist.state.safetensors"
    state.parent.mkdir(parents=True)
    state.touch()
    command = [copy / "scripts" / "train_all.sh", str(copy), "aevb-mnist-2d", "vae-mnist"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    calls = [line.removeprefix("called: ") for line in done.stdout.splitlines() if line.startswith("called: ")]
    assert calls == [
        f"-m core.training aevb-mnist-2d --data {copy} --film",
        f"-m core.evaluation aevb-mnist-2d --data {copy} --checkpoints runs/aevb-mnist-2d",
        f"-m core.training vae-mnist --data {copy} --film --resume",
        f"-m core.evaluation vae-mnist --data {copy} --checkpoints runs/vae-mnist",
    ]
    assert "aevb-mnist-2d: 25000 steps of 100 pictures of binarized-mnist" in done.stdout
    done = subprocess.run([*command[:2], "nobody"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "There is no model nobody." in done.stderr
