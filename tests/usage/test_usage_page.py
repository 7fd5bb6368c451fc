"""What the calls to Alma were spent on, as administrators see it."""

import pytest

from almaportal.usage.models import Bucket, Failure
from tests.portal.reading import read


@pytest.fixture
def usage(admin):
    def show():
        response = admin.get("/usage/")
        assert response.status_code == 200
        return read(response)

    return show


def tiles(page):
    return {one.one("span").text: one.one("b").text for one in page.one("div", cls="price").all("div")}


def table(page, name):
    return page.one("div", role="region", **{"aria-label": name})


def test_before_the_first_call_everything_is_nought(usage):
    page = usage()
    assert tiles(page) == {
        "calls made": "0",
        "calls saved by the cache": "0",
        "not made: the day was used up": "0",
        "spent waiting for slots": "0.0 s",
    }
    assert table(page, "By operation").rows == [["No calls yet today."]]
    assert table(page, "By person").rows == [["No calls yet today."]]
    assert table(page, "Latest failures").rows == [["No failures are on record."]]


def test_the_page_itself_costs_no_call(usage, emulator):
    usage()
    assert emulator.calls == []


def test_calls_and_saved_calls_are_counted_by_operation(usage, viewer, emulator):
    collection = emulator.collections()[0]
    for _ in range(3):
        viewer.get(f"/ecollections/{collection}/")
    page = usage()
    assert table(page, "By operation").head == ["Operation", "Outcome", "Calls", "Saved"]
    assert sorted(table(page, "By operation").rows) == [
        ["GET /electronic/e-collections/{collection_id}", "ok", "1", "2"],
        ["GET /electronic/e-collections/{collection_id}/e-services", "ok", "1", "2"],
    ]
    assert tiles(page)["calls made"] == "2"
    assert tiles(page)["calls saved by the cache"] == "4"


def test_calls_are_counted_by_person(usage, viewer, sign_in):
    viewer.get("/ecollections/")
    viewer.get("/ecollections/?page=2")
    sign_in("circulation").get("/ecollections/")
    page = usage()
    assert table(page, "By person").head == ["Person", "Lane", "Calls", "Saved"]
    assert table(page, "By person").rows == [["viewer", "people", "2", "0"], ["circulation", "people", "0", "1"]]


def test_a_deleted_person_is_still_counted(usage, viewer, django_user_model):
    viewer.get("/ecollections/")
    django_user_model.objects.filter(username="viewer").delete()
    assert table(usage(), "By person").rows == [["–", "people", "1", "0"]]


def test_failures_are_shown_with_what_support_asks_for(usage, viewer):
    viewer.get("/ecollections/61999/")
    failures = table(usage(), "Latest failures")
    assert failures.head == ["When", "Operation", "What", "Tracking ID", "Person"]
    [[_when, operation, what, tracking_id, person]] = failures.rows
    assert operation == "GET /electronic/e-collections/{collection_id}"
    assert what == "not_found · HTTP 400 · 60121 The collection ID is not valid."
    assert tracking_id.startswith("E01-")
    assert person == "viewer"


def test_a_failure_is_dated_by_almas_clock_in_the_librarys_time(usage, viewer, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    viewer.get("/ecollections/61999/")
    assert table(usage(), "Latest failures").rows[0][0] == "15 Jan 2027, 13:00"


def test_every_try_is_counted(usage, viewer, emulator):
    emulator.faults.add(kind="503", count=2)
    viewer.get("/ecollections/")
    page = usage()
    assert sorted(row[1:] for row in table(page, "By operation").rows) == [["ok", "1", "0"], ["unreachable", "2", "0"]]
    assert len(table(page, "Latest failures").rows) == 2
    assert tiles(page)["calls made"] == "3"


def test_what_the_end_of_the_day_refused_is_counted_apart(usage, viewer, emulator):
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    viewer.get("/ecollections/")
    viewer.get("/ecollections/")
    page = usage()
    assert tiles(page)["calls made"] == "1"
    assert tiles(page)["not made: the day was used up"] == "2"


def test_the_latest_failures_come_first_and_fifty_are_shown(usage, viewer, emulator):
    Failure.objects.bulk_create(
        Failure(area="electronic", operation=f"/x/{n}", method="GET", kind="denied", lane="people") for n in range(60)
    )
    rows = table(usage(), "Latest failures").rows
    assert len(rows) == 50
    assert (rows[0][1], rows[-1][1]) == ("GET /x/59", "GET /x/10")


def test_yesterdays_calls_are_not_todays(usage, viewer, clock):
    viewer.get("/ecollections/")
    clock.time += 12 * 3600
    page = usage()
    assert tiles(page)["calls made"] == "0"
    assert table(page, "By operation").rows == [["No calls yet today."]]
    assert Bucket.objects.count() == 1


def test_the_busiest_come_first(usage, db):
    from almaportal.alma import clock as now

    midnight = now.moment().replace(hour=0, minute=0, second=0, microsecond=0)
    for operation, calls in (("/few", 5), ("/many", 12_345), ("/some", 70)):
        Bucket.objects.create(
            start=midnight, area="electronic", operation=operation, method="GET", outcome="ok", lane="jobs", calls=calls
        )
    rows = table(usage(), "By operation").rows
    assert [row[0] for row in rows] == ["GET /many", "GET /some", "GET /few"]
    assert rows[0][2] == "12,345"


def test_what_alma_said_is_only_text(usage, db):
    Failure.objects.create(
        area="conf", operation="/x", method="GET", kind="rejected", code="<b>1</b>", text="<script>alert(1)</script>",
        tracking_id='"><i>', lane="people",
    )  # fmt: skip
    [[_when, _operation, what, tracking_id, person]] = table(usage(), "Latest failures").rows
    assert what == "rejected · <b>1</b> <script>alert(1)</script>"
    assert (tracking_id, person) == ('"><i>', "–")
