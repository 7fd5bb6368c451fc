"""Cancelling many: what a job is about, what it shows first, what it does, and what it keeps."""

import gzip
import json
from io import StringIO

import pytest
from django.core.management import call_command

from almaportal.alma import cache
from almaportal.changes.models import Change
from almaportal.jobs import control, price
from almaportal.jobs.models import Job, JobFile
from almaportal.jobs.sweep import sweep
from almaportal.people.models import Access
from circulation import closure
from circulation.jobs import is_target
from circulation.models import Watched
from tests.ecollections.filling import send
from tests.jobs.places import dies, done, states
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough
SAID = {"reason": "CannotBeFulfilled", "notify": "false"}
ADDRESS = "/circulation/cancel/"


@pytest.fixture
def clerk(desk, django_user_model):
    return django_user_model.objects.get(username="circulation")


def cancel(clerk, targets, **said):
    return control.submit("cancel-requests", targets, {"set": SAID | said}, clerk, "ticket 7")


def calls(emulator, method=""):
    return [call for call in emulator.calls if not call.path.startswith("/conf") and method in ("", call.method)]


def verdicts(job):
    return {name: n for name, n in control.verdicts(job).items() if n}


def why(job):
    return sorted(job.items.exclude(message="").values_list("message", flat=True))


def is_there(emulator, one):
    return one in emulator.requests()


# what a job is about


@pytest.mark.parametrize(
    "text", ["83400000000004711", "title/99300000000004711", "patron/a/b", "picklist/MED/D", "watch"]
)
def test_a_target_is_a_number_or_a_list(text):
    assert is_target(text)


@pytest.mark.parametrize(
    "text", ["", "12", "Ada", "title/", "title/x", "patron/", "picklist/MED", "picklist//D", "x/1"]
)
def test_anything_else_is_none(text):
    assert not is_target(text)


def test_what_makes_no_sense_is_refused_before_anything_is_read(clerk, emulator):
    wrong = {
        "reason": "NOSUCH",
        "notify": "perhaps",
        "older": "-3",
        "state": "LOST",
        "type": "MOVE",
        "pickup": "X",
        "a": "b",
    }
    with pytest.raises(control.Refused) as refused:
        control.submit("cancel-requests", ["Ada"], {"set": wrong}, clerk)
    said = " ".join(refused.value.sentences)
    for word in (
        "“Ada” is neither",
        "no reason NOSUCH",
        "notify is",
        "older is",
        "state is",
        "type is",
        "“X”",
        "a is none",
    ):
        assert word in said
    with pytest.raises(control.Refused, match="Why"):
        control.submit("cancel-requests", ["watch"], {"set": {}}, clerk)
    assert calls(emulator) == []


def test_of_forty_of_a_library_37_are_cancelled_without_mail_and_of_3_it_is_said_why_not(clerk, emulator):
    forty = emulator.requests("forty")
    emulator.calls.clear()
    job = run(cancel(clerk, forty, pickup="MED", older="2", state="NOT_ON_HOLD_SHELF"))
    assert (len(forty), verdicts(job)) == (40, {"changes": 37, "left": 3})
    assert why(job) == ["Its state is: on hold shelf."] * 3
    assert len(calls(emulator)) == 40, "a call for each"
    assert calls(emulator, "DELETE") == []
    assert price.price(job).calls == 3 * 37
    emulator.calls.clear()
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == ("done", {"done": 37, "skipped": 3})
    assert len(calls(emulator)) == 3 * 37
    assert {call.query["notify_user"] for call in calls(emulator, "DELETE")} == {"false"}
    assert emulator.mails == []
    assert len(emulator.requests("forty")) == 3
    assert Change.objects.filter(kind="request", action="delete", reason="ticket 7", state="done").count() == 37


def test_all_pages_of_a_person_s_requests_are_found(clerk, emulator):
    many = emulator.requests("many")
    own = emulator.request(many[0])["user_primary_id"]
    job = done(cancel(clerk, [f"patron/{own}"]))
    assert states(job) == {"done": job.items.count()}
    assert job.items.count() >= 120
    assert not set(many) & set(emulator.requests())
    assert Job.objects.values_list("targets", flat=True).get() == [], "whose list it was is forgotten"


def test_a_title_s_list_holds_alma_s_own_work_which_cannot_be_cancelled(clerk, emulator):
    one = emulator.request(emulator.requests("internal")[0])
    job = run(cancel(clerk, [f"title/{one['mms_id']}"]))
    assert job.items.get(path=one["request_id"]).verdict == "refused"
    assert "It is Alma's own work on the item and nobody's request." in why(job)


def test_a_desk_s_pick_list_is_a_list_too(clerk, emulator):
    job = run(cancel(clerk, ["picklist/MED/DEFAULT_CIRC_DESK"], pickup="MED"))
    assert set(emulator.requests("picking")) >= set(job.items.values_list("path", flat=True))
    assert verdicts(job)["changes"] == len(set(emulator.requests("forty")) & set(emulator.requests("picking"))) > 30
    assert not cache.may_keep("/task-lists/requested-resources"), "it names people"


def test_the_watch_list_is_one_and_what_it_cancels_is_over_there(clerk, emulator, clock):
    ids = emulator.requests("waiting")[:2]
    for one, ending in zip([*ids, "83999999990004711"], ["", "", "cancelled"], strict=True):
        Watched.objects.create(request_id=one, since="2027-01-15T12:00Z", ending=ending)
    job = done(cancel(clerk, ["watch"]))
    assert states(job) == {"done": 2}
    assert set(Watched.objects.values_list("ending", flat=True)) == {"cancelled"}


def test_a_request_in_two_lists_is_there_once_and_a_list_that_is_none_is_named(clerk, emulator):
    one = emulator.request(emulator.requests("waiting")[0])
    targets = [one["request_id"], f"patron/{one['user_primary_id']}", "title/11", "picklist/MED/NONE", "patron/nobody"]
    job = run(cancel(clerk, targets))
    assert job.items.filter(path=one["request_id"]).count() == 1
    missing = dict(job.items.filter(verdict="missing").values_list("title", "message"))
    assert list(missing) == ["List 2", "List 3", "List 4"]
    assert missing["List 3"].startswith("Alma does not take one of the values")  # its own text may name a person


# what is shown first


def test_each_filter_says_why_it_leaves_one_alone(clerk, emulator):
    one = next(i for i in emulator.requests("waiting") if emulator.request(i)["pickup_location_library"] != "MED")
    emulator.set_request(
        one, emulator.request(one) | {"request_time": "2027-01-12T08:00:00Z", "last_interest_date": "2027-02-01Z"}
    )
    asked = {
        "state": ("ON_HOLD_SHELF", "Its state is: not started."),
        "type": ("BOOKING", "Its type is: Hold."),
        "pickup": ("MED", "It is picked up elsewhere: "),
        "older": ("14", "Placed 3 days ago."),
        "expired": ("true", "Wanted until "),
    }
    for name, (text, sentence) in asked.items():
        job = run(cancel(clerk, [one], **{name: text}))
        assert why(job)[0].startswith(sentence), name
        assert verdicts(job) == {"left": 1}
    fits = run(cancel(clerk, [one], state="NOT_STARTED", type="HOLD", older="3"))
    assert verdicts(fits) == {"changes": 1}


def test_the_review_warns_of_the_hold_shelf_and_that_nothing_takes_it_back(desk, clerk, emulator):
    shelf, waiting = emulator.requests("shelf")[0], emulator.requests("waiting")[0]
    job = run(cancel(clerk, [shelf, waiting, "83999999990004711"], notify="true"))
    page = read(desk.get(f"/jobs/{job.pk}/"))
    for words in (
        "2 will be cancelled",
        "1 over, or not there",
        "Nothing takes this back",
        "1 of them stands on the hold shelf",
        "Alma mails each person.",
        "Start: cancel 2 requests",
    ):
        assert words in page.text, words
    rows = read(desk.get(f"/jobs/{job.pk}/items/")).rows
    title = emulator.request(shelf)["title"]
    assert rows[0][0].startswith(f"{title} {shelf}")
    assert title not in str(list(job.items.values())), "it is shown and not kept"
    assert rows[0][2] == "State on hold shelf → cancelled"
    assert "the person may have been told" in rows[0][3]
    assert "401694" in rows[2][3]


# what it does


@pytest.fixture
def ready(clerk, emulator):
    """A reviewed job about two requests."""
    ids = emulator.requests("picking")[:2]
    job = run(cancel(clerk, ids))
    assert job.state == "ready"
    return job, *ids


def test_what_changed_since_the_review_is_left_alone(ready, emulator):
    job, first, second = ready
    emulator.set_request(first, emulator.request(first) | {"request_status": "On Hold Shelf"})
    emulator.set_request(second, emulator.request(second) | {"request_status": "HISTORY"})
    control.start(job)
    assert states(run(job)) == {"skipped": 2}
    assert why(job) == ["It is over already.", "Since the review it came onto the hold shelf."]
    assert calls(emulator, "DELETE") == []


def test_what_is_over_by_then_says_so_with_the_code(ready, emulator, transport):
    job, first, second = ready
    emulator.store.run("DELETE FROM requests WHERE id = ?", int(first[2:-7]))
    emulator.faults.clear()
    ask = transport._call

    def goes_meanwhile(request):
        """Right before the DELETE somebody else cancels it."""
        if request.method == "DELETE":
            ask(request)
        return ask(request)

    transport._call = goes_meanwhile
    control.start(job)
    job = run(job)
    assert states(job) == {"skipped": 2}
    assert set(job.items.values_list("code", flat=True)) == {"401694"}
    assert job.items.get(path=second).tracking_id


def test_what_alma_refuses_keeps_its_reason_and_no_text_that_may_name_somebody(ready, transport):
    job, first, _second = ready
    refusal = {"errorCode": "401652", "errorMessage": "General Error of Ada Lovelace", "trackingId": "E01-7"}
    body = json.dumps({"errorsExist": True, "errorList": {"error": [refusal]}}).encode()
    ask = transport._call
    transport._call = lambda request: (
        (400, {}, body) if request.method == "DELETE" and first in request.url else ask(request)
    )
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 1, "failed": 1}
    item = job.items.get(path=first)
    assert (item.code, item.tracking_id) == ("401652", "E01-7")
    assert "Ada" not in item.message
    assert Change.objects.get(record_id=first).state == "failed"


def test_a_yes_that_changed_nothing_is_for_a_person_and_can_be_asked_again(ready, emulator, transport):
    job, first, _second = ready
    ask = transport._call
    transport._call = lambda request: (
        (204, {}, b"") if request.method == "DELETE" and first in request.url else ask(request)
    )
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 1, "unsure": 1}
    assert job.items.get(path=first).message == "Alma said yes, and still has the request."
    transport._call = ask
    control.retry(job)
    assert states(run(job)) == {"done": 1, "unsure": 1}, "it is still there"
    emulator.store.run("DELETE FROM requests WHERE id = ?", int(first[2:-7]))
    control.retry(job)
    assert states(run(job)) == {"done": 2}
    assert len(calls(emulator, "DELETE")) == 1, "and none was sent again"


def test_a_lost_answer_is_settled_by_a_look_and_each_ends_cancelled_once(ready, emulator):
    job, first, second = ready
    emulator.faults.add(kind="drop", method="DELETE", when="after")
    control.start(job)
    assert states(run(job)) == {"done": 2}
    assert not is_there(emulator, first)
    assert not is_there(emulator, second)


def test_a_lost_delete_is_sent_anew_only_when_it_cannot_be_under_way_any_more(ready, emulator, clock):
    job, first, second = ready
    emulator.faults.add(kind="drop", method="DELETE")
    control.start(job)
    job = run(job)
    assert (job.state, states(job)) == ("waiting", {"done": 1, "pending": 1})
    assert len(calls(emulator, "DELETE")) == 2
    assert "looks again before it goes on" in job.message
    clock.time += 61
    sweep()
    assert states(run(job, ("done",))) == {"done": 2}
    assert (is_there(emulator, first), is_there(emulator, second)) == (False, False)
    assert sorted(Change.objects.values_list("state", flat=True)) == ["done", "done", "failed"]


def test_what_alma_did_late_after_a_lost_answer_is_known_as_cancelled_here(ready, emulator, clock):
    job, first, second = ready
    emulator.faults.add(kind="drop", method="DELETE")
    control.start(job)
    job = run(job)
    for one in (first, second):
        emulator.store.run("DELETE FROM requests WHERE id = ?", int(one[2:-7]))
    clock.time += 61
    sweep()
    assert states(run(job, ("done",))) == {"done": 2}
    assert [closure.of(one, closure.Last()).is_sure for one in (first, second)] == [True, True]


def test_a_job_says_what_its_list_was_and_nobody_s_id(clerk, emulator):
    own = emulator.request(emulator.requests("many")[0])["user_primary_id"]
    titles = [
        cancel(clerk, targets).title
        for targets in (["picklist/MED/DEFAULT_CIRC_DESK"], [f"patron/{own}"], emulator.requests("waiting")[:2])
    ]
    assert titles[0].startswith("Cancel the pick list of ")
    assert titles[0].endswith(" · Medical Library; reason: Cannot be fulfilled")
    assert titles[1:] == [
        "Cancel the requests of one person; reason: Cannot be fulfilled",
        "Cancel 2 requests; reason: Cannot be fulfilled",
    ]


@pytest.mark.parametrize("reached", [True, False])
def test_a_worker_that_dies_leaves_nothing_undone_or_twice(ready, emulator, transport, clock, reached):
    job, first, _second = ready
    control.start(job)
    job = dies(transport, clock, job, "DELETE", reached=reached)
    assert states(job) == {"done": 2}
    assert Change.objects.filter(record_id=first, state="done").count() == 1


def test_whoever_may_no_more_cancels_nothing(ready, emulator, clerk):
    job = ready[0]
    control.start(job)
    clerk.groups.clear()
    assert run(job).state == "failed"
    assert calls(emulator, "DELETE") == []


def test_history_that_is_kept_is_said_and_nothing_can_be_taken_back(clerk, emulator, transport, clock):
    own = emulator.copy(request_history=True)
    own.now, own.sleep = clock.now, clock.sleep
    transport.emulator = own
    job = done(cancel(clerk, own.requests("waiting")[:1]))
    assert why(job) == ["Alma keeps it as over."]
    assert not control.can_be_undone(job)


def test_of_people_and_what_they_read_a_job_keeps_nothing(clerk, desk, emulator):
    whole = emulator.request(emulator.requests("waiting")[0])
    own, title = whole["user_primary_id"], whole["title"]
    job = done(cancel(clerk, [f"patron/{own}"]))
    for address in ("items/", "items.csv"):
        desk.get(f"/jobs/{job.pk}/{address}")
    kept = [str(list(model.objects.values())) for model in (Job, Change)] + [str(list(job.items.values()))]
    kept += [gzip.decompress(one.content).decode() for one in JobFile.objects.all()]
    assert not [text for text in kept if own in text or title in text]
    assert set(Access.objects.filter(job_id=job.pk).values_list("patron", "action")) == {
        (own, "requests"),
        (own, "cancel"),
    }


# the form, and the command


def test_from_a_list_the_ticked_ones_become_a_job(desk, emulator, clerk):
    many = emulator.requests("many")
    own = emulator.request(many[0])["user_primary_id"]
    form = desk.post(ADDRESS, {"pick": many[:3], "source": f"patron/{own}"})
    assert "3 requests" in read(form).text
    answer = send(desk, form, reason="CannotBeFulfilled", notify="no", ticket="ticket 7", older="3")
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}/")
    assert (job.targets, job.reason) == (many[:3], "ticket 7")
    assert job.params["set"] == {"reason": "CannotBeFulfilled", "notify": "false", "older": "3"}
    assert job.params["does"] == [
        "Reason: Cannot be fulfilled",
        "Alma mails nobody.",
        "Only those placed 3 days ago or earlier.",
    ]


@pytest.mark.parametrize(
    ("sent", "words", "targets"),
    [
        (
            {"source": "title/99300000000004711"},
            "All requests of the title 99300000000004711",
            ["title/99300000000004711"],
        ),
        ({"source": "patron/a/b"}, "All requests of the person a/b", ["patron/a/b"]),
        ({"source": "watch"}, "All on the watch list that go on", ["watch"]),
        ({"source": "picklist/MED/D"}, "The pick list of D · Medical Library", ["picklist/MED/D"]),
        ({"ids": "83400000000004711,83400000010004711\n83400000000004711"}, "2 requests", None),
    ],
)
def test_by_its_own_button_it_is_about_the_whole_list_else_about_what_was_typed(desk, sent, words, targets):
    form = desk.post(ADDRESS, {"do": "all", **sent})
    assert words in read(form).text
    send(desk, form, reason="CannotBeFulfilled")
    job = Job.objects.get()
    assert job.targets == (targets or ["83400000000004711", "83400000010004711"])
    assert job.params["set"]["notify"] == "true"


def test_with_none_ticked_the_button_of_those_ticked_is_about_none(desk):
    told = desk.post(ADDRESS, {"source": "patron/s100008"})
    assert (told.status_code, "No request was named" in read(told).text) == (422, True)


def test_all_of_a_list_that_was_narrowed_to_a_type_are_those_of_the_type(desk, emulator):
    own = emulator.request(emulator.requests("many")[0])["user_primary_id"]
    page = desk.get(f"/circulation/patrons/{own}/requests/?kind=BOOKING")
    form = send(desk, page, ADDRESS, do="all")
    send(desk, form, reason="CannotBeFulfilled")
    assert Job.objects.get().params["set"]["type"] == "BOOKING"


def test_names_and_nothing_at_all_are_no_requests(desk):
    told = desk.post(ADDRESS, {"ids": "83400000000004711\nAda Lovelace"})
    assert told.status_code == 422
    assert [item.text for item in read(told).one("section", cls="bad").all("li")] == ["Ada", "Lovelace"]
    assert "Ada Lovelace" in read(told).by_id("ids").text
    assert "No request was named" in read(desk.post(ADDRESS, {})).text
    assert Job.objects.count() == 0


def test_without_a_reason_nothing_is_planned_and_what_was_typed_stays(desk):
    told = send(desk, desk.post(ADDRESS, {"source": "watch", "do": "all"}), older="14", notify="no")
    assert told.status_code == 422
    assert read(told).by_id("id_older").attrs["value"] == "14"
    assert Job.objects.count() == 0


def test_the_desks_of_a_library_are_shown_by_name_and_without_a_key_what_to_ask_for(desk, settings):
    page = read(desk.get(f"{ADDRESS}?library=MED"))
    options = {one.text: one.attrs["value"] for one in page.by_id("source").all("option")}
    assert "picklist/MED/DEFAULT_CIRC_DESK" in options.values()
    assert "DEFAULT_CIRC_DESK" not in options
    settings.ALMA_KEYS = {**settings.ALMA_KEYS, "task-lists": ""}
    text = read(desk.get(ADDRESS)).text
    assert "ALMA_API_KEY_TASK_LISTS" in text
    assert "Task Lists" in text


def test_without_a_key_for_pick_lists_the_job_waits_for_a_person_and_says_which_is_missing(clerk, emulator, settings):
    settings.ALMA_KEYS = {**settings.ALMA_KEYS, "task-lists": ""}
    job = run(cancel(clerk, ["picklist/MED/DEFAULT_CIRC_DESK"]))
    assert job.state == "paused"
    assert "ALMA_API_KEY_TASK_LISTS" in job.message
    assert calls(emulator) == []


def test_the_command_line_does_the_same(clerk, emulator):
    ids, out = emulator.requests("waiting")[:2], StringIO()
    said = ["reason=CannotBeFulfilled", "notify=false", "older=0"]
    words = ["submit", "cancel-requests", "--target", ids[0], "--target", ids[1], "--user", "circulation", "--yes"]
    with pytest.raises(SystemExit) as ended:
        call_command("job", *words, "--wait", "--json", *(part for one in said for part in ("--set", one)), stdout=out)
    assert (ended.value.code, json.loads(out.getvalue())["done"]) == (0, 2)
    assert emulator.mails == []
    assert not is_there(emulator, ids[0])
