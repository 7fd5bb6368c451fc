"""The page of a job in each of its states, and what can be done from it."""

from datetime import timedelta

import pytest

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, ROLES, VIEW_JOBS
from almaportal.jobs import control
from almaportal.jobs.models import Item, Job
from almaportal.jobs.shown import Progress, length
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import NOON, NOTE, make
from tests.jobs.pages import CHANGING, buttons, tally
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

S = Job.State
HTMX = {"HX-Request": "true"}


def poll(page):
    return page.by_id("progress").attrs.get("hx-trigger")


# --- Under way


@pytest.mark.parametrize(
    ("state", "every"),
    [
        (S.QUEUED, "every 2s"),
        (S.RUNNING, "every 2s"),
        (S.STOPPING, "every 2s"),
        (S.WAITING, "every 15s"),
        (S.PAUSED, None),
        (S.DONE, None),
        (S.DONE_WITH_ERRORS, None),
        (S.STOPPED, None),
        (S.FAILED, None),
    ],
)
def test_the_page_looks_again_only_while_something_is_to_come(show, owner, state, every):
    assert poll(show(make(owner, state, items=[{"state": "done"}]))) == every


def test_a_paused_job_is_looked_at_until_its_worker_has_ended_what_it_was_at(show, owner):
    assert poll(show(make(owner, S.PAUSED, items=[{}], claimed_by="worker"))) == "every 2s"


def test_a_poll_brings_the_figures_and_leaves_the_buttons_alone(editor, show, owner):
    job = make(owner, S.RUNNING, items=[{"state": "done"}, {}])
    address = show(job).by_id("progress").attrs["hx-get"]
    job.state = S.QUEUED  # between two slices
    job.save()
    response = editor.get(address, headers=HTMX)
    page = read(response)
    assert page.by_id("progress").attrs["hx-get"] == address
    assert (page.all("button"), page.all("nav")) == ([], [])
    assert "HX-Retarget" not in response.headers


def test_the_end_swaps_all_of_it_ends_the_polling_and_is_said_once(editor, show, owner):
    job = make(owner, S.RUNNING, items=[{"state": "done"}])
    address = show(job).by_id("progress").attrs["hx-get"]
    job.state = S.DONE
    job.save()
    response = editor.get(address, headers=HTMX)
    page = read(response)
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#state", "outerHTML")
    assert poll(page) is None
    assert page.by_id("said").text == f"Job {job.pk}: done"
    assert page.by_id("said").attrs["hx-swap-oob"] == "innerHTML"
    assert page.all("h1") == []


def test_the_counts_of_a_run_add_up_to_its_records(show, owner):
    states = {"pending": 5, "sent": 1, "done": 4, "unchanged": 3, "skipped": 2, "failed": 2, "unsure": 1}
    page = show(make(owner, S.RUNNING, items=[{"state": s} for s, n in states.items() for _ in range(n)]))
    assert tally(page) == {"done": 4, "unchanged": 3, "skipped": 2, "failed": 2, "unsure": 1, "left to do": 6}
    assert sum(tally(page).values()) == 18
    assert "12 of 18" in page.by_id("progress").text


def test_each_count_of_a_run_leads_to_its_records(editor, show, owner):
    states = ["pending", "sent", "done", "unchanged", "skipped", "failed", "unsure"]
    links = show(make(owner, S.RUNNING, items=[{"state": state} for state in states])).one("ul", cls="tally").all("a")
    assert [len(read(editor.get(link.attrs["href"])).rows) for link in links] == [1, 1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("value", "of", "is_over", "percent"),
    [
        (12345, 12346, False, 99),
        (12346, 12346, False, 99),
        (12346, 12346, True, 100),
        (0, 0, False, 0),
        (1, 3, True, 33),
    ],
)
def test_it_is_never_at_a_hundred_per_cent_before_it_is_over(value, of, is_over, percent):
    assert Progress(value, of, is_over).percent == percent


def test_the_page_says_no_false_hundred_per_cent(show, owner):
    page = show(make(owner, S.RUNNING, items=[{"state": "done"}] * 399 + [{}]))
    assert "399 of 400 · 99 %" in page.by_id("progress").text
    assert "100 %" not in page.text


def test_how_fast_and_how_long_is_said(show, owner):
    items = [{"verdict": "changes"}] * 300 + [{"verdict": "changes", "state": "done"}]
    page = show(make(owner, S.RUNNING, items=items, speed=2.5, calls=903))
    assert "2.5 calls a second · 903 calls so far · about 4 min left" in page.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (29, "less than a minute"), (90, "about 2 min"), (7800, "about 2 h 10 min")],
)
def test_lengths_of_time_are_said_as_people_do(seconds, words):
    assert length(seconds) == words


def test_why_it_waits_and_until_when_is_said_here_and_in_gmt(show, owner, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    until = NOON + timedelta(hours=12)
    page = show(make(owner, S.WAITING, items=[{}], wait_until=until, message="Today's API calls are used up."))
    assert "It goes on at 16 Jan 2027, 01:00 (00:00 GMT) Today's API calls are used up." in page.text
    assert set(buttons(page)) == {"Try now", "Pause", "Stop"}


def test_what_stopped_it_is_said_when_it_is_paused(show, owner):
    page = show(make(owner, S.PAUSED, items=[{}], message="Alma does not let this portal in."))
    assert "Alma does not let this portal in." in page.text
    assert set(buttons(page)) == {"Resume", "Stop"}


def test_pause_resume_and_stop(editor, show, owner):
    job = make(owner, S.RUNNING, items=[{}])
    for act, state in (("pause", S.PAUSED), ("resume", S.QUEUED), ("stop", S.STOPPING)):
        assert editor.post(f"/jobs/{job.pk}/{act}/").url == f"/jobs/{job.pk}/"
        job.refresh_from_db()
        assert job.state == state
    assert buttons(show(job)) == {}


@pytest.mark.parametrize("act", ["review", "start", "pause", "resume", "stop", "retry", "undo"])
def test_what_cannot_be_done_is_said_and_changes_nothing(editor, owner, act):
    job = make(owner, S.DONE, items=[{"state": "done"}])
    response = editor.post(f"/jobs/{job.pk}/{act}/", {"when": "now"})
    page = read(response)
    assert response.status_code == 409
    assert page.one("section", role="alert").text.startswith("■ That was not done")
    assert tally(page)["done"] == 1, "the page is there"
    assert (Job.objects.get().state, job.events.count()) == (S.DONE, 0)


# --- Over


def test_what_failed_in_passing_can_be_tried_again(editor, show, owner):
    items = [{"state": "failed", "is_final": False}, {"state": "failed", "code": "60169"}, {"state": "done"}]
    job = make(owner, S.DONE_WITH_ERRORS, items=items, finished=NOON)
    assert "Try again what can be" in buttons(show(job))
    editor.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, control.counts(job)["pending"]) == (S.QUEUED, 1)


def test_what_alma_refused_for_good_cannot(show, owner):
    assert buttons(show(make(owner, S.DONE_WITH_ERRORS, items=[{"state": "failed"}]))) == {}


def test_a_discarded_job_says_that_nothing_was_done_and_is_taken_up_again(editor, show, owner):
    left = {"verdict": "changes", "state": "skipped", "is_final": False}
    job = make(owner, S.STOPPED, "review", [left] * 7, finished=NOON)
    page = show(job)
    assert "0 of 7" in page.by_id("progress").text
    assert buttons(page) == {"Take it up again": "retry"}
    assert "nothing starts by itself" in page.text
    editor.post(f"/jobs/{job.pk}/retry/")
    job.refresh_from_db()
    assert (job.state, job.phase, control.counts(job)["pending"]) == (S.QUEUED, "review", 7)


def test_undo_is_a_job_of_its_own_and_both_know_of_each_other(editor, show, owner, tree, emulator):
    target = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    note = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}
    job = run(control.submit("edit-portfolios", [target], note, owner))
    control.start(job)
    job = run(job)
    assert buttons(show(job))["Undo…"] == "undo"
    response = editor.post(f"/jobs/{job.pk}/undo/")
    back = Job.objects.latest("pk")
    assert response.url == f"/jobs/{back.pk}/"
    assert show(back).links[f"job {job.pk}"] == f"/jobs/{job.pk}/"
    page = show(job)
    assert page.links[f"job {back.pk}"] == f"/jobs/{back.pk}/"
    assert "Undo…" not in buttons(page), "it is taken back already"
    run(back)
    assert "Start: take 1 change back" in buttons(show(back))
    editor.post(f"/jobs/{back.pk}/stop/")
    run(back)
    assert "Undo…" in buttons(show(job)), "an undo that did nothing is none"


def test_the_log_is_shown_the_latest_first(show, owner):
    job = make(owner, S.DONE, items=[{"state": "done"}])
    for text in ("one", "two"):
        job.events.create(at=NOON, who="kim", text=text)
    log = next(one for one in show(job).all("section") if one.text.startswith("Log"))
    assert [row.text for row in log.one("tbody").all("tr")] == [
        "15 Jan 2027, 12:00 kim two",
        "15 Jan 2027, 12:00 kim one",
    ]


# --- Who may


@pytest.mark.parametrize(
    ("before", "act", "after"),
    [
        (S.RUNNING, "pause", S.PAUSED),
        (S.PAUSED, "resume", S.QUEUED),
        (S.RUNNING, "stop", S.STOPPING),
        (S.DONE_WITH_ERRORS, "retry", S.QUEUED),
    ],
)
def test_an_administrator_controls_the_jobs_of_others(admin, owner, before, act, after):
    job = make(owner, before, items=[{"state": "failed", "is_final": False}])
    assert act in buttons(read(admin.get(f"/jobs/{job.pk}/"))).values()
    assert admin.post(f"/jobs/{job.pk}/{act}/").status_code == 302
    job.refresh_from_db()
    assert job.state == after
    assert job.events.get().who == "administrator"


def test_an_undo_belongs_to_whoever_presses_it(admin, owner, tree):
    target = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    job = run(control.submit("edit-portfolios", [target], NOTE, owner))
    control.start(job)
    job = run(job)
    admin.post(f"/jobs/{job.pk}/undo/")
    back = Job.objects.latest("pk")
    assert (back.who, back.undoes_id) == ("administrator", job.pk)
    run(back)
    assert "Start: take 1 change back" in buttons(read(admin.get(f"/jobs/{back.pk}/")))


@pytest.mark.parametrize(
    ("state", "items", "left"),
    [
        (S.READY, [CHANGING], {"Discard": "stop"}),
        (S.READY, [{"verdict": "same"}], {"Discard": "stop"}),
        (S.DRAFT, [{}], {"Discard": "stop"}),
    ],
)
def test_what_writes_in_the_owners_name_is_for_the_owner_alone(admin, owner, state, items, left):
    job = make(owner, state, "review", items, review_key="k", asks=True)
    page = read(admin.get(f"/jobs/{job.pk}/"))
    assert buttons(page) == left
    assert "Only e-resources can review it, change it or start it." in page.text
    assert f"/jobs/{job.pk}/again/" not in page.links.values()
    assert admin.get(f"/jobs/{job.pk}/again/").status_code == 403
    for act in ("review", "start", "again"):
        assert admin.post(f"/jobs/{job.pk}/{act}/", {"when": "now", "review_key": "k"}).status_code == 403
    job.refresh_from_db()
    assert (job.state, job.phase, job.events.count()) == (state, "review", 0)


def test_owners_are_not_told_what_others_cannot_do(show, owner):
    assert "Only " not in show(make(owner, S.READY, "review", [CHANGING])).by_id("state").text


def test_who_lost_the_right_to_the_work_sees_the_job_and_controls_nothing(editor, show, owner, monkeypatch):
    monkeypatch.setitem(ROLES, "e-resources", ROLES["e-resources"] - {CHANGE_ECOLLECTIONS})
    assert VIEW_JOBS in ROLES["e-resources"]
    job = make(owner, S.READY, "review", [CHANGING], review_key="k")
    assert buttons(show(job)) == {}
    assert editor.post(f"/jobs/{job.pk}/start/", {"when": "now", "review_key": "k"}).status_code == 403
    assert editor.get(f"/jobs/{job.pk}/again/").status_code == 403
    job.refresh_from_db()
    assert job.state == S.READY


@pytest.mark.parametrize("state", [S.RUNNING, S.READY, S.DRAFT, S.DONE])
def test_a_job_of_a_kind_that_is_no_more_can_still_be_seen(editor, show, owner, state):
    phase = "review" if state in (S.READY, S.DRAFT) else "run"
    job = make(owner, state, phase, [{"verdict": "changes", "after": {"x": 1}}], kind="gone")
    assert "gone" in show(job).text
    assert buttons(show(job)) == {}
    assert editor.get(f"/jobs/{job.pk}/items/").status_code == 200
    assert b"".join(editor.get(f"/jobs/{job.pk}/items.csv").streaming_content).count(b"\r\n") == 2


def test_nobody_can_change_what_an_undo_does(editor, owner):
    undone = make(owner, S.DONE)
    job = make(owner, S.READY, "review", [CHANGING], kind="undo-edits", params={"job": undone.pk}, undoes=undone)
    assert f"/jobs/{job.pk}/again/" not in read(editor.get(f"/jobs/{job.pk}/")).links.values()
    assert editor.get(f"/jobs/{job.pk}/again/").status_code == 404


def test_a_job_of_many_records_is_shown_in_few_statements(show, editor, owner, django_assert_max_num_queries):
    items = [{"state": "failed", "code": "60169"}] * 300
    job = make(owner, S.DONE_WITH_ERRORS, items=items, is_told=True)
    with django_assert_max_num_queries(20):
        editor.get(f"/jobs/{job.pk}/")
    assert Item.objects.count() == 300
