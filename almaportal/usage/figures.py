"""What the usage page shows, read from the buckets: parts of a period, summed up by whatever is asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, QuerySet, Sum

from almaportal.alma import cache
from almaportal.usage.models import COUNTED, OTHERS, TOOK, TOOK_AT_MOST, Bucket, Failure, Series
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
    the end of *today* is the coming midnight, that of all others now; until: before it the period is read from folded
    rows, from then on from those of ten minutes."""

    name: str
    span: Bucket.Span
    begin: datetime
    end: datetime
    until: datetime

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


HOUR = timedelta(hours=1)
_STEP = {Span.TEN_MINUTES: TEN, Span.HOUR: HOUR, Span.DAY: DAY, Span.MONTH: timedelta(days=32)}
_SPANS = {"7d": Span.HOUR, "60d": Span.DAY, "13m": Span.MONTH}  # the others: ten minutes
PERIODS = ("today", "24h", "7d", "60d", "13m")


def period(name: str, now: datetime) -> Period:
    """The period of this name of PERIODS. Raises KeyError for any other."""
    today = midnight(now)
    hour = now.astimezone(today.tzinfo).replace(minute=0, second=0, microsecond=0)
    ten = hour + TEN * (now.minute // 10)
    begin, end = {
        "today": (today, today + DAY),
        "24h": (ten + TEN - DAY, ten + TEN),
        "7d": (hour + HOUR - 7 * DAY, hour + HOUR),
        "60d": (today - 59 * DAY, today + DAY),
        "13m": (_months_before(today, 12), today + DAY),
    }[name]
    span = _SPANS.get(name, Span.TEN_MINUTES)
    return Period(name, span, begin, end, begin if span == Span.TEN_MINUTES else max(begin, folded_until()))


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
        for n, calls in enumerate(other.took):
            if calls:
                self.took[n] += calls

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
    """What was counted in the period, by series; filters: word of DIMENSIONS → value as text. Few statements."""
    series = _series(filters)
    known = {one.pop("id"): one for one in series.values("id", *_OF_SERIES)}
    for of in known.values():
        of["operation"] = f"{of['method']} {of['operation']}"
    found: dict[int, Part] = {}
    fresh = _sums(_fresh(over), series if filters else None)
    for number, *counted in (*_kept(over, lambda: _sums(_folded(over))), *fresh):
        if number not in known:
            continue
        sums = _counted(counted, known[number]["outcome"])
        if number in found:
            found[number].sums.add(sums)
        else:
            found[number] = Part(known[number], sums)
    return list(found.values())


def _sums(stretch: Q, series: QuerySet[Series] | None = None) -> list[tuple[Any, ...]]:
    """(series, *COUNTED)."""
    rows = Bucket.objects.filter(stretch) if series is None else Bucket.objects.filter(stretch, series__in=series)
    return list(rows.values_list("series_id").annotate(*(Sum(name) for name in COUNTED)))


def _kept(over: Period, make: Callable[[], list[tuple[Any, ...]]], *what: Any) -> list[tuple[Any, ...]]:
    """Rows of the folded stretch, which do not change before the next fold. what: tells them from all others."""
    if over.span == Span.TEN_MINUTES:
        return []
    last = Bucket.objects.filter(span=Span.MONTH).aggregate(pk=Max("pk"))["pk"]  # each fold makes its month anew
    whose = (settings.ALMA_BASE_URL, last, over.name, over.begin.isoformat(), over.until.isoformat())
    key = cache.address("usage", *whose, *what)
    found: list[tuple[Any, ...]] | None = cache.get(key)
    if found is None:
        cache.put(key, found := make(), DAY.total_seconds())
    return found


def _counted(values: list[Any], outcome: str) -> Sums:
    """values: of COUNTED."""
    calls, at_alma, saved, refused, seconds, waited, *took = values
    return Sums(calls, at_alma, saved, refused, seconds, waited, calls if outcome == "too_fast" else 0, took)


def _folded(over: Period) -> Q:
    return Q(span=over.span, start__gte=over.begin, start__lt=over.until)


def _fresh(over: Period) -> Q:
    return Q(span=Span.TEN_MINUTES, start__gte=over.until, start__lt=over.end)


def _series(filters: dict[str, str]) -> QuerySet[Series]:
    """Without those of other programs. No code: the errors that have none."""
    found = Series.objects.exclude(lane=OTHERS)
    for word, value in filters.items():
        if word == "operation":
            method, _blank, path = value.partition(" ")
            found = found.filter(method=method, operation=path)
        elif word == "code" and not value:
            found = found.filter(code="").exclude(outcome="ok")
        else:
            found = found.filter(**{DIMENSIONS[word]: value})
    return found


def failures(filters: dict[str, str]) -> QuerySet[Failure]:
    """Those on record of the series that match, the newest first."""
    found = Failure.objects.order_by("-pk")
    return found.filter(series__in=_series(filters)) if filters else found


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
    """Beginning of a bar → value of the dimension `by` ("lane" or "feature") → calls. Three statements, and without
    filters those of other programs (value OTHERS)."""
    found: dict[datetime, dict[str, int]] = {start: {} for start in over.bars()}
    column = DIMENSIONS[by]
    values = list(_series(filters).values_list(column, flat=True).distinct())
    # A sum for each value, by time alone, and each stretch by itself: a third of the time of grouping by both at once.
    sums = {
        f"of_{n}": Sum("calls", filter=Q(series__in=_series({}).filter(**{column: value})))
        for n, value in enumerate(values)
    }

    def counted(stretch: Q) -> list[tuple[Any, ...]]:
        rows = Bucket.objects.filter(stretch, **({"series__in": _series(filters)} if filters else {}))
        return list(rows.values_list("start").annotate(**sums))

    def folded() -> list[tuple[Any, ...]]:
        return counted(_folded(over)) if over.begin < over.until else []

    # What one filter leaves is looked at once or twice: not worth a place among the kept copies of Alma's answers.
    kept = folded() if filters else _kept(over, folded, by, values)
    for start, *calls in (*kept, *counted(_fresh(over))):
        bar = found.setdefault(over.bar(start), {})
        for value, n in zip(values, calls, strict=True):
            if n:
                bar[value] = bar.get(value, 0) + n
    for start, n in (others(over) if not filters else {}).items():
        bar = found.setdefault(start, {})
        bar[OTHERS] = bar.get(OTHERS, 0) + n
    return found


def others(over: Period) -> dict[datetime, int]:
    """Beginning of a bar → calls that other programs made."""
    found: dict[datetime, int] = {}
    folded = Bucket.objects.filter(_folded(over), series__in=Series.objects.filter(lane=OTHERS))
    for start, calls in (*folded.values_list("start", "counted"), *by_others(over.until, over.end).items()):
        found[over.bar(start)] = found.get(over.bar(start), 0) + calls
    return found
