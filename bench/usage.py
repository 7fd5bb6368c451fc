"""The figures about calls: what counting one costs, and the usage page over 13 months of 100,000 calls a day.

count, page, size, fold: the tables are filled as 13 months by 20 people and 5 jobs a day leave them. day: a day of
100,000 calls through the gateway, not among the others as it takes minutes; every figure of it is compared with the
truth, and where one differs the exit code is 1.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from bench import portal, stack
from bench.table import Line, main, ms, percentile

PARTS = ("count", "page", "size", "fold")
A_DAY, PER_DAY = 100_000, 150_000
PEOPLE, JOBS, VIEWS, COUNTS = 20, 5, 30, 2_000
NOW = datetime(2027, 1, 15, 18, 5, tzinfo=UTC)
DAY, TEN = timedelta(days=1), timedelta(minutes=10)
WORK = range(7 * 6, 19 * 6)  # the ten minutes that people work in
ADDRESSES = {
    "13 months": "/usage/?period=13m",
    "the same by operation, one person's": "/usage/?period=13m&by=operation&person=3",
    "60 days": "/usage/?period=60d",
    "7 days": "/usage/?period=7d",
    "today": "/usage/",
}
OPERATIONS = (
    ("electronic", "GET", "/electronic/e-collections"),
    ("electronic", "GET", "/electronic/e-collections/{collection_id}"),
    ("electronic", "GET", "/electronic/e-collections/{collection_id}/e-services/{service_id}/portfolios"),
    (
        "electronic",
        "PUT",
        "/electronic/e-collections/{collection_id}/e-services/{service_id}/portfolios/{portfolio_id}",
    ),
    ("users", "GET", "/users"),
    ("users", "GET", "/users/{user_id}"),
    ("users", "PUT", "/users/{user_id}"),
    ("bibs", "GET", "/bibs/{mms_id}/holdings/ALL/items"),
    ("bibs", "GET", "/bibs/{mms_id}/requests"),
    ("conf", "GET", "/conf/libraries"),
)
OUTCOMES = (("ok", ""), ("not_found", "401861"), ("unreachable", ""), ("too_fast", "PER_SECOND_THRESHOLD"))


def measure(parts: Sequence[str]) -> list[Line]:
    found = []
    with stack.folder() as data:
        env = portal.environment(data, ALMA_CALLS_PER_DAY=str(PER_DAY))
        if "day" in parts:
            found += portal.elsewhere(_day, env | {"no_proxy": "*"})
    if wanted := [part for part in parts if part != "day"]:
        with stack.folder() as data:
            env = portal.environment(data, ALMA_CALLS_PER_DAY=str(PER_DAY))
            found += portal.elsewhere(_filled, env, wanted)
    return found


def _filled(parts: Sequence[str]) -> list[Line]:
    portal.prepare()
    import_module("almaportal.wsgi")  # garbage is looked for as in a web process
    from almaportal.alma import clock
    from almaportal.alma.quota import Quota

    clock.now = NOW.timestamp
    Quota().answered("61000", clock.now())
    seconds = _fill()
    makers: dict[str, Callable[[], list[Line]]] = {
        "count": _count,
        "page": _pages,
        "size": _size,
        "fold": lambda: [Line("folding such a day at night", "–", f"{seconds:.1f} s", "bench.usage fold")],
    }
    return [line for part in parts for line in makers[part]()]


# 13 months


def _series() -> tuple[list[int], list[tuple[int, int]]]:
    """Of each person 15, one behind the other, and of each kind of job 5: with and without a job's number."""
    from almaportal.usage.meter import DIMENSIONS, series_id
    from almaportal.usage.models import Series

    def made(**of: Any) -> int:
        full = {name: of.get(name, 0 if name.endswith("_id") else "") for name in DIMENSIONS}
        full["key"] = "ALMA_API_KEY"
        rows.append(Series(id=series_id(tuple(full.values())), **full))
        return rows[-1].pk

    rows: list[Series] = []
    whats = [
        dict(zip(("area", "method", "operation", "outcome", "code"), (*operation, *outcome), strict=True))
        for outcome in OUTCOMES
        for operation in OPERATIONS
    ][:15]
    people = [
        made(**what, lane="people", role="viewer", user_id=n + 1, feature="ecollections")
        for n in range(PEOPLE)
        for what in whats
    ]
    jobs = []
    for number in range(62 * JOBS):
        kind = {
            "lane": "jobs",
            "role": "e-resources",
            "user_id": number % PEOPLE + 1,
            "feature": f"kind-{number % JOBS}",
        }
        for what in whats[::3]:
            jobs.append((made(**what, **kind, job_id=number + 1), made(**what, **kind, job_id=0)))
    Series.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return people, jobs


def _fill() -> float:
    """As 13 months leave the tables: the last three days by ten minutes, the one before today folded by the portal.
    Returns the seconds that its folding took."""
    from almaportal.usage.models import Bucket, Left

    people, jobs = _series()
    today = NOW.replace(hour=0, minute=0)
    Bucket.objects.bulk_create(_rows(today, people, jobs), batch_size=500)
    Left.objects.bulk_create(
        Left(start=today - back * DAY + TEN * ten, low=PER_DAY - 900 * (ten - WORK[0] + 1))
        for back in range(9)
        for ten in WORK
        if today - back * DAY + TEN * ten < NOW
    )
    _people_jobs_and_failures(people)
    return _seconds(_folded)


def _rows(today: datetime, people: list[int], jobs: list[tuple[int, int]]) -> Iterator[Any]:
    """The buckets; people, jobs: of _series."""
    from almaportal.usage.models import OTHERS, Series
    from almaportal.usage.periods import Span

    pick = random.Random(8)
    theirs = Series.objects.create(id=1, lane=OTHERS, user_id=0, job_id=0).pk

    def of_day(day: datetime) -> list[int]:
        """The series of the people and of a day's five jobs."""
        first = (today - day).days % 62 * JOBS * 5
        return [*people, *(job for job, _jobless in jobs[first : first + JOBS * 5])]

    start = today
    for _month in range(13):
        start = (start.replace(day=1) - DAY).replace(day=1)
        for series in {*people, *(jobless for _job, jobless in jobs), theirs}:
            yield _row(Span.MONTH, start, series, 6_000)
    for back in range(2, 62):
        day = today - back * DAY
        for series in (*of_day(day), theirs):
            yield _row(Span.DAY, day, series, 300)
    for back in range(2, 9):
        day = today - back * DAY
        for ten in WORK[::6]:
            for series in (*of_day(day), theirs):
                if pick.random() < 0.9:
                    yield _row(Span.HOUR, day + TEN * ten, series, 25)
    for back in range(3):
        day = today - back * DAY
        for ten in WORK:
            for series in of_day(day):
                if pick.random() < 0.5 and day + TEN * ten < NOW:
                    yield _row(Span.TEN_MINUTES, day + TEN * ten, series, 8)


def _row(span: int, start: datetime, series: int, calls: int) -> Any:
    from almaportal.usage.models import Bucket

    took = {f"took_{n}": calls // 4 for n in range(3, 7)}
    return Bucket(span=span, start=start, series_id=series, calls=calls, counted=calls, seconds=calls / 3, **took)


def _folded() -> None:
    from almaportal.usage.fold import fold
    from almaportal.usage.models import Bucket

    before = Bucket.objects.filter(span=Bucket.Span.DAY).count()
    fold()
    assert Bucket.objects.filter(span=Bucket.Span.DAY).count() > before


def _people_jobs_and_failures(people: list[int]) -> None:
    from almaportal.accounts.models import User
    from almaportal.jobs.models import Job
    from almaportal.usage.models import Failure

    User.objects.bulk_create(User(username=f"person{n}") for n in range(PEOPLE))
    Job.objects.bulk_create(
        Job(kind="edit-portfolios", title=f"Job {n}", state="done", created=NOW) for n in range(62 * JOBS)
    )
    Failure.objects.bulk_create(
        Failure(at=NOW, series_id=people[n % 5 + 10], status=500, tracking_id=f"E01-{n}", text="x" * 80)
        for n in range(500)
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _count() -> list[Line]:
    """As gateway.py counts: in one transaction, on a file in WAL."""
    from django.db import transaction

    from almaportal.alma.call import Call
    from almaportal.alma.caller import Caller, calling
    from almaportal.usage import meter

    call = Call("GET", OPERATIONS[1][2], OPERATIONS[1][2])

    def counted() -> None:
        with transaction.atomic():
            meter.called(call, None, waited=0.1, seconds=0.2)
            meter.left(61_000, 0)
        meter.saved(call.area, call.operation)

    with calling(Caller(user_id=3, role="viewer", feature="ecollections")):
        times = [_seconds(counted) for _n in range(COUNTS)]
    what = f"counting a call, what Alma says is left, and a kept answer, p95 of {COUNTS:,}"
    measured = f"{ms(percentile(times, 95))} (median {ms(percentile(times, 50))})"
    return [Line(what, "≤ 3 ms", measured, "bench.usage count")]


def _pages() -> list[Line]:
    from django.contrib.auth.models import Group
    from django.test import Client

    from almaportal.accounts.models import User

    person, browser = User.objects.create(username="bench"), Client()
    person.groups.add(Group.objects.get(name="administrator"))
    browser.force_login(person)
    lines = []
    looks = [(name, address, False) for name, address in ADDRESSES.items()]
    looks += [(f"{name}, nothing of it kept", ADDRESSES[name], True) for name in ("13 months", "60 days")]
    for name, address, is_first in looks:
        views = [_read(browser, address, is_first) for _n in range(VIEWS + 2)][2:]
        times, worked = ([view[which] for view in views] for which in (0, 1))
        what = f"the usage page over {name}, {A_DAY:,} calls a day by {PEOPLE} people and {JOBS} jobs, p95 of {VIEWS}"
        processor = f"processor alone p95 {ms(percentile(worked, 95))}, median {ms(percentile(worked, 50))}"
        measured = f"{ms(percentile(times, 95))} (median {ms(percentile(times, 50))}); {processor}"
        lines.append(Line(what, "≤ 150 ms", measured, "bench.usage page"))
    return lines


def _read(browser: Any, address: str, is_first: bool) -> tuple[float, float]:
    """Seconds for the page, by the clock and of the processor; is_first: nothing is kept of any look before."""
    from django.core.cache import cache

    if is_first:
        cache.clear()
    started, worked = time.perf_counter(), time.thread_time()
    response = browser.get(address, secure=True)
    seconds = time.perf_counter() - started, time.thread_time() - worked
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return seconds


def _size() -> list[Line]:
    """Of the tables of usage and their indexes; what is too old is cleared, so they grow no more."""
    from django.db import connection

    from almaportal.usage.models import Bucket

    with connection.cursor() as cursor:
        cursor.execute("SELECT SUM(pgsize) FROM dbstat WHERE name LIKE %s", ["%usage_%"])
        taken = cursor.fetchone()[0]
    rows = Bucket.objects.count()
    what = f"what 13 months of {A_DAY:,} calls a day take in the database, indexes included"
    measured = f"{taken / 1e6:.1f} MB ({rows:,} rows), {taken / 13 * 12 / 1e6:.1f} MB a year"
    return [Line(what, "≤ 100 MB a year", measured, "bench.usage size")]


# a day through the gateway


def _day() -> list[Line]:
    portal.prepare()
    from django.test import override_settings

    from almaportal.alma import clock, http
    from almaportal.emulator.app import Emulator
    from almaportal.emulator.options import Options
    from tests.conftest import Clock
    from tests.usage.a_day import Day
    from tests.usage.test_day import MIDNIGHT, live_through

    own = Clock(start=(MIDNIGHT - DAY).timestamp())
    for name in ("now", "monotonic", "sleep"):
        setattr(clock, name, getattr(own, name))
    alma = Emulator(Options(portfolios=130, users=40, calls_per_day=PER_DAY))
    alma.now, alma.sleep = own.now, own.sleep
    day = Day(alma, own, A_DAY, 40_000)
    http.make_adapter = lambda: day.wire
    in_memory = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}  # files take a fifth longer
    with override_settings(CACHES=in_memory):
        took = _seconds(
            lambda: live_through(day, frozenset({"slow"}))
        )  # an AssertionError is what ends it, and says what differs
    what = (
        f"a day of {day.wire.made:,} calls through the gateway by {PEOPLE} people, {JOBS} jobs, and another program's"
    )
    return [
        Line(f"{what} {day.theirs.total():,}", "exact", f"every figure is the truth; {took:.0f} s", "bench.usage day")
    ]


if __name__ == "__main__":
    main(PARTS, measure, only_named=("day",))
