"""The job that sorts a file's rows: begun anew after a dead worker, stopped, and what is kept how long."""

from datetime import timedelta
from io import BytesIO

import pytest

from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import work
from ecollections.loading import checking, load_forms, load_jobs
from ecollections.models import Load
from tests.ecollections.bringing import sorted_now, worked_off
from tests.jobs.making import NOON

pytestmark = pytest.mark.thorough


@pytest.fixture
def person(sign_in, django_user_model):
    sign_in("e-resources")
    return django_user_model.objects.get(username="e-resources")


@pytest.fixture
def make(person, rf, clock):
    """make(rows) → a file of so many changes, ready to be sorted."""

    def make(rows=3, **more):
        request = rf.post("/")
        request.user = person
        lines = "".join(f"61/62/53{n:015d},Note {n}\n" for n in range(rows))
        file = BytesIO(f"Path,Public note\n{lines}".encode())
        fields = {"form": "rows", **load_forms.found_out("portfolio", file), **more}
        return load_forms.keep(request, "changes.csv", file, **fields)

    return make


def test_it_begins_by_itself_and_reads_no_record(make, person, emulator):
    load = make()
    load_jobs.sort(load, person)
    load = sorted_now(load)
    assert (load.counts, load.job.state) == ({"edit": 3}, "done")
    assert [call for call in emulator.calls if "/conf/" not in call.path] == []
    item = load.job.items.get()
    assert (item.state, item.message) == ("done", "3 rows were sorted.")
    assert KINDS["sort-file"].address(item) == f"/ecollections/files/{load.pk}/"


def test_rows_are_kept_with_all_that_was_found_out(make, person):
    load = make()
    load_jobs.sort(load, person)
    row = sorted_now(load).rows.get(number=3)
    assert (row.group, row.path) == ("edit", "61/62/53000000000000001")
    assert row.data == {"set": {"public_note": "Note 1"}, "lines": [["Public note", "", "Note 1"]]}


def test_after_a_dead_worker_it_is_begun_anew(make, person, clock, monkeypatch):
    load = make(rows=2500)
    job = load_jobs.sort(load, person)
    work(job.pk)  # the plan
    check = checking.check

    def dies(*args):
        for n, row in enumerate(check(*args)):
            if n == 2200:
                raise SystemExit
            yield row

    with monkeypatch.context() as patch:
        patch.setattr(checking, "check", dies)
        with pytest.raises(SystemExit):
            work(job.pk)
    assert load.rows.count() == 2000
    clock.time += 200
    worked_off(job)
    assert load.rows.count() == 2500
    assert Load.objects.get(pk=load.pk).counts == {"edit": 2500}


def meanwhile(monkeypatch, do):
    """`do()` happens, once, after the first thousand rows."""
    check = checking.check

    def slow(*args):
        for n, row in enumerate(check(*args)):
            if n == 1500 and not happened:
                happened.append(do())
            yield row

    happened = []
    monkeypatch.setattr(checking, "check", slow)


def test_it_can_be_stopped(make, person, monkeypatch):
    load = make(rows=2500)
    job = load_jobs.sort(load, person)
    meanwhile(monkeypatch, lambda: control.stop(Job.objects.get(pk=job.pk)))
    assert worked_off(job).state == "stopped"
    assert Load.objects.get(pk=load.pk).counts is None
    assert load.rows.count() == 1000


def test_paused_it_is_begun_anew_later(make, person, monkeypatch):
    load = make(rows=2500)
    job = load_jobs.sort(load, person)
    meanwhile(monkeypatch, lambda: control.pause(Job.objects.get(pk=job.pk)))
    assert worked_off(job).state == "paused"
    control.resume(Job.objects.get(pk=job.pk))
    assert sorted_now(load).counts == {"edit": 2500}


def test_a_file_that_was_removed_meanwhile_harms_nothing(make, person, monkeypatch):
    load = make(rows=2500)
    job = load_jobs.sort(load, person)
    meanwhile(monkeypatch, lambda: Load.objects.filter(pk=load.pk).delete())
    job = worked_off(job)
    assert job.state == "done"
    assert job.items.get().state == Item.State.SKIPPED


def test_only_the_last_job_of_a_file_sorts_it(make, person):
    load = make()
    first = load_jobs.sort(load, person)
    second = load_jobs.sort(load, person)
    assert worked_off(first).items.get().state == Item.State.SKIPPED
    assert worked_off(second).items.get().state == Item.State.DONE


def test_what_makes_the_whole_file_unusable_is_said(make, person):
    load = make(layout={"format": "xlsx", "sheet": "x"})
    job = worked_off(load_jobs.sort(load, person))
    assert job.state == "done with errors"
    load = Load.objects.get(pk=load.pk)
    assert load.message == job.items.get().message != ""
    assert load.counts is None


def test_files_are_kept_as_long_as_those_of_jobs(make, person, clock, settings):
    old, new = make(), make()
    settings.JOB_FILES_DAYS = 30
    Load.objects.filter(pk=old.pk).update(made=NOON - timedelta(days=31))
    sweep()
    assert list(Load.objects.values_list("pk", flat=True)) == [new.pk]


def test_of_comparisons_with_a_service_the_last_one_is_kept_and_that_before_it(make, settings, clock):
    kbart = {"form": "kbart", "counts": {"new": 1}, "made": NOON - timedelta(days=100)}
    fields = [("62", {}), ("62", {}), ("62", {}), ("63", {}), ("62", {"counts": None})]
    loads = [make() for _one in fields]
    for load, (service, more) in zip(loads, fields, strict=True):
        Load.objects.filter(pk=load.pk).update(service_id=service, **(kbart | more))
    Load.objects.filter(pk=loads[2].pk).update(previous=loads[1])
    sweep()
    assert list(Load.objects.order_by("pk").values_list("pk", flat=True)) == [one.pk for one in loads[1:4]]
