"""Taking a delete back: all that can be made again is, from the top down, and the rest is listed with the reason."""

import json

import pytest

from almaportal.alma.records import normal
from almaportal.changes.models import Change
from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.price import price
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import Local, add_portfolio, calls, dies, done, states
from tests.jobs.places import local as local
from tests.jobs.places import post as post
from tests.jobs.places import slow as slow
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]
OWN = ("id", "link", "electronic_collection")
COVERED = [{"from_year": "1999", "until_year": "2004"}]


@pytest.fixture
def deleted(person, local, emulator):
    """The whole e-collection is gone; its records as they were."""
    pid = local.ids[0]
    record = emulator.record("portfolio", pid)
    details = record["coverage_details"] | {"local_date_coverage_parameters": COVERED}
    emulator.put_record("portfolio", pid, record | {"coverage_details": details, "public_note": "<b>é 名"})
    before = local.records()
    job = done(control.submit("delete-tree", [local.collection_id], {"bib": "retain"}, person))
    assert job.state == S.DONE
    return job, before


def made(emulator, job):
    """Where it is now."""
    [change] = Change.objects.filter(job_id=job.pk, kind="service", state="done")
    return Local(emulator, *change.ids)


def meant(record):
    """Without what Alma gives itself, in one spelling, as a text."""
    bib = record["resource_metadata"]["mms_id"]["value"]
    kept = {name: part for name, part in record.items() if name not in (*OWN, "resource_metadata")}
    kept["activation_date"] = str(record.get("activation_date") or "").upper()
    return json.dumps([bib, normal(kept)], sort_keys=True)


def test_the_whole_tree_is_made_again_with_new_ids(deleted, person, emulator, local):
    job, before = deleted
    name = Change.objects.get(kind="collection").record["public_name"]
    emulator.calls.clear()
    back = run(control.undo(job, person))
    assert back.state == S.READY, back.message
    assert {item.verdict for item in back.items.all()} == {"changes"}
    assert any("new IDs" in text for text in KINDS[back.kind].warnings(back))
    assert calls(emulator, "POST") == []
    control.start(back)
    back = run(back)
    assert (back.state, states(back)) == (S.DONE, {"done": 9})
    assert [call.path.count("/") // 2 for call in calls(emulator, "POST")] == [1, 2] + [3] * 7
    now = made(emulator, back)
    assert now.collection_id != local.collection_id
    assert emulator.record("collection", now.collection_id)["public_name"] == name
    assert [meant(one) for one in now.records().values()] == [meant(one) for one in before.values()]
    assert not set(now.ids) & set(before)


def test_portfolios_go_into_their_old_service_where_it_is_still_there(person, local, emulator):
    before = local.records()
    job = done(control.submit("delete-portfolios", local.paths[:3], {"bib": "retain"}, person))
    back = done(control.undo(job, person))
    assert (back.state, states(back)) == (S.DONE, {"done": 3})
    assert len(local.ids) == 7
    assert sorted(map(meant, local.records().values())) == sorted(map(meant, before.values()))


def test_what_the_community_zone_manages_is_listed_with_the_reason(person, tree, emulator):
    paths = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 2)]
    job = done(control.submit("delete-portfolios", paths, {"bib": "retain"}, person))
    back = run(control.undo(job, person))
    assert [item.verdict for item in back.items.all()] == ["refused"] * 2
    assert "activate it there again" in back.items.first().message
    control.start(back)
    assert states(run(back)) == {"skipped": 2}
    assert calls(emulator, "POST") == []


def test_a_local_portfolio_of_an_e_collection_that_cannot_be_made_again_is_listed_too(person, local, emulator):
    emulator.put_record(
        "collection", local.collection_id, emulator.record("collection", local.collection_id) | {"is_local": False}
    )
    job = done(control.submit("delete-tree", [local.collection_id], {"bib": "retain"}, person))
    back = run(control.undo(job, person))
    assert {item.verdict for item in back.items.all()} == {"refused"}
    assert "What it belongs to is of the Community Zone" in back.items.filter(stage=2).first().message


def test_a_portfolio_whose_title_was_deleted_is_listed(person, local):
    job = done(control.submit("delete-portfolios", local.paths[:2], {"bib": "delete"}, person))
    assert any("cannot be made again" in text for text in KINDS[job.kind].warnings(job))
    back = run(control.undo(job, person))
    assert {item.verdict for item in back.items.all()} == {"refused"}
    assert "no title with the MMS ID" in back.items.first().message


def test_what_it_belongs_to_may_be_gone_since(person, local, emulator):
    job = done(control.submit("delete-portfolios", local.paths, {"bib": "retain"}, person))
    emulator.store.run("DELETE FROM services WHERE id = ?", int(local.service_id))
    back = run(control.undo(job, person))
    assert {item.verdict for item in back.items.all()} == {"refused"}
    assert "is not there any more" in back.items.first().message


def test_what_was_made_again_already_is_left(person, local):
    job = done(control.submit("delete-portfolios", local.paths[:2], {"bib": "retain"}, person))
    done(control.undo(job, person))
    again = run(control.submit("make-again", [], {"job": job.pk}, person))
    assert {item.verdict for item in again.items.all()} == {"left"}


def test_where_the_service_cannot_be_made_its_portfolios_are_left_out(deleted, person, transport):
    back = run(control.undo(deleted[0], person))
    ask = transport._call

    def call(request):
        if request.method == "POST" and request.url.endswith("/e-services"):
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60149", "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    control.start(back)
    back = run(back)
    assert (back.state, states(back)) == (S.DONE_WITH_ERRORS, {"done": 1, "failed": 1, "skipped": 7})
    assert "was not made again" in back.items.filter(state="skipped").first().message


@pytest.mark.parametrize("reached", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 5])
def test_after_a_worker_died_nothing_is_made_twice(deleted, person, emulator, transport, clock, nth, reached):
    job, before = deleted
    collections = len(emulator.collections())
    back = run(control.undo(job, person))
    control.start(back)
    back = dies(transport, clock, back, "POST", nth=nth, reached=reached)
    assert (back.state, states(back)) == (S.DONE, {"done": 9})
    assert len(emulator.collections()) == collections + 1
    now = made(emulator, back)
    assert sorted(map(meant, now.records().values())) == sorted(map(meant, before.values()))


def test_what_was_made_again_after_the_review_is_not_made_twice(person, local, emulator):
    job = done(control.submit("delete-portfolios", local.paths[:3], {"bib": "retain"}, person))
    back = run(control.undo(job, person))
    other = run(control.submit("make-again", [], {"job": job.pk}, person))
    assert done_items(other) == {"done": 3}
    control.start(back)
    back = run(back)
    assert (states(back), len(local.ids)) == ({"skipped": 3}, 7)
    made = {change.record_id for change in Change.objects.filter(job_id=other.pk)}
    assert {item.message for item in back.items.all()} == {f"It was made again already as {one}." for one in made}
    assert len(calls(emulator, "POST")) == 3


def done_items(job):
    control.start(job)
    return states(run(job))


def test_where_somebody_made_one_like_it_in_alma_it_is_left(person, local, emulator, post):
    mms = emulator.record("portfolio", local.ids[0])["resource_metadata"]["mms_id"]["value"]
    job = done(control.submit("delete-portfolios", local.paths[:2], {"bib": "retain"}, person))
    back = run(control.undo(job, person))
    theirs = add_portfolio(post, local, mms)
    assert done_items(back) == {"done": 1, "skipped": 1}
    assert theirs in back.items.get(state="skipped").message
    assert len(local.ids) == 7


def test_two_of_one_title_that_were_deleted_together_are_both_made_again(person, local, emulator, post):
    mms = emulator.record("portfolio", local.ids[0])["resource_metadata"]["mms_id"]["value"]
    add_portfolio(post, local, mms)
    job = done(control.submit("delete-portfolios", local.paths, {"bib": "retain"}, person))
    assert states(done(control.undo(job, person))) == {"done": 8}


def test_what_alma_is_still_deleting_does_not_stand_in_for_it(person, slow, local):
    job = done(control.submit("delete-portfolios", local.paths[:2], {"bib": "retain"}, person))
    assert len(local.ids) == 7
    assert states(done(control.undo(job, person))) == {"done": 2}


@pytest.mark.parametrize("sample", [None, 1])
def test_the_price_counts_the_call_that_coverage_costs(deleted, person, emulator, local, sample):
    job, _before = deleted
    back = run(control.submit("make-again", [], {"job": job.pk}, person, sample=sample))
    said = price(back).calls
    emulator.calls.clear()
    assert done_items(back) == {"done": 9}
    spent = len(emulator.calls)
    assert spent <= said
    if sample is None:
        assert said <= spent + 2, "two have the coverage that Alma gives of itself: no call follows"
