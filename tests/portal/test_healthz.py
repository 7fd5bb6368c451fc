"""What a monitor is told."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.utils import timezone

from almaportal.jobs.models import Sweep
from almaportal.jobs.sweep import sweep

WELL = {"status": "ok", "web": "ok", "database": "ok"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def _long_running(monkeypatch):
    monkeypatch.setattr("almaportal.health.STARTED", -1000.0)


def test_all_is_well_when_a_worker_has_swept(client):
    sweep()
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, WELL | {"worker": "ok"})
    assert response["Content-Type"] == "application/json"


def test_right_after_the_start_all_is_well_without_a_sweep(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, WELL | {"worker": "starting"})


@pytest.mark.usefixtures("_long_running")
def test_a_worker_that_never_swept_is_late(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, WELL | {"status": "not well", "worker": "late"})


@pytest.mark.usefixtures("_long_running")
@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (6, 503)])
def test_a_worker_is_late_after_five_minutes(client, minutes, status):
    Sweep.objects.create(pk=1, at=timezone.now() - timedelta(minutes=minutes))
    assert client.get("/healthz").status_code == status


def test_a_database_that_does_not_answer_is_named(client, monkeypatch):
    class Broken:
        def cursor(self):
            raise OperationalError("unable to open /secret/folder")

    monkeypatch.setattr("almaportal.health.connection", Broken())
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "not well", "web": "ok", "database": "OperationalError"}
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
