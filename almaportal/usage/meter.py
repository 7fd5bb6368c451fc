"""Counting every call to Alma, and every call that the cache saved: two short statements each."""

import re
from bisect import bisect_left
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import PERSONAL, AlmaError, AlmaQuotaSpent, AlmaTooFast
from almaportal.usage.models import COUNTED, TOOK_AT_MOST, Bucket, Failure, Left, Series
from almaportal.usage.periods import midnight

if TYPE_CHECKING:
    from almaportal.alma.call import Call

BUCKET_MINUTES = 10
FAILURES_KEPT = 500
DIMENSIONS = ("area", "operation", "method", "outcome", "code", "lane", "role", "user_id", "job_id", "feature", "key")


def called(call: "Call", error: AlmaError | None, *, waited: float, seconds: float, arrived: bool = True) -> None:
    """One request left for Alma. waited, seconds: how long it waited for its slot, and Alma took to answer; arrived:
    False when it certainly never reached Alma."""
    counts = arrived and not isinstance(error, AlmaTooFast | AlmaQuotaSpent)
    amounts = {"calls": 1, "counted": int(counts), "seconds": seconds, "waited": waited}
    amounts[f"took_{bisect_left(TOOK_AT_MOST, seconds)}"] = 1
    series = _count(call.area, call.operation, call.method, error, amounts)
    if error:
        _keep_failure(call, error, seconds, series)


def saved(area: str, operation: str) -> None:
    """A kept answer spared a call."""
    _count(area, operation, "GET", None, {"saved": 1})


def not_sent(call: "Call", error: AlmaError) -> None:
    """The day's calls or a budget are used up, or the hour is not for jobs: no request left."""
    _count(call.area, call.operation, call.method, error, {"refused": 1})


def left(low: int, given: int = 0, *, begins: bool = False) -> None:
    """Alma said how many of the day's calls are left; answers overtake each other, so the lowest word of ten minutes
    holds. given: by how many calls it is more than it can be by itself: Alma added some; begins: what it said earlier
    today was about its yesterday."""
    now = clock.moment()
    if begins:
        Left.objects.filter(start__gte=midnight(now)).delete()
    start = connection.ops.adapt_datetimefield_value(bucket_start(now))
    with connection.cursor() as cursor:
        cursor.execute(_LEFT_ADDED if given else _LEFT, [start, low, given])


def bucket_start(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % BUCKET_MINUTES, second=0, microsecond=0)


def series_id(dimensions: tuple[str | int, ...]) -> int:
    """The number of the series of these values of DIMENSIONS: 63 bits that are theirs alone."""
    packed = "\0".join(str(one) for one in dimensions).encode()
    return int.from_bytes(blake2b(packed, digest_size=8).digest()) >> 1


def _count(area: str, operation: str, method: str, error: AlmaError | None, amounts: dict[str, float]) -> int:
    """Add to the bucket, made when missing, by statements that SQLite and PostgreSQL both take; returns the series."""
    caller = current()
    outcome, code = (error.kind, _told(error.said.code, r"[\w.-]{1,60}")) if error else ("ok", "")
    key = settings.ALMA_KEY_NAMES.get(area, "")
    who = (caller.lane, caller.role, caller.user_id, caller.job_id, caller.feature[:40], key)
    dimensions = (area, operation[:200], method, outcome, code, *who)
    series = series_id(dimensions)
    start = connection.ops.adapt_datetimefield_value(bucket_start(clock.moment()))
    with connection.cursor() as cursor:
        # The bucket first: a series that is in use by then is not cleared away (fold.py).
        cursor.execute(_BUCKET, [Bucket.Span.TEN_MINUTES, start, series, *(amounts.get(name, 0) for name in COUNTED)])
        cursor.execute(_SERIES, [series, *dimensions])
    return series


def _told(said: str, form: str) -> str:
    """Alma's code or tracking ID, as far as it is one: an answer may hold anything in its place, also a person."""
    return said if re.fullmatch(form, said, re.ASCII) else ""


def _insert(table: str, columns: tuple[str, ...], conflict: str) -> str:
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) ON CONFLICT {conflict}"  # noqa: S608


def _added(table: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names)


_TABLE, _LEFT_TABLE = Bucket._meta.db_table, Left._meta.db_table
_SERIES = _insert(Series._meta.db_table, ("id", *DIMENSIONS), "DO NOTHING")
_BUCKET = _insert(
    _TABLE,
    ("span", "start", "series_id", *COUNTED),
    f"(span, start, series_id) DO UPDATE SET {_added(_TABLE, COUNTED)}",
)
_LEFT = _insert(
    _LEFT_TABLE,
    ("start", "low", "given"),
    f"(start) DO UPDATE SET low = CASE WHEN excluded.low < {_LEFT_TABLE}.low "
    f"THEN excluded.low ELSE {_LEFT_TABLE}.low END",
)
_LEFT_ADDED = _insert(
    _LEFT_TABLE,
    ("start", "low", "given"),
    f"(start) DO UPDATE SET low = excluded.low, {_added(_LEFT_TABLE, ('given',))}",
)


def _keep_failure(call: "Call", error: AlmaError, seconds: float, series: int) -> None:
    failure = Failure.objects.create(
        series_id=series,
        status=error.status,
        text="" if call.as_is or call.area in PERSONAL else error.said.text[:300],  # it may name a person
        tracking_id=_told(error.said.tracking_id, r"[\w.:-]{1,100}"),
        seconds=seconds,
    )
    Failure.objects.filter(pk__lte=failure.pk - FAILURES_KEPT).delete()
