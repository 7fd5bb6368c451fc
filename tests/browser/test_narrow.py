"""On a phone, and at 200 % zoom: nothing is cut off, and the page itself never scrolls sideways."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, ZOOMED
from tests.jobs.making import make

pytestmark = pytest.mark.browser
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OUTSIDE = """
() => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && !one.closest('.scroll, .rail, .sr, .skip')
    && getComputedStyle(one).visibility !== 'hidden';
}).map(one => one.outerHTML.slice(0, 120))
"""
SCROLLED = """
one => { window.scrolled = new Promise(
  done => one.addEventListener('scroll', () => done(one.scrollLeft), {once: true})) }
"""


@pytest.mark.parametrize("width", [NARROW, ZOOMED])
def test_no_page_scrolls_sideways(open_tab, addresses, emulator, width, watch):
    watch.allow("404")
    long = emulator.record("collection", emulator.collections()[0])
    long |= {"public_name": "Unbroken" * 30, "url": "https://example.org/" + "x" * 300, "public_note": "y" * 300}
    emulator.put_record("collection", emulator.collections()[0], long)
    page = open_tab(width=width)
    for address in (*addresses.values(), "/", "/usage/", "/nowhere/", "/ecollections/61999/", "/find/?q=99999999"):
        page.goto(address)
        assert page.evaluate(OVERFLOW) <= 0, (address, page.evaluate(OUTSIDE))
        assert page.evaluate(OUTSIDE) == [], address


@pytest.mark.parametrize("width", [NARROW, ZOOMED])
def test_the_sign_in_does_not_scroll_sideways(open_tab, width):
    page = open_tab(width=width, user=None)
    page.goto("/accounts/login/")
    assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("width", [NARROW, ZOOMED])
def test_everything_in_the_frame_can_be_reached(open_tab, width):
    page = open_tab(width=width)
    page.goto("/ecollections/")
    for one in (
        page.get_by_role("searchbox", name="Find", exact=True),
        page.locator(".env"),
        page.locator(".quota"),
        page.locator("details.account summary"),
        page.get_by_role("link", name="API usage"),
    ):
        one.scroll_into_view_if_needed()
        expect(one).to_be_in_viewport(ratio=0.9)
    page.locator("details.account summary").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
    assert page.evaluate(OVERFLOW) <= 0


def test_a_wide_table_scrolls_within_itself_by_keyboard_too(open_tab):
    page = open_tab(width=NARROW)
    page.goto("/ecollections/")
    region = page.get_by_role("region", name="E-collections")
    assert region.evaluate("one => one.scrollWidth > one.clientWidth")
    region.evaluate(SCROLLED)
    region.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("window.scrolled") > 0


def test_targets_are_large_enough_for_a_finger(open_tab, addresses, person):
    """WCAG 2.2, 2.5.8: 24 × 24, save links within text. Who presses a label presses its button."""
    page = open_tab(width=NARROW)
    draft = make(person, "draft", "review", [{}] * 201, asks=True)
    ready = make(person, "ready", "review", [{"verdict": "changes"}])
    jobs = [f"/jobs/{one.pk}/" for one in (draft, ready, make(person, "running", items=[{}]))]
    for address in (addresses["service"], "/usage/", "/", "/jobs/", "/ecollections/bulk/", *jobs):
        page.goto(address)
        small = page.evaluate(
            """() => [...document.querySelectorAll('button:not(.link), .button, input, select, summary, .rail a.item')]
            .filter(one => one.type !== 'hidden')
            .map(one => [one, one.type === 'radio' ? one.closest('label') : one])
            .map(([one, target]) => [one.outerHTML.slice(0, 80), target.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
        )
        assert small == [], address
