"""The worker's heartbeat."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from almaportal.jobs.models import Sweep
from almaportal.jobs.sweep import last_sweep, sweep, worker_is_late

pytestmark = pytest.mark.django_db


def test_the_sweep_stands_in_the_schedule_once_however_often_one_migrates():
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0)
    (schedule,) = Schedule.objects.all()
    assert (schedule.func, schedule.schedule_type, schedule.minutes) == ("almaportal.jobs.sweep.sweep", "I", 1)


def test_the_queue_can_run_it():
    async_task("almaportal.jobs.sweep.sweep", sync=True)
    assert last_sweep() is not None


def test_it_says_when_it_was():
    assert worker_is_late()
    sweep()
    assert not worker_is_late()
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=6))
    assert worker_is_late()
    sweep()
    sweep()
    assert Sweep.objects.count() == 1
    assert not worker_is_late()


def test_it_ends_sessions_that_are_over_and_no_others():
    now = timezone.now()
    Session.objects.create(session_key="over", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="still", session_data="", expire_date=now + timedelta(hours=1))
    sweep()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["still"]
