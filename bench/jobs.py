"""Bulk edits as two real workers do them, against a strict Alma of 25 calls a second and 500 ms a call.

run: 1,000 portfolios edited at a pace of 24, beside a plain script that does GET and PUT one after the other; person:
what a page waits while the job runs; size: a job of 100,000 records: its plan, its pages, the memory of the worker.
"""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from almaportal import serve
from bench import portal, stack
from bench.table import Line, main, ms, percentile

LIMIT, PACE, LATENCY_MS = 25, 24, 500
RECORDS, SCRIPT_RECORDS, PAGES, PAUSE_SECONDS = 1_000, 30, 40, 0.4
MANY = 100_000
PARTS = ("run", "person", "size")
SET_NOTE = {"path": "public_note", "do": "set", "value": "As the bulk edit wants it"}


def measure(parts: Sequence[str]) -> list[Line]:
    makers: dict[str, Callable[[], list[Line]]] = {"run": _run, "person": _person, "size": _size}
    return [line for part in parts for line in makers[part]()]


@contextmanager
def _portal(*emulator: str, **more: str) -> Iterator[tuple[Path, dict[str, str], str]]:
    """An Alma and the portal's data: the folder, the environment, Alma's address."""
    with stack.folder() as data, stack.emulator(data, *emulator) as address:
        yield data, stack.prepared(data, address, **more), address


@contextmanager
def _workers(data: Path, env: dict[str, str]) -> Iterator[None]:
    with stack.process(serve.worker(), env, data / "worker.log"):
        yield


STRICT = (f"--latency-ms={LATENCY_MS}", f"--calls-per-second={LIMIT}", f"--portfolios={RECORDS + SCRIPT_RECORDS}")


# 1,000 edits


def _run() -> list[Line]:
    with _portal(*STRICT, ALMA_CALLS_PER_SECOND=str(PACE)) as (data, env, address):
        paths = portal.elsewhere(_paths, env, RECORDS + SCRIPT_RECORDS)
        script = _script(address, paths[RECORDS:])
        with _workers(data, env):
            done = portal.elsewhere(_edit, env, paths[:RECORDS])
    speed, where = done["calls"] / done["seconds"], "bench.jobs run"
    setting = f"{RECORDS:,} portfolios edited by 2 workers, {LATENCY_MS} ms a call, {LIMIT}/s allowed, pace {PACE}"
    share = f"{speed:.2f}/s = {100 * speed / PACE:.1f} %; {done['refused']} refused"
    plain = script * RECORDS
    return [
        Line(f"{setting}: from start to end", "≤ 90 s", f"{done['seconds']:.1f} s ({done['states']})", where),
        Line("The same: calls a second, of the pace", "≥ 95 %, no 429", share, where),
        Line("The same: calls a record", "2", f"{done['calls'] / RECORDS:.3f}", where),
        Line(
            f"The same by a plain script, GET and PUT one after the other ({SCRIPT_RECORDS} records, counted up)",
            "–",
            f"{plain:.0f} s: the job is {plain / done['seconds']:.1f} times as fast",
            where,
        ),
    ]


def _paths(number: int) -> list[str]:
    """Of the first portfolios of the largest service, in a new institution of the same seed."""
    from almaportal.emulator.app import Emulator
    from almaportal.emulator.options import Options

    emulator = Emulator(Options(portfolios=number))
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    return [f"{collection}/{service}/{portfolio}" for portfolio in emulator.portfolios(service, number)]


def _script(address: str, paths: Sequence[str]) -> float:
    """Seconds a record, as a script would do it that nobody wrote for speed."""
    started = time.monotonic()
    for path in paths:
        collection, service, portfolio = path.split("/")
        url = f"{address}/almaws/v1/electronic/e-collections/{collection}/e-services/{service}/portfolios/{portfolio}"
        headers = {"Authorization": "apikey demo-all", "Accept": "application/json", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            record = json.load(answer)
        record["public_note"] = SET_NOTE["value"]
        body = json.dumps(record).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT")) as answer:
            answer.read()
    return (time.monotonic() - started) / len(paths)


def _submitted(paths: Sequence[str], sample: int | None) -> Any:
    """A reviewed job of the demo's e-resources person."""
    from almaportal.accounts.models import User
    from almaportal.jobs import control

    person = User.objects.get(username="eresources")
    job = control.submit("edit-portfolios", list(paths), {"actions": [SET_NOTE]}, person, sample=sample)
    return _until(job, "ready")


def _until(job: Any, *states: str) -> Any:
    while job.state not in states:
        if job.state in ("failed", "paused", "waiting"):
            raise RuntimeError(f"{job.state}: {job.message}")
        time.sleep(0.2)
        job.refresh_from_db()
    return job


def _edit(paths: Sequence[str]) -> dict[str, Any]:
    """Review a sample, start, wait for the end: seconds of the run, its calls, those refused with 429."""
    from django.db.models import Sum

    from almaportal.jobs import control
    from almaportal.usage.models import Bucket

    job = _submitted(paths, 50)
    before = _calls(job)
    control.start(job)
    _until(job, "done", "done with errors")
    refused = Bucket.objects.filter(series__outcome="too_fast").aggregate(n=Sum("calls"))["n"] or 0
    states = ", ".join(
        f"{number:,} {state}" for state, number in control.counts(job).items() if number and state != "total"
    )
    seconds = (job.finished - job.started).total_seconds()
    return {"seconds": seconds, "calls": _calls(job) - before, "refused": refused, "states": states}


def _calls(job: Any) -> int:
    from almaportal.usage.spent import by_job

    return by_job(job.pk)[0]


# a person beside the job


def _person() -> list[Line]:
    with _portal(*STRICT, ALMA_CALLS_PER_SECOND=str(PACE)) as (data, env, _address):
        paths = portal.elsewhere(_paths, env, RECORDS + SCRIPT_RECORDS)
        with _workers(data, env), stack.web(data, env) as web:
            cookie = portal.elsewhere(_signed_in, env)
            alone = _pages(web, cookie, paths[-PAGES:])
            portal.elsewhere(_started, env, paths[: RECORDS // 2])
            time.sleep(3)
            beside = _pages(web, cookie, paths[-2 * PAGES : -PAGES])
    more = percentile(beside, 95) - percentile(alone, 95)
    measured = (
        f"{ms(more)} more: {ms(percentile(alone, 95))} alone, {ms(percentile(beside, 95))} beside; "
        f"p50 {ms(percentile(alone, 50))} and {ms(percentile(beside, 50))}"
    )
    what = f"A portfolio's page that costs a call of {LATENCY_MS} ms, beside a bulk edit, p95 of {PAGES} pages"
    return [Line(what, "≤ 100 ms more", measured, "bench.jobs person")]


def _signed_in() -> str:
    from django.test import Client

    from almaportal.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="viewer"))
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def _started(paths: Sequence[str]) -> None:
    from almaportal.jobs import control

    control.start(_submitted(paths, 1))


def _pages(web: str, cookie: str, paths: Sequence[str]) -> list[float]:
    """Seconds of each page, none of them kept."""
    times = []
    for path in paths:
        collection, service, portfolio = path.split("/")
        url = f"{web}/ecollections/{collection}/services/{service}/portfolios/{portfolio}/"
        started = time.perf_counter()
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookie})) as answer:
            answer.read()
        times.append(time.perf_counter() - started)
        time.sleep(PAUSE_SECONDS)
    return times


# 100,000 records


def _size() -> list[Line]:
    with _portal("--calls-per-second=0", f"--portfolios={MANY}", ALMA_CALLS_PER_SECOND="1000") as (
        _data,
        env,
        _address,
    ):
        found = portal.elsewhere(_many, env)
    where, setting = "bench.jobs size", f"A job of {MANY:,} records"
    memory = f"{found['grown']:.0f} MB, from {found['begun']:.0f} MB; {found['edited']:,} edited in the slice"
    pages = ", ".join(f"{name} {ms(seconds)}" for name, seconds in found["pages"].items())
    return [
        Line(f"{setting}: its plan from a list of IDs", "≤ 20 s", f"{found['plan']:.1f} s", where),
        Line(f"{setting}: its pages, p95 of 20", "≤ 100 ms", pages, where),
        Line(f"{setting}: growth of the worker by plan, review, a slice, results", "< 50 MB", memory, where),
    ]


def _many() -> dict[str, Any]:
    from almaportal.accounts.models import User
    from almaportal.jobs import control
    from almaportal.jobs.models import Item
    from almaportal.jobs.work import work

    paths = _paths(MANY)
    person = User.objects.get(username="eresources")
    small = control.submit("edit-portfolios", paths[:20], {"actions": [SET_NOTE]}, person)
    _worked(small)  # what a worker loads once is none of this job's
    job = control.submit("edit-portfolios", paths, {"actions": [SET_NOTE]}, person, sample=50)
    del paths
    begun, started = _memory(), time.monotonic()
    while job.phase == "plan":
        work(job.pk)
        job.refresh_from_db()
    plan = time.monotonic() - started
    _worked(job)
    control.start(job)
    work(job.pk)  # one slice
    edited = job.items.filter(state="done").count()
    pages = _job_pages(person, job)
    Item.objects.filter(job=job, state="pending").update(state="unchanged")
    _worked(job)
    return {"plan": plan, "begun": begun, "grown": _memory(most=True) - begun, "edited": edited, "pages": pages}


def _worked(job: Any) -> None:
    from almaportal.jobs import control
    from almaportal.jobs.work import work

    job.refresh_from_db()
    while job.state in control.UNDER_WAY:
        work(job.pk)
        job.refresh_from_db()


def _memory(most: bool = False) -> float:
    """Resident megabytes of this process: now, or the most so far."""
    name = "VmHWM" if most else "VmRSS"
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def _job_pages(person: Any, job: Any) -> dict[str, float]:
    from django.test import Client

    client, found = Client(), {}
    client.force_login(person)
    for name, address in {"job": f"/jobs/{job.pk}/", "items": f"/jobs/{job.pk}/items/", "list": "/jobs/"}.items():
        times = []
        for _n in range(21):
            started = time.perf_counter()
            if client.get(address, secure=True, headers={"host": stack.HOST}).status_code != 200:
                raise RuntimeError(address)
            times.append(time.perf_counter() - started)
        found[name] = percentile(times[1:], 95)
    return found


if __name__ == "__main__":
    main(PARTS, measure)
