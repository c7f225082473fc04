"""One line on each control: what it changes, shown where its title is pointed at or it has the keyboard."""

from __future__ import annotations

from collections.abc import Mapping

from viz.language import say

HINTS: Mapping[str, str] = {
    "seed": "The same seed gives the same chance, and so the same picture.",
    "task": "What the machine is to do with the digit, or without one.",
    "pictures": "How many are painted at once; the first ones stay the same.",
    "temperature": "Below 1 it takes fewer chances, above 1 more; 1 is what it learned.",
    "frames": "How many pictures the film has.",
    "model": "Another network that learned the same task.",
    "run": "A network that you have trained yourself, by its key.",
    "show": "Which side of the result stands on the stage.",
    # All at once
    "map/model": "Whose codes are the map; longer codes are shown as a plane through them.",
    "map/plane": "The plane where codes differ most, or one of two of their numbers.",
    "map/across": "The number of the code that runs from left to right.",
    "map/along": "The number of the code that runs from bottom to top.",
    "map/held": "What the other numbers are: the mean of all codes, or those of your digit.",
    "map/axes": "Even steps, or steps that hold equally much of the prior.",
    "code/model": "More numbers can say more, and cost more.",
    "code/film": "Each number in turn, all at once as a table, or a way to another digit.",
    "between/model": "More numbers can say more, and cost more.",
    "between/tiles": "How many pictures stand along each side of the square.",
    "cost/model": "More numbers can say more, and cost more.",
    "restore/damage": "How the picture is spoiled before it is mended.",
    "restore/flips": "The share of pixels that change from ink to paper or back.",
    # Stroke by stroke
    "strokes": "More strokes than it was trained with are allowed; they seldom help.",
    "canvas": "The chance of ink in each pixel, or the raw sums that the strokes add to.",
    "filters": "Draws the grid of filters in place of the window's frame.",
    "at": "The stroke at which you step in.",
    "time/at": "Strokes that all futures share; after them each goes its own way.",
    "futures": "How many ways it could go on from there.",
    "hand": "Whether you place its window or paint on its canvas.",
    "path": "Straight through the codes, or round, at the length that chance gives them.",
    "paintings": "How many steps lie between the two.",
    "painter": "What it learned from: drawn plates, photographs of numbers, or photographs.",
    "gx": "The column in the middle of the window, from 1.",
    "gy": "The row in the middle of the window, from 1.",
    "stride": "The distance between two filters, in pixels: the zoom.",
    "variance": "How soft each filter is, in pixels squared.",
    "intensity": "How strongly what is read or written counts.",
    "window/filters": "How many filters stand along each side of the grid.",
    # Pixel by pixel
    "painters": "Who paints; several paint with the same chance, side by side.",
    "uses": "Only what comes before a pixel, or all that you gave.",
    "class": "Asks the gated network for this digit.",
    "probabilities": "Shows the chance of ink instead of ink.",
    "photo": "A colour picture of your own, 32 pixels a side after it was read.",
    "broken": "Frees one tap of the mask, so that a pixel hears of itself.",
    "mask": "A also hides the pixel itself, B does not.",
    "channels": "For red, green and blue the masks also order the colours.",
    "kernel": "How far a filter reaches, in pixels a side.",
    "order": "In which order the scan goes through the pixels.",
    # Where to look
    "pieces": "How many pieces of other digits lie about.",
    "place": "Where the digit lies: by chance, or where you put it.",
    "left": "How far the digit lies from the left side.",
    "top": "How far the digit lies from the top.",
    "side": "How large the scene is, in pixels a side.",
    "looks": "Whether it chooses its places or looks anywhere.",
    "upload": "A picture of your own as the scene.",
    "glimpse": "Which of the eight glimpses you place.",
    "aim/window": "Where you have put the window; empty means where it looks itself.",
    "network": "With four scans, or with one that sees only what is above and to the left.",
    "corners": "The corners from which a scan may cross the scene.",
    "row": "The row of the cell whose error goes back, from 1.",
    "column": "The column of the cell whose error goes back, from 1.",
    "corner": "The scan whose numbers the table shows.",
    # Side by side
    "q": "What all painters are to do with your digit.",
    "round": "Which digit, and which of its pixels; the same number is the same round.",
    "pixels": "How many pixels you bet on.",
    "scene": "Which scene; the same number is the same one.",
    "beat": "What somebody who sent the link had found out.",
    # Train
    "watch/model": "The kind of network that learns.",
    "size": "Smaller ones learn sooner, larger ones better.",
    "watch/pictures": "What it learns from.",
    "rate": "How far each step moves the weights; too far, and the loss jumps.",
    "beta": "How much a nat of the code counts against a nat of the pixels.",
    "batch": "More pictures a step are steadier, and slower.",
    "until": "0: until the time is up.",
    "hidden": "Numbers that the network thinks with in each layer.",
    "latent": "How many numbers the code has.",
    "features": "Maps in each layer of convolutions.",
    "watch/strokes": "How often it paints, or looks.",
    "read-size": "More filters see more at each look.",
    "write-size": "More filters write finer strokes.",
    "blocks": "More layers see further and learn more slowly.",
    "beside": "The training beside it, by its key.",
    "own": "Your own pictures, by their key.",
}
"""By a control's name in the address, or by TAB/NAME where a name means something else there."""


def hint(tab: str, name: str) -> str:
    """The line on a control. Raises ``KeyError`` for one that has none."""
    return say(HINTS.get(f"{tab}/{name}") or HINTS[name])
