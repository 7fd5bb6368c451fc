"""Deleting an e-collection or a service with all below: the order, the waiting, and what stops it."""

import pytest

from almaportal.changes.models import Change
from almaportal.jobs import control
from almaportal.jobs.sweep import sweep
from tests.jobs.places import Local, add_portfolio, calls, dies, done, mms_ids, states, wait
from tests.jobs.places import local as local
from tests.jobs.places import post as post
from tests.jobs.places import slow as slow
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]


@pytest.fixture
def submit(person):
    def make(*targets, bib="retain"):
        return control.submit("delete-tree", list(targets), {"bib": bib}, person, "Cancelled")

    return make


@pytest.fixture
def two(emulator):
    """An e-collection with two services: seven and four portfolios. Community Zone."""
    collection = next(cid for cid in emulator.collections() if len(emulator.services(cid)) == 2)
    return [Local(emulator, collection, sid) for sid in emulator.services(collection)]


def depths(emulator):
    """What was deleted, in order, by the length of its path."""
    return [call.path.strip("/").count("/") // 2 for call in calls(emulator, "DELETE")]


def test_the_plan_is_a_tree_with_counts(submit, two, local):
    job = run(submit(two[0].collection_id, local.service))
    rows = [(row["depth"], row["kind"], row["path"], row["portfolios"]) for row in job.tree["rows"]]
    counts = [len(one.ids) for one in two]
    assert rows == [
        (0, "collection", two[0].collection_id, sum(counts)),
        (1, "service", two[0].service, counts[0]),
        (1, "service", two[1].service, counts[1]),
        (0, "service", local.service, 7),
    ]
    assert all(row["title"] for row in job.tree["rows"])
    totals = {name: job.tree[name] for name in ("portfolios", "services", "collections")}
    assert totals == {"portfolios": sum(counts) + 7, "services": 3, "collections": 1}
    assert job.items.count() == sum(counts) + 7 + 3 + 1


def test_it_goes_from_the_bottom_up(submit, local, emulator):
    job = run(submit(local.collection_id, bib="delete"))
    emulator.calls.clear()
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 9})
    assert depths(emulator) == [3] * 7 + [2, 1]
    assert [call.query for call in calls(emulator, "DELETE")] == [{"bib": "delete"}] * 7 + [{}, {}]
    assert len(calls(emulator, "GET")) == 3, "the service, the e-collection and its services"
    assert local.collection_id not in emulator.collections()
    assert set(Change.objects.filter(kind="portfolio").values_list("state", flat=True)) == {"done"}


def test_only_what_is_named_goes(submit, local, emulator):
    assert done(submit(local.service)).state == S.DONE
    assert emulator.services(local.collection_id) == []
    assert local.collection_id in emulator.collections()


def test_all_records_are_kept(submit, local, emulator):
    kept = {"collection": emulator.record("collection", local.collection_id)["public_name"], "portfolio": local.ids}
    done(submit(local.collection_id))
    assert Change.objects.get(kind="collection").record["public_name"] == kept["collection"]
    portfolios = Change.objects.filter(kind="portfolio").order_by("pk")
    assert [change.record["id"] for change in portfolios] == kept["portfolio"]
    assert Change.objects.get(kind="service").record["id"] == local.service_id


@pytest.mark.parametrize("target", ["61/62/53", "53100000000004711", "6210000000000471", "abc", "", 5])
def test_a_target_is_an_e_collection_or_a_service(submit, target):
    with pytest.raises(control.Refused):
        submit(target)


def test_what_is_not_there_is_missing_and_the_job_goes_on(submit, local, emulator):
    job = run(submit("61999999990004711", local.collection_id))
    assert job.items.get(path="61999999990004711").verdict == "missing"
    control.start(job)
    assert run(job).state == S.DONE
    assert local.collection_id not in emulator.collections()


# --- Alma takes its time


def test_while_alma_is_deleting_the_job_waits_and_goes_on_by_itself(submit, slow, local, clock):
    job = done(submit(local.collection_id))
    assert (job.state, states(job)) == (S.WAITING, {"done": 7, "pending": 2})
    assert "still deleting 7 portfolios" in job.message
    job = wait(job, clock)
    while job.state == S.WAITING:
        job = wait(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 9})
    assert local.collection_id not in slow.collections()


def test_a_short_wait_needs_no_pause_of_the_job(submit, slow, local):
    slow.store.options = slow.options.__class__(**{**slow.options.__dict__, "delete_seconds": 10})
    assert done(submit(local.service)).state == S.DONE


def test_the_looks_become_rarer(submit, slow, local, clock):
    slow.store.options = slow.options.__class__(**{**slow.options.__dict__, "delete_seconds": 7200})
    job, waits = done(submit(local.service)), []
    for _n in range(9):
        waits.append(job.wait_until.timestamp() - clock.time)
        job = wait(job, clock)
    assert waits[0] < waits[1] < waits[3] < waits[4] < 601
    assert (round(waits[0]), round(waits[-1])) == (30, 600)
    assert job.state == S.WAITING


def test_when_alma_blocks_the_service_although_nothing_is_listed_it_is_tried_a_few_times(
    submit, local, transport, clock, emulator
):
    import json

    ask, refused = transport._call, []

    def call(request):
        if request.method == "DELETE" and "/portfolios/" not in request.url and len(refused) < 3:
            refused.append(request)
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60289", "errorMessage": "Blocked."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    job = done(submit(local.service))
    while job.state == S.WAITING:
        job = wait(job, clock)
    assert (job.state, len(refused)) == (S.DONE, 3)


# --- What stops it


def test_a_portfolio_that_somebody_adds_meanwhile_stops_it_and_the_service_stays(submit, local, post, emulator):
    job = run(submit(local.collection_id))
    [mms] = mms_ids(emulator, 1)
    control.start(job)
    added = add_portfolio(post, local, mms)
    job = run(job)
    assert (job.state, states(job)) == (S.STOPPED, {"done": 7, "skipped": 2})
    assert "1 portfolio was added to the service" in job.message
    assert "submit a new delete" in job.message
    assert local.ids == [added]
    assert emulator.services(local.collection_id) == [local.service_id]
    assert Change.objects.filter(kind__in=("service", "collection")).count() == 0


def test_it_is_found_among_those_that_alma_is_still_deleting(submit, slow, local, post, emulator):
    job = run(submit(local.collection_id))
    add_portfolio(post, local, mms_ids(emulator, 1)[0])
    control.start(job)
    assert run(job).state == S.STOPPED
    assert "1 portfolio was added" in job.message


def test_a_service_that_somebody_adds_stops_it_and_the_e_collection_stays(submit, two, transport, emulator, post):
    first, second = two
    emulator.store.run("UPDATE services SET collection = 1 WHERE id = ?", int(second.service_id))
    job = run(submit(first.collection_id))
    emulator.store.run(
        "UPDATE services SET collection = ? WHERE id = ?", int(first.collection_id), int(second.service_id)
    )
    control.start(job)
    job = run(job)
    assert job.state == S.STOPPED
    assert "1 service was added to the e-collection" in job.message
    assert emulator.services(first.collection_id) == [second.service_id]


def test_a_portfolio_that_could_not_be_deleted_keeps_what_is_above(submit, local, emulator, transport):
    import json

    ask, stuck = transport._call, local.ids[2]

    def call(request):
        if request.method == "DELETE" and f"/portfolios/{stuck}" in request.url:
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60175", "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    job = done(submit(local.collection_id))
    assert (job.state, states(job)) == (S.STOPPED, {"done": 6, "failed": 1, "skipped": 2})
    assert "1 portfolio of the service was not deleted" in job.message
    assert depths(emulator)[-1] == 3, "the service was not tried"
    transport._call = ask
    control.submit("delete-portfolios", [f"{local.service}/{stuck}"], {"bib": "retain"}, job.user)
    emulator.store.remove_portfolio(int(stuck), "retain")
    control.retry(job)
    job = run(job)
    assert job.state == S.DONE_WITH_ERRORS, "what failed stays so"
    assert local.collection_id not in emulator.collections()


# --- Workers die


@pytest.mark.parametrize("reached", [False, True])
@pytest.mark.parametrize("nth", [4, 8, 9])
def test_it_goes_on_in_the_middle_after_a_worker_died(submit, local, transport, clock, emulator, nth, reached):
    job = run(submit(local.collection_id))
    control.start(job)
    job = dies(transport, clock, job, "DELETE", nth=nth, reached=reached)
    while job.state == S.WAITING:
        job = wait(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 9})
    assert local.collection_id not in emulator.collections()
    assert Change.objects.count() == 9
    clock.time += 60
    sweep()
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}
