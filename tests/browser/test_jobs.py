"""A bulk edit as people do it, from the ticked rows to the undo. The worker works when the test says so."""

import csv
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from almaportal.jobs import control
from almaportal.jobs.models import Job
from tests.browser.test_create_delete import button

pytestmark = pytest.mark.browser
CONFLICT = r"^error: Failed to load resource: the server responded with a status of 4"
OLD, NEW = "Old words", "New words"
HEAR = """
() => { window.heard = []; new MutationObserver(() => heard.push(document.getElementById('said').textContent.trim()))
        .observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true}) }
"""


@pytest.fixture
def ids(emulator, addresses):
    """The portfolios of a service's first two pages of 20; each has a public note."""
    found = emulator.portfolios(addresses["service"].rstrip("/").rpartition("/")[2], 40)
    for n, one in enumerate(found):
        emulator.put_record("portfolio", one, emulator.record("portfolio", one) | {"public_note": f"{OLD} {n}"})
    return found


@pytest.fixture
def note(emulator):
    """note(ID of a portfolio) → its public note in Alma."""
    return lambda one: emulator.record("portfolio", one)["public_note"]


@pytest.fixture
def reviewed(emulator, addresses, ids, person, worker):
    """A bulk edit of these portfolios that can be started; Alma is slow: a slice does 15 of its records."""
    parts = addresses["service"].strip("/").split("/")
    targets = [f"{parts[1]}/{parts[3]}/{one}" for one in ids]
    action = {"path": "public_note", "do": "replace", "find": OLD, "value": NEW, "how": "exact"}
    job = control.submit("edit-portfolios", targets, {"actions": [action]}, person)
    worker.all()
    emulator.options = replace(emulator.options, latency_ms=2000)
    return job


def replace_the_note(page):
    row = page.locator(".do").filter(has=page.get_by_label("Public note", exact=True))
    page.get_by_label("Public note", exact=True).select_option("replace text")
    row.get_by_label("Public note: find").fill(OLD)
    row.get_by_label("Public note: the text or value").fill(NEW)


def start(page):
    return page.get_by_role("button", name=re.compile("^Start: "))


def standing(page):
    return page.get_by_role("region", name="How it stands")


def look(page):
    """The page looks again by itself, after two seconds."""
    page.clock.fast_forward(2100)


def figure(page, label):
    """A count of the job's page, with its label."""
    return page.locator(".tally li").filter(has_text=re.compile(f"{label}$"))


def test_rows_of_two_pages_are_ticked_and_reviewed(wide, addresses, ids, worker, emulator, note):
    page = wide
    chosen = page.locator("#selection [data-some]")
    page.goto(f"{addresses['service']}?size=20")
    expect(button(page, "Bulk edit…")).to_be_disabled()
    boxes = page.locator("tbody").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(chosen).to_contain_text("2 selected")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager")).to_contain_text("21–40")
    expect(chosen).to_contain_text("2 selected")
    page.get_by_role("checkbox", name="Select all on this page").check()
    boxes.nth(-1).uncheck()
    expect(chosen).to_contain_text("21 selected")
    page.reload()
    expect(chosen).to_contain_text("21 selected")
    expect(boxes.nth(-2)).to_be_checked()
    expect(boxes.nth(-1)).not_to_be_checked()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".pager")).to_contain_text("1–20")
    expect(boxes.nth(1)).to_be_checked()
    expect(boxes.nth(2)).not_to_be_checked()
    button(page, "Bulk edit…").click()

    expect(page.locator("h1")).to_have_text("Bulk edit: 21 portfolios")
    replace_the_note(page)
    page.get_by_label("Reason or ticket").fill("A new wording")
    button(page, "Review…").click()
    expect(page.locator("h1")).to_have_text(f"Replace in Public note: {OLD} → {NEW}")
    expect(standing(page)).to_contain_text("finding the records")
    expect(start(page)).to_have_count(0)
    emulator.options = replace(emulator.options, latency_ms=4000)
    worker.slice()
    worker.slice()
    page.reload()
    expect(standing(page)).to_contain_text("looking at the records")
    expect(standing(page)).to_contain_text(re.compile(r"1\d of 21"))
    expect(start(page)).to_have_count(0)
    worker.all()
    page.reload()
    expect(page.locator("main")).to_contain_text("All records were looked at")
    expect(page.locator("main")).to_contain_text("A new wording")
    expect(figure(page, "will change")).to_contain_text("21")
    row = page.get_by_role("region", name="What would change").get_by_role("row").nth(1)
    expect(row).to_contain_text(f"{OLD} 20 → {NEW} 20")
    price = page.locator(".price")
    expect(price).to_contain_text("42API calls at most")
    expect(price).to_contain_text("it ends, if it starts now")
    expect(start(page)).to_have_text("Start: change 21 records")

    page.get_by_role("link", name="Change what it does").click()
    expect(page.get_by_label("Public note: find")).to_have_value(OLD)
    page.get_by_label("Public note: find").fill(f"{OLD} 1")
    button(page, "Review…").click()
    expect(standing(page)).to_be_visible()
    expect(start(page)).to_have_count(0)
    worker.all()
    page.reload()
    expect(start(page)).to_have_text("Start: change 1 record")
    expect(figure(page, "needs no change")).to_contain_text("20")
    page.goto(f"{addresses['service']}?size=20")
    expect(page.locator("#selection [data-none]")).to_be_visible()  # what was sent to a review is ticked no more
    assert {note(one) for one in ids} == {f"{OLD} {n}" for n in range(40)}


def test_a_running_job_is_left_met_again_paused_resumed_and_over(wide, addresses, ids, reviewed, worker, note):
    """A job of 40 records, 15 a slice."""
    wide.clock.install()
    wide.goto(f"/jobs/{reviewed.pk}/")
    start(wide).click()
    expect(standing(wide)).to_contain_text("queued")
    expect(standing(wide)).to_contain_text("0 of 40 · 0 %")
    wide.goto("/ecollections/")
    expect(wide.get_by_role("navigation", name="Main")).to_contain_text("Jobs 1 under way")
    worker.slice()
    wide.get_by_role("link", name="Jobs").click()
    expect(wide.get_by_role("row", name="Replace in Public note")).to_contain_text("15 of 40")
    wide.get_by_role("link", name="Replace in Public note").click()
    expect(standing(wide)).to_contain_text("15 of 40 · 37 %")

    pause = button(wide, "Pause")
    pause.focus()

    def pause_it():
        look(wide)
        expect(standing(wide)).to_contain_text("running")
        expect(standing(wide)).to_contain_text("17 of 40")
        expect(pause).to_be_focused()  # what is read anew is not what one is about to press
        pause.press("Enter")
        expect(standing(wide)).to_contain_text("paused")

    worker.slice_in_which(pause_it)
    look(wide)
    expect(standing(wide)).to_contain_text("18 of 40 · 45 %")  # what was under way is ended
    worker.all()
    assert [note(one) for one in ids] == [f"{NEW} {n}" for n in range(18)] + [f"{OLD} {n}" for n in range(18, 40)]
    asked = []
    wide.on("request", lambda request: asked.append(request.url))
    wide.clock.fast_forward(60_000)
    expect(standing(wide)).to_contain_text("paused")
    assert asked == []

    button(wide, "Resume").click()
    expect(standing(wide)).to_contain_text("queued")
    wide.evaluate(HEAR)
    pause.focus()
    worker.slice()
    look(wide)
    expect(standing(wide)).to_contain_text("33 of 40 · 82 %")
    expect(pause).to_be_focused()
    assert wide.evaluate("heard") == []
    worker.all()
    look(wide)
    expect(standing(wide)).to_contain_text("done")
    expect(standing(wide)).to_contain_text("40 of 40")
    expect(pause).to_have_count(0)
    expect(wide.locator("#state")).to_be_focused()
    asked.clear()
    wide.clock.fast_forward(60_000)
    expect(button(wide, "Undo…")).to_be_visible()
    assert asked == []
    assert [one for one in wide.evaluate("heard") if one] == [f"Job {reviewed.pk}: done"]
    assert {note(one) for one in ids} == {f"{NEW} {n}" for n in range(40)}


def test_a_stopped_job_says_what_is_left_and_can_go_on(wide, ids, reviewed, worker, note):
    wide.clock.install()
    wide.goto(f"/jobs/{reviewed.pk}/")
    start(wide).click()
    expect(standing(wide)).to_contain_text("queued")

    def stop_it():
        button(wide, "Stop").click()
        expect(standing(wide)).to_contain_text("stopping")

    worker.slice_in_which(stop_it)
    look(wide)
    expect(standing(wide)).to_contain_text("stopped")
    expect(figure(wide, "done")).to_contain_text("3")
    expect(figure(wide, "skipped")).to_contain_text("37")
    expect(wide.locator("#wrong")).to_contain_text("The job was stopped before it came to this record.")
    assert [note(one).startswith(NEW) for one in ids] == [True] * 3 + [False] * 37
    button(wide, "Try again what can be").click()
    expect(standing(wide)).to_contain_text("3 of 40")
    worker.all()
    look(wide)
    expect(figure(wide, "done")).to_contain_text("40")


def test_what_failed_is_found_downloaded_and_tried_again_and_all_of_it_undone(
    wide, ids, reviewed, worker, emulator, note
):
    """One record cannot be read for a while, one is gone; somebody changes one more before the undo."""
    wide.goto(f"/jobs/{reviewed.pk}/")
    start(wide).click()
    expect(standing(wide)).to_contain_text("queued")
    emulator.options = replace(emulator.options, latency_ms=0)
    emulator.faults.add(kind="503html", path=f"*{ids[3]}", count=None)
    emulator.store.run("DELETE FROM portfolios WHERE id = ?", int(ids[5]))
    wide.goto("/")
    worker.all()
    wide.reload()
    told = wide.locator(".notice").filter(has_text=f"Job {reviewed.pk} ")
    expect(told).to_contain_text("is over, done with errors: 38 done, 2 failed.")
    told.get_by_role("link", name="Look at it").click()
    expect(standing(wide)).to_contain_text("done with errors")
    expect(wide.locator(".notice")).to_have_count(0)
    expect(wide.locator("#wrong")).to_contain_text("60123")

    figure(wide, "failed").get_by_role("link").click()
    expect(wide.locator("h1")).to_have_text("Records")
    expect(wide.locator("tbody tr")).to_have_count(2)
    expect(wide.locator("tbody tr").nth(1)).to_contain_text("Tracking ID")
    wide.get_by_label("Alma's code").fill("60123")
    wide.get_by_label("Alma's code").press("Enter")
    expect(wide.locator("tbody tr")).to_have_count(1)
    with wide.expect_download() as download:
        wide.get_by_role("link", name="These as CSV").click()
    rows = list(csv.reader(download.value.path().read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2
    assert ids[5] in rows[1][0] or ids[5] in rows[1]

    emulator.faults.clear()
    wide.get_by_role("link", name=re.compile(f"^Job {reviewed.pk}: ")).click()
    button(wide, "Try again what can be").click()
    expect(standing(wide)).to_contain_text("39 of 40")
    worker.all()
    wide.reload()
    expect(figure(wide, "done")).to_contain_text("39")
    expect(figure(wide, "failed")).to_contain_text("1")
    expect(button(wide, "Try again what can be")).to_have_count(0)
    left = [one for one in ids if one != ids[5]]
    assert all(note(one).startswith(NEW) for one in left)

    emulator.put_record("portfolio", ids[0], emulator.record("portfolio", ids[0]) | {"public_note": "by Grace"})
    button(wide, "Undo…").click()
    expect(wide.locator("h1")).to_have_text(f"Undo of job {reviewed.pk}")
    worker.all()
    wide.reload()
    expect(figure(wide, "refused")).to_contain_text("1")
    expect(wide.locator("#wrong")).to_contain_text("Changed again since: Public note")
    expect(wide.get_by_role("region", name="What would change")).to_contain_text(f"{NEW} 1 → {OLD} 1")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(figure(wide, "done")).to_contain_text("38")
    assert note(ids[0]) == "by Grace"
    assert [note(one) for one in left[1:]] == [f"{OLD} {n}" for n in range(40) if n not in (0, 5)]
    wide.get_by_role("link", name=f"job {reviewed.pk}").click()
    expect(wide.locator("#state")).to_contain_text("Taken back by: ")
    expect(button(wide, "Undo…")).to_have_count(0)


def test_all_that_match_are_edited_and_no_other(wide, emulator, worker):
    wide.goto("/ecollections/?q=quillmere")
    expect(wide.locator(".pager")).to_contain_text("1–5 of 5")
    button(wide, "Bulk edit all 5 that match…").click()
    expect(wide.locator("h1")).to_have_text("Bulk edit: all 5 e-collections")
    wide.get_by_label("Public note", exact=True).select_option("set to")
    wide.get_by_label("Public note: the text or value").fill("Ask at the desk")
    button(wide, "Review…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(start(wide)).to_have_text("Start: change 5 records")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    records = [emulator.record("collection", one) for one in emulator.collections()]
    changed = [one["public_name"] for one in records if one["public_note"] == "Ask at the desk"]
    assert len(changed) == 5
    assert changed == [one["public_name"] for one in records if one["public_name"].startswith("Quillmere")]


def test_a_pasted_list_says_what_is_in_it_and_a_recipe_fills_the_form(wide, ids, worker, note, emulator):
    wide.goto("/ecollections/")
    wide.get_by_role("link", name="Bulk edit from a list of IDs…").click()
    wide.get_by_label("IDs, one a line").fill(
        f"Portfolio ID\tTitle\n{ids[0]}\tA\n{ids[1]}\tB\n{ids[0]}\tA\n53999999999999999\tC\n5.31E+16\tD"
    )
    button(wide, "Continue").click()
    said = wide.locator("main section.notice")
    expect(said).to_contain_text("5 lines were read")
    expect(said).to_contain_text(f"1 duplicate, left out: {ids[0]}")
    expect(said).to_contain_text("Line 6: 5.31E+16 – A spreadsheet has rounded this ID")
    replace_the_note(wide)
    wide.get_by_text("Save these actions as a recipe").click()
    wide.get_by_label("Name", exact=True).fill("The new wording")
    button(wide, "Save the recipe").click()
    expect(wide.get_by_role("status").filter(has_text="The recipe “The new wording” is saved")).to_be_visible()
    button(wide, "Review…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(figure(wide, "will change")).to_contain_text("2")
    expect(figure(wide, "not found")).to_contain_text("2")
    expect(wide.locator("main")).to_contain_text(f"of which 1 named a record again: {ids[0]}")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    assert [note(one) for one in ids[:3]] == [f"{NEW} 0", f"{NEW} 1", f"{OLD} 2"]

    wide.goto("/ecollections/recipes/")
    expect(wide.get_by_role("row", name="The new wording")).to_contain_text(f"{OLD} → {NEW}")
    wide.get_by_role("link", name="Use it for a list of IDs").click()
    wide.get_by_label("IDs, one a line").fill(ids[2])
    button(wide, "Continue").click()
    expect(wide.get_by_label("Public note: find")).to_have_value(OLD)
    button(wide, "Review…").click()
    expect(wide.locator("h1")).to_have_text(f"Replace in Public note: {OLD} → {NEW}")


def test_without_javascript_rows_are_ticked_reviewed_started_and_paused(open_tab, addresses, ids, worker, note):
    page = open_tab(java_script_enabled=False)
    page.goto(f"{addresses['service']}?size=20")
    boxes = page.locator("tbody").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(2).check()
    button(page, "Bulk edit…").click()
    expect(page.locator("h1")).to_have_text("Bulk edit: 2 portfolios")
    replace_the_note(page)
    button(page, "Review…").click()
    worker.all()
    page.reload()
    expect(start(page)).to_have_text("Start: change 2 records")
    start(page).click()
    button(page, "Pause").click()
    expect(standing(page)).to_contain_text("paused")
    button(page, "Resume").click()
    expect(standing(page)).to_contain_text("queued")
    worker.all()
    page.reload()
    expect(standing(page)).to_contain_text("2 of 2")
    assert [note(one) for one in ids[:3]] == [f"{NEW} 0", f"{OLD} 1", f"{NEW} 2"]
    assert Job.objects.get().state == "done"
