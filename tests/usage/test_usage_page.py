"""What the calls to Alma were spent on, as administrators see it."""

import csv
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlencode

import pytest

from almaportal.alma.models import Pace
from almaportal.alma.quota import Quota
from almaportal.usage.models import OTHERS, Bucket, Failure, Left
from tests.jobs.making import make
from tests.portal.reading import read
from tests.usage.counting import NOON, series, spent

TEN, DAY = timedelta(minutes=10), timedelta(days=1)
COLUMNS = ["Calls", "Share", "Saved", "429", "Waited", "Not made", "Median", "95 %"]


@pytest.fixture
def usage(admin):
    def show(address="", **query):
        query = {word.rstrip("_"): value for word, value in query.items()}
        response = admin.get(f"/usage/{address or '?' + urlencode(query)}")
        assert response.status_code == 200
        return read(response)

    return show


@pytest.fixture
def download(admin):
    def get(part, **query):
        response = admin.get("/usage/csv/", {"part": part, **query})
        text = b"".join(response).decode("utf-8-sig")
        return response, list(csv.DictReader(text.splitlines()))

    return get


def tiles(page):
    """What it counts, without its own figures → the figure."""
    found = page.one("div", cls="tiles").all("div")
    return {one.one("span").text: one.one("b").text for one in found}


def tile(page, words):
    [figure] = [figure for label, figure in tiles(page).items() if words in label]
    return figure


def region(page, name):
    return page.one("div", role="region", **{"aria-label": name})


def rows(page, name="Who and what"):
    """First cell, and what is beside it."""
    return [
        [cell.text for cell in row.children if not isinstance(cell, str)]
        for row in region(page, name).one("tbody").all("tr")
    ]


def calls(page):
    return {row[0]: row[1] for row in rows(page)}


def bars(page, unit="Calls in ten minutes"):
    head = region(page, unit).head
    return head, rows(page, unit)


def chips(page):
    return [one.text for one in page.all("a", cls="chip")]


def test_before_the_first_call_the_page_says_so_and_asks_alma_nothing(usage, emulator):
    page = usage()
    assert "No calls yet. What the portal asks Alma is counted by itself" in page.text
    assert tile(page, "calls: 0 by this portal, 0 by other programs (0 %)") == "0"
    assert "Alma has not said yet today how many calls are left" in page.text
    assert "the day ends in 12 h 0 min (00:00 GMT)" in page.text
    assert page.all("svg") == []
    assert emulator.calls == []


def test_calls_saved_calls_and_what_is_left_are_told_as_they_were(usage, viewer, sign_in, emulator):
    collection = emulator.collections()[0]
    for _ in range(3):
        viewer.get(f"/ecollections/{collection}/")
    sign_in("circulation").get(f"/ecollections/{collection}/")
    left = Quota().state().remaining
    page = usage(by="operation")
    assert region(page, "Who and what").head == ["Operation", "Calls ▼", *COLUMNS[1:]]
    assert [row[:4] for row in rows(page)] == [
        ["GET /electronic/e-collections/{collection_id}", "1", "50 %", "3"],
        ["GET /electronic/e-collections/{collection_id}/e-services", "1", "50 %", "3"],
    ]
    assert tile(page, "calls: 2 by this portal, 0 by other programs") == "2"
    assert tile(page, "saved by the cache") == "6"
    assert f"Alma said {left:,} are left at 12:00:00 · learned from Alma, shared with all" in page.text
    assert calls(usage(by="person")) == {"viewer": "2", "circulation": "0"}
    assert calls(usage(by="feature")) == {"E-collections": "2"}
    assert calls(usage(by="role")) == {"viewer": "2", "circulation": "0"}
    assert bars(page) == (["Time", "people", "jobs", "other programs", "All", "Left"], [
        ["12:00", "2", "0", "0", "2", f"{left:,}"]
    ])  # fmt: skip


def test_every_value_is_told_in_words(usage, viewer, django_user_model):
    spent(calls=8, user_id=77, role="gone", feature="edit-portfolios", area="task-lists", outcome="too_fast", key="K")
    spent(calls=5, user_id=0, feature="", area="odd", outcome="odd", lane="jobs", job_id=8, method="PUT")
    spent(calls=4, user_id=django_user_model.objects.get(username="viewer").pk, feature="patrons", code="60101")
    told = {by: list(calls(usage(by=by))) for by in ("person", "role", "feature", "area", "outcome", "key", "job")}
    assert told == {
        "person": ["deleted person 77", "the portal by itself", "viewer"],
        "role": ["no role", "gone"],
        "feature": ["Edit portfolios", "the portal by itself", "Patrons"],
        "area": ["Task lists", "odd", "Electronic resources"],
        "outcome": ["429: too fast", "odd", "ok"],
        "key": ["no key", "K"],
        "job": ["no job", "Job 8"],
    }
    assert calls(usage(by="code")) == {"an error without a code": "13"}, "what went well is no error"


def test_figures_of_a_row_and_of_the_tiles_add_up(usage):
    spent(calls=8, saved=3, waited=1.25, took_1=4, took_3=4)
    spent(NOON - TEN, calls=2, outcome="too_fast", waited=0.5, took_0=2)
    spent(NOON - TEN, outcome="budget", refused=12_345)
    spent(NOON - TEN, outcome="quiet", refused=1)
    page = usage(by="area")
    assert rows(page) == [["Electronic resources", "10", "100 %", "3", "2", "1.75 s", "12,346", "0.09 s", "0.19 s"]]
    assert tile(page, "refused for speed (429); 1.75 s waited") == "2"
    assert tile(page, "not made: 12,345 the budget is used up, 1 quiet hours") == "12,346"
    assert tile(page, "95 % within 0.19 s") == "0.09 s"


def test_a_row_opens_the_calls_that_it_counts_and_every_part_obeys(usage):
    spent(calls=7, user_id=5, operation="/a", feature="patrons", saved=1)
    spent(calls=4, user_id=6, operation="/a", feature="patrons", outcome="rejected", code="60101")
    spent(calls=2, user_id=6, operation="/b", method="PUT")
    Failure.objects.create(series_id=series(user_id=6, outcome="rejected", code="60101"), tracking_id="T6")
    Failure.objects.create(series_id=series(user_id=5, outcome="rejected", code="60122"), tracking_id="T5")
    Left.objects.create(start=NOON, low=900)
    Pace.objects.update(most_remaining=1000, gateway=Quota._locked().gateway)
    person = usage(region(usage(), "Who and what").links["deleted person 6"])
    assert calls(person) == {"GET /a": "4", "PUT /b": "2"}
    assert chips(person) == ["Without Person: deleted person 6 ×"]
    assert tile(person, "calls that match") == "6"
    assert tile(person, "saved") == "0"
    assert bars(person) == (["Time", "people", "jobs", "All", "Left"], [["12:00", "6", "0", "6", "900"]])
    assert [row[0] for row in rows(person, "Errors")] == ["60101"]
    assert [row[3] for row in rows(person, "Latest failures")] == ["T6"]
    both = usage(region(person, "Who and what").links["GET /a"])
    assert (tile(both, "calls that match"), len(chips(both))) == ("4", 2)
    assert calls(both) == {"Patrons": "4"}, "person and operation are one each: told apart by what is not"
    one = usage(both.links["Without Person: deleted person 6 ×"])
    assert tile(one, "calls that match") == "11"
    assert tile(usage(both.links["Clear all"]), "13 by this portal, 87 by other programs") == "100"


def test_a_value_that_is_empty_can_be_asked_for_too(usage):
    spent(calls=3, role="")
    spent(calls=4, role="viewer")
    page = usage(region(usage(by="role"), "Who and what").links["no role"])
    assert (chips(page), tile(page, "calls that match")) == (["Without Role: no role ×"], "3")


ODD = ("", "xyzzy", "-", "\0", "'\"<b>", "²", "9" * 30, "x" * 10_000)


def test_an_odd_word_in_the_address_counts_as_not_said(usage):
    spent(calls=3)
    for value in ODD:
        page = usage(**dict.fromkeys(("period", "by", "stack", "sort", "whole", "page", "lane[]"), value))
        assert (tile(page, "by this portal"), list(calls(page))) == ("3", ["the portal by itself"]), value


@pytest.mark.parametrize("word", ["person", "key", pytest.param("operation", marks=pytest.mark.thorough)])
def test_what_nothing_matches_says_so_and_has_a_way_back(usage, admin, word):
    spent(calls=3, user_id=5, key="K")
    for value in ODD:
        response = admin.get("/usage/", {word: value})
        assert "No calls match." in read(response).text, value
        assert len(response.content) < 60_000
    assert "No calls match" in usage(f"?{word}=a&{word}=b").text
    assert tile(usage(read(response).links["Show all calls of this period"]), "by this portal") == "3"


def test_each_column_sorts_and_the_order_turns_round(usage):
    for n, (name, took) in enumerate((("GET /b", "took_9"), ("GET /c", "took_1"), ("GET /a", "took_3"))):
        spent(calls=n + 1, operation=name[4:], waited=3 - n, saved=n == 1, refused=n == 0, **{took: n + 1})
    spent(operation="/d", saved=9)
    heads = region(usage(by="operation"), "Who and what")
    assert [one.attrs.get("aria-sort") for one in heads.all("th", scope="col")] == [None, "descending", *[None] * 7]
    found = {}
    for name, href in heads.one("thead").links.items():
        page = usage(href)
        [other] = [one for one in region(page, "Who and what").all("th") if one.attrs.get("aria-sort")]
        order = "".join(row[0][-1] for row in rows(page))
        assert other.text.startswith(name), "the column that was pressed is the sorted one"
        turned = usage(other.one("a").attrs["href"])
        found[name] = (order, "".join(row[0][-1] for row in rows(turned))[:2])
    assert found == {
        "Operation": ("abcd", "dc"),
        "Calls": ("dbca", "ac"),  # sorted so already: pressed again, it turns
        "Share": ("acbd", "db"),
        "Saved": ("dcab", "ab"),
        "429": ("acbd", "ac"),
        "Waited": ("bcad", "da"),
        "Not made": ("bacd", "ac"),
        "Median": ("bacd", "dc"),
        "95 %": ("bacd", "dc"),
    }


def test_twenty_five_rows_are_shown_and_then_all(usage):
    for n in range(60):
        spent(calls=n + 1, user_id=1000 + n)
    page = usage()
    assert len(rows(page)) == 25
    assert rows(page)[0][0] == "deleted person 1059", "the busiest first"
    assert len(rows(usage(page.links["All 60"]))) == 60


def test_jobs_have_their_titles_and_who_may_can_pause_them_there(usage, admin, django_user_model, monkeypatch):
    ada = django_user_model.objects.get()
    running, done = make(ada, "running", title="Edit <b>"), make(ada, "done", title="Old")
    hidden = make(ada, "running", kind="lift-blocks", title="Of s100008")
    for n, job in enumerate((running, done, hidden)):
        spent(calls=9 - n, lane="jobs", job_id=job.pk, feature=job.kind)
    page = usage(by="job")
    assert [row[0] for row in rows(page)] == [
        f"Job {running.pk}: Edit <b> its page Pause",
        f"Job {done.pk}: Old its page",
        f"Job {hidden.pk}: Of s100008 its page Pause",
    ]
    form = region(page, "Who and what").all("form")[0]
    assert form.one("button").attrs["aria-label"] == f"Pause: Job {running.pk}: Edit <b>"
    assert admin.post(form.attrs["action"]).status_code == 302
    running.refresh_from_db()
    assert running.state == "paused"
    monkeypatch.setattr("almaportal.jobs.views.hidden_from", lambda user: ["lift-blocks"])
    assert rows(usage(by="job"))[2][0] == f"Job {hidden.pk}"
    assert chips(usage(job=hidden.pk)) == [f"Without Job: Job {hidden.pk} ×"]


def _left(remaining, **more):
    """Alma's day had 10,000 calls; 8,000 were left an hour ago; so many are now."""
    Left.objects.create(start=NOON - 7 * TEN, low=8000)
    pace = Pace.objects.get()
    pace.gateway, pace.remaining, pace.remaining_at = Quota._locked().gateway, remaining, NOON.timestamp() - 20
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
    assert "Alma said 7,700 are left at 12:59:40" in page.text
    assert "the day ends in 12 h 0 min (00:00 GMT, 01:00 here)" in page.text


def test_when_they_run_out_and_when_jobs_rest(usage, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    settings.ALMA_RESERVE = (0.2, True)
    _left(4000)
    page = usage()
    [one] = [one for one in page.one("div", cls="tiles").all("div") if "runs out" in one.text]
    assert one.one("b").text == "runs out at 22:00"
    assert one.one("span").text == (
        "at this pace: 4,000 calls an hour by all programs, since 20:00; jobs rest from 21:30"
    )
    assert one.attrs["title"] == "13:00 GMT"
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
    assert tile(page, "calls not made: 2 the day is used up") == "2"


def test_what_other_programs_spent_is_told_beside(usage):
    _left(7700)
    spent(NOON - 7 * TEN, calls=500, lane="jobs", feature="edit-portfolios")
    page = usage()
    assert tile(page, "calls: 501 by this portal, 1,500 by other programs (75 %)") == "2,001"
    assert sum(int(row[3].replace(",", "")) for row in bars(page)[1]) == 1500
    head, _rows = bars(usage(stack="feature"))
    assert head == ["Time", "Edit portfolios", "the portal by itself", "other programs", "All", "Left"]
    assert calls(page) == {"the portal by itself": "501"}, "others are nobody of ours"


def test_longer_periods_have_coarser_bars_and_each_call_in_one_of_them(usage):
    spent(NOON, calls=1, lane="jobs", job_id=4, feature="edit-portfolios")
    for span, start, n in (
        (1, NOON - DAY, 20),
        (2, NOON.replace(hour=0) - DAY, 20),
        (3, NOON.replace(hour=0, day=1), 300),
    ):
        spent(start, calls=n, span=span, lane="jobs", job_id=0 if span == 3 else 4, feature="edit-portfolios")
        spent(start, span=span, lane=OTHERS, counted=n)
    spent(NOON - DAY + TEN, calls=20, lane="jobs", job_id=4, feature="edit-portfolios")
    expected = {
        "today": ("Calls in ten minutes", [["12:00", "0", "1", "0", "1"]]),
        "24h": ("Calls in ten minutes", [["Thu 12:10", "0", "20", "0", "20"], ["Fri 12:00", "0", "1", "0", "1"]]),
        "7d": ("Calls an hour", [
            ["Thu 14 Jan, 12:00", "0", "20", "20", "40"], ["Fri 15 Jan, 12:00", "0", "1", "0", "1"]
        ]),
        "60d": ("Calls a day", [["Thu 14 Jan", "0", "20", "20", "40"], ["Fri 15 Jan", "0", "1", "0", "1"]]),
        "13m": ("Calls a month", [["January 2027", "0", "301", "300", "601"]]),
    }  # fmt: skip
    links = usage().one("nav", **{"aria-label": "Period"}).links
    for (name, (unit, found)), href in zip(expected.items(), links.values(), strict=True):
        page = usage(href)
        assert bars(page, unit)[1] == found, name
        current = page.one("nav", **{"aria-label": "Period"}).one("a", **{"aria-current": "true"})
        assert (
            current.text
            == {"today": "Today", "24h": "24 hours", "7d": "7 days", "60d": "60 days", "13m": "13 months"}[name]
        )
    months = usage(period="13m", by="job")
    assert calls(months) == {"no job": "300", "Job 4": "1"}
    assert "tell jobs apart by their kind only" in months.text
    assert "tell jobs apart" not in usage(period="60d", by="job").text


def test_errors_are_told_by_code_with_what_support_asks_for(usage, viewer, emulator, clock, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    for n in range(5):
        viewer.get(f"/ecollections/6199{n}/")
        clock.time += 60
    emulator.faults.add(kind="timeout", count=1)
    viewer.get("/ecollections/")
    page = usage()
    by_code, without = rows(page, "Errors")
    assert by_code[:3] == ["60121", "There is no e-collection with this ID: mistyped, or deleted in Alma.", "5"]
    found = [one.tracking_id for one in Failure.objects.exclude(tracking_id="").order_by("-pk") if one.status == 400]
    shown = re.findall(r"E01-\S+", by_code[3])
    assert shown == found[:3]
    assert "15 Jan 2027, 13:04" in by_code[3]
    assert (without[0], without[2]) == ("Alma not reached", "1")
    failures = rows(page, "Latest failures")
    assert region(page, "Latest failures").head == ["When", "Operation", "What", "Tracking ID", "Person"]
    assert failures[1] == [
        "15 Jan 2027, 13:04", "GET /electronic/e-collections/{collection_id}",
        "not found · HTTP 400 · 60121 The collection ID is not valid.", shown[0], "viewer",
    ]  # fmt: skip
    assert "61994" not in page.text
    only = usage(region(page, "Errors").links["60121"])
    assert (tile(only, "calls that match"), len(rows(only, "Latest failures"))) == ("5", 5)


def test_fifty_failures_are_shown_and_their_words_are_only_text(usage):
    kind = series(outcome="rejected", code="1")
    Failure.objects.bulk_create(Failure(series_id=kind, text=f"no {n}") for n in range(60))
    Failure.objects.create(series_id=kind, text="<script>alert(1)</script>", tracking_id='"><i>')
    found = rows(usage(), "Latest failures")
    assert found[0][2:4] == ["refused by Alma · 1 <script>alert(1)</script>", '"><i>']
    assert (len(found), found[-1][2]) == (50, "refused by Alma · 1 no 11")


def test_yesterdays_calls_are_not_todays(usage, viewer, clock):
    viewer.get("/ecollections/")
    clock.time += 12 * 3600
    page = usage()
    assert tile(page, "by this portal") == "0"
    assert "No calls in this period yet." in page.text
    assert tile(usage(period="24h"), "by this portal") == "1"
    assert Bucket.objects.count() == 1


def test_each_part_is_a_file_too_whole_and_harmless(download, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    for n in range(30):
        spent(calls=n + 1, user_id=9, operation=f"/x{n:02}", saved=n == 0)
    spent(NOON - TEN, calls=40, user_id=8, outcome="rejected", code="-60101", operation="/x", took_2=40)
    for _ in range(55):
        Failure.objects.create(at=NOON, series_id=series(user_id=8, outcome="rejected", code="-60101", operation="/x"),
                               text="=1+1", tracking_id="T1", status=400)  # fmt: skip
    response, table = download("table", by="operation", person="9", sort="calls")
    assert response["Content-Disposition"] == 'attachment; filename="usage-table-today.csv"'
    assert len(table) == 30
    assert (
        table[0] | {"Operation": "GET /x00", "Value": "GET /x00", "Calls": "1", "Saved": "1", "Share, %": "0.22"}
        == table[0]
    )
    chart = download("chart")[1]
    assert len(chart) == 73, "every ten minutes that began"
    assert chart[71] == {"From (GMT)": "2027-01-15T11:50:00Z", "From (here)": "2027-01-15 12:50:00", "people": "40",
                         "jobs": "0", "other programs": "0", "All": "40", "Left": ""}  # fmt: skip
    [error] = download("errors")[1]
    assert (error["Error"], error["Calls"], error["Latest tracking IDs"]) == ("'-60101", "40", "T1 T1 T1")
    failures = download("failures")[1]
    assert (len(failures), failures[0]["Alma's text"], failures[0]["When (GMT)"]) == (
        55,
        "'=1+1",
        "2027-01-15T12:00:00Z",
    )
    assert len(download("xyzzy", person="abc")[1]) == 0


def test_under_htmx_the_same_address_answers_its_results_alone(admin):
    spent(calls=3, user_id=5)
    whole = read(admin.get("/usage/?by=area"))
    part = read(admin.get("/usage/?by=area", headers={"HX-Request": "true", "HX-Trigger": "by-area"}))
    assert part.all("h1") == []
    assert part.text in whole.text
    assert region(part, "Who and what").attrs.get("data-focus") is None, "the tab that was pressed is still there"
    row = read(admin.get("/usage/?person=5", headers={"HX-Request": "true"}))
    assert "data-focus" in region(row, "Who and what").attrs, "the link that was pressed is gone"
    for link in whole.by_id("results").all("a"):
        if "hx-get" in link.attrs:
            assert link.attrs["hx-get"] == link.attrs["href"]


def test_more_rows_cost_no_more_statements(admin, django_assert_max_num_queries, django_user_model):
    for n in range(30):
        person = django_user_model.objects.create(username=f"p{n}")
        job = make(person, "running")
        spent(calls=n + 1, user_id=person.pk, job_id=job.pk, lane="jobs", feature=f"f{n}", outcome="x", code=f"{n}")
        Failure.objects.create(series_id=series(user_id=person.pk, outcome="x", code=f"{n}"), tracking_id="T")
    for query in ("", "?by=job&stack=feature", "?period=13m&by=code&whole=yes", f"?person={person.pk}&job={job.pk}"):
        with django_assert_max_num_queries(22):
            admin.get(f"/usage/{query}")


def test_links_keep_what_is_chosen(usage):
    spent(calls=3, user_id=5, operation="/x&y=ü")
    page = usage(period="24h", by="operation", stack="feature", person="5", sort="name")
    href = page.one("nav", **{"aria-label": "Stacked"}).links["by lane"]
    assert parse_qs(href[1:]) == {"period": ["24h"], "by": ["operation"], "person": ["5"], "sort": ["name"]}
    href = region(page, "Who and what").links["GET /x&y=ü"]
    assert parse_qs(href[1:])["operation"] == ["GET /x&y=ü"]
    assert calls(usage(href)) == {"the portal by itself": "3"}
