"""A worker's slice: what it does about faults, other people's wishes, and what a dead worker left behind."""

import pytest

from almaportal.alma.models import Pace
from almaportal.changes.models import Change
from almaportal.jobs import claims, control, each
from almaportal.jobs.models import Item, Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import work
from tests.ecollections.conftest import tree as tree
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]
NOTE = {"path": "public_note", "do": "set", "value": "New"}


@pytest.fixture
def job(person, tree, emulator):
    """A reviewed edit of four portfolios."""
    targets = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 4)]
    made = run(control.submit("edit-portfolios", targets, {"actions": [NOTE]}, person))
    emulator.calls.clear()
    return made


def states(job):
    return {state: n for state, n in control.counts(job).items() if n and state != "total"}


def puts(emulator):
    return [call for call in emulator.calls if call.method == "PUT"]


def test_an_edit_costs_two_calls_a_record(job, emulator):
    control.start(job)
    assert run(job).state == S.DONE
    assert [call.method for call in emulator.calls] == ["GET", "PUT"] * 4


def test_nothing_is_written_before_the_start(job, emulator):
    assert (job.state, puts(emulator)) == (S.READY, [])


def test_a_refusal_of_almas_is_final_and_said_with_its_code(person, tree, emulator):
    action = {"path": "license.value", "do": "set", "value": "LIC-NONE"}
    targets = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 2)]
    made = run(control.submit("edit-portfolios", targets, {"actions": [action]}, person))
    control.start(made)
    made = run(made)
    assert (made.state, states(made)) == (S.DONE_WITH_ERRORS, {"failed": 2})
    item = made.items.first()
    assert (item.code, item.is_final, bool(item.tracking_id)) == ("60169", True, True)
    with pytest.raises(control.Refused):
        control.retry(made)


def test_a_passing_trouble_of_alma_is_tried_again(job, emulator):
    emulator.faults.add(kind="503", method="GET", count=6)
    control.start(job)
    assert run(job).state == S.DONE
    assert states(job) == {"done": 4}


def test_when_the_days_calls_are_used_up_the_job_waits_for_midnight_gmt_and_goes_on(job, emulator, clock):
    control.start(job)
    emulator.faults.add(kind="429day", method="PUT")
    job = run(job)
    assert job.state == S.WAITING
    assert job.wait_until.strftime("%H:%M") == "00:00"
    assert states(job).get("failed") is None
    clock.time = job.wait_until.timestamp() + 1
    sweep()
    assert run(job).state == S.DONE
    assert states(job) == {"done": 4}


def test_a_key_that_was_refused_pauses_the_job(job, settings, emulator):
    control.start(job)
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "demo-readonly"}
    job = run(job)
    assert job.state == S.PAUSED
    assert states(job) == {"pending": 4}
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "demo-all"}
    control.resume(job)
    assert run(job).state == S.DONE


def test_the_reserve_is_left_to_people(job, settings, emulator):
    Pace.objects.update(remaining=10, most_remaining=100)
    control.start(job)
    assert run(job).state == S.WAITING
    assert puts(emulator) == []


def test_who_lost_the_role_runs_nothing_any_more(job, person, emulator):
    control.start(job)
    person.groups.clear()
    job = run(job)
    assert job.state == S.FAILED
    assert "may not do this" in job.message
    assert puts(emulator) == []


def test_a_field_that_somebody_changed_since_the_review_is_left_alone(job, emulator):
    first = job.items.first().ids[-1]
    emulator.put_record("portfolio", first, emulator.record("portfolio", first) | {"public_note": "Theirs"})
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 3, "skipped": 1}
    assert "Changed in Alma since" in job.items.get(state="skipped").message
    assert emulator.record("portfolio", first)["public_note"] == "Theirs"


def test_a_stopped_job_leaves_out_the_rest_and_can_be_taken_up_again(job, emulator):
    control.start(job)
    control.stop(job)
    job = run(job)
    assert job.state == S.STOPPED
    assert states(job) == {"skipped": 4}
    control.retry(job)
    assert run(job).state == S.DONE
    assert states(job) == {"done": 4}


def test_a_paused_job_does_nothing(job, emulator):
    control.start(job)
    control.pause(job)
    work(job.pk)
    assert emulator.calls == []
    with pytest.raises(control.Refused):
        control.pause(job)


def test_the_same_job_twice_in_the_queue_is_worked_on_once(job, emulator):
    control.start(job)
    run(job)
    work(job.pk)
    assert len(puts(emulator)) == 4


@pytest.mark.parametrize("reached", [False, True])
def test_what_a_dead_worker_left_behind_is_settled_and_not_written_twice(job, emulator, transport, clock, reached):
    control.start(job)
    ask_emulator = transport._call

    def die(request):
        if request.method == "PUT":
            if reached:
                ask_emulator(request)
            raise SystemExit
        return ask_emulator(request)

    transport._call = die
    with pytest.raises(SystemExit):
        work(job.pk)
    transport._call = ask_emulator
    job.refresh_from_db()
    assert (job.state, states(job)) == (S.RUNNING, {"pending": 3, "sent": 1})
    work(job.pk)
    assert states(job) == {"pending": 3, "sent": 1}, "the worker may be alive yet"
    clock.time += claims.STALE.total_seconds() + 1
    sweep()
    work(job.pk)
    assert run(job).state == S.DONE
    assert states(job) == {"done": 4}
    assert len(puts(emulator)) == 4
    assert Change.objects.filter(state="done").count() == 4


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(job, transport, clock):
    control.start(job)

    def die(request):
        raise SystemExit

    transport._call = die
    for _n in range(claims.DEATHS):
        with pytest.raises(SystemExit):
            work(job.pk)
        clock.time += claims.STALE.total_seconds() + 1
    work(job.pk)
    job.refresh_from_db()
    assert job.state == S.FAILED
    assert "died" in job.message


def test_an_item_that_was_sent_ten_times_without_an_answer_is_given_up_and_the_others_are_done(job, emulator):
    control.start(job)
    job.items.filter(position=0).update(tries=each.DEATHS)
    assert run(job).state == S.DONE_WITH_ERRORS
    assert states(job) == {"done": 3, "failed": 1}
    item = job.items.get(position=0)
    assert (item.message, item.is_final) == (
        "Tried 10 times, and each time the worker died or Alma gave no answer.",
        False,
    )
    assert len(puts(emulator)) == 3


def test_items_are_one_a_record(person, tree, emulator):
    path = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    targets = [path, path, f"{tree.collection_id}/{tree.service_id}"]
    made = run(control.submit("edit-portfolios", targets, {"actions": [NOTE]}, person))
    assert made.items.count() == 130
    assert sorted(made.items.values_list("path", flat=True)) == sorted(set(made.items.values_list("path", flat=True)))


def test_a_sample_leaves_the_rest_to_the_run(person, tree, emulator):
    targets = [f"{tree.collection_id}/{tree.service_id}"]
    made = run(control.submit("edit-portfolios", targets, {"actions": [NOTE]}, person, sample=5))
    assert made.items.exclude(verdict="").count() == 5
    control.start(made)
    assert run(made).state == S.DONE
    assert Item.objects.filter(job=made, state="done").count() == 130


def test_jobs_of_one_kind_only_take_what_the_table_allows(person):
    for bad in (
        [],
        [{"path": "id", "do": "set", "value": "1"}],
        [{"path": "public_note", "do": "burn"}],
        [{"path": "availability.value", "do": "set", "value": "12"}],
        [{"path": "activation_date", "do": "set", "value": "soon"}],
        [{"path": "public_note", "do": "replace", "find": "(", "how": "pattern", "value": ""}],
        [NOTE, NOTE],
    ):
        with pytest.raises(control.Refused):
            control.submit("edit-portfolios", ["1/2/3"], {"actions": bad}, person)
    assert Job.objects.count() == 0
