"""Easel as a package: what pyproject.toml says is what the requirements, the changelog and the citation say."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from core.files import VERSION

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def required(name: str) -> list[str]:
    """The lines of a file of requirements, without comments and the files that it includes."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def test_an_installed_easel_brings_what_its_requirements_name(project: dict[str, Any]) -> None:
    assert project["dependencies"] == required("requirements.txt")


@pytest.mark.parametrize("extra", ["dev", "film", "train"])
def test_an_extra_brings_what_its_file_names(project: dict[str, Any], extra: str) -> None:
    assert project["optional-dependencies"][extra] == required(f"requirements-{extra}.txt")


def test_the_version_is_that_of_the_newest_release_and_of_the_citation(project: dict[str, Any]) -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited and project["version"] == released[0] == cited[1] == VERSION


@pytest.mark.parametrize("package", ["core", "viz"])
def test_a_type_checker_may_believe_the_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
