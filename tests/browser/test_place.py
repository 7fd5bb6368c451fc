"""Placing a request at the desk: by the keyboard, on the person's own page, and nothing that axe finds wrong."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_axe import FAILED, check
from tests.browser.test_axe import axe as axe
from tests.browser.test_keyboard import tab_until
from tests.browser.test_narrow import OVERFLOW

pytestmark = pytest.mark.browser
BOX = "Place a request: barcode or MMS ID"


@pytest.fixture
def own(emulator):
    return emulator.people("student")[0]


def barcode(emulator, kind):
    return emulator.item(emulator.items(emulator.titles(kind, 1)[0])[0])["item_data"]["barcode"]


def press(page, name):
    page.locator("#place-form").get_by_role("button", name=name, exact=True).last.press("Enter")


def choose_desk(page, desk):
    press(page, "List the desks of the library")
    expect(page.locator("select#place-desk")).to_be_visible()
    page.get_by_label("Desk", exact=True).select_option(desk)


def test_a_scan_on_the_person_s_page_becomes_a_request_by_keyboard_alone(tab, emulator, own, axe, watch):
    watch.allow(FAILED)
    tab.goto(f"/patrons/{own}/")
    tab.get_by_role("link", name="Place a request").press("Enter")
    expect(tab.get_by_label(BOX)).to_be_focused()
    emulator.calls.clear()
    tab.keyboard.type(barcode(emulator, "free"))
    tab.keyboard.press("Enter")
    expect(tab.locator("#placing h3")).to_be_focused()
    check(axe, tab, "place, the form")
    assert tab.evaluate(OVERFLOW) <= 0
    expect(tab.get_by_label("Desk", exact=True)).to_be_hidden()
    tab.get_by_label("Picked up at").select_option("CIRCULATION_DESK")
    choose_desk(tab, "ILL")
    tab.get_by_label("Library", exact=True).select_option("")
    tab.get_by_label("Wanted until").press("Enter")
    expect(tab.locator("#wrong")).to_be_focused()
    check(axe, tab, "place, wrong")
    tab.get_by_label("Library", exact=True).select_option("MAIN")
    choose_desk(tab, "ILL")
    tab_until(tab, tab.locator("#place-form button.primary"))
    tab.keyboard.press("Enter")
    expect(tab.locator("#placing section.good")).to_be_focused()
    expect(tab.locator("#placing")).to_contain_text("Interlibrary Desk")
    check(axe, tab, "place, placed")
    made = [call for call in emulator.calls if not call.path.startswith("/conf/")]
    assert [call.method for call in made] == ["GET", "GET", "GET", "POST"]
    expect(tab.locator("section.verdict")).to_be_visible()


def test_the_list_that_was_opened_warns_of_a_double_and_shows_what_was_placed(wide, emulator, own, watch):
    watch.allow(FAILED)
    wide.goto(f"/patrons/{own}/")
    wide.locator("#requests summary").press("Enter")
    expect(wide.locator("#requests-list tbody tr")).to_have_count(2)
    wide.get_by_label(BOX).fill(barcode(emulator, "free"))
    wide.get_by_label(BOX).press("Enter")
    expect(wide.locator("#placing h3")).to_be_focused()
    expect(wide.locator("#placing")).not_to_contain_text("already")
    press(wide, "Place the request")
    expect(wide.locator("#placing")).to_contain_text("Placed:")
    expect(wide.locator("#placing section.good")).to_be_focused()
    expect(wide.locator("#requests-count")).to_have_text("3")
    expect(wide.locator("#requests summary")).to_have_text("Requests 3 · opens with 1 call")
    expect(wide.get_by_label(BOX)).to_have_value("")
    emulator.calls.clear()
    for _press in range(3):
        wide.locator("#placing").get_by_role("link", name="Requests of the person").press("Enter")
        expect(wide.locator("#requests-list tbody tr")).to_have_count(3)
        expect(wide.locator("#requests-list table")).to_be_visible()
    assert len(emulator.calls) == 1, "what is open is not read again"
    emulator.calls.clear()
    wide.get_by_label(BOX).fill(barcode(emulator, "free"))
    wide.get_by_label(BOX).press("Enter")
    expect(wide.locator("#placing")).to_contain_text("The person has requested this title already")
    expect(wide.locator("#placing h3")).to_be_focused()
    press(wide, "Place the request")
    expect(wide.locator("#wrong")).to_contain_text("Tick this")
    assert not [call for call in emulator.calls if call.method == "POST" or call.path.endswith("/requests")]


def test_a_title_its_items_and_the_page_of_its_own(tab, emulator, own, axe, watch):
    watch.allow(FAILED)
    tab.goto("/circulation/")
    check(axe, tab, "circulation")
    tab.get_by_label("MMS ID, item barcode or request ID").fill(emulator.titles("volumes", 1)[0])
    tab.keyboard.press("Enter")
    expect(tab.locator("#results tbody tr")).to_have_count(100)
    check(axe, tab, "title")
    assert tab.evaluate(OVERFLOW) <= 0
    tab.get_by_label("Place for the person with this ID or barcode").fill(own)
    tab.get_by_role("button", name="Place… v.2 (1902)").press("Enter")
    expect(tab.locator("section.verdict h2")).to_contain_text("May borrow")
    expect(tab.locator("#place-form")).to_contain_text("it is a volume")
    check(axe, tab, "place, of its own")
    assert tab.evaluate(OVERFLOW) <= 0
    tab.get_by_role("button", name="Digitization").press("Enter")
    expect(tab.get_by_label("Pages")).to_be_visible()
    tab.get_by_label("the whole").check()
    expect(tab.get_by_label("Pages")).to_be_hidden()
    check(axe, tab, "place, digitization")
    tab.get_by_role("button", name="Any copy of the title instead").press("Enter")
    expect(tab.get_by_label("Which volume")).to_be_visible()
