"""The figures as bars: a panel for each size of chunk, a group for each workload, a bar for each decoder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .decode import Cell

_PANELS = {"event": "one event a chunk, as tokens arrive", "4096": "chunks of 4 KiB", "65536": "chunks of 64 KiB"}
_COLOURS = ("#0b6e4f", "#e07a1f", "#3d6fb4", "#b4436c", "#9a9a9a", "#c9b458", "#7b5ea7")


def drawer() -> Callable[[Path, list[Cell]], None]:
    """What draws cells to a file; ends the program with a message where matplotlib is missing."""
    try:
        matplotlib: Any = import_module("matplotlib")
        matplotlib.use("agg")
        pyplot: Any = import_module("matplotlib.pyplot")
    except ImportError:
        sys.exit("--plot needs matplotlib: pip install -r benchmarks/requirements.txt")

    def draw(path: Path, cells: list[Cell]) -> None:
        matplotlib.rcParams.update({"svg.hashsalt": "sse_core", "font.size": 10})
        sizes = list(dict.fromkeys(cell.chunks for cell in cells))
        panels = [size for size in sizes if size in _PANELS] or sizes
        figure, axes = pyplot.subplots(len(panels), 1, figsize=(11, 3 * len(panels) + 0.6), squeeze=False)
        for axis, size in zip(axes[:, 0], panels, strict=True):
            _panel(axis, _PANELS.get(size, f"chunks of {size}"), [cell for cell in cells if cell.chunks == size])
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper center", ncols=min(len(labels), 4), frameon=False)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.55 / (len(panels) * 3 + 0.6)))
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=110)

    return draw


def _panel(axis: Any, title: str, cells: list[Cell]) -> None:
    names = list(cells[0].seconds)
    width = 0.84 / len(names)
    for at, name in enumerate(names):
        left = [group + width * (at - (len(names) - 1) / 2) for group in range(len(cells))]
        speeds = [cell.events / cell.seconds[name] / 1e6 for cell in cells]
        bars = axis.bar(left, speeds, width, label=name, color=_COLOURS[at % len(_COLOURS)])
        if at == 0:
            axis.bar_label(bars, fmt="%.1f", fontsize=8, padding=1)
    axis.set_xticks(range(len(cells)), [cell.workload for cell in cells])
    axis.set_ylabel("million events/s")
    axis.set_title(title, loc="left", fontsize=10)
    axis.margins(x=0.01, y=0.12)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", alpha=0.3)
    axis.set_axisbelow(True)
