"""The desk: following requests, cancelling one, and forty at once."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.test_axe import FAILED, check
from tests.browser.test_axe import axe as axe
from tests.browser.test_keyboard import tab_until
from tests.browser.test_narrow import OVERFLOW

pytestmark = pytest.mark.browser
ADDRESS = "/circulation/"


def deletes(emulator):
    return [call for call in emulator.calls if call.method == "DELETE"]


def test_forty_that_cannot_be_filled_are_cancelled_from_the_list_of_their_numbers(wide, emulator, worker):
    """Task 9: one pickup library, placed some days ago, without mail: 37 can be, of 3 it is said why not, one job."""
    forty = emulator.requests("forty")
    wide.goto("/")
    wide.get_by_role("link", name="Circulation", exact=True).click()
    wide.get_by_role("link", name="Cancel many").click()
    wide.get_by_label("Numbers of requests, one a line").fill("\n".join(forty))
    wide.get_by_role("button", name="Go on with these…").click()
    wide.get_by_label("Picked up in").select_option(label="Medical Library")
    wide.get_by_label("Placed at least so many days ago").fill("2")
    wide.get_by_label("State").select_option(label="not on the hold shelf")
    wide.get_by_label("Reason, by Alma's list").select_option(label="Cannot be fulfilled")
    wide.get_by_label("no mail").check()
    wide.get_by_label("Reason or ticket").fill("Storage flooded")
    wide.get_by_role("button", name="Review…").click()
    worker.all()
    expect(wide.locator("#state")).to_contain_text("37 will be cancelled")
    expect(wide.locator("#state")).to_contain_text("3 left alone")
    expect(wide.locator("#state")).to_contain_text("Its state is: on hold shelf.")
    expect(wide.locator(".price")).to_contain_text("111")
    assert deletes(emulator) == []
    wide.get_by_role("button", name="Start: cancel 37 requests").click()
    worker.all()
    expect(wide.locator("#state")).to_contain_text("37 done")
    assert len(deletes(emulator)) == 37
    assert emulator.mails == []
    assert len(emulator.requests("forty")) == 3


def test_by_the_keyboard_alone_a_request_is_found_and_cancelled(wide, emulator):
    one = emulator.requests("waiting")[0]
    wide.goto(ADDRESS)
    expect(wide.get_by_label("MMS ID, item barcode or request ID")).to_be_focused()
    wide.keyboard.type(one)
    wide.keyboard.press("Enter")
    expect(wide.locator("h1")).to_contain_text(one)
    tab_until(wide, wide.get_by_role("link", name="Cancel it…"))
    wide.keyboard.press("Enter")
    reason = wide.get_by_label("Reason, by Alma's list")
    tab_until(wide, reason)
    wide.keyboard.type("Cannot be")
    tab_until(wide, wide.get_by_label("Note to the person"))
    wide.keyboard.type("Storage is flooded")
    tab_until(wide, wide.get_by_role("button", name="Cancel the request"))
    wide.keyboard.press("Enter")
    expect(wide.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    assert deletes(emulator)[0].query["note"] == "Storage is flooded"
    wide.reload()
    expect(wide.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    wide.get_by_role("link", name="The person", exact=True).click()
    wide.go_back()
    expect(wide.get_by_role("status").filter(has_text="Cancelled")).to_be_visible()
    assert len(deletes(emulator)) == 1


def test_pressed_twice_a_request_is_cancelled_once_and_the_page_says_so(wide, emulator):
    wide.goto(f"{ADDRESS}requests/{emulator.requests('shelf')[0]}/cancel/")
    wide.get_by_label("Reason, by Alma's list").select_option(label="Cannot be fulfilled")
    wide.get_by_role("button", name="Cancel the request").dblclick()
    expect(wide.get_by_role("status").filter(has_text="Cancelled")).to_contain_text("scan it in")
    assert len(deletes(emulator)) == 1


def test_ticked_in_a_person_s_list_some_are_watched_and_read_again(wide, emulator, worker):
    many = emulator.requests("many")
    own = emulator.request(many[0])["user_primary_id"]
    wide.goto(f"/patrons/{own}/")
    wide.locator("summary", has_text="Requests").click()
    boxes = wide.locator("#requests input[name=pick]")
    expect(boxes.first).to_be_visible()
    for n in (0, 1):
        boxes.nth(n).check()
    wide.get_by_role("button", name="Watch those ticked").click()
    expect(wide.get_by_role("status").filter(has_text="2 put on the list")).to_be_visible()
    wide.get_by_role("button", name="Read all again").click()
    worker.all()
    wide.goto(f"{ADDRESS}watch/")
    expect(wide.locator("tbody tr")).to_have_count(2)
    expect(wide.locator("tbody")).not_to_contain_text("not looked at yet")


def test_a_list_is_narrowed_in_place_and_its_address_keeps_that(wide, emulator):
    own = emulator.request(emulator.requests("many")[0])["user_primary_id"]
    wide.goto(f"{ADDRESS}patrons/{own}/requests/")
    wide.get_by_label("Type").select_option(label="Booking")
    expect(wide.locator("tbody")).not_to_contain_text("Hold")
    assert "kind=BOOKING" in wide.url
    wide.reload()
    expect(wide.locator("tbody tr").first).to_contain_text("Booking")


@pytest.fixture
def places(emulator):
    """Name → address of the pages of following and cancelling."""
    one = emulator.request(emulator.requests("waiting")[0])
    title = f"{ADDRESS}titles/{emulator.titles('requested')[0]}/requests/"
    request = f"{ADDRESS}requests/{one['request_id']}/"
    person = f"{ADDRESS}patrons/{one['user_primary_id']}/requests/"
    return [person, title, request, f"{request}cancel/", f"{ADDRESS}cancel/?library=MED", f"{ADDRESS}watch/"]


def test_nothing_that_axe_finds_wrong_and_nothing_that_scrolls_sideways(axe, wide, places, emulator, watch):
    watch.allow(FAILED)
    wide.goto(f"{ADDRESS}requests/{emulator.requests('shelf')[0]}/")
    wide.get_by_role("button", name="Watch it").click()
    for address in (*places, f"{ADDRESS}requests/83999999990004711/"):
        wide.set_viewport_size({"width": 1360, "height": 800})
        wide.goto(address)
        check(axe, wide, address)
        wide.set_viewport_size({"width": NARROW, "height": 800})
        assert wide.evaluate(OVERFLOW) <= 0, address


def test_the_form_for_many_with_something_missing_has_nothing_that_axe_finds_wrong(axe, wide, watch, emulator):
    watch.allow(FAILED)
    wide.goto(f"{ADDRESS}cancel/")
    wide.get_by_label("Numbers of requests").fill("Ada")
    wide.get_by_role("button", name="Go on with these…").click()
    expect(wide.get_by_role("alert").filter(has_text="Nothing was planned")).to_be_visible()
    check(axe, wide, "no number")
    wide.get_by_label("Numbers of requests").fill(emulator.requests("waiting")[0])
    wide.get_by_role("button", name="Go on with these…").click()
    wide.get_by_role("button", name="Review…").click()
    expect(wide.locator("#wrong")).to_be_focused()
    check(axe, wide, "no reason")
