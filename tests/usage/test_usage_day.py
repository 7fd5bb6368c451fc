"""What is known of Alma's day, above the figures: what is left, where it leads, what others spent, whose times."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from almaportal.alma.models import Pace
from almaportal.usage.models import Left
from tests.usage.counting import NOON, spent
from tests.usage.reading import bars, calls, tile, tiles

TEN = timedelta(minutes=10)


def _left(remaining, **more):
    """Alma's day had 10,000 calls; 8,000 were left an hour ago; so many are now."""
    Left.objects.create(start=NOON - 7 * TEN, low=8000)
    pace = Pace.objects.get()
    pace.gateway, pace.remaining, pace.remaining_at = settings.ALMA_BASE_URL, remaining, NOON.timestamp()
    pace.most_remaining = 10_000
    pace.__dict__.update(more)
    pace.save()
    spent(calls=1)


def test_where_the_day_leads_at_this_pace(usage, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    settings.ALMA_RESERVE = (0.2, True)
    _left(7700)
    page = usage(period="13m")  # of today, whatever the period is
    ahead = "left at midnight GMT at this pace: 300 calls an hour by all programs, since 12:00"
    assert tiles(page)[ahead] == "4,100"
    assert "about 7,700 are left, of what Alma said last at 13:00:00" in page.text
    assert "the day ends in 12 h 0 min (00:00 GMT, 01:00 here)" in page.text


def test_when_they_run_out_and_when_jobs_rest(usage, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    settings.ALMA_RESERVE = (0.2, True)
    _left(4000)
    page = usage()
    [one] = [one for one in page.one("div", cls="tiles").all("div") if "runs out" in one.text]
    assert one.one("b").text == "runs out at 22:00"
    assert one.one("span").text == (
        "(13:00 GMT) at this pace: 4,000 calls an hour by all programs, since 20:00; jobs rest from 21:30"
    )
    Pace.objects.update(remaining=1900)
    assert "jobs rest: what is left is the reserve for people" in usage().text


def test_the_day_used_up_and_a_last_answer_that_failed_are_told(usage, viewer, emulator):
    emulator.faults.add(kind="503", count=None)
    viewer.get("/ecollections/")
    assert "■ Its last answer was a failure, at 12:00:" in usage().text
    emulator.faults.clear()
    emulator.faults.add(kind="429day")
    for _ in range(3):
        viewer.get("/ecollections/?page=2")
    page = usage()
    assert "The day's calls are used up: nothing is asked before Sat 00:00" in page.text
    assert tile(page, "calls are left today: the day is used up") == "0"
    assert tile(page, "calls not made: the day is used up (2)") == "2"


def test_until_almas_new_day_begins_nothing_is_told_of_it(usage, viewer, emulator, clock):
    clock.time += 12 * 3600 + 20
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    page = usage()
    assert "Alma's new day of calls has not begun yet: it is asked again at 00:01:20" in page.text
    assert tile(page, "left at midnight GMT: known once Alma's new day of calls has begun") == "–"
    assert "calls are used up" not in page.text


def test_what_other_programs_spent_is_told_beside(usage):
    _left(7700)
    spent(NOON - 7 * TEN, calls=500, lane="jobs", feature="edit-portfolios")
    page = usage()
    assert tile(page, "calls: 501 by this portal, 1,500 by other programs (75 %)") == "2,001"
    assert sum(int(row[3].replace(",", "")) for row in bars(page)[1]) == 1500
    head, _rows = bars(usage(stack="feature"))
    assert head == ["Time", "Edit portfolios", "the portal by itself", "other programs", "All", "Left"]
    assert calls(page) == {"the portal by itself": "501"}, "others are nobody of ours"


def test_the_picture_goes_on_from_what_is_left_to_midnight_on_todays_scale(usage):
    _left(7700)
    Left.objects.create(start=NOON, low=7700)
    Left.objects.create(start=NOON + 6 * TEN, low=7000)  # of a clock that ran ahead
    page = usage()
    assert [row[0] for row in bars(page)[1] if row[5] != "–"] == ["10:50", "12:00"]
    lines = [one.attrs["points"].split() for one in page.one("svg", cls="chart").all("polyline", cls="left")]
    assert [len(line) for line in lines] == [3, 2]
    assert lines[0][0] == "0.00,0.00", "all of the day's 10,000 at midnight"
    assert lines[1] == ["72.00,41.40", "144.00,106.20"]  # 7,700 now; 4,100 left then
    assert page.one("svg", cls="chart").all("text", cls="left")[-1].text == "10,000"
    assert len(usage(period="24h").one("svg", cls="chart").all("polyline", cls="ahead")) == 0


@pytest.mark.parametrize(
    ("zone", "day", "told"),
    [
        ("UTC", NOON, "Times are GMT, as Alma's day is."),
        ("Europe/London", NOON, "Times are GMT, as Alma's day is."),
        (
            "Europe/London",
            datetime(2027, 3, 28, 12, tzinfo=UTC),
            "Times are those of Europe/London; Alma's day begins at",
        ),
        ("Asia/Tokyo", NOON, "Times are those of Asia/Tokyo; Alma's day begins at 00:00 GMT, 09:00 here."),
    ],
)
def test_the_chart_says_whose_times_it_tells(usage, settings, clock, zone, day, told):
    settings.TIME_ZONE = zone
    clock.time = day.timestamp()
    spent(day, calls=1)
    assert told in usage().text
