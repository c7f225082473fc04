"""Where to look: the room of what looks at scenes, in glimpses or at every pixel, with an inner tab for each way."""

from __future__ import annotations

from core.studio.runtime import Runtime
from viz.language import say
from viz.tabs import look_aim, look_path, look_pixels, look_scores
from viz.tabs.desk import Tab, room
from viz.tabs.look_path import Scene
from viz.tabs.trained import Painters


def build(runtime: Runtime) -> None:
    """Fill the room; the second and third tab look at the scene that the controls of the first one make."""
    made: list[tuple[Scene, Painters]] = []

    def path(tab: Tab) -> None:
        made.append(look_path.build(tab))

    def aim(tab: Tab) -> None:
        look_aim.build(tab, *made[0])

    def pixels(tab: Tab) -> None:
        look_pixels.build(tab, made[0][0])

    inner = (
        (say("Its glimpses"), "path", path),
        (say("Your glimpse"), "aim", aim),
        (say("Every pixel"), "pixels", pixels),
        (say("How many glimpses?"), "scores", look_scores.build),
    )
    room(runtime, "look", "glimpse", inner)
