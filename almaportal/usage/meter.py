"""Counting every call to Alma, and every call that the cache saved: one statement each."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import PERSONAL, AlmaError
from almaportal.usage.models import Bucket, Failure

if TYPE_CHECKING:
    from almaportal.alma.call import Call

BUCKET_MINUTES = 10
FAILURES_KEPT = 500

_NAMED = ("start", "area", "operation", "method", "outcome", "lane", "user_id", "job_id")
_COUNTED = ("calls", "saved", "refused", "seconds", "waited")


def called(call: "Call", error: AlmaError | None, *, waited: float, seconds: float) -> None:
    """One request left for Alma. waited, seconds: how long it waited for its slot, and Alma took to answer."""
    _count(
        call.area,
        call.operation,
        call.method,
        error.kind if error else "ok",
        calls=1,
        seconds=seconds,
        waited=waited,
    )
    if error:
        _keep_failure(call, error, seconds)


def saved(area: str, operation: str) -> None:
    """A kept answer spared a call."""
    _count(area, operation, "GET", "ok", saved=1)


def not_sent(call: "Call", error: AlmaError) -> None:
    """The day's calls are used up, or the rest is kept for people: no request left."""
    _count(call.area, call.operation, call.method, error.kind, refused=1)


def bucket_start(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute - moment.minute % BUCKET_MINUTES, second=0, microsecond=0)


def _count(area: str, operation: str, method: str, outcome: str, **amounts: float) -> None:
    """Add to the bucket, made when missing, in one statement that SQLite and PostgreSQL both take."""
    caller = current()
    start = bucket_start(clock.moment())
    named: list[Any] = [
        connection.ops.adapt_datetimefield_value(start),
        area,
        operation[:200],
        method,
        outcome,
        caller.lane,
        caller.user_id,
        caller.job_id,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [*named, *(amounts.get(name, 0) for name in _COUNTED)])


def _upsert() -> str:
    table = Bucket._meta.db_table
    columns = ", ".join((*_NAMED, *_COUNTED))
    marks = ", ".join(["%s"] * (len(_NAMED) + len(_COUNTED)))
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in _COUNTED)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(_NAMED)}) DO UPDATE SET {added}"
    )


_UPSERT = _upsert()


def _keep_failure(call: "Call", error: AlmaError, seconds: float) -> None:
    caller = current()
    failure = Failure.objects.create(
        area=call.area,
        operation=call.operation[:200],
        method=call.method,
        kind=error.kind,
        status=error.status,
        code=error.said.code[:60],
        text="" if call.area in PERSONAL else error.said.text[:300],
        tracking_id=error.said.tracking_id[:100],
        lane=caller.lane,
        user_id=caller.user_id,
        job_id=caller.job_id,
        seconds=seconds,
    )
    Failure.objects.filter(pk__lte=failure.pk - FAILURES_KEPT).delete()
