"""The page of a job until it starts: its records are found and looked at, and it has a price."""

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.alma.models import Pace
from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Job
from almaportal.jobs.shown import start_words
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import NOON, make
from tests.jobs.pages import CHANGING, buttons, tally
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

S = Job.State


def test_while_its_records_are_looked_for_it_says_how_many_were_found(show, owner):
    page = show(make(owner, S.RUNNING, "plan", [{}] * 12))
    assert "12 records found so far" in page.by_id("progress").text
    assert "value" not in page.one("progress").attrs
    assert buttons(page) == {"Pause": "pause", "Stop": "stop"}


def test_while_they_are_looked_at_it_says_how_many_were(show, owner):
    items = [{"verdict": "same"}] * 30 + [{"verdict": "missing"}] * 10 + [{}] * 80
    page = show(make(owner, S.RUNNING, "review", items, speed=10))
    assert page.one("progress").attrs["value"] == "40"
    assert "40 of 120 · 33 % · 10.0 calls a second · 0 calls so far · less than a minute left" in page.text


@pytest.mark.parametrize(("looked_at", "words"), [((0, 1), "2 of 5"), (range(7), "5 of 5")])
def test_of_a_sample_only_the_sample_counts(show, owner, looked_at, words):
    items = [{"verdict": "same" if n in looked_at else ""} for n in range(10)] + [{"verdict": "missing"}] * 3
    assert words in show(make(owner, S.RUNNING, "review", items, sample=5)).by_id("progress").text


def test_a_sample_of_fewer_records_than_that_is_all_that_can_be_looked_at(show, owner):
    items = [{"verdict": "same"}, {}, {"verdict": "missing"}]
    assert "1 of 2" in show(make(owner, S.RUNNING, "review", items, sample=5)).by_id("progress").text


def test_a_draft_asks_how_many_to_look_at(show, owner):
    page = show(make(owner, S.DRAFT, "review", [{}] * 200, asks=True))
    assert "200 records were found" in page.text
    assert "Look at all 200 records 200 calls, less than a minute" in page.text
    assert buttons(page) == {"Look at all 200 records": "review", "Discard": "stop"}
    assert page.links["Change what it does"].endswith("/again/")


def test_of_many_a_sample_is_offered_and_what_it_leaves_unknown(show, owner):
    page = show(make(owner, S.DRAFT, "review", [{}] * 1250 + [{"verdict": "missing"}] * 3, asks=True))
    assert "Look at all 1,250 records 1,250 calls, about 1 min" in page.text
    assert "3 of them do not exist" in page.text
    assert "Look at a sample of 50 50 calls, saves 1,200. What stays unknown" in page.text


@pytest.mark.parametrize(("extent", "sample"), [("all", None), ("sample", 50), ("", None)])
def test_the_extent_that_was_chosen_is_reviewed(editor, owner, extent, sample):
    job = make(owner, S.DRAFT, "review", [{}] * 300, asks=True)
    response = editor.post(f"/jobs/{job.pk}/review/", {"extent": extent})
    assert response.url == f"/jobs/{job.pk}/"
    job.refresh_from_db()
    assert (job.state, job.sample) == (S.QUEUED, sample)


@pytest.fixture
def ready(owner):
    """Reviewed, with something of everything."""
    verdicts = ["changes"] * 3 + ["same"] * 4 + ["left", "refused", "missing", "", ""]
    items = [CHANGING | {"verdict": verdict, "message": "Why" if verdict == "refused" else ""} for verdict in verdicts]
    return make(owner, S.READY, "review", items, review_key="k", calls=17)


def test_a_review_says_what_would_become_of_each(show, ready):
    page = show(ready)
    assert tally(page) == {
        "will change": 3,
        "needs no change": 4,
        "left alone": 1,
        "refused": 1,
        "not found": 1,
        "could not be read": 0,
        "not looked at": 2,
    }
    assert sum(tally(page).values()) == 12
    assert "10 of 12 records were looked at, 17 calls were spent. Nothing was changed yet." in page.text
    assert "Of 2 records nobody knows yet" in page.text


def test_each_count_of_a_review_leads_to_its_records(editor, show, ready):
    for link in show(ready).one("ul", cls="tally").all("a"):
        assert len(read(editor.get(link.attrs["href"])).rows) == int(link.one("b").text)


def test_why_records_are_left_out_is_said_with_their_number(editor, show, owner):
    items = [{"verdict": "refused", "code": "60169", "message": f"Bad license {n}"} for n in range(3)]
    page = show(make(owner, S.READY, "review", [*items, CHANGING, {"verdict": "left", "message": "On the list"}]))
    rows = [[cell.text for cell in row.all("td")] for row in page.by_id("wrong").one("tbody").all("tr")]
    assert rows == [
        ["■ refused", "Alma knows no license with this code.", "60169", "3"],
        ["◐ left alone", "On the list", "–", "1"],
    ]
    for link, count in zip(page.by_id("wrong").all("a"), (3, 1), strict=True):
        assert len(read(editor.get(link.attrs["href"])).rows) == count


@pytest.mark.parametrize(
    ("phase", "which", "end"), [("run", "state", {"state": "done"}), ("review", "verdict", {"verdict": "same"})]
)
def test_all_reasons_are_counted_and_those_not_shown_are_named_and_linked(editor, show, owner, phase, which, end):
    """By code where there is one, else by message; the most frequent first."""
    bad = {"state": "failed"} if phase == "run" else {"verdict": "refused"}
    many = [bad | {"code": "60169", "message": f"Bad license {n}"} for n in range(5001)]
    few = [bad | {"message": f"Reason {n}"} for n in range(10) for _twice in range(1 + (n < 7))]
    page = show(make(owner, S.DONE_WITH_ERRORS if phase == "run" else S.READY, phase, [*many, *few, end]))
    table = page.by_id("wrong")
    assert [row[3] for row in table.rows] == ["5,001", *["2"] * 7]
    more = page.by_id("wrong-others")
    assert more.text == "and 3 other reasons"
    assert f"of {5001 + 17:,}" in read(editor.get(more.attrs["href"])).text, "all that went otherwise, and nothing else"
    assert f"{which}=" in more.attrs["href"]


def test_where_all_reasons_are_shown_no_others_are_named(show, owner):
    items = [{"state": "failed", "message": f"Reason {n}"} for n in range(8)]
    page = show(make(owner, S.DONE_WITH_ERRORS, items=items))
    assert len(page.by_id("wrong").rows) == 8
    assert "other reason" not in page.text


def left_today(calls, settings):
    Pace.objects.update(
        gateway=settings.ALMA_BASE_URL, remaining=calls, remaining_at=NOON.timestamp(), most_remaining=calls
    )


def test_the_price_is_said_before_the_start(show, ready, settings):
    settings.ALMA_RESERVE = (100, False)
    left_today(300, settings)
    tiles = [(one.one("b").text, one.one("span").text) for one in show(ready).one("div", cls="price").all("div")]
    assert tiles == [
        ("14", "API calls at most"),  # 3 and 2 unseen twice, 4 once
        ("less than a minute", "at today's pace, 20 calls a second"),
        ("7.0 %", "of the 200 left today for jobs"),
        ("12:00", "it ends, if it starts now"),
    ]


def test_jobs_under_way_share_the_pace_and_that_is_said(show, owner, django_user_model):
    others = django_user_model.objects.create_user(username="kim")
    job = make(owner, S.READY, "review", [CHANGING] * 1200)  # 2,400 calls, 20 a second
    draft = make(owner, S.DRAFT, "review", [{}] * 1200, asks=True)

    def said():
        _calls, time, _share, end = show(job).one("div", cls="price").all("div")
        return (
            time.one("b").text,
            time.one("span").text.removeprefix("at today's pace, 20 calls a second"),
            end.text[:5],
        )

    for state, phase in ((S.PAUSED, "run"), (S.WAITING, "run"), (S.RUNNING, "plan"), (S.DONE, "run")):
        make(others, state, phase)
    assert said() == ("about 2 min", "", "12:02")
    assert "beside" not in show(draft).by_id("state").text
    make(others, S.RUNNING, "run")
    assert said() == ("about 4 min", ", beside 1 other job", "12:04")
    make(others, S.QUEUED, "review")
    assert said() == ("about 6 min", ", beside 2 other jobs", "12:06")
    assert "1,200 calls, about 3 min, beside 2 other jobs" in show(draft).text


def test_a_job_under_way_does_not_count_itself(show, owner):
    page = show(make(owner, S.RUNNING, items=[{"verdict": "changes"}] * 1200))
    assert "about 2 min left" in page.text


def test_when_todays_calls_do_not_suffice_that_is_said(show, ready, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    left_today(10, settings)
    last = show(ready).one("div", cls="price").all("div")[-1]
    assert last.one("b").text == "00:00 GMT"
    assert last.one("span").text == "it goes on after that: today's calls do not suffice (16 Jan 2027, 01:00 here)"


def test_the_first_records_are_shown_before_and_after(show, ready):
    section = next(one for one in show(ready).all("section") if one.text.startswith("What would change"))
    assert [row.text for row in section.one("tbody").all("tr")] == [
        f"61/62/53{n} Public note Old → New" for n in range(3)
    ]
    assert "verdict=changes" in section.one("h2").one("a").attrs["href"]


def test_the_button_says_what_it_does_and_to_how_many(show, owner, ready):
    assert buttons(show(ready))["Start: change 5 records at most"] == "start"
    assert "Start: change 1 record" in buttons(show(make(owner, S.READY, "review", [CHANGING])))
    page = show(make(owner, S.READY, "review", [CHANGING] * 2, kind="delete-portfolios", params={"bib": "retain"}))
    assert page.one("button", cls="danger").text == "Start: delete 2 records"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("create-portfolios", "Start: create 2 records"),
        ("move-portfolios", "Start: move 2 records"),
        ("delete-tree", "Start: delete 2 records"),
        ("edit-services", "Start: change 2 records"),
    ],
)
def test_each_kind_says_what_it_does(kind, words):
    assert start_words(KINDS[kind], 2, at_most=False) == words


def test_where_nothing_would_change_there_is_nothing_to_start(show, owner):
    page = show(make(owner, S.READY, "review", [{"verdict": "same"}, {"verdict": "refused"}]))
    assert "There is nothing to do" in page.text
    assert set(buttons(page)) == {"Review again", "Discard"}


def test_a_tree_is_shown_from_the_top(show, owner):
    rows = [
        {"depth": 0, "kind": "collection", "path": "61", "title": "Top", "portfolios": 7},
        {"depth": 1, "kind": "service", "path": "61/62", "title": "", "portfolios": 7},
    ]
    tree = {"rows": rows, "portfolios": 7, "services": 1, "collections": 1}
    page = show(make(owner, S.READY, "review", [{"verdict": "changes"}], tree=tree))
    assert "Top e-collection 61 7 61/62 electronic service 61/62 7" in page.text
    assert "Portfolios: 7 · services: 1 · e-collections: 1" in page.text


def test_it_is_started_with_the_review_that_was_shown(editor, show, ready):
    key = show(ready).one("input", name="review_key").attrs["value"]
    assert editor.post(f"/jobs/{ready.pk}/start/", {"when": "now", "review_key": key}).status_code == 302
    ready.refresh_from_db()
    assert (ready.state, ready.phase) == (S.QUEUED, "run")
    assert ready.events.get().who == "e-resources"


@pytest.mark.parametrize("key", ["old", ""])
def test_a_review_of_before_starts_nothing_and_that_is_said(editor, ready, key):
    response = editor.post(f"/jobs/{ready.pk}/start/", {"when": "tonight", "review_key": key})
    page = read(response)
    assert response.status_code == 409
    assert "That was not done The job was changed or reviewed again since this page was shown." in page.text
    assert "checked" in page.one("input", value="tonight").attrs, "what was chosen stays"
    assert page.one("input", name="review_key").attrs["value"] == "k", "the next try is about what is shown now"
    ready.refresh_from_db()
    assert ready.state == S.READY


def test_tonight_is_ten_in_the_evening_where_the_library_is(editor, show, ready, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    assert "tonight: 15 Jan 2027, 22:00" in show(ready).text
    editor.post(f"/jobs/{ready.pk}/start/", {"when": "tonight", "review_key": "k"})
    page = show(ready)
    assert "It starts at 15 Jan 2027, 22:00 (21:00 GMT)" in page.text
    assert buttons(page)["Start now"] == "resume"


def test_it_can_be_started_at_a_time(editor, ready):
    editor.post(f"/jobs/{ready.pk}/start/", {"when": "at", "at": "2027-01-20T03:30", "review_key": "k"})
    ready.refresh_from_db()
    assert (ready.state, f"{ready.wait_until:%d %H:%M}") == (S.WAITING, "20 03:30")


@pytest.mark.parametrize(
    ("when", "at"),
    [("at", "2027-01-15T11:59"), ("at", ""), ("at", "soon"), ("at", "9999-12-31T23:59"), ("now", "2027-01-20T03:30")],
)
def test_a_time_that_makes_no_sense_starts_nothing_and_stays_to_be_mended(editor, clock, ready, when, at):
    response = editor.post(f"/jobs/{ready.pk}/start/", {"when": when, "at": at, "review_key": "k"})
    assert response.status_code == 409
    assert read(response).one("input", name="at").attrs["value"] == at
    ready.refresh_from_db()
    assert ready.state == S.READY


def test_the_second_of_two_clicks_is_no_fault(editor, owner, ready):
    job = Job.objects.get()
    for _click in range(2):
        response = editor.post(f"/jobs/{job.pk}/start/", {"when": "now", "review_key": job.review_key})
        assert (response.status_code, response.url) == (302, f"/jobs/{job.pk}/")
    assert job.events.filter(text="Started.").count() == 1


def test_who_comes_again_to_where_a_click_was_refused_comes_to_the_job(editor, ready):
    response = editor.get(f"/jobs/{Job.objects.get().pk}/start/")
    assert (response.status_code, response.url) == (302, f"/jobs/{Job.objects.get().pk}/")


def test_a_job_says_all_that_it_does(show, owner, tree):
    actions = [
        {"path": "proxy_enabled", "do": "set", "value": "true"},
        {"path": "public_note", "do": "clear"},
    ]
    only = [{"path": "proxy", "is": "is empty", "value": ""}]
    job = control.submit("edit-services", [tree.collection_id], {"actions": actions, "only": only}, owner)
    assert "Set Proxy enabled: Yes Clear Public note Only where Proxy is empty" in show(job).text


def test_a_running_job_without_a_sign_of_life_says_since_when(show, owner, clock):
    job = make(owner, S.RUNNING, "run", [{}])
    Job.objects.update(heartbeat=alma_clock.moment())
    assert "no sign of its worker" not in show(job).text
    clock.time += 60
    assert "no sign of its worker since 12:00" in show(job).text
