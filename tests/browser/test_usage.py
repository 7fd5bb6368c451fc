"""The usage page in a browser: the picture against its figures, on a desk and on a phone, in light and in dark."""

from datetime import timedelta
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import expect

from almaportal.alma.models import Pace
from almaportal.usage.models import Left
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_axe import check
from tests.browser.test_narrow import OUTSIDE, OVERFLOW
from tests.jobs.making import make
from tests.usage.counting import NOON, spent

pytestmark = pytest.mark.browser
TEN = timedelta(minutes=10)
BOXES = """
() => [...document.querySelectorAll('.chart g')].map(bar =>
  [...bar.querySelectorAll('rect:not(.hit, .edge)')].map(one => {
    const box = one.getBoundingClientRect();
    return {look: one.className.baseVal, colour: getComputedStyle(one).fill,
            left: box.left, width: box.width, height: box.height, bottom: box.bottom};
  }))
"""
TEXTS = """
() => [...document.querySelectorAll('.chart text')]
  .map(one => ({text: one.textContent, box: one.getBoundingClientRect()}))
  .filter(({box}) => box.width)
  .map(({text, box}) => ({text, left: box.left, right: box.right, height: box.height}))
"""
FIGURES = """
() => [...document.querySelectorAll('.figures tbody tr')].map(row =>
  [...row.querySelectorAll('td')].slice(0, 3).map(cell => Number(cell.textContent.replace(',', ''))))
"""


@pytest.fixture
def day(person, grace):
    """A morning of two people, a job and other programs."""
    job = make(person, "running", title="Edit 3,900 portfolios", items=[{}])
    left = 90_000
    for n in range(1, 13):
        own = 40 * n + (400 if n > 8 else 0)
        spent(NOON - TEN * n, calls=40 * n, user_id=person.pk if n % 2 else grace.pk, took_2=40 * n, feature="patrons")
        if n > 8:
            spent(NOON - TEN * n, calls=400, user_id=grace.pk, lane="jobs", job_id=job.pk, feature=job.kind)
        Left.objects.create(start=NOON - TEN * n, low=left)
        left += own + 100
    spent(NOON - TEN, calls=3, outcome="rejected", code="60101", feature="patrons", operation="/users/{user_id}")
    Pace.objects.update(
        gateway=settings.ALMA_BASE_URL, remaining=90_000, remaining_at=NOON.timestamp(), most_remaining=100_000
    )
    return job


def overlaps(texts):
    """Pairs of a line of the axis that run into each other."""
    line = sorted((one for one in texts if ":" in one["text"]), key=lambda one: one["left"])
    return [(a["text"], b["text"]) for a, b in pairwise(line) if a["right"] > b["left"]]


def test_the_picture_shows_its_figures_on_a_desk_and_on_a_phone_in_light_and_in_dark(wide, day):
    page = wide
    page.goto("/usage/")
    page.get_by_text("The figures as a table").click()
    figures = page.evaluate(FIGURES)
    assert len(figures) == 72, "what others spent before our first call is spread over the morning"
    assert figures[-11] == [440, 400, 100]
    seen = {}
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            boxes = page.evaluate(BOXES)
            per_call = boxes[-11][0]["height"] / figures[-11][0]
            for bar, counts in zip(boxes, figures, strict=True):
                heights = [box["height"] / per_call for box in bar]
                assert heights == pytest.approx([one for one in counts if one], rel=0.02)
                tops = [bar[0]["bottom"], *(box["bottom"] - box["height"] for box in bar)]
                assert [box["bottom"] for box in bar] == pytest.approx(tops[:-1]), "stacked"
                assert all(box["width"] > 1 for box in bar)
            assert len({box["colour"] for box in boxes[-11]}) == 3
            assert "stripes" in boxes[-11][-1]["colour"], "others are told from jobs without colours too"
            seen[width, scheme] = (boxes[-11][0]["colour"], page.locator(".chart").screenshot())
            texts = page.evaluate(TEXTS)
            assert all(one["height"] >= 10 for one in texts), "legible"
            assert overlaps(texts) == []
            assert all(0 <= one["left"] < one["right"] <= width for one in texts)
            assert {"now", "04:00" if width == WIDE else "00:00", "100,000"} <= {one["text"] for one in texts}
            assert page.evaluate(OVERFLOW) <= 0, page.evaluate(OUTSIDE)
    assert len(set(seen.values())) == 4


def test_by_keyboard_from_a_person_to_the_job_which_is_paused_there(wide, day, person):
    page = wide
    check(Axe(), _open(page, "/usage/"), "usage with figures")
    page.get_by_role("link", name="Job", exact=True).press("Enter")
    expect(page).to_have_url("/usage/?by=job")
    expect(page.locator("#by-job")).to_be_focused()
    row = page.get_by_role("link", name=f"Job {day.pk}: Edit 3,900 portfolios")
    row.press("Enter")
    expect(page.get_by_role("link", name="Without Job:")).to_be_visible()
    expect(page.get_by_role("region", name="Who and what")).to_be_focused()
    expect(page.locator("#said")).to_contain_text("Today: 1,600 calls by this portal")
    page.get_by_role("link", name="Without Job:").press("Enter")
    page.get_by_role("link", name="Job", exact=True).press("Enter")
    page.get_by_role("button", name="Pause: Job").press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    day.refresh_from_db()
    assert day.state == "paused"


def _open(page, address):
    page.goto(address)
    return page
