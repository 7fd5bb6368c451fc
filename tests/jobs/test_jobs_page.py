"""The list of jobs: who sees which, found again by kind, state, person and day."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from almaportal.jobs.models import Job
from tests.jobs.making import NOON, make
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

S = Job.State


def titles(client, **asked):
    response = client.get(f"/jobs/?{urlencode(asked)}")
    assert response.status_code == 200
    rows = [row.all("td") for row in read(response).one("tbody").all("tr") if not row.all("td", "empty")]
    return [row[0].one("a").text for row in rows]


@pytest.fixture
def other(django_user_model, owner):
    return django_user_model.objects.create_user(username="kim")


def test_one_sees_ones_own_the_latest_first(editor, owner, other):
    for title in ("first", "second"):
        make(owner, S.DONE, title=title)
    make(other, S.DONE, title="theirs")
    assert titles(editor) == ["second", "first"]
    assert titles(editor, person="all") == titles(editor, person=other.pk) == ["second", "first"]


def test_administrators_begin_with_their_own_and_may_switch_to_all(admin, owner, other, django_user_model):
    make(django_user_model.objects.get(username="administrator"), S.DONE, title="mine")
    make(owner, S.DONE, title="hers")
    make(other, S.DONE, title="kim's")
    assert titles(admin) == ["mine"]
    assert titles(admin, person="all") == ["kim's", "hers", "mine"]
    assert titles(admin, person=other.pk) == ["kim's"]


@pytest.mark.parametrize(
    "path",
    ["", "items/", "items.csv", "items.xlsx", "files/targets.txt", "files/review.csv", "again/"],
)
def test_a_job_of_somebody_else_does_not_exist(editor, other, path):
    job = make(other, S.READY, "review", [{"verdict": "changes"}])
    assert editor.get(f"/jobs/{job.pk}/{path}").status_code == 404


@pytest.mark.parametrize("act", ["review", "start", "pause", "resume", "stop", "retry", "undo", "dismiss"])
def test_nothing_can_be_done_with_a_job_of_somebody_else(editor, other, act):
    job = make(other, S.READY, "review", [{"verdict": "changes"}], review_key="k")
    assert editor.post(f"/jobs/{job.pk}/{act}/", {"when": "now", "review_key": "k"}).status_code == 404
    job.refresh_from_db()
    assert (job.state, job.is_told) == (S.READY, False)


def test_a_row_says_what_it_is_and_how_far(editor, owner):
    items = [{"state": state} for state in ("done", "done", "failed", "unsure", "skipped", "pending")]
    job = make(owner, S.RUNNING, items=items, calls=1234, title="Set a note")
    make(owner, S.READY, "review", [{}] * 3)
    make(owner, S.RUNNING, "plan", [])
    make(owner, S.DONE, items=[{"state": "done"}], finished=NOON + timedelta(hours=1))
    over, plan, ready, running = read(editor.get("/jobs/")).rows
    assert running == [
        f"Set a note {job.pk} · Edit portfolios",
        "▸ running",
        "5 of 6 ■ 2 failed or unsure",
        "1,234",
        "e-resources",
        "15 Jan 2027, 12:00",
        "–",
    ]
    assert ready[1:3] == ["◐ ready to start", "3 records"]
    assert plan[1:3] == ["▸ finding the records", "0 records"]
    assert over[1:3] == ["● done", "1 of 1"]
    assert over[6] == "15 Jan 2027, 13:00"


@pytest.mark.parametrize("state", [S.STOPPED, S.FAILED])
def test_of_a_job_that_did_not_come_to_its_end_what_was_done_is_said(editor, owner, state):
    states = ["done", "unchanged", "skipped", "skipped", "failed", "unsure", "pending"]
    make(owner, state, items=[{"state": one} for one in states])
    make(owner, state, "review", [{"state": "skipped"}] * 7)
    discarded, broken = read(editor.get("/jobs/")).rows
    assert discarded[2] == "0 of 7"
    assert broken[2] == "2 of 7 ■ 2 failed or unsure"


def test_it_is_narrowed_by_kind_state_and_day(editor, owner):
    make(owner, S.DONE, title="a")
    make(owner, S.FAILED, title="b", kind="edit-services")
    make(owner, S.DONE, title="c", created=NOON - timedelta(days=3))
    assert titles(editor, kind="edit-services") == ["b"]
    assert titles(editor, state="done") == ["c", "a"]
    assert titles(editor, since="2027-01-15") == ["b", "a"]
    assert titles(editor, until="2027-01-12") == ["c"]
    assert titles(editor, kind="edit-services", state="done") == []


def test_a_filter_without_sense_is_said_and_narrows_nothing(editor, owner):
    make(owner, S.DONE, title="a")
    assert titles(editor, state="nonsense", since="soon") == ["a"]
    assert "makes no sense" in read(editor.get("/jobs/?state=nonsense")).text


def test_nobody_begins_here_without_being_told_where(editor):
    page = read(editor.get("/jobs/"))
    assert "You have no jobs yet" in page.text
    assert page.one("tbody").one("a").attrs["href"] == "/ecollections/"
    assert "No job matches" in read(editor.get("/jobs/?state=done")).text


def test_it_is_paged(editor, owner):
    for n in range(25):
        make(owner, S.DONE, title=str(n))
    assert titles(editor, size=20, page=2) == ["4", "3", "2", "1", "0"]


def test_under_htmx_it_is_the_rows_alone(editor, owner):
    make(owner, S.DONE)
    page = read(editor.get("/jobs/", headers={"HX-Request": "true"}))
    assert page.all("h1") == []
    assert len(page.rows) == 1


def test_many_jobs_cost_as_few_statements_as_one(editor, owner, django_assert_max_num_queries):
    for _n in range(30):
        make(owner, S.DONE, items=[{"state": "done"}] * 3, is_told=True)
    with django_assert_max_num_queries(9):
        editor.get("/jobs/")


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", "\u202eesrever", "{{ 7|add:7 }}", '" onclick="x'])
def test_a_title_is_only_text(editor, owner, title):
    job = make(owner, S.DONE, title=title, reason=title, message=title, items=[{"title": title, "message": title}])
    assert titles(editor) == [title]
    page = read(editor.get(f"/jobs/{job.pk}/"))
    assert page.one("h1").text == title
    assert page.one("h1").attrs["dir"] == "auto"
    rows = read(editor.get(f"/jobs/{job.pk}/items/"))
    assert rows.rows[0][0] == f"{title} 61/62/530"
    for response in (editor.get("/jobs/"), editor.get(f"/jobs/{job.pk}/"), editor.get(f"/jobs/{job.pk}/items/")):
        assert b"<script>alert" not in response.content
