"""The page of a job in each of its states, and what can be done from it."""

from datetime import timedelta

import pytest

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, ROLES, VIEW_JOBS
from almaportal.alma.models import Pace
from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job
from almaportal.jobs.shown import Progress, length, start_words
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import NOON, make
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

S = Job.State
HTMX = {"HX-Request": "true"}
CHANGING = {"verdict": "changes", "before": {"public_note": "Old"}, "after": {"public_note": "New"}}


@pytest.fixture
def show(editor, clock):
    """show(job) → its page."""
    return lambda job: read(editor.get(f"/jobs/{job.pk}/"))


def buttons(page):
    """Words → address of what can be done."""
    return {
        button.text: form.attrs["action"].split("/")[-2]
        for form in page.by_id("state").all("form", method="post")
        for button in form.all("button")
    }


def tally(page):
    """Words → count of the figures."""
    return {one.text.split(" ", 1)[1]: int(one.one("b").text) for one in page.one("ul", cls="tally").all("li")}


def poll(page):
    return page.by_id("progress").attrs.get("hx-trigger")


# --- Before the start


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


def test_of_a_sample_only_the_sample_counts(show, owner):
    items = [{"verdict": "same" if n in (0, 2) else ""} for n in range(10)]
    assert "2 of 5" in show(make(owner, S.RUNNING, "review", items, sample=5)).by_id("progress").text


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


def test_when_todays_calls_do_not_suffice_that_is_said(show, ready, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    left_today(10, settings)
    last = show(ready).one("div", cls="price").all("div")[-1]
    assert last.one("b").text == "00:00 GMT"
    assert last.one("span").text == "it goes on after that: today's calls do not suffice (16 Jan 2027, 01:00 here)"


def test_the_first_records_are_shown_before_and_after(show, ready):
    section = next(one for one in show(ready).all("section") if one.text.startswith("What would change"))
    assert [row.text for row in section.one("tbody").all("tr")] == [
        f"61/62/53{n} 61/62/53{n} Public note Old → New" for n in range(3)
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


def test_an_administrator_controls_the_jobs_of_others(admin, owner):
    job = make(owner, S.RUNNING, items=[{}])
    assert admin.post(f"/jobs/{job.pk}/pause/").status_code == 302
    job.refresh_from_db()
    assert job.state == S.PAUSED
    assert job.events.get().who == "administrator"


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
