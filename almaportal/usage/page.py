"""What one look at the usage page shows, each part read when its template asks for it."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.alma.quota import State
from almaportal.request import Request
from almaportal.templatetags.portal import number
from almaportal.usage import breakdown, figures, words
from almaportal.usage.asked import BY, STACKS, Asked
from almaportal.usage.chart import Chart, stacked
from almaportal.usage.forecast import Forecast, forecast
from almaportal.usage.models import OTHERS, Bucket, Left
from almaportal.usage.periods import Span, midnight
from almaportal.usage.tiles import Tile, ahead, of_the_day, tiles


@dataclass(frozen=True)
class Link:
    """word: its value in the address; is_current: what the page shows now."""

    word: str
    words: Any
    href: str
    is_current: bool


class Page:
    """The figures that the address asks for, and the addresses that lead on."""

    def __init__(self, request: Request) -> None:
        self.request, self.asked, self.now = request, Asked.of(request.GET), clock.moment()
        self.over = figures.period(self.asked.period, self.now)
        self.quota: State = alma().quota.state()

    @cached_property
    def parts(self) -> list[figures.Part]:
        return figures.read(self.over, self.asked.conditions)

    @cached_property
    def own(self) -> figures.Sums:
        return figures.total(self.parts)

    @cached_property
    def counted(self) -> dict[datetime, dict[str, int]]:
        return figures.bars(self.over, self.asked.stack, self.asked.conditions)

    @cached_property
    def others(self) -> int | None:
        """Calls of other programs; None where only some calls are looked at."""
        return None if self.asked.filters else sum(bar.get(OTHERS, 0) for bar in self.counted.values())

    @cached_property
    def is_empty(self) -> bool:
        return not (self.parts or self.others)

    @cached_property
    def has_counted(self) -> bool:
        """Whether there is anything at all yet."""
        return not self.is_empty or Bucket.objects.exists()

    @cached_property
    def forecast(self) -> Forecast | None:
        return forecast(self.quota, self.now)

    @property
    def day(self) -> list[str]:
        return of_the_day(self.quota, self.now)

    @property
    def tiles(self) -> list[Tile]:
        found = tiles(self.own, self.others, self.parts)
        return [*found[:2], ahead(self.quota, self.forecast, self.now), *found[2:]]

    @cached_property
    def chart(self) -> Chart:
        stacks, bars = stacked(self.counted, self.asked.stack, with_others=not self.asked.filters)
        if self.over.span != Span.TEN_MINUTES:
            return Chart(self.over, stacks, bars, self.now)
        said = Left.objects.filter(start__gte=self.over.begin, start__lte=self.now)
        left = dict(said.values_list("start", "low"))
        bars = [replace(bar, left=left.get(bar.start)) for bar in bars]
        return Chart(self.over, stacks, bars, self.now, self.quota.limit, self._ahead())

    def _ahead(self) -> list[tuple[datetime, int]]:
        """From what is left now to what will be, on today's chart alone."""
        found, left = self.forecast, self.quota.remaining
        if self.over.name != "today" or found is None or not left:
            return []
        end = (found.runs_out, 0) if found.runs_out else (self.quota.resets_at, found.at_midnight)
        return [(self.now, left), end]

    @property
    def figures(self) -> list[tuple[str, list[str], str]]:
        """The chart as a table: when, the stacks and their sum, what was left."""
        return [
            (self.chart.words(bar.start), [number(calls) for calls in (*bar.counts, bar.total)], number(bar.left))
            for bar in self.chart.full
        ]

    @property
    def times(self) -> str:
        """Whose times the chart tells."""
        if self.chart.of_days:
            return _("Days are Alma's: they begin at 00:00 GMT.")
        if not any(timezone.localtime(moment).utcoffset() for moment in (self.over.begin, self.over.end)):
            return _("Times are GMT, as Alma's day is.")
        here = timezone.localtime(midnight(self.now))
        said = {"zone": settings.TIME_ZONE, "here": f"{here:%H:%M}"}
        return _("Times are those of %(zone)s; Alma's day begins at 00:00 GMT, %(here)s here.") % said

    @cached_property
    def table(self) -> tuple[list[breakdown.Row], int]:
        most = None if self.asked.whole else breakdown.FIRST
        return breakdown.rows(self.parts, self.asked, self.request, most)

    @property
    def rows(self) -> list[tuple[breakdown.Row, str]]:
        """Each with the address that it opens."""
        return [(row, self.asked.narrowed(**{self.asked.by: row.value})) for row in self.table[0]]

    @property
    def more(self) -> int:
        """How many rows there are, where not all are shown."""
        return self.table[1] if self.table[1] > len(self.table[0]) else 0

    @property
    def whole(self) -> str:
        return self.asked.address(whole="yes")

    @cached_property
    def on_record(self) -> list[breakdown.Failed]:
        return breakdown.failed(self.asked)

    @property
    def errors(self) -> list[tuple[breakdown.Error, str]]:
        found = breakdown.errors(self.parts, self.on_record)
        return [(error, self.asked.narrowed(**error.filters)) for error in found]

    @property
    def failures(self) -> list[breakdown.Failed]:
        shown = self.on_record[: breakdown.FAILURES_SHOWN]
        names = words.names("person", {one.user_id for one in shown}, self.request)
        return [replace(one, person=names[one.user_id]) for one in shown]

    @property
    def looks_for_failures(self) -> bool:
        return self.asked.by == "code" or bool(self.asked.filters.keys() & {"code", "outcome"})

    @property
    def periods(self) -> list[Link]:
        asked = self.asked
        return [Link(one, name, asked.address(period=one), one == asked.period) for one, name in words.PERIODS.items()]

    @property
    def tabs(self) -> list[Link]:
        asked, usual = self.asked, {"sort": "-calls", "whole": ""}
        return [Link(one, words.DIMENSIONS[one], asked.address(by=one, **usual), one == asked.by) for one in BY]

    @property
    def stacks(self) -> list[Link]:
        asked, names = self.asked, {"lane": _("by lane"), "feature": _("by feature")}
        return [Link(one, names[one], asked.address(stack=one), one == asked.stack) for one in STACKS]

    @property
    def heads(self) -> list[tuple[Link, str]]:
        """The columns, each with how it is sorted: "ascending", "descending" or ""."""
        asked = self.asked
        labels = {"name": words.DIMENSIONS[asked.by], **breakdown.COLUMNS}
        sorted_now = {asked.sort.lstrip("-"): "descending" if asked.sort.startswith("-") else "ascending"}
        return [
            (Link(one, label, asked.sorted_by(one), one in sorted_now), sorted_now.get(one, ""))
            for one, label in labels.items()
        ]

    @property
    def chips(self) -> list[tuple[Any, str, str]]:
        """The filters: dimension, value in words, the address without it."""
        found = []
        for word, text in self.asked.filters.items():
            value = int(text) if word in figures.NUMBERS and not self.asked.is_odd(word) else text
            name = text if self.asked.is_odd(word) else words.names(word, [value], self.request)[value]
            found.append((words.DIMENSIONS[word], name, self.asked.without(word)))
        return found

    @property
    def unfiltered(self) -> str:
        return self.asked.address(filters={}, whole="")

    @property
    def is_by_kind(self) -> bool:
        """Whether jobs are asked for where only their kinds are told apart: folded months (fold.py)."""
        return self.over.name == "13m" and (self.asked.by == "job" or "job" in self.asked.filters)

    @property
    def news(self) -> str:
        """What is said to those who do not see that the page changed."""
        said = {"period": words.PERIODS[self.over.name], "calls": number(self.own.calls)}
        return (
            ngettext(
                "%(period)s: %(calls)s call by this portal",
                "%(period)s: %(calls)s calls by this portal",
                self.own.calls,
            )
            % said
        )

    @property
    def moves(self) -> bool:
        """Whether the link that led here is gone: the keyboard goes on at the table."""
        return bool(self.request.htmx) and not self.request.htmx.trigger
