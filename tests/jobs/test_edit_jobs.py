"""A bulk edit from submitting to done, worked off in this thread."""

import pytest

from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.jobs.work import work
from tests.ecollections.conftest import tree as tree

pytestmark = pytest.mark.thorough

S = Job.State


@pytest.fixture
def local(emulator):
    from tests.jobs.places import Local

    collection = emulator.collections()[14]
    return Local(emulator, collection, emulator.services(collection)[0])


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


ONLY_OLD = {"path": "linking_details.static_url_override", "is": "contains", "value": "old.example.org"}


def test_what_is_none_of_those_meant_any_more_when_the_job_runs_is_left_alone(person, tree, emulator):
    ids = emulator.portfolios(tree.service_id, 200)
    meant = next(one for one in ids if "old." in emulator.record("portfolio", one)["linking_details"]["url"])
    note = {"path": "public_note", "do": "set", "value": "New"}
    params = {"actions": [note], "only": [ONLY_OLD]}
    targets = [f"{tree.collection_id}/{tree.service_id}/{meant}"]
    job = run(control.submit("edit-portfolios", targets, params, person))
    assert job.items.get().verdict == "changes"
    record = emulator.record("portfolio", meant)
    details = record["linking_details"] | {"static_url_override": ""}
    emulator.put_record("portfolio", meant, record | {"linking_details": details})
    control.start(job)
    run(job)
    item = job.items.get()
    assert (item.state, item.message) == ("skipped", "Left alone: Static URL (override) is empty.")
    assert emulator.record("portfolio", meant)["public_note"] != "New"


def test_a_pattern_that_never_ends_refuses_its_record_and_no_other(person, tree, emulator):
    first, second = emulator.portfolios(tree.service_id, 2)
    for one, text in ((first, "a" * 5000), (second, "aab")):
        emulator.put_record("portfolio", one, emulator.record("portfolio", one) | {"public_note": text})
    action = {"path": "public_note", "do": "replace", "find": "(?:a+a+)+b", "value": r"x", "how": "pattern"}
    targets = [f"{tree.collection_id}/{tree.service_id}/{one}" for one in (first, second)]
    job = run(control.submit("edit-portfolios", targets, {"actions": [action]}, person))
    refused, changed = job.items.order_by("position")
    assert (refused.verdict, changed.verdict) == ("refused", "changes")
    assert "takes too long" in refused.message
    assert changed.after == {"public_note": "x"}


def test_what_alma_does_not_have_is_not_found_and_stops_nobody(person, tree, emulator):
    path = f"{tree.collection_id}/{tree.service_id}"
    targets = [f"{path}/53999999999999999", f"{path}/{tree.portfolio_id}"]
    note = {"path": "public_note", "do": "set", "value": "New"}
    job = run(control.submit("edit-portfolios", targets, {"actions": [note]}, person))
    assert [item.verdict for item in job.items.order_by("position")] == ["missing", "changes"]
    control.start(job)
    job = run(job)
    assert job.state == S.DONE
    assert control.counts(job)["skipped"] == 1


def test_a_path_with_the_wrong_way_down_is_put_right(person, tree, emulator):
    other = emulator.collections()[4]
    target = f"{other}/{emulator.services(other)[0]}/{tree.portfolio_id}"
    note = {"path": "public_note", "do": "set", "value": "New"}
    job = run(control.submit("edit-portfolios", [target], {"actions": [note]}, person))
    item = job.items.get()
    assert (item.verdict, item.path) == ("changes", f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}")


NOTE = {"path": "public_note", "do": "set", "value": "New"}


def changed_by_others(emulator, local, **fields):
    for pid in local.ids:
        emulator.put_record("portfolio", pid, emulator.record("portfolio", pid) | fields)


def test_where_the_review_saw_nothing_to_change_a_newer_edit_of_somebody_else_stays(person, local, emulator):
    changed_by_others(emulator, local, public_note="New", authentication_note="Old")
    both = [NOTE, {"path": "authentication_note", "do": "set", "value": "Auth"}]
    same = run(control.submit("edit-portfolios", local.paths[:1], {"actions": [NOTE]}, person))
    half = run(control.submit("edit-portfolios", local.paths[1:2], {"actions": both}, person))
    assert [job.items.get().verdict for job in (same, half)] == ["same", "changes"]
    assert set(half.items.get().after) == {"authentication_note"}, "pages show what changes"
    changed_by_others(emulator, local, public_note="Theirs")
    for job in (same, half):
        control.start(job)
        item = run(job).items.get()
        assert (item.state, item.message) == ("skipped", "Changed in Alma since: Public note")
    notes = [emulator.record("portfolio", pid) for pid in local.ids[:2]]
    assert [(one["public_note"], one["authentication_note"]) for one in notes] == [("Theirs", "Old")] * 2


def test_what_somebody_else_did_meanwhile_just_as_wished_is_no_conflict(person, local, emulator):
    both = [NOTE, {"path": "authentication_note", "do": "set", "value": "Auth"}]
    job = run(control.submit("edit-portfolios", local.paths[:1], {"actions": both}, person))
    changed_by_others(emulator, local, public_note="New")
    control.start(job)
    assert run(job).items.get().state == "done"
    record = emulator.record("portfolio", local.ids[0])
    assert (record["public_note"], record["authentication_note"]) == ("New", "Auth")


def test_undo_leaves_what_somebody_changed_after_its_review(person, local, emulator):
    changed_by_others(emulator, local, public_note="Old")
    job = run(control.submit("edit-portfolios", local.paths[:2], {"actions": [NOTE]}, person))
    control.start(job)
    job = run(job)
    emulator.put_record("portfolio", local.ids[1], emulator.record("portfolio", local.ids[1]) | {"public_note": "Old"})
    back = run(control.undo(job, person))
    assert [item.verdict for item in back.items.order_by("position")] == ["changes", "same"]
    changed_by_others(emulator, local, public_note="Theirs")
    control.start(back)
    assert {(item.state, item.message) for item in run(back).items.all()} == {
        ("skipped", "Changed in Alma since: Public note")
    }
    assert {emulator.record("portfolio", pid)["public_note"] for pid in local.ids} == {"Theirs"}


def test_a_field_of_the_community_zones_in_which_nothing_would_change_refuses_nothing(person, tree, emulator):
    """Somebody who does not know where the address stands looks in all four places."""
    paths = [f"linking_details.{kind}_url{more}" for kind in ("static", "dynamic") for more in ("", "_override")]
    asked = {"actions": [REPLACE | {"path": path} for path in paths]}
    job = run(control.submit("edit-portfolios", [f"{tree.collection_id}/{tree.service_id}"], asked, person))
    assert job.items.filter(verdict="same").count() > 0
    assert job.items.filter(verdict="changes").count() > 0
    assert not job.items.filter(verdict="refused", message__contains="Dynamic URL:").exists()
