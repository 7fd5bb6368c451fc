"""A day of calls for the picture of the usage page: written into a demo's database, in a process of its own."""

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench import portal

LIMIT, TEN = 100_000, timedelta(minutes=10)
ROOT = "/electronic/e-collections"
# (who, lane, role, feature, operation), and how busy: by day for people, in these hours of the day for jobs.
PEOPLE = (
    ("circulation", "circulation", "patrons", "users", "/users/{user_id}", 62),
    ("eresources", "e-resources", "ecollections", "electronic", f"{ROOT}/{{collection_id}}", 25),
    ("viewer", "viewer", "ecollections", "electronic", ROOT, 9),
    ("admin", "administrator", "ecollections", "electronic", f"{ROOT}/{{collection_id}}", 4),
)
JOBS = (("edit-portfolios", 120, range(2, 4)), ("index-titles", 75, range(11, 13)))


def fill(data: Path) -> None:
    """Into the portal's database in this folder."""
    env = portal.environment(data, DATABASE_URL=f"sqlite:///{data / 'almaportal.sqlite3'}", ALMA_ENVIRONMENT="demo")
    portal.elsewhere(_fill, env)


def _fill() -> None:
    from django.contrib.auth import get_user_model

    from almaportal.alma import clock
    from almaportal.alma.models import Pace
    from almaportal.usage.meter import bucket_start
    from almaportal.usage.models import Bucket, Left
    from almaportal.usage.periods import midnight

    ids = dict(get_user_model().objects.values_list("username", "pk"))
    now = bucket_start(clock.moment())
    left: dict[datetime, int] = {}
    Bucket.objects.all().delete()  # the demo's own
    for start in (now - TEN * n for n in range(144, 0, -1)):
        made = 0
        for dimensions, calls, saved in _alike(ids, start.hour + start.minute / 60):
            seconds = calls * 0.31
            took = {"took_4": calls * 7 // 10, "took_6": calls - calls * 7 // 10}
            counts: dict[str, Any] = {"calls": calls, "counted": calls, "saved": saved, "seconds": seconds, **took}
            Bucket.objects.create(span=Bucket.Span.TEN_MINUTES, start=start, series_id=_series(dimensions), **counts)
            made += calls
        before = left.get(start - TEN, LIMIT) if midnight(start) == midnight(start - TEN) else LIMIT
        left[start] = before - made - 60 - random.Random(start.isoformat()).randrange(40)
    left[now] = left[now - TEN] - 50
    Left.objects.all().delete()
    Left.objects.bulk_create(Left(start=start, low=low) for start, low in left.items())
    Pace.objects.update(remaining=left[now], remaining_at=clock.now())


def _alike(ids: dict[str, int], hour: float) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Calls that are alike: what they are, how many, and how many the cache saved."""
    light = max(0.05, math.sin((hour - 7) / 12 * math.pi)) if 7 <= hour <= 19 else 0.05
    for who, role, feature, area, operation, busy in PEOPLE:
        of = {"area": area, "operation": operation, "lane": "people", "role": role, "feature": feature}
        calls = round(busy * light * 2)
        yield {**of, "user_id": ids[who]}, calls, 0 if area == "users" else calls * 3
    for kind, busy, hours in JOBS:
        if int(hour) in hours:
            of = {"area": "electronic", "operation": f"{ROOT}/{{collection_id}}", "lane": "jobs", "role": "e-resources"}
            yield {**of, "feature": kind, "user_id": ids["eresources"]}, busy * 7, 0


def _series(values: dict[str, Any]) -> int:
    from almaportal.usage.meter import DIMENSIONS, series_id
    from almaportal.usage.models import Series

    usual = {"method": "GET", "outcome": "ok", "key": "ALMA_API_KEY"} | values
    full = {name: usual.get(name, 0 if name.endswith("_id") else "") for name in DIMENSIONS}
    number = series_id(tuple(full.values()))
    Series.objects.get_or_create(id=number, defaults=full)
    return number
