"""Where jobs delete and make things: small trees of the emulated institution, and a worker that dies."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from almaportal.jobs import claims, control
from almaportal.jobs.models import Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import work
from ecollections import alma
from tests.jobs.test_edit_jobs import run


@dataclass
class Local:
    """An e-collection of the institution's own, with one service; its records as they were."""

    emulator: Any
    collection_id: str
    service_id: str

    @property
    def service(self) -> str:
        return f"{self.collection_id}/{self.service_id}"

    @property
    def ids(self) -> list[str]:
        return self.emulator.portfolios(self.service_id, 1000)

    @property
    def paths(self) -> list[str]:
        return [f"{self.service}/{pid}" for pid in self.ids]

    def records(self) -> dict[str, Any]:
        return {pid: self.emulator.record("portfolio", pid) for pid in self.ids}


@pytest.fixture
def local(emulator):
    """Seven portfolios."""
    collection = emulator.collections()[14]
    return Local(emulator, collection, emulator.services(collection)[0])


@pytest.fixture
def empty(emulator):
    """A service without portfolios."""
    collection = emulator.collections()[2]
    return Local(emulator, collection, emulator.services(collection)[0])


@pytest.fixture
def slow(emulator, transport, clock, local):
    """An Alma that takes a minute for each delete."""
    own = emulator.copy(delete_seconds=60)
    own.now, own.sleep = clock.now, clock.sleep
    transport.emulator = local.emulator = own
    return own


@pytest.fixture
def post(transport):
    """post(path below /almaws/v1, body): somebody makes a record in Alma itself; its ID."""

    def make(path, body):
        import requests

        headers = {"Authorization": "apikey demo-all", "Accept": "application/json"}
        request = requests.Request("POST", f"https://alma.invalid/almaws/v1{path}", headers=headers, json=body)
        status, _headers, answer = transport._call(request.prepare())
        assert status == 200, answer
        return json.loads(answer)["id"]

    return make


def add_portfolio(post, where, mms_id):
    path = f"/electronic/e-collections/{where.collection_id}/e-services/{where.service_id}/portfolios"
    return post(path, {"availability": {"value": "11"}, "resource_metadata": {"mms_id": {"value": mms_id}}})


def mms_ids(emulator, n, first=0):
    """Titles that stand in the largest e-collection."""
    service = emulator.services(emulator.collections()[0])[0]
    records = (emulator.record("portfolio", pid) for pid in emulator.portfolios(service, first + n)[first:])
    return [record["resource_metadata"]["mms_id"]["value"] for record in records]


def done(job):
    """Reviewed, started, and worked off as far as it goes."""
    job = run(job)
    assert job.state == "ready", (job.state, job.message)
    control.start(job)
    return run(job)


def wait(job, clock):
    """Until the time that the job waits for has come."""
    job.refresh_from_db()
    assert job.state == "waiting", (job.state, job.message)
    clock.time = max(clock.time, job.wait_until.timestamp()) + 1
    sweep()
    return run(job)


def dies(transport, clock, job, method, nth=1, reached=True):
    """A worker that dies at the nth request of this method, after it reached Alma or before; then another goes on."""
    ask, seen = transport._call, []

    def die(request):
        if request.method == method:
            seen.append(request)
            if len(seen) == nth:
                if reached:
                    ask(request)
                raise SystemExit
        return ask(request)

    transport._call = die
    with pytest.raises(SystemExit):
        work(job.pk)
    transport._call = ask
    clock.time += claims.STALE.total_seconds() + 1
    sweep()
    return run(job)


def meanwhile(monkeypatch, name, do, nth=1):
    """`do()` happens right before the nth "create" or "delete" of a record leaves for Alma."""
    send, seen = getattr(alma, name), []

    def first_that(*args, **more):
        seen.append(name)
        if len(seen) == nth:
            do()
        return send(*args, **more)

    monkeypatch.setattr(alma, name, first_that)


def calls(emulator, method):
    return [call for call in emulator.calls if call.method == method]


def states(job):
    return {state: n for state, n in control.counts(job).items() if n and state != "total"}


def is_stopped_after_its_worker_died(transport, clock, job, method):
    """A worker that dies right before its first request of this method; then somebody stops the job."""
    ask = transport._call

    def die(request):
        if request.method == method:
            raise SystemExit
        return ask(request)

    transport._call = die
    with pytest.raises(SystemExit):
        work(job.pk)
    transport._call = ask
    control.stop(Job.objects.get(pk=job.pk))
    clock.time += claims.STALE.total_seconds() + 1
    sweep()
    return run(job)
