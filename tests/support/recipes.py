"""The code blocks of README.md, for the tests that run them as they stand."""

import re
from pathlib import Path
from typing import Any

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def recipe(marker: str, **names: Any) -> dict[str, Any]:
    """The names that the one Python block with `marker` in it defines; `names` are those it takes from others."""
    [block] = [block for block in blocks("python") if marker in block]
    exec(compile(block, "README.md", "exec"), names)
    return names
