"""The chart of the usage page: bars of calls, what was left of the day and where that leads, drawn as SVG.

Across, the drawing is measured in percent, so that the text on it has the same size on a desk and on a phone; the
colours are the style sheet's.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from almaportal.templatetags.portal import number
from almaportal.usage.figures import Period
from almaportal.usage.models import OTHERS
from almaportal.usage.periods import DAY, TEN, Span, midnight
from almaportal.usage.words import LANES, clock_time, feature

HEIGHT = 180  # of the plot, in pixels
LINES = 4  # of the grid, above nought
WIDTH = 0.8  # of a bar in its place
LARGEST = 5  # features that have a colour of their own
HOURS = 4  # between two times on the axis
MILLION = 1_000_000
# Others are striped, so that who sees no colours tells them from the layers below.
STRIPES = (
    '<defs><pattern id="stripes" width="4" height="4" patternUnits="userSpaceOnUse">'
    '<rect class="stack-others" width="4" height="2.5"/></pattern></defs>'
)


@dataclass(frozen=True)
class Stack:
    """One layer of the bars. look: its class in the style sheet."""

    label: str
    look: str


@dataclass(frozen=True)
class Bar:
    """counts: calls, in the order of the stacks; left: what Alma said was left at its end, or None."""

    start: datetime
    counts: list[int]
    left: int | None = None

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Chart:
    """stacks: from the bottom up; bars: every place of the period, one after the other; limit: the day's calls, or
    None; ahead: what is left now, and a moment with what is forecast to be left then: two points, or none."""

    over: Period
    stacks: list[Stack]
    bars: list[Bar]
    now: datetime
    limit: int | None = None
    ahead: list[tuple[datetime, int]] = field(default_factory=list)

    @property
    def full(self) -> list[Bar]:
        """The bars that there is something to say about."""
        return [bar for bar in self.bars if bar.total or bar.left is not None]

    @property
    def has_left(self) -> bool:
        return any(bar.left is not None for bar in self.bars)

    @property
    def of_days(self) -> bool:
        """Whether a bar is a day of Alma's, or more."""
        return self.over.span in (Span.DAY, Span.MONTH)

    def words(self, start: datetime) -> str:
        """When a bar begins: here, or for whole days of Alma's the day."""
        if self.of_days:
            return date_format(start, "F Y" if self.over.span == Span.MONTH else "D j M")
        here = timezone.localtime(start)
        if self.over.name == "today":
            told = clock_time(start, self.now)
        else:
            told = date_format(here, "D H:i" if self.over.name == "24h" else "D j M, H:i")
        is_twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
        return f"{told} {here.tzname()}" if is_twice else told  # the hour that comes twice when summer time ends

    @property
    def head(self) -> str:
        """What `words` tells of a bar."""
        return {Span.DAY: _("Day"), Span.MONTH: _("Month")}.get(self.over.span, _("Time"))

    @property
    def unit(self) -> str:
        return {
            Span.TEN_MINUTES: _("Calls in ten minutes"),
            Span.HOUR: _("Calls an hour"),
            Span.DAY: _("Calls a day"),
            Span.MONTH: _("Calls a month"),
        }[self.over.span]

    @property
    def sentence(self) -> str:
        """What the picture shows, for who does not see it."""
        sums = (sum(bar.counts[n] for bar in self.bars) for n in range(len(self.stacks)))
        parts = ", ".join(f"{stack.label} {number(calls)}" for stack, calls in zip(self.stacks, sums, strict=True))
        most = max(self.bars, key=lambda bar: bar.total)
        if not most.total:
            return _("%(unit)s: %(parts)s. The table below has the figures.") % {"unit": self.unit, "parts": parts}
        said = {"unit": self.unit, "parts": parts, "most": number(most.total), "at": self.words(most.start)}
        return _("%(unit)s: %(parts)s; the most, %(most)s, at %(at)s. The table below has the figures.") % said

    def svg(self) -> SafeString:
        """Numbers and escaped words alone."""
        top = _round_up(max((bar.total for bar in self.bars), default=0))
        high = _round_up(max([self.limit or 0, *(bar.left or 0 for bar in self.bars)])) if self.has_left else 0
        parts = (STRIPES, *self._grid(top, high), *self._ticks(), *self._bars(top), *self._left(high), *self._now())
        return mark_safe(  # noqa: S308
            f'<svg class="chart{" has-left" if high else ""}" role="img" aria-label="{escape(self.sentence)}">'
            f"{''.join(parts)}</svg>"
        )

    def _grid(self, top: int, high: int) -> Iterator[str]:
        for n in range(LINES + 1):
            y = _y(n, LINES)
            yield f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
            yield f'<text class="scale" x="-8" y="{y}" dy="4">{_short(top * n // LINES, top)}</text>'
            if high:
                left = _short(high * n // LINES, high)
                yield f'<text class="scale left" x="100%" y="{y}" dx="8" dy="4">{left}</text>'

    def _ticks(self) -> Iterator[str]:
        starts = [bar.start for bar in self.bars]
        first = starts[0] - (starts[1] - starts[0] if len(starts) > 1 else DAY)
        found = 0
        for n, (before, start) in enumerate(pairwise([first, *starts])):
            if self._tick(before) == self._tick(start):
                continue
            x = self._x(n + 0.5 if self.over.span == Span.MONTH else n)
            odd = " odd" if found % 2 else ""
            found += 1
            yield f'<line class="tick" x1="{x}%" x2="{x}%" y1="{HEIGHT}" y2="{HEIGHT + 4}"/>'
            yield f'<text class="time{odd}" x="{x}%" y="{HEIGHT + 17}">{escape(self._tick_words(start))}</text>'

    def _tick(self, start: datetime) -> Any:
        """What changes where the axis says a time."""
        if self.over.span == Span.MONTH:
            return start.month
        if self.over.span == Span.DAY:
            return start.isocalendar()[:2]
        here = timezone.localtime(start)
        return here.date() if self.over.span == Span.HOUR else (here.date(), here.hour // HOURS)

    def _tick_words(self, start: datetime) -> str:
        if self.of_days:
            return date_format(start, "M" if self.over.span == Span.MONTH else "j M")
        return date_format(timezone.localtime(start), "D j" if self.over.span == Span.HOUR else "H:i")

    def _bars(self, top: int) -> Iterator[str]:
        width = f"{100 * WIDTH / len(self.bars):.4f}"
        for n, bar in enumerate(self.bars):
            if not bar.total:
                continue
            x, below, last = self._x(n + (1 - WIDTH) / 2), 0, 0
            yield f"<g><title>{escape(self._title(bar))}</title>"
            yield f'<rect class="hit" x="{x}%" width="{width}%" y="0" height="{HEIGHT}"/>'
            for stack, calls in zip(self.stacks, bar.counts, strict=True):
                if calls:
                    edge = HEIGHT * (1 - below / top) - (calls > last)  # the larger of the two gives way
                    below += calls
                    down = f'y="{_y(below, top)}" height="{HEIGHT * calls / top:.2f}"'
                    yield f'<rect class="{stack.look}" x="{x}%" width="{width}%" {down}/>'
                    if last:
                        yield f'<rect class="edge" x="{x}%" width="{width}%" y="{edge:.2f}" height="1"/>'
                    last = calls
            yield "</g>"

    def _title(self, bar: Bar) -> str:
        parts = [f"{one.label} {number(calls)}" for one, calls in zip(self.stacks, bar.counts, strict=True) if calls]
        return f"{self.words(bar.start)}: {', '.join(parts)}"

    def _left(self, high: int) -> Iterator[str]:
        """A line for each of Alma's days: at midnight all calls are there again."""
        if not high:
            return
        box = f'viewBox="0 0 {len(self.bars)} {HEIGHT}" preserveAspectRatio="none" height="{HEIGHT}"'
        yield f'<svg class="lines" {box}>'
        days: dict[datetime, list[str]] = {}
        for bar in self.bars:
            day = midnight(bar.start)
            if bar.start == day and bar.start < self.now and self.limit:
                days[day] = [self._point(day, self.limit, high)]
            if bar.left is not None:
                end = min(bar.start + TEN, self.now)
                days.setdefault(day, []).append(self._point(end, bar.left, high))
        lines = [("left", " ".join(points)) for points in days.values()]
        if self.ahead:
            lines.append(("left ahead", " ".join(self._point(at, calls, high) for at, calls in self.ahead)))
        yield from (f'<polyline class="under" points="{points}"/>' for _look, points in lines)
        yield from (f'<polyline class="{look}" points="{points}"/>' for look, points in lines)
        yield "</svg>"

    def _point(self, at: datetime, calls: int, high: int) -> str:
        return f"{(at - self.over.begin) / TEN:.2f},{_y(calls, high)}"

    def _now(self) -> Iterator[str]:
        """Only today goes on."""
        if self.over.name == "today":
            x = self._x((self.now - self.over.begin) / TEN)
            yield f'<line class="now" x1="{x}%" x2="{x}%" y1="-4" y2="{HEIGHT}"/>'
            yield f'<text class="time now" x="{x}%" y="-8">{escape(_("now"))}</text>'

    def _x(self, place: float) -> str:
        return f"{100 * place / len(self.bars):.4f}"


def _y(value: float, top: float) -> str:
    return f"{HEIGHT * (1 - value / top):.2f}"


def _short(calls: int, top: int) -> str:
    """For a scale that ends at `top`: it has no room for millions."""
    return number(calls) if top < MILLION or not calls else _("%s M") % number_format(f"{calls / MILLION:g}")


def _round_up(most: float) -> int:
    """The next number that LINES lines divide into round ones."""
    step = max(1.0, most / LINES)
    power: float = 10 ** math.floor(math.log10(step))
    return (
        int(next(n for n in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if n * power >= step and n * power % 1 == 0) * power)
        * LINES
    )


def stacked(counted: dict[datetime, dict[str, int]], by: str, *, with_others: bool) -> tuple[list[Stack], list[Bar]]:
    """The layers and the bars of what figures.bars found, told apart by `by`: "lane" or "feature"."""
    own = ["people", "jobs"] if by == "lane" else _largest(counted.values())
    stacks = [Stack(str(LANES[one]) if by == "lane" else feature(one), f"stack-{n}") for n, one in enumerate(own)]
    has_rest = by == "feature" and any(set(bar) - {*own, OTHERS} for bar in counted.values())
    if has_rest:
        stacks.append(Stack(_("other parts"), "stack-rest"))
    if with_others:
        stacks.append(Stack(str(LANES[OTHERS]), "stack-others"))
    bars = []
    for start, bar in counted.items():
        counts = [bar.get(one, 0) for one in own]
        others = bar.get(OTHERS, 0)
        if has_rest:
            counts.append(sum(bar.values()) - sum(counts) - others)
        bars.append(Bar(start, [*counts, others] if with_others else counts))
    return stacks, bars


def _largest(bars: Iterable[dict[str, int]]) -> list[str]:
    sums: dict[str, int] = {}
    for bar in bars:
        for name, calls in bar.items():
            if name != OTHERS:
                sums[name] = sums.get(name, 0) + calls
    return sorted((name for name in sums if sums[name]), key=lambda name: -sums[name])[:LARGEST]
