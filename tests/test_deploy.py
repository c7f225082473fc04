"""What runs Easel elsewhere names files, options, versions and a health check that there are; none is started here."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import audit
from scripts.make_lock import lock
from tests.test_package import required
from viz.serving import options
from viz.serving.ledger import STATUS
from viz.serving.surroundings import Surroundings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(text("deploy/compose.yaml"))


def instructions(word: str) -> list[str]:
    joined = text("Dockerfile").replace("\\\n", " ")
    return [line.removeprefix(f"{word} ") for line in joined.splitlines() if line.startswith(f"{word} ")]


def understood(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> Any:
    monkeypatch.setattr("sys.argv", ["app.py", *words])
    return options.asked(Surroundings("127.0.0.1", None, ""))


def test_what_the_image_copies_is_there_and_let_through_to_it() -> None:
    ignored = text(".dockerignore").splitlines()
    for source in [line.split()[0] for line in instructions("COPY")]:
        assert (ROOT / source).exists() and f"!{source}" in ignored
    assert ignored[0] == "*"


def test_the_image_runs_as_nobody_in_particular_and_writes_below_one_folder() -> None:
    assert instructions("USER") == ["10001"]
    (environment,) = instructions("ENV")
    written = dict(part.split("=", 1) for part in shlex.split(environment))
    assert {written[name].split("/")[1] for name in ("HOME", "TMPDIR", "EASEL_RUNS")} == {"data"}
    assert instructions("VOLUME") == ["/data"]


def test_its_health_check_asks_for_what_its_command_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = instructions("ENTRYPOINT")
    assert understood(monkeypatch, yaml.safe_load(entry)[2:]).status
    assert f"7860{STATUS[0]}" in instructions("HEALTHCHECK")[0]


def test_compose_starts_the_app_with_options_that_there_are(
    monkeypatch: pytest.MonkeyPatch, compose: dict[str, Any]
) -> None:
    service = compose["services"]["easel"]
    words = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", word) for word in service["command"]]
    words = [re.sub(r"\$\{\w+:\?.*\}", "bluewhale7", word) for word in words]
    found = understood(monkeypatch, words)
    assert (found.code, found.budget, found.max_queue) == ("bluewhale7", 30.0, 100)
    assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["tmpfs"][0].startswith("/data:uid=10001")
    assert (DEPLOY / service["build"] / "Dockerfile").exists()
    for volume in compose["services"]["proxy"]["volumes"]:
        source = volume.split(":")[0]
        assert source in compose["volumes"] or (DEPLOY / source).exists()


def test_the_proxies_keep_counts_inside_and_a_browser_with_its_replica(compose: dict[str, Any]) -> None:
    caddy, nginx = text("deploy/Caddyfile"), text("deploy/nginx.conf")
    assert all(path in caddy and path.lstrip("/") in nginx for path in STATUS)
    assert "lb_policy cookie" in caddy and "dynamic a easel 7860" in caddy and "easel" in compose["services"]
    assert caddy.count("{") == caddy.count("}") and nginx.count("{") == nginx.count("}")


def test_every_package_of_the_lock_has_a_hash_and_what_easel_asks_for_is_in_it() -> None:
    head, *lines = text("requirements.lock").splitlines()
    packages = dict(line.split(" ")[0].split("==") for line in lines if "==" in line)
    parts = re.split(r"\n(?=[a-z0-9])", "\n".join(lines))
    assert len(parts) == len(packages) and all("--hash=sha256:" in part for part in parts)
    packages |= dict(each.split("==") for each in re.findall(r"torch\w*==[\d.]+\d", head))
    for line in required("requirements.txt"):
        name = re.split(r"[=<>]", line)[0]
        assert allows(line.removeprefix(name), packages[name]), line
    for pinned in re.findall(r"torch\w*==[\d.]+\d", text("Dockerfile")):
        assert pinned in head


def allows(wanted: str, version: str) -> bool:
    """Whether a range such as ``==2.15.*`` or ``>=7.1,<8`` holds a version."""
    at = tuple(map(int, version.split(".")[:3]))
    for part in wanted.split(","):
        sign = "<" if part.startswith("<") else part[:2]
        bound = tuple(int(each) for each in part.removeprefix(sign).split(".") if each != "*")
        cut = at[: len(bound)]
        if not {"==": cut == bound, ">=": cut >= bound, "<": cut < bound}[sign]:
            return False
    return True


def test_the_lock_leaves_out_what_pytorch_s_own_index_brings() -> None:
    made = lock("numpy==2.4 \\\n    --hash=a\nnvidia-nccl==1 \\\n    --hash=b\ntorch==2.15.0 \\\n    --hash=c\n")
    assert made.splitlines()[1:] == ["numpy==2.4 \\", "    --hash=a"] and "torch==2.15.0" in made.splitlines()[0]


def test_the_page_on_where_easel_runs_names_options_that_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        understood(monkeypatch, ["--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) | {"--scale", "--build", "--repo-type"}
    page = text("deploy/README.md") + text("SECURITY.md") + text("deploy/nginx.conf")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= known


def test_an_audit_without_its_service_says_that_it_was_skipped_and_with_it_looks_at_every_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "HOLED", "http://127.0.0.1:9/")
    assert audit.main() == 0 and "Skipped" in capsys.readouterr().out
    asked = list[str]()
    monkeypatch.setattr(audit, "answers", lambda: True)
    monkeypatch.setattr(audit, "audited", lambda packages, folder: asked.extend(packages) or 1)
    assert audit.main() == 1
    names = {each.split("==")[0] for each in asked}
    wanted = {re.split(r"[=<>]", line)[0] for line in required("requirements.txt")}
    assert (
        wanted <= names and len(asked) == len(names) == text("requirements.lock").count("==") and "starlette" in names
    )
