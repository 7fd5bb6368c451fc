"""Ten minutes become hours, days and months: each night, for the day that is over.

So long each is kept that the page's charts need it: the size of the table has an end. What was counted is never lost:
a day is folded in one transaction, from rows of ten minutes that go days later. Clocks may be wrong for a while: a day
of which more is counted than was folded is folded anew, and what is too old is told by the days that were folded.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import TruncHour

from almaportal.alma import clock
from almaportal.alma.models import Spent
from almaportal.jobs.models import Sweep
from almaportal.usage.meter import DIMENSIONS, series_id
from almaportal.usage.models import COUNTED, OTHERS, Bucket, Failure, Left, Series
from almaportal.usage.others import by_others
from almaportal.usage.periods import BEGINNING, DAY, Span, folded_until, midnight

KEPT = {Span.TEN_MINUTES: 2 * DAY, Span.HOUR: 8 * DAY, Span.DAY: 62 * DAY, Span.MONTH: 427 * DAY}  # before today
LATE = timedelta(minutes=20)  # after midnight: by then nobody counts for yesterday any more
SUMS = {name: Sum(name) for name in COUNTED}


def fold() -> None:
    """For the sweep: folds the days that are over, if there are any, and clears what is too old."""
    now = clock.moment()
    for day in list(_too_early(now)):
        with _alone():
            _unfold(day)
            _fold_month(day.replace(day=1))
    days = list(_unfolded(now))
    for day in days:
        with _alone():
            _fold(day)
    if days:
        _clear(folded_until())


@contextmanager
def _alone() -> Iterator[None]:
    """One sweep at a time, all or nothing."""
    with transaction.atomic():
        list(Sweep.objects.select_for_update().filter(pk=1))
        yield


def _too_early(now: datetime) -> Iterator[datetime]:
    """The days that a clock that ran ahead folded before they were over, where all of them stands in ten minutes."""
    days = Bucket.objects.filter(span=Span.DAY, start__gte=midnight(now)).values_list("start", flat=True).distinct()
    return (day for day in days if _counted(Span.TEN_MINUTES, day) >= _counted(Span.DAY, day))


def _unfolded(now: datetime) -> Iterator[datetime]:
    """The days that are over and of which more was counted than was folded."""
    over = Bucket.objects.filter(span=Span.TEN_MINUTES, start__lt=midnight(now - LATE)).order_by("start")
    day = BEGINNING
    while first := over.filter(start__gte=day).values_list("start", flat=True).first():
        day = midnight(first)
        if _counted(Span.TEN_MINUTES, day) > _counted(Span.DAY, day):
            yield day
        day += DAY


def _counted(span: Bucket.Span, day: datetime) -> int:
    rows = Bucket.objects.filter(span=span, start__gte=day, start__lt=day + DAY)
    return rows.aggregate(n=Sum(F("calls") + F("saved") + F("refused")))["n"] or 0


def _unfold(day: datetime) -> None:
    Bucket.objects.filter(span__in=(Span.HOUR, Span.DAY), start__gte=day, start__lt=day + DAY).delete()


def _fold(day: datetime) -> None:
    """Made anew where it was folded before."""
    _unfold(day)
    rows = Bucket.objects.filter(span=Span.TEN_MINUTES, start__gte=day, start__lt=day + DAY)
    others: dict[datetime, int] = {}
    for start, calls in by_others(day, day + DAY).items():
        hour = start.replace(minute=0)
        others[hour] = others.get(hour, 0) + calls
    theirs = _series({"lane": OTHERS})
    hours: Any = rows.annotate(hour=TruncHour("start", tzinfo=UTC)).values("hour", "series_id").annotate(**SUMS)
    _make(Span.HOUR, ((row.pop("hour"), row) for row in hours.iterator()))
    _make(Span.HOUR, ((hour, {"series_id": theirs, "counted": calls}) for hour, calls in others.items() if calls))
    day_rows: Any = Bucket.objects.filter(span=Span.HOUR, start__gte=day, start__lt=day + DAY)
    _make(Span.DAY, ((day, row) for row in day_rows.values("series_id").annotate(**SUMS).iterator()))
    _fold_month(day.replace(day=1))


def _fold_month(month: datetime) -> None:
    """Made anew from its days. Jobs are told apart by their kind alone: of a year there are thousands."""
    days: Any = Bucket.objects.filter(span=Span.DAY, start__gte=month, start__lt=_next(month))
    jobless: dict[int, dict[str, Any]] = {}
    known = {one["id"]: one for one in Series.objects.filter(job_id__gt=0).values("id", *DIMENSIONS)}
    for row in days.values("series_id").annotate(**SUMS).iterator():
        own = known.get(row["series_id"])
        number = _series({**own, "job_id": 0}) if own else row["series_id"]
        total = jobless.setdefault(number, {"series_id": number, **dict.fromkeys(COUNTED, 0)})
        for name in COUNTED:
            total[name] += row[name]
    Bucket.objects.filter(span=Span.MONTH, start=month).delete()
    _make(Span.MONTH, ((month, row) for row in jobless.values()))


def _series(values: dict[str, Any]) -> int:
    """The series of these values, made when missing; what is not named is empty."""
    full = {name: values.get(name, 0 if name.endswith("_id") else "") for name in DIMENSIONS}
    number = series_id(tuple(full.values()))
    Series.objects.bulk_create([Series(id=number, **full)], ignore_conflicts=True)
    return number


def _make(span: Bucket.Span, rows: Iterable[tuple[datetime, dict[str, Any]]]) -> None:
    Bucket.objects.bulk_create((Bucket(span=span, start=start, **row) for start, row in rows), batch_size=500)


def _next(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


def _clear(today: datetime) -> None:
    """today: the 00:00 GMT that all is folded until; the clock may say anything."""
    for span, kept in KEPT.items():
        Bucket.objects.filter(span=span, start__lt=today - kept).delete()
    Left.objects.filter(start__lt=today - KEPT[Span.HOUR]).delete()
    Spent.objects.filter(day__lt=(today - KEPT[Span.TEN_MINUTES]).date()).delete()
    used = Bucket.objects.values("series_id")
    Series.objects.exclude(pk__in=used).exclude(pk__in=Failure.objects.values("series_id")).delete()
