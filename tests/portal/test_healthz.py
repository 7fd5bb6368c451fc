"""What a monitor is told."""

import contextlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.utils import timezone

from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import TRIES, Gateway
from almaportal.jobs.models import Sweep
from almaportal.jobs.sweep import sweep

WELL = {"status": "ok", "web": "ok", "database": "ok", "alma": "not asked yet", "reasons": []}
pytestmark = pytest.mark.django_db


@pytest.fixture
def _long_running(monkeypatch):
    monkeypatch.setattr("almaportal.health.STARTED", -1000.0)


def test_all_is_well_when_a_worker_has_swept(client):
    sweep()
    swept = f"{Sweep.objects.get().at:%Y-%m-%d %H:%M:%S} GMT"
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, WELL | {"worker": "ok", "last_sweep": swept})
    assert response["Content-Type"] == "application/json"


def test_right_after_the_start_all_is_well_without_a_sweep(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, WELL | {"worker": "starting", "last_sweep": None})


@pytest.mark.usefixtures("_long_running")
def test_a_worker_that_never_swept_is_late(client):
    response = client.get("/healthz")
    ill = {"status": "not well", "worker": "late", "last_sweep": None, "reasons": ["No worker has ever swept."]}
    assert (response.status_code, response.json()) == (503, WELL | ill)


@pytest.mark.usefixtures("_long_running")
@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (6, 503)])
def test_a_worker_is_late_after_five_minutes(client, minutes, status):
    Sweep.objects.create(pk=1, at=timezone.now() - timedelta(minutes=minutes))
    assert client.get("/healthz").status_code == status


@pytest.mark.usefixtures("_long_running")
def test_since_when_no_worker_swept_is_said(client):
    Sweep.objects.create(pk=1, at=datetime(2026, 1, 2, 12, 3, 10, tzinfo=UTC))
    told = client.get("/healthz").json()
    assert told["last_sweep"] == "2026-01-02 12:03:10 GMT"
    assert told["reasons"] == ["No worker has swept since 2026-01-02 12:03:10 GMT."]


def test_a_database_that_does_not_answer_is_named(client, monkeypatch):
    class Broken:
        def cursor(self):
            raise OperationalError("unable to open /secret/folder")

    monkeypatch.setattr("almaportal.health.connection", Broken())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "not well",
        "web": "ok",
        "database": "OperationalError",
        "reasons": ["The database does not answer (OperationalError)."],
    }
    assert b"secret" not in response.content


def test_a_sweep_that_cannot_be_read_is_said(client, monkeypatch):
    def broken():
        raise OperationalError("no such table")

    monkeypatch.setattr("almaportal.health.worker_is_late", broken)
    assert client.get("/healthz").status_code == 503


def test_alma_is_not_asked_and_may_be_down(client, emulator, transport):
    emulator.faults.add(kind="500", count=None)
    assert client.get("/healthz").status_code == 200
    assert emulator.calls == []


def test_alma_is_told_by_its_last_answer(client, transport, emulator, clock):
    def alma(kind=""):
        if kind:
            emulator.faults.add(kind=kind, count=TRIES)
        with contextlib.suppress(AlmaError):
            Gateway().get("/conf/libraries")
        emulator.faults.clear()
        response = client.get("/healthz")
        assert (response.status_code, response.json()["status"], response.json()["reasons"]) == (200, "ok", [])
        return re.sub(r"12:\d\d:\d\d", "(time)", response.json()["alma"])

    never = alma("503html")
    assert never == "failing (unreachable) at 2027-01-15 (time) GMT, never answered"
    assert alma() == "ok"
    assert alma("403html") == "failing (denied) at 2027-01-15 (time) GMT, last answer 2027-01-15 (time) GMT"
    emulator.spend(100_000)
    assert alma() == "no calls left until 2027-01-16 00:00:00 GMT"
    clock.time += 24 * 3600
    assert alma() == "ok"


def test_a_monitor_may_ask_by_head(client):
    assert client.head("/healthz").status_code == 200


@pytest.mark.usefixtures("_long_running")
def test_a_sweep_in_the_time_to_come_is_no_proof(client):
    Sweep.objects.create(pk=1, at=timezone.now() + timedelta(hours=2))
    assert client.get("/healthz").status_code == 503


def test_it_answers_though_the_sessions_cannot_be_read(viewer, monkeypatch):
    def ill(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(SessionStore, "load", ill)
    assert viewer.get("/healthz").status_code == 200
