"""No page has what axe finds wrong, on a desk and on a phone, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE

pytestmark = pytest.mark.browser
ALL = {"resultTypes": ["violations"]}
COLOURS = ALL | {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that changes in the dark
FAILED = r"^error: Failed to load resource: the server responded with a status of (40[34]|502)"


@pytest.fixture(scope="session")
def axe():
    return Axe()


def check(axe, page, name):
    """What is wrong on a desk and on a phone, in light and in dark, told by rule and element."""
    wrong = []
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme, options in (("dark", COLOURS), ("light", ALL)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [
                f"{name}, {width}, {scheme}: {one['id']}: {node['html'][:150]} {node['failureSummary'][:300]}"
                for one in axe.run(page, options=options).response["violations"]
                for node in one["nodes"][:3]
            ]
    assert wrong == []


def test_the_sign_in(axe, open_tab):
    page = open_tab(user=None)
    page.goto("/accounts/login/")
    check(axe, page, "sign-in")
    page.get_by_label("User name").fill("Ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(axe, page, "sign-in refused")


def test_the_home_page_and_the_usage(axe, wide, emulator, watch):
    wide.goto("/")
    check(axe, wide, "home, Alma not asked")
    wide.goto("/usage/")
    check(axe, wide, "usage, empty")
    watch.allow(FAILED)
    wide.goto("/ecollections/")
    emulator.faults.add(kind="429")
    emulator.faults.add(kind="503", count=None)
    wide.goto("/ecollections/?page=2")
    wide.goto("/")
    expect(wide.locator(".notice").first).to_be_visible()
    check(axe, wide, "home with notices")
    wide.locator("details.account summary").click()
    check(axe, wide, "home with the menu open")
    wide.goto("/usage/")
    check(axe, wide, "usage")


def test_the_list(axe, wide):
    wide.goto("/ecollections/?size=20")
    check(axe, wide, "list")
    wide.goto("/ecollections/?q=xyzzy")
    check(axe, wide, "no match")
    wide.goto("/ecollections/?q=!")
    check(axe, wide, "nothing searched")
    wide.goto("/ecollections/?page=9&size=20")
    check(axe, wide, "past the end")


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_a_record(axe, wide, addresses, kind):
    wide.goto(f"{addresses[kind]}?size=20")
    check(axe, wide, kind)
    wide.get_by_text("Empty fields").click()
    check(axe, wide, f"{kind} unfolded")


def test_what_cannot_be_found_or_seen(axe, wide, open_tab, watch, django_user_model):
    watch.allow(FAILED)
    for address in ("/find/?q=62999999990004711", "/nowhere/", "/ecollections/61999/"):
        wide.goto(address)
        check(axe, wide, address)
    nobody = django_user_model.objects.create_user(username="nobody")
    page = open_tab(user=nobody)
    page.goto("/usage/")
    check(axe, page, "refused")


def test_alma_in_trouble(axe, wide, addresses, emulator, clock, watch):
    watch.allow(r"^error: (Failed to load resource|Response Status Error Code)")
    wide.goto(addresses["collection"])
    wide.goto(f"{addresses['list']}?size=20")
    clock.time += 20 * 60
    emulator.faults.add(kind="503", count=None)
    wide.goto(addresses["collection"])
    expect(wide.locator(".notice")).to_contain_text("This is the copy")
    check(axe, wide, "old copy")
    wide.goto(addresses["portfolio"])
    check(axe, wide, "failure")
    emulator.faults.clear()
    wide.goto(f"{addresses['list']}?size=20")
    emulator.faults.add(kind="503", count=None)
    wide.get_by_role("link", name="Next").click()
    expect(wide.locator("#errors")).to_contain_text("Alma cannot be reached")
    check(axe, wide, "failure while paging")
    emulator.faults.clear()
    emulator.faults.add(kind="429day")
    wide.goto(addresses["service"])
    check(axe, wide, "the day used up")
