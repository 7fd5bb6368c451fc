"""What the usage page shows, read from the buckets: parts of a period, summed up by whatever is asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum

from almaportal.usage.models import COUNTED, OTHERS, TOOK, TOOK_AT_MOST, Bucket, Series
from almaportal.usage.others import by_others
from almaportal.usage.periods import DAY, TEN, Span, folded_until, midnight

# What the calls are told apart by: the word in addresses → the column; an operation is its method and its path.
DIMENSIONS = {
    "person": "user_id",
    "role": "role",
    "job": "job_id",
    "feature": "feature",
    "area": "area",
    "operation": "operation",
    "method": "method",
    "outcome": "outcome",
    "key": "key",
    "lane": "lane",
    "code": "code",
}
NUMBERS = {"person", "job"}
_OF_SERIES = tuple(dict.fromkeys(DIMENSIONS.values()))


@dataclass(frozen=True)
class Period:
    """A length of time that ends now. name: as in addresses; span: of the rows that it is read from; begin, end: GMT;
    the end of *today* is the coming midnight, that of all others now."""

    name: str
    span: Bucket.Span
    begin: datetime
    end: datetime

    def bar(self, start: datetime) -> datetime:
        """The beginning of the bar that a bucket belongs to."""
        if self.span == Span.HOUR:
            return start.replace(minute=0)
        if self.span == Span.TEN_MINUTES:
            return start
        return start.replace(minute=0, hour=0, day=start.day if self.span == Span.DAY else 1)

    def bars(self) -> list[datetime]:
        """The beginnings of all bars, one after the other."""
        found, start = [], self.begin
        while start < self.end:
            found.append(start)
            start = self.bar(start + _STEP[self.span])
        return found


_STEP = {Span.TEN_MINUTES: TEN, Span.HOUR: timedelta(hours=1), Span.DAY: DAY, Span.MONTH: timedelta(days=32)}
PERIODS = ("today", "24h", "7d", "60d", "13m")


def period(name: str, now: datetime) -> Period:
    """The period of this name of PERIODS. Raises KeyError for any other."""
    today = midnight(now)
    hour = now.astimezone(today.tzinfo).replace(minute=0, second=0, microsecond=0)
    ten = hour + TEN * (now.minute // 10)
    return {
        "today": Period("today", Span.TEN_MINUTES, today, today + DAY),
        "24h": Period("24h", Span.TEN_MINUTES, ten + TEN - DAY, ten + TEN),
        "7d": Period("7d", Span.HOUR, hour + timedelta(hours=1) - 7 * DAY, hour + timedelta(hours=1)),
        "60d": Period("60d", Span.DAY, today - 59 * DAY, today + DAY),
        "13m": Period("13m", Span.MONTH, _months_before(today, 12), today + DAY),
    }[name]


def _months_before(day: datetime, months: int) -> datetime:
    number = day.year * 12 + day.month - 1 - months
    return day.replace(year=number // 12, month=number % 12 + 1, day=1)


@dataclass
class Sums:
    """What was counted. calls: made; counted: those that Alma counted; saved: by the cache; refused: not made; seconds:
    Alma's answer times; waited: seconds for slots; throttled: calls that were refused for speed (429); took: calls by
    class of answer time."""

    calls: int = 0
    counted: int = 0
    saved: int = 0
    refused: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    throttled: int = 0
    took: list[int] = field(default_factory=lambda: [0] * len(TOOK))

    def add(self, other: "Sums") -> None:
        self.calls += other.calls
        self.counted += other.counted
        self.saved += other.saved
        self.refused += other.refused
        self.seconds += other.seconds
        self.waited += other.waited
        self.throttled += other.throttled
        self.took = [mine + theirs for mine, theirs in zip(self.took, other.took, strict=True)]

    @property
    def median(self) -> float | None:
        return quantile(self.took, 0.5)

    @property
    def p95(self) -> float | None:
        return quantile(self.took, 0.95)


def quantile(took: list[int], share: float) -> float | None:
    """Seconds within which this share of the calls was answered, as exact as the classes of TOOK_AT_MOST are (evenly
    spread within each); inf beyond the last; None without calls."""
    total = sum(took)
    if not total:
        return None
    wanted, before, low = share * total, 0, 0.0
    for count, high in zip(took, TOOK_AT_MOST, strict=False):
        if before + count >= wanted:
            return low + (high - low) * (wanted - before) / count
        before, low = before + count, high
    return float("inf")


@dataclass(frozen=True)
class Part:
    """The calls of one series in the period. of: dimension's column → its value."""

    of: dict[str, Any]
    sums: Sums


def read(over: Period, filters: dict[str, str]) -> list[Part]:
    """What was counted in the period, by series; filters: word of DIMENSIONS → value as text. Two statements."""
    series = _series(filters)
    rows = rows_of(over).filter(series__in=series) if filters else rows_of(over)
    known = {one.pop("id"): one for one in series.values("id", *_OF_SERIES)}
    sums = rows.values_list("series_id").annotate(*(Sum(name) for name in COUNTED))
    return [_part(known[number], counted) for number, *counted in sums.iterator() if number in known]


def _part(of: dict[str, Any], counted: list[Any]) -> Part:
    of["operation"] = f"{of['method']} {of['operation']}"
    calls, at_alma, saved, refused, seconds, waited, *took = counted
    throttled = calls if of["outcome"] == "too_fast" else 0
    return Part(of, Sums(calls, at_alma, saved, refused, seconds, waited, throttled, took))


def rows_of(over: Period) -> QuerySet[Bucket]:
    """The buckets that the period is made of, each call in one of them."""
    if over.span == Span.TEN_MINUTES:
        return Bucket.objects.filter(span=over.span, start__gte=over.begin, start__lt=over.end)
    until = max(over.begin, folded_until())
    folded = Q(span=over.span, start__gte=over.begin, start__lt=until)
    return Bucket.objects.filter(folded | Q(span=Span.TEN_MINUTES, start__gte=until))


def _series(filters: dict[str, str]) -> QuerySet[Series]:
    """Without those of other programs."""
    found = Series.objects.exclude(lane=OTHERS)
    for word, value in filters.items():
        if word == "operation":
            method, _blank, path = value.partition(" ")
            found = found.filter(method=method, operation=path)
        else:
            found = found.filter(**{DIMENSIONS[word]: value})
    return found


def total(parts: Iterable[Part]) -> Sums:
    found = Sums()
    for part in parts:
        found.add(part.sums)
    return found


def table(parts: Iterable[Part], by: str) -> dict[Any, Sums]:
    """Value of a dimension → what was counted for it."""
    found: dict[Any, Sums] = {}
    for part in parts:
        found.setdefault(part.of[DIMENSIONS[by]], Sums()).add(part.sums)
    return found


def bars(over: Period, by: str, filters: dict[str, str]) -> dict[datetime, dict[str, int]]:
    """Beginning of a bar → value of the dimension `by` ("lane" or "feature") → calls. One statement, and without
    filters those of other programs (value OTHERS)."""
    found: dict[datetime, dict[str, int]] = {start: {} for start in over.bars()}
    rows = rows_of(over).filter(series__in=_series(filters))
    for start, value, calls in rows.values_list("start", f"series__{DIMENSIONS[by]}").annotate(Sum("calls")).iterator():
        bar = found.setdefault(over.bar(start), {})
        bar[value] = bar.get(value, 0) + calls
    for start, calls in (others(over) if not filters else {}).items():
        bar = found.setdefault(start, {})
        bar[OTHERS] = bar.get(OTHERS, 0) + calls
    return found


def others(over: Period) -> dict[datetime, int]:
    """Beginning of a bar → calls that other programs made."""
    if over.span == Span.TEN_MINUTES:
        return by_others(over.begin, over.end)
    until = folded_until()
    found: dict[datetime, int] = {}
    folded = Bucket.objects.filter(span=over.span, start__gte=over.begin, start__lt=until, series__lane=OTHERS)
    for start, calls in (*folded.values_list("start", "counted"), *by_others(max(over.begin, until), over.end).items()):
        found[over.bar(start)] = found.get(over.bar(start), 0) + calls
    return found
