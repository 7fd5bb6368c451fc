"""Who has a job: one worker at a time, whatever people press meanwhile, and none for ever."""

from datetime import timedelta
from threading import active_count

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from almaportal.changes.models import Change
from almaportal.jobs import claims, control, queue
from almaportal.jobs.crew import Crew
from almaportal.jobs.models import Event, Item, Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import Slice, work
from tests.ecollections.conftest import tree as tree
from tests.jobs.test_edit_jobs import S, person, run
from tests.jobs.test_faults import NOTE, edit, states, work_off_the_queue

pytestmark = pytest.mark.thorough

__all__ = ["person"]


@pytest.fixture
def job(person, tree, emulator):
    """Started, nothing done yet."""
    made = edit(person, tree, emulator.portfolios(tree.service_id, 4))
    control.start(made)
    return made


def claimed(job):
    """As a worker that has just taken it up."""
    found = claims.claim(job.pk)
    assert found is not None
    return found


def test_a_job_that_was_paused_and_resumed_is_not_taken_from_the_worker_that_still_ends_its_items(job):
    mine = claimed(job)
    control.pause(job)
    control.resume(job)
    assert claims.claim(job.pk) is None
    assert claims.hand_back(mine, S.QUEUED, S.QUEUED)
    assert claims.claim(job.pk) is not None


def test_one_whose_worker_died_while_it_was_paused_goes_on_after_three_minutes(job, clock):
    claimed(job)
    control.pause(job)
    control.resume(job)
    OrmQ.objects.all().delete()
    clock.time += claims.STALE.total_seconds() + 1
    sweep()
    assert work_off_the_queue() == [job.pk]
    assert states(job) == {"done": 4}


def test_what_was_pressed_at_the_last_moment_counts(job, monkeypatch, person, tree, emulator):
    """While the files of the review are written somebody stops the job."""
    made = control.submit(
        "edit-portfolios", [f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"], {"actions": [NOTE]}, person
    )
    work(made.pk)
    mine = claimed(made)
    slice_ = Slice(mine, control.KINDS[mine.kind])
    assert slice_._review()
    ending_found = mine.state
    control.stop(made)
    assert not claims.hand_back(mine, ending_found, S.READY)
    slice_._hand_back(finished=True)
    made.refresh_from_db()
    assert (made.state, made.claimed_by) == (S.STOPPED, "")
    assert states(made) == {"skipped": 1}


def test_a_job_that_the_queue_lost_is_found_again(job):
    OrmQ.objects.all().delete()
    sweep()
    assert work_off_the_queue() == [job.pk]
    assert states(job) == {"done": 4}


def test_one_that_waits_in_the_queue_is_not_put_there_twice(job):
    OrmQ.objects.exclude(pk=OrmQ.objects.latest("pk").pk).delete()
    sweep()
    assert OrmQ.objects.count() == 1


def test_one_that_a_worker_took_and_never_began_is_found_again(job):
    lock = timezone.now() + timedelta(seconds=settings.Q_CLUSTER["retry"]) - queue.TAKEN - timedelta(seconds=1)
    OrmQ.objects.update(lock=lock)
    sweep()
    assert OrmQ.objects.filter(lock__lte=timezone.now()).count() == 1


def test_stopping_is_never_refused_because_a_worker_was_quicker(job):
    seen = Job.objects.get(pk=job.pk)
    mine = claimed(job)
    control.stop(seen)
    Slice(mine, control.KINDS[mine.kind])._hand_back(finished=False)
    job.refresh_from_db()
    assert job.state == S.STOPPED


def test_who_lost_the_role_leaves_nothing_pending(job, person):
    person.groups.clear()
    job = run(job)
    assert (job.state, states(job)) == (S.FAILED, {"skipped": 4})
    assert control.can_be_retried(job)
    assert job.files.filter(name="results.csv").exists()


def test_a_crew_whose_feeder_breaks_lets_nobody_work_on(job):
    """With threads, whose database this is not: so they only count."""
    done, before = [], active_count()

    class Broken(Crew):
        def _after(self, position):
            if position < 0:
                return [Item(position=n) for n in range(100)]
            raise RuntimeError("locked")

    crew = Broken(job.items.all(), done.append, lambda: True, 3)
    with pytest.raises(RuntimeError):
        crew._round_in_threads()
    assert active_count() == before
    assert len(done) <= 100


def test_reasons_of_the_review_outlive_a_stop_and_another_try(person, tree, emulator):
    targets = [f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}", "nonsense"]
    made = run(control.submit("edit-portfolios", targets, {"actions": [NOTE]}, person))
    why = made.items.get(path="nonsense").message
    control.start(made)
    control.stop(made)
    made = run(made)
    control.retry(made)
    made = run(made)
    assert (made.state, states(made)) == (S.DONE, {"done": 1, "skipped": 1})
    assert made.items.get(path="nonsense").message == why != ""


def test_a_scheduled_job_that_was_paused_keeps_its_hour(person, tree, emulator, clock):
    made = edit(person, tree, emulator.portfolios(tree.service_id, 1))
    at = timezone.now() + timedelta(days=400 * 365)
    control.start(made, at.replace(year=2030))
    control.pause(made)
    control.resume(made)
    assert (made.state, made.wait_until.year) == (S.WAITING, 2030)


def test_what_alma_refuses_while_the_records_are_found_ends_the_job(person, emulator, tree):
    params = {"actions": [NOTE], "match": {"query": "nothing~like_this", "expected": 1}}
    made = run(control.submit("edit-collections", [], params, person))
    assert made.state == S.FAILED
    assert "60106" in made.message


def test_a_plan_that_others_write_beside_goes_on_where_it_was(person, tree, emulator):
    """The list is read once, though each write in the area makes what is kept stale."""
    from almaportal.alma import cache

    made = control.submit("edit-portfolios", [f"{tree.collection_id}/{tree.service_id}"], {"actions": [NOTE]}, person)
    mine = claimed(made)
    plan = Slice(mine, control.KINDS[mine.kind])
    plan.goes_on = lambda: False  # a slice that ends after its first page
    assert not plan._plan()
    first = len(emulator.calls)
    cache.drop("electronic")
    plan.goes_on = lambda: True
    assert plan._plan()
    assert len(emulator.calls) == first + 1, "the second page alone"


def test_what_could_not_be_read_for_the_review_is_tried_by_the_run(person, tree, emulator, clock):
    ids = emulator.portfolios(tree.service_id, 2)
    targets = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in ids]
    made = control.submit("edit-portfolios", targets, {"actions": [NOTE]}, person)
    emulator.faults.add(kind="500", method="GET", path=f"*{ids[0]}", count=None)
    made = run(made)
    assert dict(made.items.values_list("verdict", "state")) == {"unread": "pending", "changes": "pending"}
    emulator.faults.clear()
    control.start(made)
    assert run(made).state == S.DONE
    assert states(made) == {"done": 2}


def test_a_job_is_taken_back_once(job, person):
    job = run(job)
    back = control.undo(job, person)
    with pytest.raises(control.Refused, match=f"Job {back.pk}"):
        control.undo(job, person)
    control.stop(back)
    run(back)
    assert control.undo(job, person).pk != back.pk


def test_a_fault_of_ours_in_settling_is_for_a_person(job, monkeypatch, caplog):
    Item.objects.filter(job=job).update(state="sent")
    Change.objects.create(
        at=timezone.now(),
        job_id=job.pk,
        action="edit",
        kind="unheard of",
        record_id=job.items.first().ids[-1],
        state="sent",
    )
    work(job.pk)
    assert job.items.filter(state="sent").count() == 0
    assert job.items.first().state == "unsure"


def test_the_sweep_wakes_jobs_whatever_else_goes_wrong(job, clock):
    Change.objects.create(
        at=timezone.now(), action="delete", kind="unheard of", record_id="1", state="going", look_at=timezone.now()
    )
    OrmQ.objects.all().delete()
    with pytest.raises(KeyError):
        sweep()
    assert work_off_the_queue() == [job.pk]


def test_the_log_says_who_did_what(job, person):
    control.pause(job, "somebody")
    assert Event.objects.filter(job=job).latest("pk").who == "somebody"
