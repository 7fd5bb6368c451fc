"""When something fails while a part of a page is fetched."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD

pytestmark = pytest.mark.browser
FAILED = r"^error: (Failed to load resource: the server responded with a status of|Response Status Error Code) ?50\d"


def test_a_failure_of_alma_while_paging_is_said_in_a_visible_place(tab, addresses, emulator, watch, site):
    watch.allow(FAILED)
    tab.goto(f"{addresses['list']}?size=20")
    emulator.faults.add(kind="503", count=None)
    tab.get_by_role("link", name="Next").click()
    errors = tab.locator("#errors")
    expect(errors).to_contain_text("Alma cannot be reached")
    expect(errors).to_contain_text("ROUTING_ERROR")
    expect(errors).to_be_in_viewport()
    expect(tab.locator("h1")).to_have_count(1)
    expect(tab.locator(".pager")).to_contain_text("1–20")
    assert tab.url == f"{site}{addresses['list']}?size=20"
    emulator.faults.clear()
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator(".pager")).to_contain_text("21–40")
    expect(errors).to_be_empty()


def test_a_session_that_ended_sends_the_whole_page_to_sign_in_and_back(tab, addresses, site):
    tab.goto(f"{addresses['service']}?size=20&page=2")
    Session.objects.all().delete()
    tab.get_by_role("link", name="Next").click()
    expect(tab.locator("h1")).to_have_text("Sign in")
    expect(tab.locator("header.top")).to_have_count(0)
    tab.get_by_label("User name").fill("Ada")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.locator("h1")).to_have_text("Full Text")
    expect(tab.locator(".pager")).to_contain_text("21–40")
    assert tab.url == f"{site}{addresses['service']}?size=20&page=2"


def test_a_role_taken_away_is_said_without_a_page_in_the_page(wide, addresses, person, watch):
    watch.allow("403")
    wide.goto(f"{addresses['service']}?size=20")
    person.groups.clear()
    wide.get_by_role("link", name="Next").click()
    expect(wide.get_by_role("alert").first).to_contain_text("Your roles do not include this page")
    expect(wide.locator("header.top")).to_have_count(1)
    expect(wide.locator("#errors")).to_have_count(1)


def test_a_portal_that_is_gone_is_said(wide, addresses, watch):
    watch.allow("Failed to load resource: net::ERR|htmx:(sendError|afterRequest)")
    wide.goto(f"{addresses['list']}?size=20")
    wide.route("**/*page=2*", lambda route: route.abort("connectionrefused"))
    wide.get_by_role("link", name="Next").click()
    expect(wide.locator("#errors")).to_contain_text("The portal cannot be reached")
    expect(wide.locator(".pager")).to_contain_text("1–20")
    wide.unroute("**/*page=2*")
    wide.get_by_role("link", name="Next").click()
    expect(wide.locator(".pager")).to_contain_text("21–40")
    expect(wide.locator("#errors")).to_be_empty()


def test_an_old_copy_is_marked_and_read_again_in_vain_says_so(wide, addresses, emulator, clock):
    wide.goto(addresses["collection"])
    clock.time += 20 * 60
    emulator.faults.add(kind="503", count=None)
    wide.reload()
    expect(wide.locator(".notice")).to_contain_text("This is the copy read on 15 Jan 2027, 12:00")
    wide.get_by_role("button", name="Read again").click()
    expect(wide.locator(".notice")).to_contain_text("Alma is down for maintenance")
    expect(wide.locator("h1")).to_have_text("Quillmere Press: Ebooks Complete")
    emulator.faults.clear()
    clock.time += 5
    wide.get_by_role("button", name="Read again").click()
    expect(wide.locator(".notice")).to_have_count(0)
