"""The jobs that read Alma for the title index."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group

from almaportal.alma.caller import Caller, calling
from almaportal.jobs import control, price
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Job
from almaportal.jobs.sweep import sweep
from almaportal.jobs.work import work
from ecollections import alma, deleting
from ecollections.models import IndexedService, Title
from ecollections.titles import search
from ecollections.titles.index import forget, note_total, see
from ecollections.titles.search import Query
from tests.jobs.test_edit_jobs import run

pytestmark = pytest.mark.thorough

S = Job.State


@pytest.fixture
def large(emulator):
    """(path of a service with 130 portfolios, their IDs)."""
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    return f"{collection}/{service}", emulator.portfolios(service, 1000)


@pytest.fixture
def index(owner, large, clock):
    """index(identifiers=True) → the job, over."""

    def make(*targets, **params):
        return run(control.submit("index-titles", list(targets) or [large[0]], params, owner))

    return make


def path_of(large, n):
    return [*large[0].split("/"), large[1][n]]


def indexed(path):
    return {
        str(pk)
        for pk in Title.objects.filter(service__service_id=path.partition("/")[2]).values_list("alma_id", flat=True)
    }


def test_a_service_of_130_costs_two_calls_and_every_title_is_found(index, emulator, large):
    job = index()
    assert job.state == S.DONE, job.message
    assert len(emulator.calls) == job.calls == 2
    assert indexed(large[0]) == set(large[1])
    service = IndexedService.objects.get()
    assert (service.total, service.built is not None, service.has_identifiers) == (130, True, False)
    title = emulator.record("portfolio", large[1][-1])["resource_metadata"]["title"]
    assert title in [one.title for one in search.search(Query(title)).titles]


def test_identifiers_cost_as_many_calls_again_and_none_the_second_time(index, emulator, large):
    index(identifiers=True)
    assert len(emulator.calls) == 4
    assert not Title.objects.filter(issn=None).exists()
    bib = Title.objects.exclude(issn="").first()
    assert bib.title in [one.title for one in search.search(Query(bib.issn)).titles]
    emulator.calls.clear()
    index(identifiers=True)
    assert len(emulator.calls) == 2, "the two pages, and no bib is asked for again"


def test_it_starts_by_itself_without_a_review(owner, large, clock):
    job = control.submit("index-titles", [large[0]], {"identifiers": True}, owner)
    work(job.pk)
    job.refresh_from_db()
    assert (job.phase, job.state) == (Job.Phase.RUN, S.QUEUED)
    assert price.price(job).calls == 3, "the second page, and the bibs of both"


def test_what_the_list_has_no_more_is_taken_out(index, emulator, large, clock):
    index()
    alma.delete(path_of(large, 5))
    clock.time += 3600
    job = index()
    assert indexed(large[0]) == set(large[1]) - {large[1][5]}
    assert "1 title is gone from it." in [item.message for item in job.items.all()]


def test_a_list_that_moves_while_it_is_read_takes_nothing_out(owner, emulator, large, clock, index):
    index()
    clock.time += 3600
    job = control.submit("index-titles", [large[0]], {}, owner)
    work(job.pk)
    alma.delete(path_of(large, 0))  # now the hundredth is on the first page, which was read already
    run(job)
    assert indexed(large[0]) == set(large[1])
    assert any("changed while it was read" in item.message for item in job.items.all())


@pytest.fixture
def broken(transport):
    """broken("offset=100", 400): what is asked for with these words is answered so; broken(): nothing any more."""
    ask = transport._call

    def answer(words=None, status=400, body=b"{}"):
        def call(request):
            is_meant = words is not None and words in request.url
            return (status, [("Content-Type", "application/json")], body) if is_meant else ask(request)

        transport._call = call

    return answer


def test_that_it_moved_stays_true_when_a_page_of_before_is_shown_meanwhile(owner, large, clock, index):
    index()
    clock.time += 3600
    job = control.submit("index-titles", [large[0]], {}, owner)
    work(job.pk)
    alma.delete(path_of(large, 0))
    page = job.items.get(input__page=2)
    outcome = KINDS[job.kind].apply(job, page)
    job.items.filter(pk=page.pk).update(state=outcome.state, message=outcome.message)
    note_total(large[0].partition("/")[2], 130)
    run(job)
    assert indexed(large[0]) == set(large[1])


def leave_over(large):
    see([({"id": "5399999999", "resource_metadata": {"title": "Gone"}}, tuple(large[0].split("/")))])


def test_a_page_that_cannot_be_read_takes_nothing_out(owner, emulator, large, clock, index, broken):
    index()
    clock.time += 3600
    job = control.submit("index-titles", [large[0]], {}, owner)
    work(job.pk)
    broken("offset=100")
    run(job)
    assert (job.state, indexed(large[0])) == (S.DONE_WITH_ERRORS, set(large[1]))


def test_once_it_could_be_read_after_all_what_is_gone_is_taken_out(owner, emulator, large, clock, index, broken):
    leave_over(large)
    clock.time += 3600
    job = control.submit("index-titles", [large[0]], {"identifiers": True}, owner)
    work(job.pk)
    broken("offset=100", 500)
    run(job, until=(S.DONE_WITH_ERRORS,))
    broken()
    control.retry(job)
    assert (run(job).state, indexed(large[0])) == (S.DONE, set(large[1]))


def test_a_short_list_is_read_anew_too(index, emulator, large, clock):
    """What somebody deleted in Alma itself is gone, however fresh the kept page is that has it."""
    index()
    clock.time += 60
    emulator.store.remove_portfolio(int(large[1][5]), "retain")
    index()
    assert indexed(large[0]) == set(large[1]) - {large[1][5]}


def test_while_alma_is_down_no_old_list_is_taken_for_the_new_one(owner, index, large, clock, broken):
    index()
    clock.time += 3600
    broken("/portfolios", 503)
    job = control.submit("index-titles", [large[0]], {}, owner)
    work(job.pk)
    job.refresh_from_db()
    assert (job.state, job.phase, job.items.count()) == (S.WAITING, Job.Phase.PLAN, 0)


def test_a_plan_that_was_interrupted_brings_nothing_back_that_was_deleted_meanwhile(owner, index, large):
    job = control.submit("index-titles", [large[0]], {}, owner)
    with calling(Caller("jobs", since=job.created.timestamp())):
        next(KINDS[job.kind].plan(job))
        forget([large[1][0]])
        next(KINDS[job.kind].plan(job))
    assert large[1][0] not in indexed(large[0])


GONE = b'{"errorsExist": true, "errorList": {"error": [{"errorCode": "60121", "errorMessage": "Not found"}]}}'


def test_a_service_that_is_gone_goes_out_of_the_index_with_all_its_titles(index, large, clock, broken):
    index()
    clock.time += 3600
    broken("/portfolios", 400, GONE)
    job = index()
    assert [(item.path, item.verdict) for item in job.items.all()] == [(large[0], "missing")]
    assert not indexed(large[0])
    assert not IndexedService.objects.exists()


@pytest.mark.parametrize("count", [b"", b'"total_record_count": -1, '])
def test_a_list_that_does_not_say_how_long_it_is_takes_nothing_out(index, large, clock, broken, count):
    index()
    clock.time += 3600
    broken("/portfolios", 200, b'{%s"portfolio": [{"id": "%s"}]}' % (count, large[1][0].encode()))
    job = index()
    assert [item.message for item in job.items.all()] == ["Alma does not say how many portfolios it has."]
    assert indexed(large[0]) == set(large[1])


def test_a_service_that_is_seen_to_be_deleted_is_indexed_no_more(index, large, broken):
    index()
    broken("/e-services/", 400, GONE)
    assert deleting.is_gone(large[0].split("/"))
    assert not indexed(large[0])
    assert not IndexedService.objects.exists()


def test_one_service_that_cannot_be_read_hides_no_other(index, emulator, broken):
    collection = next(one for one in emulator.collections() if len(emulator.services(one)) > 1)
    first, *others = emulator.services(collection)
    broken(f"{first}/portfolios")
    index(collection)
    assert set(IndexedService.objects.values_list("service_id", flat=True)) == set(others)


def test_an_e_collection_means_all_its_services(index, emulator, large):
    index(large[0].partition("/")[0])
    assert indexed(large[0]) == set(large[1])


def test_what_is_no_service_is_refused_and_what_alma_does_not_know_is_said(index, owner):
    with pytest.raises(control.Refused, match="neither a service"):
        control.submit("index-titles", ["61/62/53"], {}, owner)
    job = index("6199999999999999/6299999999999999")
    assert [item.verdict for item in job.items.all()] == ["missing"]


def test_whole_records_are_read_for_urls_and_coverage(owner, emulator, large, index):
    index()
    paths = [f"{large[0]}/{one}" for one in large[1][:3]]
    emulator.calls.clear()
    job = run(control.submit("read-portfolios", paths, {}, owner))
    assert (job.state, len(emulator.calls), Title.objects.exclude(url=None).count()) == (S.DONE, 3, 3)
    some = Title.objects.exclude(url=None).exclude(url="").first()
    assert search.count(Query(url=some.url)) >= 1


def test_whole_records_of_all_that_match_are_read_without_asking_for_a_list(owner, emulator, index):
    index()
    query = Query("journal")
    n = search.count(query)
    emulator.calls.clear()
    match = {"index": query.as_json(), "expected": n}
    job = run(control.submit("read-portfolios", [], {"match": match}, owner))
    assert (job.state, len(emulator.calls), n > 0) == (S.DONE, n, True)


def test_a_plan_that_was_interrupted_goes_on_with_what_matched_when_it_began(owner, index, large):
    index()
    match = {"index": Query(within=tuple(large[0].split("/"))).as_json(), "expected": 130}
    action = {"path": "public_note", "do": "set", "value": "New"}
    job = control.submit("edit-portfolios", [], {"actions": [action], "match": match}, owner)
    next(KINDS[job.kind].plan(job))
    forget([large[1][0]])
    found = [one.path for page in KINDS[job.kind].plan(Job.objects.get(pk=job.pk)) for one in page]
    assert sorted(found) == sorted(f"{large[0]}/{one}" for one in large[1])


def test_a_plan_of_very_many_goes_on_behind_what_it_has(owner, index, large, monkeypatch):
    index()
    monkeypatch.setattr("ecollections.targets.PAGE", 50)
    monkeypatch.setattr("almaportal.jobs.work.SLICE_SECONDS", 0)
    match = {"index": Query(within=tuple(large[0].split("/"))).as_json(), "expected": 130}
    action = {"path": "public_note", "do": "set", "value": "New"}
    job = control.submit("edit-portfolios", [], {"actions": [action], "match": match}, owner)
    there = []
    for _slice in range(4):
        work(job.pk)
        there.append(job.items.count())
    job.refresh_from_db()
    assert (there, job.params["found"]) == ([50, 100, 130, 130], 130)
    positions = job.items.order_by("pk").values_list("position", flat=True)
    assert list(positions) == sorted(set(positions)), "each has its own, in their order"


def test_a_record_that_is_gone_is_said_and_taken_out(owner, emulator, large, index):
    index()
    alma.delete(path_of(large, 0))
    job = run(control.submit("read-portfolios", [f"{large[0]}/{large[1][0]}"], {}, owner))
    assert [item.state for item in job.items.all()] == ["skipped"]
    assert large[1][0] not in indexed(large[0])


def test_every_page_and_every_write_keeps_the_index_up_to_date(owner, large, editor, emulator):
    ids = [*large[0].split("/"), large[1][0]]
    address = f"/ecollections/{ids[0]}/services/{ids[1]}/portfolios/{ids[2]}/"
    editor.get(address)
    assert Title.objects.get().facts is not None
    alma.delete(ids)
    editor.post(address, {"read_again": "1"})
    assert not Title.objects.exists(), "a title that is gone is taken out when somebody looks"


def test_a_written_record_is_found_by_what_it_says_now(owner, large, emulator, clock):
    path = f"{large[0]}/{large[1][0]}"
    alma.portfolio(*path.split("/"))
    action = {"path": "linking_details.static_url_override", "do": "set", "value": "https://moved.example.org/x"}
    job = run(control.submit("edit-portfolios", [path], {"actions": [action]}, owner))
    control.start(job)
    run(job)
    assert search.count(Query(url="moved.example.org")) == 1


@pytest.fixture
def nightly(large, owner):
    return IndexedService.objects.create(
        collection_id=large[0].partition("/")[0],
        service_id=large[0].partition("/")[2],
        is_nightly=True,
        nightly_by=owner,
    )


def at(clock, hour):
    clock.time = datetime(2027, 1, 20, hour, 15, tzinfo=UTC).timestamp()


def test_at_night_the_lists_are_read_anew_once(nightly, clock):
    for hour in (1, 2, 3, 12):
        at(clock, hour)
        sweep()
        sweep()
    assert [job.targets for job in Job.objects.defer(None)] == [[str(nightly)]]


def test_the_next_night_waits_for_the_job_of_the_last(nightly, clock):
    at(clock, 2)
    sweep()
    clock.time += 86400
    sweep()
    assert Job.objects.count() == 1
    Job.objects.update(state=S.DONE)
    sweep()
    assert Job.objects.count() == 2


def test_identifiers_are_asked_for_at_night_only_where_they_were_wanted(nightly, clock, owner):
    more = {"is_nightly": True, "nightly_by": owner, "has_identifiers": True}
    other = IndexedService.objects.create(collection_id="6100", service_id="6200", **more)
    at(clock, 2)
    sweep()
    jobs = {job.params["identifiers"]: job.targets for job in Job.objects.defer(None)}
    assert jobs == {False: [str(nightly)], True: [str(other)]}


def test_who_may_no_more_has_nothing_read_at_night(nightly, clock, owner):
    owner.groups.set(Group.objects.filter(name="viewer"))
    at(clock, 2)
    sweep()
    assert not Job.objects.exists()
