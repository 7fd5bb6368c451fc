"""The desk: a scan, the verdict, a block set and lifted, by the keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.test_axe import axe as axe
from tests.browser.test_axe import check
from tests.browser.test_keyboard import tab_until
from tests.browser.test_narrow import OVERFLOW

pytestmark = pytest.mark.browser
ADDRESS = "/patrons/"


@pytest.fixture
def one(emulator):
    """one("blocked") → the record of a person of that kind."""
    return lambda kind, n=0: emulator.person(emulator.people(kind)[n])


def barcode(record):
    return next(row["value"] for row in record["user_identifier"] if row["status"] == "ACTIVE")


def scan(page, text):
    """What a scanner does: it types where the focus is, and ends with Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def verdict(page):
    return page.locator("section.verdict h2")


def test_a_scan_leads_straight_to_the_person_and_the_next_scan_to_the_next(tab, one, emulator):
    first, second = one("blocked"), one("student")
    tab.goto(ADDRESS)
    expect(tab.get_by_label("Barcode, primary ID or e-mail")).to_be_focused()
    emulator.calls.clear()
    scan(tab, barcode(first))
    expect(verdict(tab)).to_contain_text("Blocked")
    expect(tab).to_have_url(re.compile(f"{ADDRESS}{first['primary_id']}/$"))
    assert len([call for call in emulator.calls if call.path.startswith("/users")]) == 1
    expect(tab.locator("#said")).to_contain_text("Blocked")
    scan(tab, barcode(second))
    expect(verdict(tab)).to_contain_text("May borrow")
    expect(tab).to_have_url(re.compile(f"{ADDRESS}{second['primary_id']}/$"))
    tab.reload()
    expect(verdict(tab)).to_contain_text("May borrow")


def test_a_scan_while_another_is_looked_for_is_not_lost(wide, one):
    first, second = one("blocked"), one("inactive")
    wide.goto(ADDRESS)
    scan(wide, barcode(first))
    scan(wide, barcode(second))
    expect(verdict(wide)).to_contain_text("Inactive")
    expect(wide).to_have_url(re.compile(f"{ADDRESS}{second['primary_id']}/$"))


@pytest.mark.parametrize("own", ["2900007", "29 00 007"])
@pytest.mark.parametrize("pause", [0, 200])
def test_a_scan_presses_nothing_that_has_the_focus_and_reaches_the_box(wide, one, emulator, own, pause):
    """However slow the scanner, and with blanks, which press a button as Enter does. What the box holds was sent."""
    emulator.set_person(one("blocked") | {"primary_id": own, "user_identifier": []})
    wide.goto(ADDRESS)
    scan(wide, barcode(one("student")))
    wide.locator("summary", has_text="Loans").click()
    wide.get_by_role("button", name=re.compile("^Renew all")).focus()
    emulator.calls.clear()
    wide.keyboard.type(own)
    wide.wait_for_timeout(pause)
    wide.keyboard.press("Enter")
    expect(verdict(wide)).to_contain_text("Blocked")
    assert [call for call in emulator.calls if call.method == "POST"] == []
    expect(wide.locator("p.under .id")).to_have_text(own)


def test_a_scan_with_the_focus_on_a_tick_box_ticks_and_sends_nothing_else(wide, one):
    wide.goto(ADDRESS)
    wide.get_by_label("Show also what Alma finds besides").focus()
    scan(wide, barcode(one("blocked")))
    expect(verdict(wide)).to_contain_text("Blocked")


def test_the_verdict_is_the_first_thing_read_after_the_name(wide, one):
    person = one("blocks")
    wide.goto(f"{ADDRESS}{person['primary_id']}/")
    headings = wide.locator("main h1, main h2").all_inner_texts()
    assert person["last_name"] in headings[0]
    assert headings[1].startswith("■ Blocked")
    snapshot = wide.locator("main").aria_snapshot()
    assert snapshot.index("Blocked") < snapshot.index("Lift this block") < snapshot.index("At a glance")


def test_nobody_found_offers_other_ways_and_a_name_finds_people(wide, one, watch):
    person = one("student", 1)
    wide.goto(ADDRESS)
    scan(wide, "99999999999")
    expect(wide.locator("#results .notice").first).to_contain_text("Nobody has the ID “99999999999”")
    wide.get_by_label("Search people").fill(person["last_name"])
    wide.get_by_label("Search in").select_option("last_name")
    wide.locator("#search button").click()
    rows = wide.locator("tbody tr")
    expect(rows.first).to_contain_text(person["last_name"])
    assert person["last_name"] not in wide.url
    rows.filter(has_text=person["primary_id"]).get_by_role("link").click()
    expect(wide.locator("h1")).to_contain_text(person["last_name"])


def test_by_the_keyboard_alone_a_block_is_set_and_lifted(wide, one, emulator):
    person = one("student")
    wide.goto(ADDRESS)
    scan(wide, barcode(person))
    expect(verdict(wide)).to_contain_text("May borrow")
    add = wide.get_by_role("link", name="Add a block", exact=True)
    tab_until(wide, add)
    wide.keyboard.press("Enter")
    expect(wide.locator("h1")).to_have_text("Add a block")
    form = wide.locator("main form.card.wide")
    for label, typed in (("Description", "Card reported"), ("Note", "Card lost on 3 May")):
        tab_until(wide, form.get_by_label(label))
        wide.keyboard.type(typed)
    tab_until(wide, form.get_by_role("button", name="Add the block"))
    wide.keyboard.press("Enter")
    expect(verdict(wide)).to_contain_text("Blocked")
    assert emulator.person(person["primary_id"])["user_block"][0]["block_note"] == "Card lost on 3 May"
    lift = wide.get_by_role("link", name="Lift this block")
    tab_until(wide, lift)
    wide.keyboard.press("Enter")
    tab_until(wide, wide.get_by_role("button", name="Lift the block"))
    wide.keyboard.press("Enter")
    expect(verdict(wide)).to_contain_text("May borrow")
    assert emulator.person(person["primary_id"])["user_block"][0]["block_status"] == "INACTIVE"


def test_loans_open_when_asked_for_and_a_renewal_says_what_became_of_it(wide, one, emulator):
    person = one("student")
    wide.goto(f"{ADDRESS}{person['primary_id']}/")
    emulator.calls.clear()
    opener = wide.locator("summary", has_text="Loans")
    expect(opener).to_contain_text("opens with 1 call")
    opener.click()
    renew = wide.get_by_role("button", name=re.compile("^Renew"))
    expect(renew.first).to_be_visible()
    expect(opener).to_contain_text("read at")
    expect(opener).not_to_contain_text("call")
    assert [call.path.split("/")[-1] for call in emulator.calls] == ["loans"]
    renew.last.focus()
    wide.keyboard.press("Enter")
    expect(wide.locator(".outcomes li").first).to_be_visible()
    expect(wide.locator(".outcomes")).to_be_focused()


def test_many_are_renewed_after_a_question_and_it_is_said_that_it_lasts(wide, one, transport, monkeypatch):
    monkeypatch.setattr("almaportal.emulator.loans._seeded_count", lambda _store, _number: 24)
    wide.goto(f"{ADDRESS}{one('many_loans')['primary_id']}/loans/")
    wide.locator("details.ask summary").click()
    wide.evaluate("""document.addEventListener('htmx:beforeSend', () => { window.meanwhile = {
        busy: document.querySelector('#loans').ariaBusy, said: document.querySelector('#said').textContent,
        seen: document.querySelector('.busy').checkVisibility() } })""")
    enabled = "[...document.querySelectorAll('#loans button')].filter(one => !one.disabled).length"
    wide.evaluate(f"document.addEventListener('htmx:beforeSwap', () => {{ window.pressable = {enabled} }})")
    wide.locator("details.ask button").click()
    expect(wide.locator(".outcomes b")).to_contain_text(re.compile(r"\d+ renewed, \d+ not"))
    meanwhile = wide.evaluate("window.meanwhile")
    assert meanwhile["busy"] == "true"
    assert meanwhile["seen"]
    assert "Renewing, one loan after the other" in meanwhile["said"]
    assert wide.evaluate("window.pressable") == 0
    expect(wide.locator(".outcomes li").first).to_be_hidden()
    wide.locator(".outcomes summary").last.click()
    expect(wide.locator(".outcomes li").last).to_be_visible()


def test_on_a_phone_what_can_be_done_stands_in_the_row_not_beyond_the_edge(open_tab, one):
    narrow = open_tab(width=NARROW)
    narrow.goto(f"{ADDRESS}{one('many_loans')['primary_id']}/loans/")
    renew = narrow.locator("tbody").get_by_role("button").first
    renew.scroll_into_view_if_needed()
    expect(renew).to_be_in_viewport(ratio=1)
    assert narrow.locator("tbody td").first.evaluate("one => one.closest('.scroll').scrollLeft") == 0
    assert narrow.locator(".stacked tr").nth(1).bounding_box()["width"] <= NARROW
    narrow.goto(f"{ADDRESS}{one('blocked')['primary_id']}/")
    lift = narrow.locator(".blocks").get_by_role("link", name=re.compile("^Lift"))
    box = lift.bounding_box()
    assert box["x"] + box["width"] <= NARROW


def test_a_field_that_the_browser_styled_is_swapped_without_a_complaint(wide, watch):
    wide.goto(ADDRESS)
    wide.locator("#id_text").evaluate("one => { one.style.width = '300px' }")
    wide.locator("#id_text").fill("Zzyzx")
    wide.locator("#search button").click()
    expect(wide.locator("#results .notice").first).to_be_visible()
    assert watch.complaints() == []


@pytest.mark.parametrize(
    "address",
    ["", "{blocks}/", "{missing}/", "{staff}/", "{blocks}/blocks/new/", "{many_loans}/loans/", "{fees}/fees/",
     "{blocks}/print/", "-/blocks/", "-/new/", "-/access/"],
)  # fmt: skip
def test_nothing_that_axe_finds_wrong_and_nothing_that_scrolls_sideways(axe, wide, emulator, address):
    kinds = {kind: emulator.people(kind)[0] for kind in ("blocks", "missing", "staff", "many_loans", "fees")}
    wide.goto(f"{ADDRESS}{address.format(**kinds)}")
    for summary in wide.locator("details:not(.account) > summary").all()[:6]:
        summary.click()
    check(axe, wide, address)
    wide.set_viewport_size({"width": NARROW, "height": 800})
    assert not wide.evaluate(OVERFLOW)


def test_a_search_and_a_refused_form_have_nothing_that_axe_finds_wrong(axe, wide, one, watch):
    watch.allow("422")
    wide.goto(ADDRESS)
    scan(wide, "99999999999")
    expect(wide.locator("#results .notice").first).to_be_visible()
    check(axe, wide, "nobody")
    scan(wide, barcode(one("barcode_taken_over")))
    expect(wide.locator("h1, tbody tr").first).to_be_visible()
    check(axe, wide, "a barcode of two")
    wide.goto(f"{ADDRESS}{one('student')['primary_id']}/blocks/new/")
    wide.get_by_role("button", name="Add the block").click()
    expect(wide.locator(".wrong").first).to_be_visible()
    check(axe, wide, "a block without a note")
