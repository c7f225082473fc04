"""Train: the room in which small models learn, on pictures of one's own too, and are put to use."""

from __future__ import annotations

from core.studio.runtime import Runtime
from viz.language import say
from viz.tabs import train_use, train_watch
from viz.tabs.desk import Tab, room
from viz.tabs.train_watch import Runs


def build(runtime: Runtime) -> None:
    """Fill the room; the second tab uses what the first one trains."""
    runs: list[Runs] = []

    def watch(tab: Tab) -> None:
        runs.append(train_watch.build(tab))

    def use(tab: Tab) -> None:
        train_use.build(tab, *runs)

    room(runtime, "train", "read", ((say("Watch it learn"), "watch", watch), (say("Try it"), "use", use)))
