"""The one table: what is measured, what was promised, what came out, how to repeat it."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

HEAD = ("what", "promised", "measured", "repeat")


@dataclass(frozen=True)
class Line:
    """One measurement in words; `repeat`: the arguments of `python -m` that make this line alone."""

    what: str
    promised: str
    measured: str
    repeat: str


def markdown(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table, its columns aligned for reading as plain text."""
    cells = [HEAD, *((line.what, line.promised, line.measured, f"`python -m {line.repeat}`") for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    rows = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    rows.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(rows)


def main(parts: Sequence[str], measure: Callable[[Sequence[str]], list[Line]], only_named: Sequence[str] = ()) -> None:
    """What a measuring module does when it is run: all its parts or those named, `only_named` only then; `--json` is
    for `make bench`."""
    named = [word for word in sys.argv[1:] if not word.startswith("-")]
    if unknown := set(named) - {*parts, *only_named}:
        sys.exit(f"Not known: {', '.join(sorted(unknown))}. Parts: {', '.join((*parts, *only_named))}.")
    lines = measure(named or parts)
    print(json.dumps([asdict(line) for line in lines]) if "--json" in sys.argv else markdown(lines))


def ms(seconds: float) -> str:
    """Seconds as milliseconds, with two digits after the point below ten."""
    return f"{seconds * 1000:.{2 if seconds < 0.01 else 1}f} ms"


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of all values do not exceed."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * percent // 100) - 1)]
