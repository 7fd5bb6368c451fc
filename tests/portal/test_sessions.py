"""A session ends some time after it was last used by a person."""

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from almaportal.middleware import POLLING

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def ends(viewer):
    """When the session ends, in seconds from now; ends(120) first makes it end then."""

    def seconds(left=None):
        if left is not None:
            Session.objects.update(expire_date=timezone.now() + timezone.timedelta(seconds=left))
        return (Session.objects.get().expire_date - timezone.now()).total_seconds()

    return seconds


def test_using_the_portal_moves_the_end_on(viewer, ends, clock, settings):
    settings.SESSION_COOKIE_AGE = 1800
    clock.time += 61
    ends(5)
    response = viewer.get("/")
    assert 1790 < ends() <= 1800
    assert response.cookies["sessionid"]["max-age"] == 1800


def test_it_is_not_written_for_every_page(viewer, ends, clock):
    clock.time += 59
    ends(500)
    assert "sessionid" not in viewer.get("/").cookies
    assert ends() <= 500


@pytest.mark.parametrize("polling", sorted(POLLING))
def test_a_page_that_asks_by_itself_is_no_sign_of_a_person(viewer, ends, clock, polling):
    clock.time += 61
    ends(500)
    viewer.get("/", headers={"HX-Request": "true", "HX-Trigger": polling})
    assert ends() <= 500


def test_an_htmx_request_of_a_person_counts(viewer, ends, clock):
    clock.time += 61
    ends(500)
    viewer.get("/ecollections/", headers={"HX-Request": "true", "HX-Trigger": "results"})
    assert ends() > 500


def test_whoever_did_nothing_for_too_long_is_signed_out(viewer, ends):
    ends(-1)
    assert viewer.get("/").status_code == 302


def test_a_clock_set_back_keeps_nobody_signed_in_for_ever(viewer, ends, clock):
    clock.time -= 1000
    ends(500)
    viewer.get("/")
    assert ends() > 500


def test_what_asks_by_itself_again_and_again_is_known_by_its_id():
    """A new page that polls must be known here, or it keeps its session alive with nobody before it."""
    found = set()
    for file in TEMPLATES.rglob("*.html"):
        for tag in re.findall(r"<[a-z]+ [^>]*hx-trigger=\"(?:every|load delay)[^>]*>", file.read_text()):
            found.add(re.search(r'id="(\w+)"', tag)[1])
    assert found == POLLING


def test_the_session_holds_who_it_is_and_nothing_else(viewer, clock):
    clock.time += 61
    viewer.get("/ecollections/?q=law")
    assert set(Session.objects.get().get_decoded()) == {
        *("_auth_user_id", "_auth_user_backend", "_auth_user_hash"),
        "used",
    }
