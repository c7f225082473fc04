"""The log of a run for TensorBoard, which is asked for by ``--tensorboard`` and need not be installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.training.run import RunError


class Board:
    """The folder ``tensorboard`` of a run: every number of a line of the log by its name; ``writer`` is torch's."""

    def __init__(self, writer: Any) -> None:
        self.writer = writer

    def see(self, line: Mapping[str, Any]) -> None:
        """Add a line of the log."""
        for name, value in line.items():
            if name != "step" and value is not None:
                self.writer.add_scalar(name, value, line["step"])

    def close(self) -> None:
        """Nothing more comes."""
        self.writer.close()


def writer() -> Any:
    """The class of torch's that writes for TensorBoard. Raises :class:`RunError` where that is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # takes a second, for those who asked for it
    except ImportError:
        raise RunError("TensorBoard is not installed: pip install tensorboard, or leave out --tensorboard.") from None
    return SummaryWriter


def board_of(folder: Path, step: int) -> Board:
    """The board of the run in ``folder``, which begins or goes on at ``step``: later lines of before are forgotten."""
    return Board(writer()(str(folder / "tensorboard"), purge_step=step + 1))
