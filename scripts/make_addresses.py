"""Write ``ADDRESSES.md``, the table of all keys of the pages' addresses: ``python -m scripts.make_addresses``.

It is read from the controls that the pages register (:mod:`viz.address`); a test compares.
"""

from __future__ import annotations

from pathlib import Path

from core.studio.runtime import Runtime
from viz.address import Address, Control
from viz.layout import ROOMS, Room, build_room

FILE = Path(__file__).resolve().parent.parent / "ADDRESSES.md"
HEAD = """# The address of a moment

What stands on a page stands in its address, and a link brings it back: `/draw/?tab=time&at=6&digit=7&seed=3&v=1`. A key
that is left out has its usual value. What cannot be read is named in one sentence under the header; everything else is
as it was sent. This table is made from the code: `python -m scripts.make_addresses`.

## Every room

| key | meaning |
| --- | --- |
| `digit` | the page's digit: the number of an example, 0 to 19, or its 784 pixels as URL-safe base64 |
| `cover` | what of it is covered: `lower`, `right`, `centre`, `none`, or 784 pixels as URL-safe base64 |
| `seed` | the seed of all that is drawn at random, a whole number from 0 |
| `tab` | the inner tab; without it the first one |
| `view` | `present`: stage, one sentence and time line, for a class; `lesson`: without the header |
| `hide` | what is left out: `digit`, `controls`, `words`, `tabs`, or controls by their keys, joined by commas |
| `lock` | what is shown, but does not answer to a hand; named in the same way |
| `__theme` | `light` or `dark`; without it that of the system, or of the last visit |
| `v` | the version of the address, 1 |
"""
ABOUT = {
    "step": "the step at which the player rests, from 1",
    "cell": "the picture of the grid that is selected, from 1",
    "path": "the corners of the path over the map, each z1,z2",
    "pins": "the pinned places on the map, each z1,z2",
    "z": "the numbers of the code",
    "moves": "what the hand did at which strokes",
    "covered": "the covered pixels, as URL-safe base64",
    "pixel": "the pixel in question: row, column",
    "hears": "which view of what it hears stands large",
    "tested": "the model whose board stands large in the leak detector",
    "turned": "the pixel that is turned over under other scans: row, column",
    "scans": "the set of scans whose board stands large",
    "flip": "the pixel that is turned over: row, column",
    "to": "the digit at the other end, as `digit`",
    "second": "the second digit, as `digit`",
    "window": "the glimpse placed by hand: centre and width",
    "beat": "bits that somebody paid for the round",
    "run": "the training, by its key, or a shipped film by its model's name",
    "beside": "the training beside it",
    "own": "the pictures of one's own to train on, by their key",
    "upload": "a picture of one's own, as it was read",
    "/step": "the step of the lesson, from 1",
    "lesson": "the lesson, by its name; `compose` to make one; without it the list, or the lesson in `made`",
    "made": "a teacher's own lesson, all of it",
    "sheet": "the lesson on paper: `tasks`, or `answers`",
}
"""What widgets and texts keep."""
EXAMPLE = "the number of an example, or, of digits, a digit as `digit`"


def row(control: Control) -> str:
    """One line of a tab's table."""
    it = control.component
    told = {} if it.get_block_name() in ("html", "textbox") else control.described()
    label = (
        str(it.label or control.name)
        if told
        else ABOUT.get(f"{control.tab}/{control.name}", ABOUT.get(control.name, EXAMPLE))
    )
    if "least" in told:
        values = f"{told['least']:g} to {told['most']:g}"
    elif told.get("kind") == "flag":
        values = "0, 1"
    else:
        values = " · ".join(f"`{choice}`" for choice in told.get("choices", []))
    usual = control.text if len(control.text) < 40 else f"{control.text[:36]}…"
    return f"| `{control.name}` | {label} | {values} | {usual and f'`{usual}`'} |"


def table(room: Room, address: Address) -> str:
    """A room's part: a table for each inner tab."""
    parts = [f"\n## {room.label}: `{room.path}/`\n"]
    own = [each for each in address.every if each.tab or each.name != "seed"]
    for tab in dict.fromkeys(each.tab for each in own):
        rows = [row(each) for each in own if each.tab == tab]
        where = f"`tab={tab}`\n" if tab else "on every tab\n"
        parts.append("\n".join([where, "| key | it is | values | usual |", "| --- | --- | --- | --- |", *rows, ""]))
    return "\n".join(parts)


def addresses() -> str:
    """The whole document."""
    runtime = Runtime()
    found = [(room, build_room(room, runtime).address) for room in ROOMS[1:]]
    return HEAD + "".join(table(room, address) for room, address in found if isinstance(address, Address))


def main() -> None:
    """The command line."""
    FILE.write_text(addresses(), encoding="utf-8")


if __name__ == "__main__":
    main()
