"""Moving portfolios: made in the other service first, deleted only when that is certain; never two, never none."""

import gzip
import json

import pytest

from almaportal.changes.models import Change
from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.price import price
from almaportal.jobs.work import work
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import (
    add_portfolio,
    calls,
    dies,
    done,
    is_stopped_after_its_worker_died,
    meanwhile,
    states,
    wait,
)
from tests.jobs.places import empty as empty
from tests.jobs.places import local as local
from tests.jobs.places import post as post
from tests.jobs.test_edit_jobs import S, person, run
from tests.jobs.test_remake_jobs import meant

pytestmark = pytest.mark.thorough

__all__ = ["person"]


@pytest.fixture
def submit(person, empty):
    def make(targets, to=empty.service):
        return control.submit("move-portfolios", targets, {"to": to}, person)

    return make


def as_meant(records):
    return sorted(meant(record) for record in records.values())


def test_each_is_made_there_with_all_it_has_and_deleted_here(submit, local, empty, emulator):
    before = local.records()
    job = run(submit([local.service]))
    assert job.items.filter(verdict="changes").count() == 7
    emulator.calls.clear()
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert local.ids == []
    assert as_meant(empty.records()) == as_meant(before)
    assert {call.query["bib"] for call in calls(emulator, "DELETE")} == {"retain"}
    deleted = Change.objects.filter(action="delete")
    assert {change.record_id: change.record["id"] for change in deleted} == {pid: pid for pid in before}


def test_what_cannot_be_moved_or_need_not_be_is_said(submit, local, empty, tree, post):
    mms = next(iter(local.records().values()))["resource_metadata"]["mms_id"]["value"]
    there = add_portfolio(post, empty, mms)
    zone = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    nowhere = f"{local.service}/53999999990004711"
    job = run(submit([zone, local.paths[0], f"{empty.service}/{there}", nowhere, local.paths[1]]))
    found = [(item.verdict, item.message) for item in job.items.order_by("position")]
    assert [verdict for verdict, _text in found] == ["refused", "left", "left", "missing", "changes"]
    assert "Community Zone manages it" in found[0][1]
    assert there in found[1][1]
    control.start(job)
    assert states(run(job)) == {"done": 1, "skipped": 4}
    assert len(empty.ids) == 2


@pytest.mark.parametrize("to", ["", "61100000140004711", "61/62/53", "61999999990004711/62999999990004711"])
def test_the_service_must_be_one(submit, local, to):
    with pytest.raises(control.Refused):
        submit(local.paths, to)


def test_what_is_not_made_as_it_was_keeps_the_old_one(submit, local, empty, emulator, transport):
    ask, pid = transport._call, local.ids[0]

    def call(request):
        status, headers, body = ask(request)
        if request.method == "POST":
            made = json.loads(gzip.decompress(body)) | {"availability": {"value": "10"}}
            return status, [("Content-Type", "application/json")], json.dumps(made).encode()
        return status, headers, body

    record = emulator.record("portfolio", pid) | {"availability": {"value": "11", "desc": "Available"}}
    emulator.put_record("portfolio", pid, record | {"coverage_details": {}})
    transport._call = call
    job = done(submit([f"{local.service}/{pid}"]))
    assert (job.state, states(job)) == (S.DONE_WITH_ERRORS, {"failed": 1})
    assert "the old one was kept" in job.items.get().message
    assert pid in local.ids
    assert calls(emulator, "DELETE") == []


def test_undo_is_the_way_back_where_all_came_from_one_service(submit, local, empty, person):
    before = local.records()
    job = done(submit(local.paths[:3]))
    back = done(control.undo(job, person))
    assert (back.kind, back.params, states(back)) == ("move-portfolios", {"to": local.service}, {"done": 3})
    assert empty.ids == []
    assert as_meant(local.records()) == as_meant(before)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("reached", [False, True])
def test_after_a_worker_died_each_is_in_one_place_and_whole(
    submit, local, empty, transport, clock, emulator, method, reached
):
    for pid in local.ids:
        record = emulator.record("portfolio", pid)
        details = record["coverage_details"] | {"local_date_coverage_parameters": [{"from_year": "1999"}]}
        emulator.put_record("portfolio", pid, record | {"coverage_details": details})
    before = local.records()
    job = run(submit(local.paths))
    control.start(job)
    job = dies(transport, clock, job, method, nth=3, reached=reached)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert local.ids == []
    assert as_meant(empty.records()) == as_meant(before)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_after_a_lost_answer_too(submit, local, empty, emulator, clock, method, when):
    before = local.records()
    job = run(submit(local.paths))
    control.start(job)
    emulator.faults.add(kind="drop", method=method, when=when)
    job = run(job)
    while job.state == S.WAITING:
        job = wait(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert local.ids == []
    assert as_meant(empty.records()) == as_meant(before)


def test_the_price_is_no_less_than_the_run_costs(submit, local, emulator):
    for pid in local.ids:
        record = emulator.record("portfolio", pid)
        details = record["coverage_details"] | {"local_date_coverage_parameters": [{"from_year": "1999"}]}
        emulator.put_record("portfolio", pid, record | {"coverage_details": details})
    job = run(submit(local.paths))
    said = price(job).calls
    emulator.calls.clear()
    control.start(job)
    assert states(run(job)) == {"done": 7}
    assert len(emulator.calls) == said


def test_it_can_be_undone_where_all_came_from_one_service_which_costs_three_questions(
    submit, local, tree, django_assert_max_num_queries
):
    job = done(submit(local.paths[:3]))
    with django_assert_max_num_queries(3):
        assert KINDS[job.kind].can_be_undone(job)
    deleted = Change.objects.filter(action="delete").first()
    Change.objects.filter(pk=deleted.pk).update(ids=[tree.collection_id, tree.service_id, deleted.record_id])
    assert not KINDS[job.kind].can_be_undone(job)
    assert KINDS[job.kind].undo(job) is None


def test_a_delete_of_which_a_stopped_job_knows_nothing_is_unsure(submit, local, empty, transport, clock):
    job = run(submit(local.paths))
    control.start(job)
    job = is_stopped_after_its_worker_died(transport, clock, job, "DELETE")
    assert states(job) == {"skipped": 6, "unsure": 1}
    control.retry(job)
    job = run(job)
    assert (states(job), local.ids, len(empty.ids)) == ({"done": 7}, [], 7)


def test_a_title_that_another_job_is_just_making_there_is_not_made_twice(
    submit, local, empty, person, emulator, monkeypatch
):
    moved = run(submit(local.paths[:1]))
    mms = emulator.record("portfolio", local.ids[0])["resource_metadata"]["mms_id"]["value"]
    rows, settings = [{"mms_id": mms, "to": empty.service}], {"set": {"availability.value": "11"}}
    made = run(control.submit("create-portfolios", rows, settings, person))
    control.start(moved)
    control.start(made)
    meanwhile(monkeypatch, "create", lambda: work(moved.pk))
    work(made.pk)
    assert (states(run(made)), states(run(moved))) == ({"done": 1}, {"skipped": 1})
    assert (len(empty.ids), len(local.ids)) == (1, 7)
