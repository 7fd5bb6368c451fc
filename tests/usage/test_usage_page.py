"""What the calls to Alma were spent on, as administrators see it."""

from datetime import timedelta

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, ROLES
from almaportal.alma.quota import Quota
from almaportal.usage.models import OTHERS, Bucket, Failure
from tests.jobs.making import make
from tests.usage.counting import NOON, series, spent
from tests.usage.reading import bars, calls, chips, region, rows, tile

TEN, DAY = timedelta(minutes=10), timedelta(days=1)
COLUMNS = ["Calls", "Share", "Saved", "429", "Waited", "Not made", "Median", "95 %"]


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
    assert (
        f"about {left:,} are left, of what Alma said last at 12:00:00 · learned from Alma, shared with all" in page.text
    )
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
    spent(NOON - TEN, calls=90, counted=0, outcome="unreachable", area="conf")
    page = usage(by="area")
    assert tile(page, "calls: 10 by this portal, 0 by") == "10", "those that Alma counted, as what others made is"
    assert tile(page, "more calls by this portal, which Alma did not count") == "90"
    assert rows(page)[0][2] == "90 %"
    page = usage(by="area", area="electronic")
    assert rows(page) == [["Electronic resources", "10", "100 %", "3", "2", "1.75 s", "12,346", "0.09 s", "0.19 s"]]
    assert tile(page, "refused for speed (429); 1.75 s waited") == "2"
    assert tile(page, "calls not made: the budget is used up (12,345), quiet hours (1)") == "12,346"
    assert tile(page, "95 % within 0.19 s") == "0.09 s"


def test_one_is_told_as_one_nothing_as_nothing_and_nearly_all_not_as_all(usage):
    spent(calls=996, saved=1, user_id=5)
    spent(calls=4, user_id=6, outcome="budget", refused=1)
    page = usage()
    assert [row[2] for row in rows(page)] == ["> 99 %", "< 1 %"]
    assert tile(page, "call saved by the cache") == "1"
    assert tile(page, "call not made: the budget is used up (1)") == "1"
    assert tile(page, "refused for speed (429); 0 s waited for slots") == "0"


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
    monkeypatch.setitem(ROLES, "administrator", ROLES["administrator"] - {CHANGE_ECOLLECTIONS})
    other = make(ada, "running", title="Other")
    spent(lane="jobs", job_id=other.pk, feature=other.kind)
    assert rows(usage(by="job"))[3][0] == f"Job {other.pk}: Other its page", "who may not run it may not pause it"
    monkeypatch.setattr("almaportal.jobs.views.hidden_from", lambda user: ["lift-blocks"])
    assert rows(usage(by="job"))[2][0] == f"Job {hidden.pk}"
    assert chips(usage(job=hidden.pk)) == [f"Without Job: Job {hidden.pk} ×"]


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
    assert region(usage(period="13m"), "Calls a month").head[0] == "Month"
    months = usage(period="13m", by="job")
    assert calls(months) == {"no job": "300", "Job 4": "1"}
    assert "tell jobs apart by their kind only" in months.text
    assert "tell jobs apart" not in usage(period="60d", by="job").text


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
    settings.TIME_ZONE = "America/New_York"
    month = download("chart", period="13m")[1][-1]
    assert month | {"From (GMT)": "2027-01-01T00:00:00Z", "Month": "January 2027"} == month
    assert "From (here)" not in month, "Alma's month begins at no time of theirs"
    spent(calls=1, feature="=evil")
    assert "'=evil" in download("chart", stack="feature")[1][0]


def test_more_rows_cost_no_more_statements(admin, django_assert_max_num_queries, django_user_model):
    for n in range(30):
        person = django_user_model.objects.create(username=f"p{n}")
        job = make(person, "running")
        spent(calls=n + 1, user_id=person.pk, job_id=job.pk, lane="jobs", feature=f"f{n}", outcome="x", code=f"{n}")
        Failure.objects.create(series_id=series(user_id=person.pk, outcome="x", code=f"{n}"), tracking_id="T")
    for query in ("", "?by=job&stack=feature", "?period=13m&by=code&whole=yes", f"?person={person.pk}&job={job.pk}"):
        with django_assert_max_num_queries(22):
            admin.get(f"/usage/{query}")
