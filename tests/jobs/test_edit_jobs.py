"""A bulk edit from submitting to done, worked off in this thread."""

import pytest

from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.jobs.work import work
from tests.ecollections.conftest import tree as tree

S = Job.State


@pytest.fixture
def person(sign_in, django_user_model):
    sign_in("e-resources")
    return django_user_model.objects.get(username="e-resources")


def run(job, until=(S.READY, S.DONE, S.DONE_WITH_ERRORS, S.FAILED, S.STOPPED, S.PAUSED, S.WAITING)):
    """What a worker does, slice after slice."""
    for _n in range(50):
        job.refresh_from_db()
        if job.state in until:
            return job
        work(job.pk)
    raise AssertionError(job.state)


REPLACE = {
    "path": "linking_details.static_url_override",
    "do": "replace",
    "find": "old.example.org",
    "value": "new.example.org",
    "how": "exact",
}


def test_a_text_is_replaced_in_all_that_have_it(person, tree, emulator):
    targets = [f"{tree.collection_id}/{tree.service_id}"]
    job = run(control.submit("edit-portfolios", targets, {"actions": [REPLACE]}, person))
    assert job.state == S.READY, job.message
    assert job.items.count() == 130
    changing = job.items.filter(verdict="changes").count()
    assert job.items.filter(verdict="same").count() == 130 - changing > 0
    assert not [call for call in emulator.calls if call.method == "PUT"]
    control.start(job)
    job = run(job)
    assert job.state == S.DONE, job.message
    assert control.counts(job)["done"] == changing > 0
    assert control.counts(job)["unchanged"] == 130 - changing
    assert len([call for call in emulator.calls if call.method == "PUT"]) == changing


def test_undo_brings_back_what_the_job_changed_and_leaves_later_edits_alone(person, tree, emulator):
    before = {pid: emulator.record("portfolio", pid) for pid in emulator.portfolios(tree.service_id, 200)}
    targets = [f"{tree.collection_id}/{tree.service_id}"]
    job = run(control.submit("edit-portfolios", targets, {"actions": [REPLACE]}, person))
    control.start(job)
    job = run(job)
    changed = [item.ids[-1] for item in job.items.filter(state="done")]
    later = emulator.record("portfolio", changed[0]) | {"public_note": "by somebody else"}
    emulator.put_record("portfolio", changed[0], later)
    back = run(control.undo(job, person))
    assert back.state == S.READY, back.message
    assert back.items.filter(verdict="changes").count() == len(changed)
    control.start(back)
    back = run(back)
    assert back.state == S.DONE, back.message
    for pid, record in before.items():
        expected = record | ({"public_note": "by somebody else"} if pid == changed[0] else {})
        assert emulator.record("portfolio", pid) == expected
