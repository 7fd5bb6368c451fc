"""The watch list: put on, taken off, looked at, and how each came to its end."""

from datetime import UTC, datetime

import pytest

from almaportal.accounts import roles
from almaportal.jobs.models import Job
from almaportal.jobs.sweep import sweep
from almaportal.people import alma as people
from almaportal.people.models import Access
from circulation.models import Watched
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ADDRESS = "/circulation/watch/"
NIGHT = datetime(2027, 1, 16, 3, tzinfo=UTC).timestamp()


@pytest.fixture
def keeps(emulator, transport, clock):
    """An institution that keeps requests that are over."""
    own = emulator.copy(request_history=True)
    own.now, own.sleep = clock.now, clock.sleep
    transport.emulator = own
    return own


def post(desk, do, ids=(), **more):
    return desk.post(ADDRESS, {"do": do, "pick": list(ids), **more}, follow=True)


def calls(emulator):
    return [call.path for call in emulator.calls if not call.path.startswith("/conf")]


def read_all(desk):
    """The job that reads the list, worked off."""
    post(desk, "read")
    return run(Job.objects.get(kind="refresh-watched", state="queued"))


def rows(desk, query=""):
    return {row[1].split()[-1]: row for row in read(desk.get(ADDRESS + query)).rows if len(row) > 1}


def delete(emulator, one):
    emulator.store.run("DELETE FROM requests WHERE id = ?", int(one[2:-7]))


def move(emulator, one, **changed):
    emulator.set_request(one, emulator.request(one) | changed)


def test_from_a_request_s_page_it_goes_on_the_list_with_its_state_and_title(desk, emulator):
    one = emulator.request(emulator.requests("waiting")[0])
    own = one["request_id"]
    page = read(desk.post(ADDRESS, {"do": "add", "request": own}, follow=True))
    assert "Watch it no more" in page.text
    row = rows(desk)[own]
    assert row[1] == f"{one['title']} {own}"
    assert row[3] == f"◐ not started place {one['place_in_queue']} in the queue"
    assert row[4] == one["pickup_location"]
    assert row[6].startswith("circulation")
    assert one["user_primary_id"] not in str(list(Watched.objects.values()))
    emulator.calls.clear()
    rows(desk)
    assert calls(emulator) == [], "the title is kept"
    post(desk, "drop", [own])
    assert rows(desk) == {}


def test_from_ticks_of_a_list_many_go_on_it_without_a_call_and_each_once(desk, emulator):
    ids = emulator.requests("many")[:3]
    emulator.calls.clear()
    assert "3 put on the list" in read(post(desk, "add", ids)).text
    post(desk, "add", ids)
    assert calls(emulator) == []
    assert {row[3] for row in rows(desk).values()} == {"not looked at yet"}
    assert "3 calls, by a job" in read(desk.get(ADDRESS)).text


def test_by_a_number_that_is_none_or_nobody_s_nothing_goes_on_it(desk):
    told = desk.post(ADDRESS, {"do": "add", "ids": "83400000000004711 Ada"})
    assert (told.status_code, "no number of a request" in read(told).text) == (422, True)
    told = desk.post(ADDRESS, {"do": "add", "ids": "83999999990004711"})
    assert told.status_code == 404
    assert "401694" in read(told).text
    assert read(told).by_id("ids").attrs["value"] == "83999999990004711"
    assert desk.post(ADDRESS, {"do": "add"}).status_code == 422
    assert Watched.objects.count() == 0


@pytest.mark.thorough
def test_reading_all_again_is_a_job_of_a_call_each_that_says_what_changed(desk, emulator, clock):
    same, moved = emulator.requests("waiting")[:2]
    post(desk, "add", [same, moved])
    first = read_all(desk)
    assert set(first.items.values_list("message", flat=True)) == {""}, "at the first look nothing changed"
    clock.time += 3600
    move(emulator, moved, request_status="On Hold Shelf", place_in_queue=None, expiry_date="2027-01-20Z")
    emulator.calls.clear()
    job = read_all(desk)
    assert (job.state, len(calls(emulator)), job.phase) == ("done", 2, "run")
    found = rows(desk)
    assert "→ on hold shelf" in found[moved][5]
    assert "changed then" in found[moved][5]
    assert "kept until" in found[moved][3]
    assert "changed" not in found[same][5]
    assert set(rows(desk, "?state=changed")) == {moved}
    assert set(rows(desk, "?state=ON_HOLD_SHELF")) == {moved}
    assert rows(desk, "?whose=mine").keys() == found.keys()
    assert Job.objects.latest("pk").items.get(path=moved).state == "done"


@pytest.mark.thorough
def test_only_what_goes_on_is_read_and_how_it_most_likely_ended_is_told(desk, emulator, clock):
    shelf, wanted, gone = emulator.requests("shelf_expired")[0], *emulator.requests("waiting")[:2]
    move(emulator, wanted, last_interest_date="2027-01-01Z")
    post(desk, "add", [shelf, wanted, gone])
    read_all(desk)
    clock.time += 3600
    for one in (shelf, wanted, gone):
        delete(emulator, one)
    read_all(desk)
    found = rows(desk, "?state=over")
    assert found[shelf][3] == "○ hold shelf expired, most likely"
    assert found[wanted][3] == "○ expired, most likely"
    assert found[gone][3] == "○ over; Alma does not say why"
    assert "there is nothing to read" in read(post(desk, "read")).text
    assert "3 taken off" in read(post(desk, "over")).text


@pytest.mark.thorough
def test_of_one_kept_as_history_the_person_s_loan_tells_that_it_was_completed(desk, keeps):
    one, own = keeps.requests("shelf")[0], keeps.people("many_loans")[0]
    post(desk, "add", [one])
    read_all(desk)
    item = people.loans(own)[0][0]["item_id"]
    keeps.calls.clear()
    move(keeps, one, request_status="HISTORY", user_primary_id=own, request_time="2020-01-01T00:00:00Z", item_id=item)
    read_all(desk)
    assert len(calls(keeps)) == 2
    assert rows(desk)[one][3] == "○ completed, most likely"


def test_a_day_that_passed_unseen_says_nothing_and_the_list_and_the_page_agree_later_too(desk, emulator, clock):
    one = emulator.requests("waiting")[0]
    move(emulator, one, last_interest_date="2027-01-16Z")
    post(desk, "add", [one])
    desk.get(f"/circulation/requests/{one}/")  # on the 15th
    delete(emulator, one)
    clock.time += 3 * 24 * 3600
    for _look in range(2):
        text = read(desk.get(f"/circulation/requests/{one}/")).text
        assert "nobody looked on that day or later" in text
        assert rows(desk)[one][3] == "○ over; Alma does not say why"
        clock.time += 24 * 3600


def test_what_was_over_before_its_day_had_passed_is_not_called_expired_later(desk, emulator, clock):
    one = emulator.requests("waiting")[0]
    move(emulator, one, last_interest_date="2027-01-15Z")
    post(desk, "add", [one])
    desk.get(f"/circulation/requests/{one}/")
    delete(emulator, one)
    for _day in range(2):  # the 15th itself, and the 18th
        text = read(desk.get(f"/circulation/requests/{one}/")).text
        assert "Over; Alma does not say why" in text
        clock.time += 3 * 24 * 3600


def test_from_a_request_s_page_it_is_read_once_and_odd_places_in_a_queue_are_none(desk, emulator):
    one = emulator.requests("waiting")[0]
    for odd in (-1, 0, 10**30, "99999999"):
        move(emulator, one, place_in_queue=odd)
        emulator.calls.clear()
        assert desk.post(ADDRESS, {"do": "add", "request": one}, follow=True).status_code == 200
        assert calls(emulator) == [f"/users/ALL/requests/{one}"]
        assert rows(desk)[one][3] == "◐ not started"


def test_its_own_page_says_what_changed_since_and_the_list_knows_it_then(desk, emulator):
    one = emulator.requests("waiting")[0]
    post(desk, "add", [one])
    move(emulator, one, request_status="IN_PROCESS", place_in_queue=None)
    page = read(desk.get(f"/circulation/requests/{one}/"))
    assert "Changed since it was last looked at" in page.text
    assert "→ in process" in page.text
    assert rows(desk)[one][3] == "◐ in process"
    delete(emulator, one)
    assert desk.get(f"/circulation/requests/{one}/").status_code == 404
    assert rows(desk)[one][3].startswith("○ over")


@pytest.mark.thorough
def test_each_night_all_is_read_once_in_the_name_of_who_may(desk, emulator, clock, settings, django_user_model):
    post(desk, "add", emulator.requests("waiting")[:2])
    sweep()
    assert Job.objects.count() == 0, "it is noon"
    clock.time = NIGHT
    settings.WATCH_NIGHTLY = False
    sweep()
    assert Job.objects.count() == 0, "switched off"
    settings.WATCH_NIGHTLY = True
    sweep()
    sweep()
    job = Job.objects.get()
    assert (job.kind, job.who) == ("refresh-watched", "circulation")
    assert run(job).state == "done"
    sweep()
    assert Job.objects.count() == 1, "once a night"
    clock.time += 24 * 3600
    django_user_model.objects.get(username="circulation").groups.clear()
    sweep()
    assert Job.objects.count() == 1, "nobody who may"


def test_who_may_only_look_changes_nothing(sign_in, emulator, monkeypatch):
    monkeypatch.setitem(roles.ROLES, "viewer", {roles.VIEW_REQUESTS})
    viewer = sign_in("viewer")
    assert viewer.get(ADDRESS).status_code == 200
    assert viewer.post(ADDRESS, {"do": "add", "ids": emulator.requests("waiting")[0]}).status_code == 403
    assert read(viewer.get(ADDRESS)).one("main").all("button", name="do") == []
    assert Access.objects.count() == 0
