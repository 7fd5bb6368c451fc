"""The first page: how Alma and the portal are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from almaportal.alma import clock
from almaportal.changes.models import Change
from almaportal.jobs.models import Sweep
from almaportal.jobs.sweep import sweep
from tests.portal.reading import read


def tiles(page):
    """What the four tiles say: the figure and its words."""
    return [
        (one.all("b")[0].text, one.all("span", cls="muted")[0].text)
        for one in page.one("div", cls="price").children
        if not isinstance(one, str)
    ]


def notices(page):
    return {one.one("b").text[2:]: one.one("p").text for one in page.all("section", cls="notice")}


@pytest.fixture(autouse=True)
def _a_worker_has_swept(db):
    sweep()


def test_a_healthy_portal_has_nothing_to_say(viewer):
    page = read(viewer.get("/"))
    assert notices(page) == {}
    assert page.links["Browse e-collections"] == "/ecollections/"
    assert "Alma is reached at https://alma.invalid." in page.text
    assert "only reads" not in page.text


def test_alma_was_not_asked_yet(viewer, emulator):
    first, second, _third, fourth = tiles(read(viewer.get("/")))
    assert first == ("○ not asked yet", "Alma, since this portal was set up")
    assert second == ("–", "calls left today: known after the first call")
    assert fourth == ("20", "calls a second at most")
    assert emulator.calls == []


def test_alma_answers(viewer, emulator):
    emulator.spend(999)
    viewer.get("/ecollections/")
    first, second, *_ = tiles(read(viewer.get("/")))
    assert first == ("● answering", "Alma's last answer: just now")
    assert second == ("99,000", "calls left today, Alma said at 12:00:00")


def test_how_long_ago_alma_answered(viewer, clock):
    viewer.get("/ecollections/")
    clock.time += 12 * 60
    assert tiles(read(viewer.get("/")))[0] == ("● answering", "Alma's last answer: 12 min ago")


def test_how_long_the_day_of_calls_lasts(viewer, clock):
    clock.time += 42 * 60
    assert tiles(read(viewer.get("/")))[2][0] == "11 h 18 min"


def test_alma_fails(viewer, emulator):
    emulator.faults.add(kind="500", count=None)
    viewer.get("/ecollections/")
    page = read(viewer.get("/"))
    assert tiles(page)[0][0] == "■ failing"
    assert "unreachable" in notices(page)["Alma's last answer was a failure"]


def test_alma_answers_again(viewer, emulator, clock):
    emulator.faults.add(kind="500", count=None)
    viewer.get("/ecollections/")
    emulator.faults.clear()
    clock.time += 60
    viewer.get("/ecollections/")
    page = read(viewer.get("/"))
    assert tiles(page)[0][0] == "● answering"
    assert notices(page) == {}


def test_a_record_that_does_not_exist_is_no_failure_of_alma(viewer):
    viewer.get("/ecollections/61999/")
    assert tiles(read(viewer.get("/")))[0][0] == "● answering"


def test_a_missing_key_is_named_by_its_variable(viewer, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": "", "users": ""}
    page = read(viewer.get("/"))
    assert set(notices(page)) == {"ALMA_API_KEY_ELECTRONIC is not set", "ALMA_API_KEY_USERS is not set"}


def test_no_key_is_shown(viewer):
    assert b"demo-all" not in viewer.get("/").content


def test_areas_that_are_only_read_are_named(viewer, settings):
    settings.ALMA_READ_ONLY = {"users", "electronic"}
    assert "This portal only reads in: electronic, users." in read(viewer.get("/")).text


def test_a_used_up_day_is_said_with_its_end(viewer, emulator):
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    said = notices(read(viewer.get("/")))
    assert "16 Jan 2027, 00:00 (00:00 GMT)" in said["Today's API calls are used up"]


def test_a_used_up_day_is_said_in_the_librarys_own_time(viewer, emulator, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    page = read(viewer.get("/"))
    assert "16 Jan 2027, 01:00 (00:00 GMT)" in notices(page)["Today's API calls are used up"]
    assert tiles(page)[2][1] == "until the day of calls ends (00:00 GMT, 01:00 here)"


def test_in_the_first_minutes_of_a_day_a_refusal_is_of_almas_yesterday(viewer, emulator, clock):
    clock.time += 12 * 3600 + 10
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    said = notices(read(viewer.get("/")))
    assert "Alma is asked again at 00:01:10" in said["Alma's new day of calls has not begun yet"]
    assert "Today's API calls are used up" not in said


def test_a_slower_pace_is_said_until_it_has_recovered(viewer, emulator, clock):
    emulator.faults.add(kind="429")
    viewer.get("/ecollections/")
    page = read(viewer.get("/"))
    assert "calls a second for now" in notices(page)["Alma asked for a slower pace"]
    assert 10 <= float(tiles(page)[3][0]) < 20
    clock.time += 61
    page = read(viewer.get("/"))
    assert notices(page) == {}
    assert tiles(page)[3][0] == "20"


def test_a_missing_worker_is_said_with_what_to_do(viewer, monkeypatch):
    monkeypatch.setattr("almaportal.health.STARTED", -1000.0)
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=6))
    assert "make run" in notices(read(viewer.get("/")))["No worker is running"]


def test_a_worker_that_sweeps_is_not_missing(viewer, monkeypatch):
    monkeypatch.setattr("almaportal.health.STARTED", -1000.0)
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=4))
    assert notices(read(viewer.get("/"))) == {}


def test_right_after_the_start_no_worker_is_missed(viewer):
    Sweep.objects.all().delete()
    assert notices(read(viewer.get("/"))) == {}


def test_changes_that_nobody_knows_the_outcome_of_are_said(sign_in, db):
    for state in ("unsure", "unsure", "done", "failed"):
        Change.objects.create(at=clock.moment(), action="edit", kind="portfolio", state=state)
    page = read(sign_in("e-resources").get("/"))
    assert "Nobody knows whether Alma made 2 changes" in page.text
    assert page.links["Look at them"] == "/changes/?state=unsure"
    assert "Nobody knows" not in read(sign_in("viewer").get("/")).text
