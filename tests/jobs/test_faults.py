"""Whatever Alma does while a job runs: every record ends right, and the counts say so."""

from dataclasses import replace

import pytest
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from almaportal.alma.models import Pace
from almaportal.changes.models import Change
from almaportal.emulator.faults import KINDS
from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import work
from tests.ecollections.conftest import tree as tree
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]
NOTE = {"path": "public_note", "do": "set", "value": "New"}


def edit(person, tree, ids, action=NOTE):
    """A reviewed bulk edit of these portfolios."""
    targets = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in ids]
    return run(control.submit("edit-portfolios", targets, {"actions": [action]}, person))


def to_the_end(job, clock):
    """As in a library: waiting ends by itself, and somebody mends what paused the job."""
    for _n in range(20):
        job = run(job)
        if job.state == S.WAITING:
            clock.time = job.wait_until.timestamp() + 1
            sweep()
        elif job.state == S.PAUSED:
            control.resume(job)
        else:
            return job  # ready, or over
    raise AssertionError(job.state)


def states(job):
    return {state: n for state, n in control.counts(job).items() if n and state != "total"}


def work_off_the_queue(most=1000):
    """As one worker does: whatever is next in the queue, until it is empty. Returns the numbers of the jobs."""
    worked = []
    while (task := OrmQ.objects.order_by("pk").first()) and len(worked) < most:
        task.delete()
        number = SignedPackage.loads(task.payload)["args"][0]
        worked.append(number)
        work(number)
    return worked


REFUSALS = ("429", "429day", "401html", "403html", "redirect")  # of the gateway: Alma never saw the request


@pytest.mark.parametrize(
    ("kind", "method", "when"),
    [
        (kind, method, when)
        for kind in KINDS
        for method, when in (("GET", "before"), ("PUT", "before"), ("PUT", "after"))
        if when == "before" or kind not in REFUSALS
    ],
)
def test_each_fault_of_almas_leaves_every_record_right_in_the_end(person, tree, emulator, clock, kind, method, when):
    ids = emulator.portfolios(tree.service_id, 4)
    before = {pid: emulator.record("portfolio", pid) for pid in ids}
    job = edit(person, tree, ids)
    emulator.faults.add(kind=kind, method=method, count=3, when=when)
    control.start(job)
    job = to_the_end(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 4}), job.items.values_list("message", "code")
    assert {pid: emulator.record("portfolio", pid) for pid in ids} == {
        pid: record | {"public_note": "New"} for pid, record in before.items()
    }
    assert sorted(Change.objects.filter(state="done").values_list("record_id", flat=True)) == sorted(ids)


def test_when_alma_is_down_for_long_the_job_rests_and_goes_on_by_itself(person, tree, emulator, clock):
    job = edit(person, tree, emulator.portfolios(tree.service_id, 40))
    control.start(job)
    emulator.faults.add(kind="503html", count=None)
    job = run(job)
    assert job.state == S.WAITING
    assert states(job).get("failed") is None
    emulator.faults.clear()
    assert to_the_end(job, clock).state == S.DONE
    assert states(job) == {"done": 40}


def test_the_reserve_ends_with_the_day_and_the_job_goes_on_by_itself(person, tree, emulator, clock):
    job = edit(person, tree, emulator.portfolios(tree.service_id, 4))
    Pace.objects.update(remaining=10, most_remaining=100)
    control.start(job)
    job = run(job)
    assert job.state == S.WAITING
    assert states(job) == {"pending": 4}
    clock.time = job.wait_until.timestamp() + 1
    sweep()
    assert run(job).state == S.DONE


def test_a_day_that_ends_in_the_middle_of_a_job_loses_nothing(person, tree, emulator, clock):
    """The institution has 60 calls a day, and the job needs 80, its review 40."""
    emulator._thresholds.per_day = 60
    ids = emulator.portfolios(tree.service_id, 40)
    job = to_the_end(edit(person, tree, ids), clock)
    began = clock.time
    control.start(job)
    job = to_the_end(job, clock)
    assert job.state == S.DONE
    assert clock.time - began > 24 * 3600
    assert states(job) == {"done": 40}
    assert len([call for call in emulator.calls if call.method == "PUT" and call.status == 200]) == 40


def test_two_jobs_take_turns_and_neither_waits_for_the_other_to_end(person, tree, emulator, clock):
    ids = emulator.portfolios(tree.service_id, 130)
    first, second = edit(person, tree, ids[:65]), edit(person, tree, ids[65:])
    emulator.options = replace(emulator.options, latency_ms=2000)  # a slice does 15 records
    OrmQ.objects.all().delete()
    control.start(first)
    control.start(second)
    turns = [number for number in work_off_the_queue() if number in (first.pk, second.pk)]
    assert turns[:6] == [first.pk, second.pk] * 3
    assert set(Job.objects.values_list("state", flat=True)) == {S.DONE}
    assert (states(first), states(second)) == ({"done": 65}, {"done": 65})


def test_two_jobs_about_one_field_do_not_write_over_each_other(person, tree, emulator):
    ids = emulator.portfolios(tree.service_id, 2)
    first, second = edit(person, tree, ids), edit(person, tree, ids, NOTE | {"value": "Newer"})
    control.start(first)
    control.start(second)
    run(first)
    assert run(second).state == S.DONE
    assert states(second) == {"skipped": 2}
    assert {emulator.record("portfolio", pid)["public_note"] for pid in ids} == {"New"}


def test_what_a_record_is_deleted_in_alma_meanwhile_is_said(person, tree, emulator):
    ids = emulator.portfolios(tree.service_id, 3)
    job = edit(person, tree, ids)
    emulator.store.run("DELETE FROM portfolios WHERE id = ?", int(ids[0]))
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE_WITH_ERRORS, {"done": 2, "failed": 1})
    assert job.items.get(state="failed").code == "60123"


def test_a_job_is_started_once_however_often_one_says_so(person, tree, emulator):
    job = edit(person, tree, emulator.portfolios(tree.service_id, 1))
    control.start(job)
    with pytest.raises(control.Refused):
        control.start(job)


def test_a_review_that_was_made_anew_since_the_page_was_shown_is_looked_at_again(person, tree, emulator):
    job = edit(person, tree, emulator.portfolios(tree.service_id, 1))
    seen = job.review_key
    control.change(job, {"actions": [NOTE | {"value": "Other"}]}, person)
    assert job.review_key == ""
    job = run(job)
    with pytest.raises(control.Refused):
        control.start(job, review_key=seen)
    assert job.state == S.READY
    control.start(job, review_key=job.review_key)
    assert run(job).state == S.DONE
    assert emulator.record("portfolio", job.items.get().ids[-1])["public_note"] == "Other"


def test_a_changed_job_forgets_what_it_reviewed(person, tree, emulator):
    job = edit(person, tree, emulator.portfolios(tree.service_id, 3))
    control.change(job, {"actions": [NOTE | {"do": "clear", "value": ""}]}, person)
    job = run(job)
    assert set(job.items.values_list("verdict", flat=True)) <= {"same", "changes"}
    assert all((item.after or {}).get("public_note") in (None, "") for item in job.items.all())
