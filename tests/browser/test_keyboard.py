"""By the keyboard alone."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.name"


def tab_until(page, locator, limit=90):
    """Press Tab until the element has the focus; the names of what was passed on the way."""
    passed = []
    for _ in range(limit):
        if locator.evaluate("one => one === document.activeElement"):
            return passed
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
    raise AssertionError(f"not reached by Tab, only: {passed}")


def test_control_k_leads_to_the_search_from_anywhere(tab, addresses):
    tab.goto(addresses["list"])
    tab.get_by_role("searchbox", name="Search e-collections").focus()
    tab.keyboard.press("Control+k")
    box = tab.get_by_role("searchbox", name="Find")
    expect(box).to_be_focused()
    expect(box).to_have_value("")


def test_no_single_letter_does_anything(wide):
    """WCAG 2.1.4: somebody who speaks to the computer types letters by accident."""
    wide.goto("/ecollections/")
    wide.keyboard.press("/")
    wide.keyboard.press("k")
    expect(wide.get_by_role("searchbox", name="Find")).not_to_be_focused()


def test_what_a_search_brought_is_said_to_those_who_do_not_see_it(wide):
    wide.goto("/ecollections/")
    box = wide.get_by_role("searchbox", name="Search e-collections")
    box.fill("quillmere")
    box.press("Enter")
    expect(wide.locator("#said")).to_have_text("1–5 of 5")
    box.fill("xyzzy")
    box.press("Enter")
    expect(wide.locator("#said")).to_contain_text("No e-collection matches")


def test_the_first_tab_offers_to_skip_the_frame(tab):
    tab.goto("/ecollections/")
    tab.keyboard.press("Tab")
    skip = tab.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    tab.keyboard.press("Enter")
    expect(tab.locator("main")).to_be_focused()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_tab_reaches_the_search_the_rows_and_the_pager(wide, addresses):
    wide.goto(f"{addresses['list']}?size=20&page=2")
    wide.locator("main").focus()
    passed = tab_until(wide, wide.get_by_role("link", name="Next"))
    names = [one.strip() for one in wide.locator("tbody a").all_text_contents()]
    assert [one for one in passed if one in names] == names
    assert "Read again" in passed
    assert "Previous" in passed
    wide.keyboard.press("Enter")
    expect(wide.locator(".pager")).to_contain_text("41–60")
    expect(wide.locator("#results .scroll")).to_be_focused()
    for one in (wide.get_by_label("Select all on this page"), wide.locator("tbody input").first):
        wide.keyboard.press("Tab")
        expect(one).to_be_focused()
    wide.keyboard.press("Tab")
    expect(wide.locator("tbody a").first).to_be_focused()


def test_one_walks_down_by_enter(wide, addresses):
    wide.goto("/ecollections/")
    wide.locator("main").focus()
    tab_until(wide, wide.locator("tbody a").first)
    wide.keyboard.press("Enter")
    expect(wide.locator("h1")).to_have_text("Quillmere Press: Ebooks Complete")
    tab_until(wide, wide.get_by_text("Empty fields"))
    expect(wide.locator("details.fold dl")).to_be_hidden()
    wide.keyboard.press("Enter")
    expect(wide.locator("details.fold dl")).to_be_visible()


def test_escape_closes_the_account_menu_and_gives_the_focus_back(tab):
    tab.goto("/")
    menu, summary = tab.locator("details.account"), tab.locator("details.account summary")
    summary.focus()
    tab.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("button", name="Sign out")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_what_has_the_focus_can_be_seen(wide, addresses):
    """The focus is drawn, and nothing covers the element that has it."""
    wide.goto(f"{addresses['service']}?size=20")
    for _ in range(18):
        wide.keyboard.press("Tab")
        outline = wide.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", wide.evaluate(FOCUSED)
