"""Through the portal with the mouse, on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, PASSWORD, WIDE

pytestmark = pytest.mark.browser
NAME = "Quillmere Press: Ebooks Complete"
TITLE = "Journal of Medieval Bell Casting, 9"


def heading(page):
    return page.locator("h1")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_one_signs_in_comes_to_the_wanted_page_and_signs_out(open_tab, site, width):
    page = open_tab(width=width, user=None)
    page.goto("/ecollections/?page=2")
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.get_by_label("User name")).to_have_value("Ada")
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("E-collections")
    assert page.url == f"{site}/ecollections/?page=2"
    page.locator("details.account summary").click()
    expect(page.locator("details.account")).to_contain_text("administrator")
    page.get_by_role("button", name="Sign out").click()
    expect(heading(page)).to_have_text("Sign in")


def test_one_walks_down_the_tree_and_up_again(tab, addresses, site, emulator):
    tab.goto("/")
    tab.get_by_role("link", name="Browse e-collections").click()
    tab.get_by_role("link", name=NAME).click()
    expect(heading(tab)).to_have_text(NAME)
    tab.get_by_role("region", name="Electronic services").get_by_role("link", name="Full Text").click()
    expect(heading(tab)).to_have_text("Full Text")
    tab.get_by_role("link", name=TITLE).click()
    expect(heading(tab)).to_have_text(TITLE)
    assert tab.url == site + addresses["portfolio"]
    crumbs = tab.get_by_role("navigation", name="Where this is")
    expect(crumbs.get_by_role("link")).to_have_text(["E-collections", NAME, "Full Text"])
    crumbs.get_by_role("link", name="Full Text").click()
    expect(heading(tab)).to_have_text("Full Text")
    assert tab.url == site + addresses["service"]
    assert len(emulator.calls) == 6


def test_one_searches_the_list_in_place(tab, site):
    tab.goto("/ecollections/")
    tab.evaluate("window.stayed = true")
    box = tab.get_by_role("searchbox", name="Search e-collections")
    box.fill("quillmere")
    box.press("Enter")
    expect(tab.locator("tbody tr")).not_to_have_count(50)
    assert tab.url == f"{site}/ecollections/?field=name&q=quillmere&size=50"
    assert tab.evaluate("window.stayed")
    tab.get_by_label("Search in").select_option("Interface")
    expect(tab).to_have_url(re.compile("field=interface_name"))
    box.fill("xyzzy")
    tab.get_by_role("button", name="Search", exact=True).click()
    expect(tab.locator("td.empty")).to_contain_text("No e-collection matches")
    box.fill("!!")
    box.press("Enter")
    expect(tab.locator("#results").get_by_role("alert")).to_contain_text("Nothing was searched")
    expect(box).to_have_value("!!")
    expect(tab.locator("tbody tr")).to_have_count(50)


def test_one_chooses_how_many_rows(wide):
    wide.goto("/ecollections/")
    wide.get_by_role("combobox", name="Rows").select_option("20")
    expect(wide.locator("tbody tr")).to_have_count(20)
    expect(wide).to_have_url(re.compile("size=20"))


def test_the_frames_box_finds_ids_and_words(tab, addresses, emulator):
    tab.goto("/")
    tab.get_by_role("searchbox", name="Find").fill(emulator.collections()[0])
    tab.keyboard.press("Enter")
    expect(heading(tab)).to_have_text(NAME)
    tab.get_by_role("searchbox", name="Find", exact=True).fill("quillmere")
    tab.keyboard.press("Enter")
    expect(heading(tab)).to_have_text("E-collections")
    expect(tab.get_by_role("searchbox", name="Search e-collections")).to_have_value("quillmere")


@pytest.mark.parametrize("kind", ["list", "service"])
def test_paging_changes_the_address_and_back_and_forward_show_whole_pages(tab, addresses, site, kind):
    address = site + addresses[kind]
    title = {"list": "E-collections", "service": "Full Text"}[kind]
    tab.goto(f"{addresses[kind]}?size=20")
    first = tab.locator("tbody td.id").first.text_content()
    tab.evaluate("window.stayed = true")
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("21–40")
    assert tab.url == f"{address}?size=20&page=2"
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("41–60")
    assert tab.url == f"{address}?size=20&page=3"
    assert tab.evaluate("window.stayed"), "paging must not load the page anew"
    for move, rows, page in (
        (tab.go_back, "21–40", "&page=2"),
        (tab.go_back, "1–20", ""),
        (tab.go_forward, "21–40", "&page=2"),
        (tab.go_forward, "41–60", "&page=3"),
    ):
        move()
        expect(tab.locator(".pager")).to_contain_text(rows)
        expect(heading(tab)).to_have_text(title)
        expect(tab.locator("header.top")).to_have_count(1)
        assert tab.url == f"{address}?size=20{page}"
    tab.get_by_role("link", name="Previous").click()
    expect(tab.locator(".pager")).to_contain_text("21–40")
    tab.get_by_role("link", name="Previous").click()
    expect(tab.locator("tbody td.id").first).to_have_text(first)


def test_after_paging_and_leaving_one_comes_back_to_the_same_rows(tab, addresses):
    tab.goto(f"{addresses['service']}?size=20")
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("21–40")
    title = tab.locator("tbody a").nth(2).text_content()
    tab.locator("tbody a").nth(2).click()
    expect(heading(tab)).to_have_text(title)
    tab.go_back()
    expect(heading(tab)).to_have_text("Full Text")
    expect(tab.locator(".pager")).to_contain_text("21–40")
    expect(tab.locator("tbody tr")).to_have_count(20)


def test_the_top_of_the_new_rows_comes_into_view(tab, addresses):
    tab.goto(addresses["service"])
    tab.locator(".pager").scroll_into_view_if_needed()
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("51–100")
    expect(tab.locator("#results .scroll")).to_be_focused()
    expect(tab.locator("#results .freshness")).to_be_in_viewport()


@pytest.mark.parametrize("kind", ["list", "collection", "service", "portfolio"])
def test_every_deep_address_stands_alone_on_reload(wide, addresses, kind):
    wide.goto(addresses[kind])
    title = heading(wide).text_content()
    wide.reload()
    expect(heading(wide)).to_have_text(title)
    expect(wide.locator("header.top")).to_have_count(1)


def test_one_reads_again_and_stays_at_the_page(tab, addresses, site, emulator):
    address = f"{addresses['service']}?size=20"
    tab.goto(address)
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("21–40")
    before = len(emulator.calls)
    record = emulator.record("service", emulator.services(emulator.collections()[0])[0])
    emulator.put_record("service", record["id"], record | {"public_description": "Changed meanwhile"})
    tab.get_by_role("button", name="Read again").click()
    expect(heading(tab)).to_have_text("Changed meanwhile")
    assert tab.url == f"{site}{address}&page=2"
    assert len(emulator.calls) - before == 2


def test_without_scripts_every_page_works(open_tab, addresses):
    page = open_tab(java_script_enabled=False)
    page.goto(f"{addresses['list']}?size=20")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager")).to_contain_text("21–40")
    expect(heading(page)).to_have_text("E-collections")
    page.get_by_role("searchbox", name="Search e-collections").fill("quillmere")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("tbody tr")).not_to_have_count(20)
    page.get_by_role("button", name="Read again").click()
    expect(heading(page)).to_have_text("E-collections")


def test_nothing_is_kept_in_the_browser(wide, addresses):
    wide.goto(addresses["service"])
    wide.get_by_role("link", name="Next").click()
    expect(wide.locator(".pager")).to_contain_text("51–100")
    kept = wide.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "Bell Casting" not in kept
    assert "<" not in kept
