"""A bulk edit as people do it, from the ticked rows to the undo. The worker works when the test says so."""

import csv
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from almaportal.jobs import control
from tests.browser.conftest import OLD
from tests.browser.test_create_delete import button

pytestmark = pytest.mark.browser
NEW = "New words"
HEAR = """
() => { window.heard = []; new MutationObserver(() => heard.push(document.getElementById('said').textContent.trim()))
        .observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true}) }
"""


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


def figure(page, words):
    """A count of the job's page: “3 done”."""
    return page.locator(".tally li").filter(has_text=re.compile(rf"^\s*{words}\s*$"))


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
    expect(figure(page, "21 will change")).to_be_visible()
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
    expect(figure(page, "20 needs no change")).to_be_visible()
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
    expect(figure(wide, "3 done")).to_be_visible()
    expect(figure(wide, "37 skipped")).to_be_visible()
    expect(wide.locator("#wrong")).to_contain_text("The job was stopped before it came to this record.")
    assert [note(one).startswith(NEW) for one in ids] == [True] * 3 + [False] * 37
    button(wide, "Try again what can be").click()
    expect(standing(wide)).to_contain_text("3 of 40")
    worker.all()
    look(wide)
    expect(figure(wide, "40 done")).to_be_visible()


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

    figure(wide, "2 failed").get_by_role("link").click()
    expect(wide.locator("h1")).to_have_text("Records")
    expect(wide.locator("tbody tr")).to_have_count(2)
    expect(wide.locator("tbody tr").nth(1)).to_contain_text("Tracking ID")
    wide.get_by_label("Alma's code").fill("60123")
    wide.get_by_label("Alma's code").press("Enter")
    expect(wide.locator("tbody tr")).to_have_count(1)
    with wide.expect_download() as download:
        wide.get_by_role("link", name="These as CSV").click()
    [row] = csv.DictReader(download.value.path().read_text("utf-8-sig").splitlines())
    assert (row["Portfolio ID"], row["State"], row["Alma's code"]) == (ids[5], "failed", "60123")

    emulator.faults.clear()
    wide.get_by_role("link", name=re.compile(f"^Job {reviewed.pk}: ")).click()
    button(wide, "Try again what can be").click()
    expect(standing(wide)).to_contain_text("39 of 40")
    worker.all()
    wide.reload()
    expect(figure(wide, "39 done")).to_be_visible()
    expect(figure(wide, "1 failed")).to_be_visible()
    expect(button(wide, "Try again what can be")).to_have_count(0)
    left = [one for one in ids if one != ids[5]]
    assert all(note(one).startswith(NEW) for one in left)

    emulator.put_record("portfolio", ids[0], emulator.record("portfolio", ids[0]) | {"public_note": "by Grace"})
    button(wide, "Undo…").click()
    expect(wide.locator("h1")).to_have_text(f"Undo of job {reviewed.pk}")
    worker.all()
    wide.reload()
    expect(figure(wide, "1 refused")).to_be_visible()
    expect(wide.locator("#wrong")).to_contain_text("Changed again since: Public note")
    expect(wide.get_by_role("region", name="What would change")).to_contain_text(f"{NEW} 1 → {OLD} 1")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(figure(wide, "38 done")).to_be_visible()
    assert note(ids[0]) == "by Grace"
    assert [note(one) for one in left[1:]] == [f"{OLD} {n}" for n in range(40) if n not in (0, 5)]
    wide.get_by_role("link", name=f"job {reviewed.pk}").click()
    expect(wide.locator("#state")).to_contain_text("Taken back by: ")
    expect(button(wide, "Undo…")).to_have_count(0)
