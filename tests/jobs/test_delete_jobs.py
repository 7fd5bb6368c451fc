"""Deleting many portfolios: what is kept, what it costs, and what is called gone."""

import gzip
import json

import pytest

from almaportal.changes.models import Change
from almaportal.jobs import control
from almaportal.jobs.price import price
from almaportal.jobs.sweep import sweep
from ecollections.models import Place
from tests.ecollections.conftest import alma_says as alma_says
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import calls, dies, done, is_stopped_after_its_worker_died, meanwhile, states
from tests.jobs.places import local as local
from tests.jobs.places import slow as slow
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]


@pytest.fixture
def submit(person):
    def make(targets, bib="retain", **more):
        return control.submit("delete-portfolios", targets, {"bib": bib}, person, "Ticket 9", **more)

    return make


def test_each_is_deleted_by_one_call_that_says_what_becomes_of_its_title(submit, local, emulator):
    job = run(submit(local.paths[:5], "suppress"))
    assert (job.state, price(job).calls) == (S.READY, 5)
    assert job.items.exclude(title="").count() == 5
    emulator.calls.clear()
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 5})
    assert [(call.method, call.query) for call in emulator.calls] == [("DELETE", {"bib": "suppress"})] * 5
    assert len(local.ids) == 2


def test_a_shorter_path_is_for_all_portfolios_below(submit, local, emulator):
    job = done(submit([local.collection_id]))
    assert (job.state, local.ids) == (S.DONE, [])
    assert emulator.services(local.collection_id) == [local.service_id]


@pytest.mark.parametrize("bib", ["", "all", None])
def test_what_becomes_of_titles_must_be_said(submit, local, bib):
    with pytest.raises(control.Refused, match="retain, suppress, delete"):
        submit(local.paths, bib)


def test_the_records_are_kept_in_the_log_byte_for_byte(submit, tree, emulator, transport):
    ids = emulator.portfolios(tree.service_id, 3)
    emulator.put_record("portfolio", ids[0], emulator.record("portfolio", ids[0]) | {"nobody_knows": {"a": [1, None]}})
    seen, ask = {}, transport._call

    def call(request):
        status, headers, body = ask(request)
        if request.method == "GET":
            record = json.loads(gzip.decompress(body))
            seen[record.get("id")] = record
        return status, headers, body

    transport._call = call
    job = done(submit([f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in ids]))
    kept = dict(Change.objects.values_list("record_id", "record"))
    assert kept == {pid: seen[pid] for pid in ids}
    assert kept[ids[0]]["nobody_knows"] == {"a": [1, None]}
    assert job.items.first().kept == seen[ids[0]]
    assert set(Change.objects.values_list("action", "reason", "job_id", "who")) == {
        ("delete", "Ticket 9", job.pk, "e-resources")
    }


def test_what_the_review_did_not_look_at_is_read_and_kept_first(submit, local, emulator):
    before = local.records()
    job = run(submit(local.paths, sample=2))
    assert any("one call more" in text for text in _warnings(job))
    emulator.calls.clear()
    control.start(job)
    assert run(job).state == S.DONE
    assert (len(calls(emulator, "GET")), len(calls(emulator, "DELETE"))) == (5, 7)
    assert {change.record_id for change in Change.objects.filter(record__isnull=False)} == set(before)
    assert job.items.filter(kept__isnull=True).count() == 0


def _warnings(job):
    from almaportal.jobs.kinds import KINDS

    return KINDS[job.kind].warnings(job)


def test_what_is_not_there_is_found_missing_and_what_the_zone_manages_is_told(submit, tree, local, emulator):
    nowhere = f"{local.service}/53999999990004711"
    there = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    job = run(submit([nowhere, there, local.paths[0]]))
    assert list(job.items.order_by("position").values_list("verdict", flat=True)) == ["missing", "changes", "changes"]
    assert "Community Zone" in job.items.get(path=there).message
    assert job.items.get(path=local.paths[0]).message == ""
    control.start(job)
    assert states(run(job)) == {"done": 2, "skipped": 1}


def test_a_portfolio_is_deleted_where_it_really_is(submit, local, tree):
    pid = local.ids[0]
    job = done(submit([f"{tree.collection_id}/{tree.service_id}/{pid}"]))
    assert job.items.get().path == f"{local.service}/{pid}"
    assert Change.objects.get().ids == [local.collection_id, local.service_id, pid]


@pytest.mark.parametrize("code", ["60174", "60122"])
def test_what_is_being_deleted_already_or_gone_counts_as_done(submit, local, transport, code):
    ask = transport._call

    def call(request):
        if request.method == "DELETE":
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": code, "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    assert states(done(submit(local.paths[:2]))) == {"done": 2}


def test_a_refusal_of_almas_fails_the_item_and_nothing_is_said_to_be_deleted(submit, local, transport):
    ask = transport._call

    def call(request):
        if request.method == "DELETE":
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60175", "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    job = done(submit(local.paths[:2]))
    assert (job.state, states(job)) == (S.DONE_WITH_ERRORS, {"failed": 2})
    assert set(Change.objects.values_list("state", "code")) == {("failed", "60175")}
    assert control.can_be_undone(job) is False


# --- called gone only when seen gone


def test_the_sweep_sees_with_few_calls_that_all_are_gone(submit, local, emulator, clock):
    done(submit(local.paths[:6]))
    assert set(Change.objects.values_list("state", flat=True)) == {"going"}
    assert Change.objects.filter(look_at__isnull=False).count() == 1, "one stands for all"
    emulator.calls.clear()
    clock.time += 60
    sweep()
    assert set(Change.objects.values_list("state", "look_at")) == {("done", None)}
    assert len(emulator.calls) == 2, "one record, and the list of its service"
    assert not Place.objects.filter(pk__in=Change.objects.values("record_id")).exists()


def test_what_alma_is_still_deleting_is_not_called_gone(submit, slow, local, clock):
    paths = local.paths
    job = run(submit(paths[:3]))
    control.start(job)
    clock.time += 5
    assert run(job).state == S.DONE
    for pid in local.ids[1:3]:  # the first is done a minute earlier than the others
        slow.store.run("UPDATE portfolios SET deleted_at = deleted_at + 600 WHERE id = ?", int(pid))
    clock.time += 70
    sweep()
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", "going", "going"]
    assert Change.objects.filter(state="going", look_at__isnull=False).count() == 1, "it is followed now"
    for _n in range(20):
        clock.time += 61
        sweep()
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}


def test_the_list_of_a_large_service_is_read_over_several_sweeps(submit, tree, emulator, clock, monkeypatch):
    monkeypatch.setattr("ecollections.going.PAGES_A_LOOK", 1)
    paths = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 5)]
    done(submit(paths))
    clock.time += 60
    sweep()
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", *["going"] * 4]
    for _n in range(2):
        clock.time += 60
        sweep()
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}


def test_a_list_that_changes_while_it_is_read_proves_nothing(submit, tree, emulator, clock, monkeypatch):
    monkeypatch.setattr("ecollections.going.PAGES_A_LOOK", 1)
    ids = emulator.portfolios(tree.service_id, 6)
    done(submit([f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in ids[:5]]))
    clock.time += 60
    sweep()
    emulator.store.remove_portfolio(int(ids[5]), "retain")
    clock.time += 60
    sweep()
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", "done", *["going"] * 3]


# --- workers die, answers get lost


@pytest.mark.parametrize("reached", [False, True])
def test_what_a_dead_worker_left_behind_ends_right(submit, local, transport, clock, emulator, reached):
    before = local.records()
    job = run(submit(local.paths))
    control.start(job)
    job = dies(transport, clock, job, "DELETE", nth=3, reached=reached)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert local.ids == []
    assert Change.objects.count() == 7, "one a record, whatever happened"
    assert {change.record_id: change.record["id"] for change in Change.objects.all()} == {pid: pid for pid in before}


def test_a_slow_delete_whose_worker_died_is_sent_again_and_never_unsure(submit, slow, local, transport, clock):
    slow.options = slow.store.options
    job = run(submit(local.paths))
    control.start(job)
    slow.store.options = slow.options = slow.options.__class__(**{**slow.options.__dict__, "delete_seconds": 3600})
    job = dies(transport, clock, job, "DELETE", nth=2)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert set(Change.objects.values_list("state", flat=True)) == {"going"}


@pytest.mark.parametrize(("kind", "when"), [("drop", "after"), ("drop", "before"), ("503", "before"), ("500", "after")])
def test_a_lost_answer_is_settled_by_a_look(submit, local, emulator, kind, when):
    job = run(submit(local.paths))
    control.start(job)
    emulator.faults.add(kind=kind, method="DELETE", when=when, count=2)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 7})
    assert local.ids == []
    assert Change.objects.filter(state__in=("sent", "unsure")).count() == 0


def test_a_stopped_job_claims_nothing_of_what_its_worker_left(submit, local, transport, clock):
    job = run(submit(local.paths))
    control.start(job)
    job = is_stopped_after_its_worker_died(transport, clock, job, "DELETE")
    assert (job.state, states(job)) == (S.STOPPED, {"skipped": 6, "unsure": 1})
    item = job.items.get(state="unsure")
    assert (item.is_final, item.change) == (False, Change.objects.get())
    assert len(local.ids) == 7
    assert Change.objects.get().state == "unsure", "it is followed: nobody knows whether it is under way"
    control.retry(job)
    assert (states(run(job)), Change.objects.filter(record_id=item.ids[-1]).count()) == ({"done": 7}, 1)


def refuse(transport, nth):
    """Alma refuses the nth delete."""
    ask, seen = transport._call, []

    def call(request):
        seen.append(request.method)
        if request.method == "DELETE" and seen.count("DELETE") == nth:
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60175", "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call


@pytest.mark.parametrize("nth", [1, 2])
def test_whichever_delete_is_refused_the_others_are_followed_to_their_end(submit, local, transport, clock, nth):
    job = run(submit(local.paths))
    control.start(job)
    refuse(transport, nth)
    job = run(job)
    assert states(job) == {"done": 6, "failed": 1}
    assert Change.objects.filter(state="going", look_at__isnull=False).count() == 1
    for _n in range(3):
        clock.time += 600
        sweep()
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done"] * 6 + ["failed"]


def test_what_is_deleted_after_the_one_that_stood_for_all_was_gone_is_followed_too(submit, local, clock, monkeypatch):
    job = run(submit(local.paths))
    control.start(job)

    def later():
        clock.time += 20
        sweep()
        assert Change.objects.filter(state="done").count() == 3

    meanwhile(monkeypatch, "delete", later, nth=4)
    assert states(run(job)) == {"done": 7}
    for _n in range(3):
        clock.time += 600
        sweep()
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}


def test_what_alma_never_deletes_is_given_up_with_the_one_that_stood_for_it(submit, slow, local, clock):
    job = run(submit(local.paths[:3]))
    control.start(job)
    run(job)
    slow.store.run("UPDATE portfolios SET deleted_at = deleted_at + 999999 WHERE deleted_at IS NOT NULL")
    clock.time += 25 * 3600
    sweep()
    assert set(Change.objects.values_list("state", "look_at")) == {("unsure", None)}
    assert {change.text for change in Change.objects.all()} == {
        "The delete was sent a day ago, and the record is still there."
    }
