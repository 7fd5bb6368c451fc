"""What was given to a job that must not keep it (names, addresses, barcodes) is forgotten however the job ends."""

import gzip
import json
from datetime import timedelta

import pytest

from almaportal.jobs import control
from almaportal.jobs.models import Event, Item, Job, JobFile
from almaportal.jobs.sweep import sweep
from tests.jobs.test_edit_jobs import run
from tests.patrons.blocked import LOST, blocked

SAID = {"type": "USER", "description": "CONDUCT", "note": "Key not returned"}
NAMES = ["Quill Ottoline", "quill@example.org", "quill-77"]


@pytest.fixture
def clerk(sign_in, django_user_model):
    sign_in("circulation")
    return django_user_model.objects.get(username="circulation")


@pytest.fixture
def sampled(clerk, emulator):
    """Blocks for one person and three lines of which a review of one record saw nothing; ready to start."""
    own = blocked(emulator, LOST)
    job = run(control.submit("add-blocks", [own, *NAMES], {"set": SAID}, clerk, sample=1))
    assert (job.state, "uill" in kept()) == ("ready", True)
    return job


@pytest.fixture
def paused(clerk, emulator):
    """A job that found no key before it could look at anybody."""
    emulator.faults.add(kind="403html", path="/users*", count=None)
    return run(control.submit("cancel-requests", ["patron/quill-77"], {"set": {"reason": "CannotBeFulfilled"}}, clerk))


def kept():
    """All that the tables of jobs hold, files unpacked."""
    rows = [*Item.objects.values(), *Job.objects.values(), *Job.objects.values("targets"), *Event.objects.values()]
    return json.dumps(rows, default=str) + "".join(
        gzip.decompress(one.content).decode() for one in JobFile.objects.all()
    )


def test_a_job_that_is_stopped_after_its_review_keeps_nothing_and_is_not_tried_again(sampled):
    control.stop(sampled)
    assert run(sampled).state == "stopped"
    assert "uill" not in kept()
    assert not control.can_be_retried(sampled)


def test_a_job_that_is_stopped_before_its_items_are_found_keeps_nothing(clerk):
    job = control.submit("add-blocks", NAMES, {"set": SAID}, clerk)
    control.stop(job)
    assert run(job).state == "stopped"
    assert "uill" not in kept()


@pytest.mark.parametrize("made", ["sampled", "paused"])
def test_a_job_that_fails_keeps_nothing(made, request, clerk):
    job = request.getfixturevalue(made)
    clerk.groups.clear()
    job.items.filter(title="").update(state="sent")  # as a worker leaves it that dies before it knew whose it is
    (control.start if made == "sampled" else control.resume)(job)
    assert run(job, (Job.State.FAILED,)).state == "failed"
    assert "uill" not in kept()
    assert control.can_be_retried(job) == (made == "sampled"), "only whom the review looked at is known"
    assert not job.items.filter(state="unsure").exists()


def test_what_could_not_be_read_before_the_end_is_not_kept_to_be_tried_again(sampled, emulator):
    control.start(sampled)
    emulator.faults.add(kind="drop", path="/users/quill*", count=None)
    assert run(sampled).state == "done with errors"
    assert "uill" not in kept()
    assert sampled.items.filter(state="done").count() == 1
    assert not control.can_be_retried(sampled)


@pytest.mark.parametrize("made", ["sampled", "paused"])
def test_a_job_that_nobody_starts_for_a_day_is_stopped_and_says_why(made, request, clock):
    job = request.getfixturevalue(made)
    clock.time += timedelta(hours=23).total_seconds()
    sweep()
    assert "uill" in kept()
    clock.time += timedelta(hours=2).total_seconds()
    sweep()
    assert run(job, (Job.State.STOPPED,)).state == "stopped"
    assert "uill" not in kept()
    assert job.events.filter(text__contains="Nobody went on with it").exists()


def test_a_job_that_holds_primary_ids_alone_may_wait(clerk, emulator, clock):
    job = run(control.submit("add-blocks", [blocked(emulator)], {"set": SAID}, clerk))
    clock.time += timedelta(days=40).total_seconds()
    sweep()
    job.refresh_from_db()
    assert job.state == "ready"


def test_a_run_that_is_paused_may_wait_as_long_as_files_are_kept(sampled, clock, settings):
    control.start(sampled)
    control.pause(sampled)
    clock.time += timedelta(days=settings.JOB_FILES_DAYS - 1).total_seconds()
    sweep()
    sampled.refresh_from_db()
    assert sampled.state == "paused"
    clock.time += timedelta(days=2).total_seconds()
    sweep()
    assert run(sampled, (Job.State.STOPPED,)).state == "stopped"
    assert "uill" not in kept()
