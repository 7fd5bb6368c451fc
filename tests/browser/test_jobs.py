"""A bulk edit as people do it, from the ticked rows to the undo. The worker works when the test says so."""

import csv
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from almaportal.jobs import control
from almaportal.jobs.models import Job
from tests.browser.conftest import NARROW, WIDE
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


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_rows_of_two_pages_are_ticked_and_reviewed(open_tab, addresses, ids, worker, emulator, note, width):
    page = open_tab(width=width)
    chosen = page.locator("#selection [data-some]")
    page.goto(f"{addresses['service']}?size=20")
    expect(button(page, "Bulk edit…")).to_be_disabled()
    boxes = page.get_by_role("checkbox", name=re.compile("^Select "))
    boxes.nth(1).check()
    boxes.nth(2).check()
    expect(chosen).to_contain_text("2 selected")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager")).to_contain_text("21–40")
    expect(chosen).to_contain_text("2 selected")
    page.get_by_role("checkbox", name="Select all on this page").check()
    boxes.nth(20).uncheck()
    expect(chosen).to_contain_text("21 selected")
    page.reload()
    expect(chosen).to_contain_text("21 selected")
    expect(boxes.nth(19)).to_be_checked()
    expect(boxes.nth(20)).not_to_be_checked()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".pager")).to_contain_text("1–20")
    expect(boxes.nth(2)).to_be_checked()
    expect(boxes.nth(3)).not_to_be_checked()
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
    expect(row).to_contain_text(f"{OLD} 0 → {NEW} 0")
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
