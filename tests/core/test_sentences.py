"""Texts that are put together in one place are said whole in another, in the language that is spoken there."""

import json

import pytest

from core.sentences import Clause, Sentence, in_a_row, listed, packed, unpacked
from viz.language import say, speaking

PASSED = Sentence(
    "Passed over: {listed}.",
    listed=listed(Sentence("{kind} ({number:,})", kind=kind, number=1200) for kind in ("other files", "no such kind")),
)


def test_a_sentence_is_its_english_and_is_said_in_chinese_with_all_its_parts() -> None:
    both = in_a_row([Sentence("They have {found}.", found=Sentence("test {number:,}", number=3)), Sentence(), PASSED])
    assert both == say(both) == "They have test 3. Passed over: other files (1,200), no such kind (1,200)."
    with speaking("zh"):
        assert say(both) == "这些图像的存放方式：测试集 3。跳过了：其他文件（1,200）、no such kind（1,200）。"


def test_a_clause_is_a_sentence_without_its_full_stop_in_every_language() -> None:
    clause = Clause("{name} is neither a folder nor a whole zip file.", name="a.zip")
    whole = Sentence("{damage}: fetch it with `{fetching}`.", damage=clause, fetching="this")
    assert say(whole) == whole == "a.zip is neither a folder nor a whole zip file: fetch it with `this`."
    with speaking("zh"):
        assert say(whole).endswith("：请用 `this` 获取。") and "。：" not in say(whole)


def test_what_was_packed_is_said_as_before() -> None:
    whole = Sentence("{damage}: fetch it with `{fetching}`.", damage=Clause("{n} {m}.", n=1, m=PASSED), fetching="x")
    again = unpacked(packed(whole))
    assert again == whole
    with speaking("zh"):
        assert say(again) == say(whole) and "跳过了" in say(again)


@pytest.mark.parametrize(
    "data",
    ["", "12 pictures, each.", "[1]", "3", "{}", json.dumps({"text": "{a}", "values": {}, "clause": 0, "b": 1})[:-3]],
)
def test_what_was_never_packed_stands_for_itself(data: str) -> None:
    assert unpacked(data) == data
