"""Making many portfolios from rows: what is wrong with them, what is there already, and never two of one."""

import pytest

from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.jobs.price import price
from almaportal.jobs.work import work
from ecollections import creating
from tests.jobs.places import add_portfolio, calls, dies, done, meanwhile, mms_ids, states, wait
from tests.jobs.places import empty as empty
from tests.jobs.places import local as local
from tests.jobs.places import post as post
from tests.jobs.test_edit_jobs import S, person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]
AVAILABLE = {"availability.value": "11"}
COVERAGE = {"coverage_details.local_date_coverage_parameters": [{"from_year": "1999", "until_year": "2004"}]}


@pytest.fixture
def submit(person):
    def make(rows, settings=AVAILABLE, **more):
        return control.submit("create-portfolios", rows, {"set": settings}, person, "New titles", **more)

    return make


@pytest.fixture
def rows(emulator, empty):
    """Three titles for the empty service."""
    return [{"mms_id": mms, "to": empty.service} for mms in mms_ids(emulator, 3)]


def mms_of(where):
    return [record["resource_metadata"]["mms_id"]["value"] for record in where.records().values()]


def test_each_row_becomes_a_portfolio(submit, rows, empty, emulator):
    rows[1]["set"] = {"linking_details.static_url": "https://new.example.org/1", "public_note": "Own"}
    job = run(submit(rows, AVAILABLE | {"public_note": "Common"}))
    assert job.state == S.READY
    assert all(item.title and not item.title.isdigit() for item in job.items.all())
    emulator.calls.clear()
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 3})
    assert [call.method for call in emulator.calls] == ["GET", "POST"] * 3
    made = list(empty.records().values())
    assert mms_of(empty) == [row["mms_id"] for row in rows]
    assert [record["availability"]["value"] for record in made] == ["11"] * 3
    assert [record["public_note"] for record in made] == ["Common", "Own", "Common"]
    assert made[1]["linking_details"]["static_url"] == "jkey=https://new.example.org/1"
    assert {(one.action, one.state, one.reason) for one in Change.objects.all()} == {("create", "done", "New titles")}


def test_titles_cost_one_call_a_hundred(submit, empty, emulator):
    submitted = submit([{"mms_id": mms, "to": empty.service} for mms in mms_ids(emulator, 120)], sample=1)
    run(submitted)
    assert len([call for call in emulator.calls if call.path == "/bibs"]) == 2


def test_the_review_shows_what_each_will_have(submit, rows):
    item = run(submit(rows)).items.first()
    assert item.verdict == "changes"
    assert item.after["availability"]["value"] == "11"
    from almaportal.jobs.kinds import KINDS

    assert ("Availability", "", "Available") in [
        (line.label, line.before, line.after) for line in KINDS["create-portfolios"].lines(item)
    ]


def test_coverage_follows_by_a_put(submit, rows, empty, emulator):
    job = done(submit(rows[:1], AVAILABLE | COVERAGE))
    assert states(job) == {"done": 1}
    [record] = empty.records().values()
    assert record["coverage_details"]["local_date_coverage_parameters"][0]["from_year"] == "1999"
    assert (len(calls(emulator, "POST")), len(calls(emulator, "PUT"))) == (1, 1)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"set": {"availability": "99"}}, "not one of Alma's codes"),
        ({"set": {"linking_details.static_url": "ftp://x"}}, "begins with https"),
        ({"set": {"activation_date": "soon"}}, "is no date"),
        ({"set": {"nothing": "x"}}, "no field that can be set"),
        ({"set": {"id": "1"}}, "no field that can be set"),
        ({"mms_id": "abc"}, "digits only"),
        ({"set": {"availability.value": ""}}, "cannot be empty"),
        ({"set": {"coverage_details.local_date_coverage_parameters": "1999-"}}, "rows"),
        ({"set": {"coverage_details.local_date_coverage_parameters": [{"from_year": "99"}]}}, "four digits"),
        ({"to": "61999999990004711/62999999990004711"}, "no such service"),
    ],
)
def test_a_bad_row_is_refused_with_what_is_wrong_and_the_others_are_made(submit, rows, empty, row, text):
    job = run(submit([rows[0], rows[1] | row, rows[2]]))
    item = job.items.get(position=1)
    assert item.verdict == "refused"
    assert text in item.message
    control.start(job)
    assert states(run(job)) == {"done": 2, "skipped": 1}
    assert mms_of(empty) == [rows[0]["mms_id"], rows[2]["mms_id"]]


def test_a_title_that_alma_does_not_have_is_missing(submit, rows):
    job = run(submit([rows[0], rows[1] | {"mms_id": "99999999990004711"}]))
    assert [item.verdict for item in job.items.order_by("position")] == ["changes", "missing"]


def test_a_row_twice_is_made_once(submit, rows, empty):
    job = run(submit([rows[0], rows[1], dict(rows[0])]))
    assert job.items.get(position=2).verdict == "refused"
    assert "Row 1" in job.items.get(position=2).message
    control.start(job)
    assert states(run(job)) == {"done": 2, "skipped": 1}
    assert len(empty.ids) == 2


def test_also_without_a_review_a_row_twice_is_made_once(submit, rows, empty):
    job = done(submit([rows[0], rows[1], dict(rows[0]), dict(rows[0])], sample=1))
    assert states(job) == {"done": 2, "skipped": 2}
    assert len(empty.ids) == 2


def test_what_is_there_already_is_left(submit, rows, empty, post):
    there = add_portfolio(post, empty, rows[0]["mms_id"])
    job = run(submit(rows))
    assert (job.items.get(position=0).verdict, there in job.items.get(position=0).message) == ("left", True)
    later = add_portfolio(post, empty, rows[1]["mms_id"])
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 1, "skipped": 2}
    assert later in job.items.get(position=1).message
    assert len(empty.ids) == 3


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        ([], AVAILABLE),
        ([{"mms_id": "1"}], AVAILABLE),
        ([{"mms_id": "1", "to": "6"}], AVAILABLE),
        ([{"to": "6/7"}], AVAILABLE),
        (["1"], AVAILABLE),
        ([{"mms_id": "1", "to": "6/7"}], {"availability": "99"}),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(submit, rows, settings):
    with pytest.raises(control.Refused):
        submit(rows, settings)


def test_a_key_without_bibs_makes_them_without_their_titles(submit, rows, empty, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"bibs": ""}
    job = done(submit(rows))
    assert (job.state, states(job)) == (S.DONE, {"done": 3})
    assert len(empty.ids) == 3


def test_undo_deletes_what_was_made_and_keeps_the_titles(submit, rows, empty, person, emulator):
    job = done(submit(rows))
    back = done(control.undo(job, person))
    assert (back.kind, states(back)) == ("delete-portfolios", {"done": 3})
    assert empty.ids == []
    assert calls(emulator, "DELETE")[0].query == {"bib": "retain"}


# --- answers get lost, workers die


@pytest.mark.parametrize("fault", ["drop", "500", "malformed", "empty", "timeout"])
def test_a_portfolio_whose_answer_was_lost_is_found_and_not_sent_again(submit, rows, empty, emulator, fault):
    job = run(submit(rows, AVAILABLE | COVERAGE))
    control.start(job)
    emulator.faults.add(kind=fault, method="POST", when="after")
    job = run(job)
    assert (job.state, states(job)) == (S.DONE, {"done": 3})
    assert sorted(mms_of(empty)) == sorted(row["mms_id"] for row in rows)
    assert len(calls(emulator, "POST")) == 3
    assert all(record["coverage_details"]["local_date_coverage_parameters"] for record in empty.records().values())


@pytest.mark.parametrize("fault", ["drop", "503", "timeout"])
def test_one_that_never_arrived_is_sent_again_once_that_is_certain(submit, rows, empty, emulator, clock, fault):
    job = run(submit(rows))
    control.start(job)
    emulator.faults.add(kind=fault, method="POST", when="before")
    job = run(job)
    assert (job.state, states(job)) == (S.WAITING, {"done": 2, "pending": 1}), "the others do not wait"
    assert "no such record yet" in job.message
    job = wait(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 3})
    assert sorted(mms_of(empty)) == sorted(row["mms_id"] for row in rows)
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", "done", "done", "failed"]


def test_what_is_waited_for_comes_last(submit, rows, empty, emulator, clock, monkeypatch):
    monkeypatch.setattr("almaportal.jobs.work.SLICE_SECONDS", 0.001)  # one record a slice
    job = run(submit(rows))
    control.start(job)
    emulator.faults.add(kind="drop", method="POST", when="before")
    job = run(job)
    assert (job.state, states(job)) == (S.WAITING, {"done": 2, "pending": 1})
    assert wait(job, clock).state == S.DONE


def test_one_that_arrives_late_is_found_and_not_sent_again(submit, rows, empty, emulator, clock, post):
    job = run(submit(rows[:1]))
    control.start(job)
    emulator.faults.add(kind="timeout", method="POST", when="before")
    job = run(job)
    late = add_portfolio(post, empty, rows[0]["mms_id"])
    posts = len(calls(emulator, "POST"))
    job = wait(job, clock)
    assert (job.state, states(job), empty.ids) == (S.DONE, {"done": 1}, [late])
    assert len(calls(emulator, "POST")) == posts
    assert Change.objects.get().record_id == late


def test_where_nobody_may_look_a_lost_answer_is_for_a_person(submit, rows, empty, emulator, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"bibs": ""}
    job = run(submit(rows[:2]))
    control.start(job)
    emulator.faults.add(kind="drop", method="POST", when="after")
    job = run(job)
    assert (job.state, states(job)) == (S.DONE_WITH_ERRORS, {"done": 1, "unsure": 1})
    assert len(empty.ids) == 2
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"bibs": "demo-all"}
    control.retry(job)
    run(job)
    assert len(empty.ids) == 2, "it is never sent on a guess"


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("reached", [False, True])
def test_after_a_worker_died_each_is_there_once_and_whole(
    submit, rows, empty, transport, clock, emulator, method, reached
):
    job = run(submit(rows, AVAILABLE | COVERAGE))
    control.start(job)
    job = dies(transport, clock, job, method, nth=2, reached=reached)
    assert (job.state, states(job)) == (S.DONE, {"done": 3})
    assert sorted(mms_of(empty)) == sorted(row["mms_id"] for row in rows)
    assert all(record["coverage_details"]["local_date_coverage_parameters"] for record in empty.records().values())
    assert Change.objects.filter(state="done").count() == 3


def test_a_coverage_that_alma_refuses_is_said(submit, rows, transport, empty):
    import json

    ask = transport._call

    def call(request):
        if request.method == "PUT":
            body = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60170", "errorMessage": "No."}]}}
            return 400, [("Content-Type", "application/json")], json.dumps(body).encode()
        return ask(request)

    transport._call = call
    job = done(submit(rows[:1], AVAILABLE | COVERAGE))
    item = job.items.get()
    assert (item.state, item.code, item.message) == ("done", "60170", "Alma did not take: Local coverage")


def test_when_the_days_calls_end_between_post_and_put_the_coverage_follows(submit, rows, empty, emulator, clock):
    job = run(submit(rows[:1], AVAILABLE | COVERAGE))
    control.start(job)
    emulator.faults.add(kind="429day", method="PUT")
    job = wait(run(job), clock)
    assert (job.state, len(calls(emulator, "POST"))) == (S.DONE, 1)
    [record] = empty.records().values()
    assert record["coverage_details"]["local_date_coverage_parameters"]


def test_a_worker_that_lost_its_job_may_still_be_sending_so_the_next_one_waits(
    submit, rows, empty, emulator, clock, monkeypatch
):
    job = run(submit(rows[:2]))
    control.start(job)

    def another_goes_on():
        Job.objects.filter(pk=job.pk).update(heartbeat=None)  # as of a worker that gives no sign of life
        work(job.pk)
        assert "no such record yet" in Job.objects.get(pk=job.pk).message

    meanwhile(monkeypatch, "create", another_goes_on)
    work(job.pk)
    job = wait(job, clock)
    assert (job.state, states(job)) == (S.DONE, {"done": 2})
    assert (len(calls(emulator, "POST")), len(empty.ids)) == (2, 2)


def test_two_jobs_for_one_service_make_a_title_once(submit, rows, empty, monkeypatch):
    first, second = run(submit(rows[:1])), run(submit(rows[:1]))
    control.start(first)
    control.start(second)
    meanwhile(monkeypatch, "create", lambda: work(second.pk))
    work(first.pk)
    first, second = run(first), run(second)
    assert (states(first), states(second)) == ({"done": 1}, {"skipped": 1})
    assert "there already" in second.items.get().message
    assert len(empty.ids) == 1


def test_a_title_in_more_than_a_hundred_places_is_found_too(submit, rows, local, post, clock):
    many(post, local, rows[0]["mms_id"], 101, clock)
    assert states(done(submit(rows[:1]))) == {"done": 1}
    assert run(submit(rows[:1])).items.get().verdict == "left"


def many(post, where, mms_id, n, clock):
    """So many portfolios of one title elsewhere."""
    for _n in range(n):
        clock.time += 1
        add_portfolio(post, where, mms_id)


def test_of_a_title_in_too_many_places_nothing_is_concluded(
    submit, rows, empty, local, post, emulator, monkeypatch, clock
):
    monkeypatch.setattr(creating, "MOST_OF_A_TITLE", 3)
    many(post, local, rows[0]["mms_id"], 5, clock)
    job = run(submit(rows[:1]))
    control.start(job)
    emulator.faults.add(kind="drop", method="POST", when="before")
    job = run(job)
    assert (states(job), empty.ids) == ({"unsure": 1}, [])
    assert Change.objects.get().looked["known"] is None


@pytest.mark.parametrize("own", [AVAILABLE | COVERAGE, AVAILABLE])
def test_the_price_is_what_the_run_costs(submit, rows, emulator, own):
    rows[1]["set"] = COVERAGE
    job = run(submit([*rows, dict(rows[2]), {**rows[1], "mms_id": "abc"}], own))
    said = price(job).calls
    emulator.calls.clear()
    control.start(job)
    assert states(run(job)) == {"done": 3, "skipped": 2}
    assert len(emulator.calls) == said


def test_rows_are_compared_once_in_the_plan(submit, rows):
    job = run(submit([rows[0], rows[1], dict(rows[0]), {**rows[0], "mms_id": f" {rows[0]['mms_id']} "}], sample=1))
    found = list(job.items.order_by("position").values_list("verdict", "message"))
    twice = ("refused", "Row 1 is the same title in the same service.")
    assert found[2:] == [twice, twice]
    assert "missing" not in [verdict for verdict, _text in found[:2]]


def test_that_it_can_be_undone_is_one_question(submit, rows, django_assert_num_queries):
    from almaportal.jobs.kinds import KINDS

    job = done(submit(rows))
    with django_assert_num_queries(1) as asked:
        assert KINDS[job.kind].can_be_undone(job)
    assert "LIMIT 1" in asked[0]["sql"]
    assert not KINDS[job.kind].can_be_undone(run(submit(rows)))


def test_a_job_waits_for_the_form_that_is_just_making_the_same(submit, rows, empty, monkeypatch):
    job = run(submit(rows[:1]))
    control.start(job)
    above, mms = empty.service.split("/"), rows[0]["mms_id"]
    body = {"availability": {"value": "11"}, "resource_metadata": {"mms_id": {"value": mms}}}
    meanwhile(monkeypatch, "create", lambda: work(job.pk))
    creating.create(above, body, creating.look(above, body), "1" * 32, Why())
    assert states(run(job)) == {"skipped": 1}
    assert len(empty.ids) == 1
