"""The program beside a formula is what runs: the very lines of core, read from the source."""

import inspect
import re
import textwrap
from importlib import import_module
from pathlib import Path

import pytest

from viz.views import sources

FAMILIES = Path(sources.__file__).parents[1] / "widgets/schematic/families.js"


@pytest.mark.parametrize("family", sources.CODE)
def test_the_lines_of_each_part_are_those_of_the_function_that_runs(family: sources.Family) -> None:
    for told in sources.lines(family):
        place, own = sources.CODE[family][told["part"]]
        file, _, name = place.partition(":")
        running = import_module("core." + file.removesuffix(".py").replace("/", "."))
        for each in name.split("."):
            running = getattr(running, each)
        source = textwrap.dedent(inspect.getsource(running)).rstrip()
        if running.__doc__:
            source = re.sub(r'\n *""".*?"""', "", source, count=1, flags=re.DOTALL)
        assert "\n".join(told["lines"]) == source
        assert own in told["lines"][told["own"]]
        assert told["place"] == f"core/{file}:{inspect.getsourcelines(running)[1]}"


@pytest.mark.parametrize("family", sources.CODE)
def test_each_part_with_lines_is_a_box_of_the_schematic(family: sources.Family) -> None:
    table = re.split(r"^  (\w+): \{$", FAMILIES.read_text(), flags=re.MULTILINE)
    boxes = dict(zip(table[1::2], table[2::2], strict=True))[family]
    assert set(sources.CODE[family]) <= set(re.findall(r"part: '(\w+)'", boxes))


def test_a_line_that_has_gone_is_a_defect_with_a_name() -> None:
    with pytest.raises(LookupError, match="there is no Nothing"):
        sources.found("x", "models/vae.py:Nothing", "")
    with pytest.raises(LookupError, match="stands in 0 lines"):
        sources.found("x", "models/vae.py:Likelihood.forward", "nowhere at all")
