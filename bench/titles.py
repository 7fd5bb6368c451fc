"""The title index: searching a million titles (in this process, so on one core), its size, and what building it costs.

The titles are those of the emulated Alma, made from their number; one in ten was read whole, so that its URL is known.
The index is filled by the same function as by every page and job, 2,000 titles at a time: about three minutes.
"""

import random
import time
from collections.abc import Sequence
from importlib import import_module

from bench import portal, stack
from bench.table import Line, main, ms, percentile

PARTS = ("search", "calls")
TITLES = 1_000_000
OF_SERVICE, OF_COLLECTION = 50_000, 100_000
AT_ONCE = 2_000
ROUNDS = 5
TYPED = ("lichen ecology", "journal of medieval mus", "zeitschrift kusten", "植物学", "вопросы земледелия", "bridge 12")
WORDS = (
    "journal",
    "lichen",
    "annals of",
    "wool trade",
    "court music 12",
    "harbour law rural",
    "handbook",
    "naut",
    "notes",
)
FILTERS = (
    {},
    {"availability": "10"},
    {"origin": "local", "library": "LAW"},
    {"override": "yes"},
    {"material": "BOOK", "availability": "11"},
    {"url": "old.example.org"},
    {"since": "2026-01-01"},
)


def measure(parts: Sequence[str]) -> list[Line]:
    with stack.folder() as data:
        portal.begin(portal.environment(data))
        portal.prepare()
        return (_search(data) if "search" in parts else []) + (_calls() if "calls" in parts else [])


def _search(data) -> list[Line]:
    empty = _size(data)
    started = time.perf_counter()
    _fill()
    filled, each = time.perf_counter() - started, (_size(data) - empty) / TITLES
    import_module("almaportal.wsgi")  # garbage is looked for as in a web process
    times, pages = _times(), _page_times()
    where = "search and filter in an index of 1,000,000 titles, p95 of"
    return [
        Line(f"{where} {len(times)} searches", "≤ 50 ms", f"{ms(percentile(times, 95))} (median "
             f"{ms(percentile(times, 50))}, slowest {ms(max(times))})", "bench.titles search"),
        Line("the same: its page rendered, p95", "≤ 100 ms", f"{ms(percentile(pages, 95))} (median "
             f"{ms(percentile(pages, 50))}, slowest {ms(max(pages))})", "bench.titles search"),
        Line("the same: the database grows by title", "≤ 400 bytes", f"{each:.0f} bytes", "bench.titles search"),
        Line("the same: filling it", "–", f"{filled:.0f} s", "bench.titles search"),
    ]  # fmt: skip


def _size(data) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (data / "almaportal.sqlite3").stat().st_size


def _fill() -> None:
    from ecollections.titles import index

    pick = random.Random(1)
    for start in range(0, TITLES, AT_ONCE):
        index.see((_record(n, pick), _home(n)) for n in range(start, start + AT_ONCE))


def _home(n: int) -> tuple[str, str]:
    return f"61{n // OF_COLLECTION:08}0004711", f"62{n // OF_SERVICE:08}0004711"


def _record(n: int, pick: random.Random):
    """A row of Alma's list; of every tenth portfolio the whole record, as far as the index looks at it."""
    from almaportal.emulator import bibs

    number = bibs.FIRST_NUMBER + n
    row = {
        "id": bibs.make_id("53", number),
        "is_local": pick.random() < 0.3,
        "availability": {"value": pick.choice(("11", "11", "11", "10"))},
        "library": {"value": pick.choice(("", "", "MAIN", "LAW"))},
        "resource_metadata": {
            "mms_id": {"value": bibs.make_id("99", number)},
            "title": bibs.title(number, n // 60_000),
        },
    }
    if n % 10:
        return row
    own = {"static_url_override": f"jkey=https://old.example.org/{n}"} if n % 500 == 0 else {}
    linking = {"static_url": f"jkey=https://content.example.net/{n}", **own}
    return row | {"linking_details": linking, "coverage_details": {}, "material_type": {"value": "BOOK"}}


def _queries():
    """What people type, letter by letter, and what they choose."""
    from ecollections.titles.search import Query

    scopes = ((), _home(0)[:1], _home(0))
    typed = [Query(text[:end], scopes[n % 3]) for n, text in enumerate(TYPED) for end in range(2, len(text) + 1, 2)]
    chosen = [Query(text, within, **chosen) for text in ("", *WORDS) for chosen in FILTERS for within in scopes]
    return [*typed, *chosen]


def _times() -> list[float]:
    from ecollections.titles import search

    times = []
    for query in _queries() * ROUNDS:
        started = time.perf_counter()
        search.search(query)
        times.append(time.perf_counter() - started)
    return times


def _page_times() -> list[float]:
    from urllib.parse import urlencode

    portal.plug_in()
    browser = portal.signed_in()
    times = []
    for query in _queries():
        asked = query.as_json()
        within = dict(zip("cs", asked.pop("within", ()), strict=False))
        text = {"q": asked.pop("text", "")}
        address = f"/ecollections/titles/?{urlencode({**text, **within, **asked})}"
        browser.get(address, secure=True)
        started = time.perf_counter()
        response = browser.get(address, secure=True)
        times.append(time.perf_counter() - started)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answered {response.status_code}")
    return times


def _calls() -> list[Line]:
    """A service of 55,900 titles, indexed by the job itself, worked off in this process without waiting for a pace."""
    from django.contrib.auth import get_user_model
    from django.core.cache import cache

    from almaportal.alma import clock
    from almaportal.jobs import control
    from almaportal.jobs.work import work
    from ecollections.models import IndexedService, Title
    from ecollections.titles import index

    emulator = portal.plug_in().emulator
    clock.sleep = lambda _seconds: None
    collection = emulator.collections()[0]
    path = f"{collection}/{emulator.services(collection)[0]}"
    portal.signed_in()
    user = get_user_model().objects.get(username="bench")
    lines = []
    for params, promised in (({}, 559), ({"identifiers": True}, 1118)):
        cache.clear()
        for service in IndexedService.objects.all():
            index.forget_all_of(service.service_id)
        emulator.calls.clear()
        job = control.submit("index-titles", [path], params, user)
        started = time.perf_counter()
        while job.state not in control.OVER:
            work(job.pk)
            job.refresh_from_db()
        found = Title.objects.filter(service__service_id=path.partition("/")[2]).count()
        what = (
            "the same with ISSN, ISBN, author and publisher" if params else "calls to index a service of 55,900 titles"
        )
        measured = f"{len(emulator.calls):,} ({found:,} titles; {time.perf_counter() - started:.0f} s of our own)"
        lines.append(Line(what, f"{promised:,}", measured, "bench.titles calls"))
    return lines


if __name__ == "__main__":
    main(PARTS, measure)
