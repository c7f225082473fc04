"""What the narrator says: sentence templates and table rows. ``[[name]]`` stands for a number of the trace."""

from __future__ import annotations

from collections.abc import Collection

from viz.language import say

LOOKS = (
    "It <b class='read'>looks</b> through a window [[read_size]] pixels wide, then <b class='write'>adds ink</b> "
    "through one [[write_size]] pixels wide."
)
ADDS = "It <b class='write'>adds ink</b> through a window [[write_size]] pixels wide."
LOOKS_EVERYWHERE = (
    "It <b class='read'>looks</b> at the whole picture, then <b class='write'>adds ink</b> everywhere at once."
)
ADDS_EVERYWHERE = "It <b class='write'>adds ink</b> everywhere at once."
TELLS = " This stroke tells the decoder [[kl]] nats about the picture."
DREAMS = " Nothing is looked at: what it draws was chosen at random, from the prior."

WINDOW_ROWS = [
    ("centre x, y", "[[{0}_x]], [[{0}_y]]"),
    ("stride δ", "[[{0}_stride]] px"),
    ("variance σ²", "[[{0}_variance]] px²"),
    ("precision 1/σ", "[[{0}_precision]] /px"),
    ("intensity γ", "[[{0}_intensity]]"),
]
"""Label and template of each row about a window; ``{0}`` is ``read`` or ``write``."""

FORKED = " <b>[[shared]]</b>"
SHARED = ["Here the futures go their own ways.", "So far all futures are one."]
"""Indexed by whether the step lies before the fork."""
LENGTH = " <b>[[length]]</b>"
TOO_FEW = [
    "It was trained with {trained} strokes and spreads its work over them: after {steps} the picture is unfinished."
]
TOO_MANY = [
    "It was trained to be finished after stroke {trained}; here it has to go on.",
    "It was trained with {trained} strokes and never learned to go on: further ones hardly improve the picture, and "
    "many harm it.",
]
"""Indexed by whether the step lies beyond those that it was trained with."""
ERASED = [
    "The <b class='write'>ink</b> of this stroke is taken off the canvas; all other strokes lie where they were.",
    "The latent behind this <b class='write'>stroke</b> is set to the prior's mean, to what is expected when nothing "
    "is known. The decoder goes on from there with the other latents, so later strokes change, too.",
]
"""Indexed by whether the latent was taken away, not only the ink."""
ON_AND_OFF = [
    "Both painters draw from the <b>same noise</b>. One <b class='write'>adds ink</b> through its window, the other "
    "everywhere at once.",
    "Both <b class='read'>look</b> at the same picture with the <b>same noise</b>: one through its windows, the other "
    "at everything at once.",
]
"""Indexed by whether something is copied."""
ON_AND_OFF_ROWS = [
    ["", "with", "without"],
    ["this stroke", "[[with_kl]]", "[[without_kl]]"],
    ["all strokes so far", "[[with_spent]]", "[[without_spent]]"],
    ["pixels, given those", "[[with_left]]", "[[without_left]]"],
    ["together, nats", "[[with_sum]]", "[[without_sum]]"],
]
BETWEEN = (
    "Every latent of this painting lies between those of the two copies, stroke by stroke. It <b class='write'>adds "
    "ink</b> through a window [[write_size]] pixels wide."
)
TWO_DIGITS = "It <b class='read'>looks</b>, then <b class='write'>adds ink</b>: [[kl]] nats."
FIRST_DRAWN = (
    "Here <b>the {first} comes first</b>: half of its ink stands after {{early}} strokes, half of the {second}'s after "
    "{{late}}."
)
TOGETHER = "Here both grow <b>together</b>: half of their ink stands within one stroke of each other."
PENNED = "[[said]]"
_SAME = "Nothing has been changed yet: both pictures are one."
_BEFORE = "Your hand has not come yet: both pictures are one."
_HERE = "Here your hand came in: the stroke went where you laid it, or onto what you had painted."
PEN_SAID = (
    (_SAME, _BEFORE, _HERE, "It goes on blindly. Imagining, it never looks at the canvas: its strokes fall as before."),
    (_SAME, _BEFORE, _HERE, "It goes on from your canvas: what it sees of your hand it tries to correct."),
)
"""Indexed by whether it copies, then by no hand at all, before, at and after the hand."""
PEN_SUM = (
    " <b>In the end</b> the picture costs {worse} on this canvas (−log p) than on the untouched one, and from your "
    "hand on the painter spent {spent} on its strokes (KL)."
)
PEN_COPY_ROWS = [
    ["this stroke, KL", "[[kl_0]] nats", "[[kl_1]] nats"],
    ["so far, KL", "[[so_far_0]] nats", "[[so_far_1]] nats"],
    ["−log p(x | canvas)", "[[rest_0]] nats", "[[rest_1]] nats"],
]
PEN_ROWS = [["write window", "[[size_0]] px", "[[size_1]] px"], ["the pictures differ by", "[[apart]] %", ""]]
KL_ROWS = [["this stroke", "[[kl]] nats"], ["so far", "[[so_far]] nats"]]
CHANGE_ROWS = [["change of the picture", "[[change]] %"]]

EXPECTS = "Given <b class='pixel'>{context}</b>, it thinks this pixel is ink with [[p]]. [[said]]"
SAID = ["It left the pixel empty.", "It painted ink.", "The pixel was given: empty.", "The pixel was given: ink."]
"""Indexed by 2 · given + ink."""
EXPECTS_COLOUR = (
    "Given <b class='pixel'>{context}</b>, it draws first red, then green given red, then blue given "
    "both: one of 16.8 million colours. This one cost [[nats]] nats. [[said]]"
)
SAID_COLOUR = ["It drew the colour.", "The pixel was given."]
"""Indexed by whether it was given."""
WHOLE_ROW = ["the whole picture", "[[whole]] nats"]
HIDDEN_ROW = ["of which hidden part", "[[hidden]] nats"]
PIXEL_ROWS = [["so far", "[[so_far]] nats"], ["this pixel", "[[nats]] nats"]]

COMPARED = (
    "All use the <b class='pixel'>same noise</b>, pixel by pixel: where two painters differ, they think differently of "
    "what came before."
)
FITTED = (
    " This picture is one of [[particles]] that were painted together, its particles. After this row their effective "
    "sample size was [[ess]]: that is how many equally good ones they are worth. [[resampled_]]"
)
RESAMPLED = ["", "Those that fitted the given pixels badly were dropped here and the others doubled."]
"""Indexed by whether particles were drawn again after the row."""
RACED = (
    "On one clock, which runs ever faster: after [[clock]] ms. Every way paints the very same picture. "
    "<b class='pixel'>[[method]]</b>: [[pass_]] of [[passes]] passes. [[said]] [[checked]]"
)
RACE_SAID = ["It is still at work.", "It is done.", "Its time was over here, before its picture was finished."]
"""Indexed by whether it has ended, and whether too early."""
RACE_PART = (
    "To save time, only {run} of its {all} passes were really run, at pixels picked at random. {same} The time "
    "of all is scaled from theirs."
)
RACE_SAME = "Each of them gave the very pixel that the other ways painted."
RACE_DIFFERS = "All but {pixels} came out as the other ways painted them."

PASSED = (
    "The network worked on all of <b class='pixel'>row [[row]]</b> at once: [[changed]] of its pixels changed. [[said]]"
)
SURPRISED = (
    "How much each pixel of your picture surprises <b class='pixel'>[[painter]]</b>, given what comes before it: "
    "bright pixels cost many nats. The whole picture costs [[total]] nats."
)
WALKED = "It went through <b class='pixel'>row [[row]]</b> pixel by pixel, from what the neighbours left. [[said]]"
CHANGED = ["The row is finished.", "So it looks at the row again."]
"""Indexed by whether the next pass is over the same row."""
CHANGED_ROW = [["pixels painted", "[[changed]]"], ["pixels that changed", "[[changed]]"]]
CHANGED_BARS = ("pixels painted in each pass", "pixels that changed in each pass")
"""Indexed by whether a row is guessed as a whole."""


def draw_sentence(kinds: Collection[str], copies: bool) -> str:
    """The sentence about one stroke; ``kinds`` are the windows that are there."""
    if not kinds:
        return say(LOOKS_EVERYWHERE) + say(TELLS) if copies else say(ADDS_EVERYWHERE) + say(DREAMS)
    return say(LOOKS) + say(TELLS) if copies else say(ADDS) + say(DREAMS)


def window_rows(kinds: Collection[str]) -> list[list[str]]:
    """The table of the windows, a column for each; the first row is the header."""
    if not kinds:
        return []
    names = {"read": say("read"), "write": say("write"), "glimpse": say("glimpse")}
    return [
        ["", *(names[kind] for kind in kinds)],
        *([label, *(text.format(kind) for kind in kinds)] for label, text in say(WINDOW_ROWS)),
    ]
