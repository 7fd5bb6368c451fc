"""The frame around every page."""

import pytest

from almaportal.alma.models import Pace
from tests.portal.addresses import IDS
from tests.portal.reading import read

COLLECTION = f"/ecollections/{IDS['collection_id']}/"
SERVICE = f"{COLLECTION}services/{IDS['service_id']}/"
PORTFOLIO = f"{SERVICE}portfolios/{IDS['portfolio_id']}/"


def navigation(page):
    return {one.text: one.attrs["href"] for one in page.one("nav", cls="rail").all("a", cls="item")}


@pytest.mark.parametrize("role", ["viewer", "e-resources", "circulation"])
def test_staff_are_led_to_e_collections(sign_in, role):
    page = read(sign_in(role).get("/"))
    patrons = {"Patrons": "/patrons/", "Circulation": "/circulation/"} if role == "circulation" else {}
    work = {"Jobs": "/jobs/", "Changes": "/changes/"} if role != "viewer" else {}
    all_staff = {"Home": "/", "E-collections": "/ecollections/", "Titles": "/ecollections/titles/"}
    assert navigation(page) == all_staff | patrons | work
    assert page.one("details", cls="account").one("p").text == role


def test_administrators_are_led_to_the_usage_too(admin):
    page = read(admin.get("/"))
    assert navigation(page) == {
        "Home": "/",
        "E-collections": "/ecollections/",
        "Titles": "/ecollections/titles/",
        "Patrons": "/patrons/",
        "Circulation": "/circulation/",
        "Jobs": "/jobs/",
        "Changes": "/changes/",
        "API usage": "/usage/",
        "API keys": "/usage/keys/",
    }
    assert [one.text for one in page.one("nav", cls="rail").all("h2")] == ["Work", "Administration"]


def test_somebody_without_a_role_is_led_nowhere_and_told_why(sign_in):
    page = read(sign_in().get("/"))
    assert navigation(page) == {"Home": "/"}
    assert "Browse e-collections" not in page.text
    assert page.one("details", cls="account").one("p").text == "no role"


def test_several_roles_are_all_named(sign_in):
    page = read(sign_in("viewer", "circulation").get("/"))
    assert page.one("details", cls="account").one("p").text == "viewer, circulation"


@pytest.mark.parametrize(
    ("address", "item", "current"),
    [
        ("/", "Home", "page"),
        ("/ecollections/", "E-collections", "page"),
        (COLLECTION, "E-collections", "true"),
        (SERVICE, "E-collections", "true"),
        (PORTFOLIO, "E-collections", "true"),
        ("/patrons/", "Patrons", "page"),
        ("/patrons/s100000/", "Patrons", "true"),
        ("/jobs/", "Jobs", "page"),
        ("/usage/", "API usage", "page"),
    ],
)
def test_the_navigation_says_where_one_is(admin, address, item, current):
    items = read(admin.get(address)).one("nav", cls="rail").all("a", cls="item")
    assert {one.text: one.attrs["aria-current"] for one in items if "aria-current" in one.attrs} == {item: current}


@pytest.mark.parametrize(
    ("environment", "words"), [("production", "Production"), ("sandbox", "Sandbox"), ("demo", "Demo")]
)
def test_every_page_says_which_alma_it_speaks_to(admin, settings, environment, words):
    settings.ALMA_ENVIRONMENT = environment
    for address in ("/", "/ecollections/", "/usage/", "/nowhere/"):
        assert read(admin.get(address)).one("span", cls="env").text == words
        assert read(admin.get(address)).one("span", cls="env").attrs["class"] == f"env {environment}"


def test_the_calls_left_are_not_known_before_the_first_call(viewer):
    quota = read(viewer.get("/")).one("div", cls="quota")
    assert quota.text == "Calls left today: not known yet"
    assert quota.all("meter") == []


def test_the_calls_left_are_shown_after_the_first_call(viewer, emulator):
    emulator.spend(9_999)
    page = read(viewer.get("/ecollections/"))
    assert page.one("div", cls="quota").text == "90,000 calls left today"
    meter = page.one("meter")
    assert (meter.attrs["value"], meter.attrs["max"], meter.attrs["low"]) == ("90000", "90001", "18000")
    assert meter.attrs["aria-label"]


def test_the_gauge_ends_at_the_institutions_own_limit(viewer, settings):
    settings.ALMA_CALLS_PER_DAY = 150_000
    meter = read(viewer.get("/ecollections/")).one("meter")
    assert (meter.attrs["value"], meter.attrs["max"], meter.attrs["low"]) == ("99999", "150000", "30000")


def test_yesterdays_count_says_nothing_about_today(viewer, clock):
    viewer.get("/ecollections/")
    clock.time += 12 * 3600
    assert "not known yet" in read(viewer.get("/")).one("div", cls="quota").text


def test_no_calls_left_is_said_on_every_page_until_midnight_gmt(viewer, emulator, clock):
    emulator.faults.add(kind="429day")
    viewer.get("/ecollections/")
    for address in ("/", "/ecollections/", "/nowhere/"):
        assert "No calls left today" in read(viewer.get(address)).one("div", cls="quota").text
    clock.time += 12 * 3600 + 1
    assert "No calls left" not in read(viewer.get("/")).one("div", cls="quota").text


def test_a_missing_pace_row_does_not_take_the_frame_with_it(viewer):
    Pace.objects.all().delete()
    assert "not known yet" in read(viewer.get("/")).text


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/", "Home"),
        ("/ecollections/", "E-collections"),
        (COLLECTION, "Quillmere Press: Ebooks Complete"),
        (SERVICE, "Full Text"),
        (PORTFOLIO, "Journal of Medieval Bell Casting, 9"),
        ("/jobs/", "Jobs"),
        ("/usage/", "API usage"),
        ("/nowhere/", "No such page"),
        ("/ecollections/61999/", "Alma has no such record"),
    ],
)
def test_every_page_has_a_title_and_one_heading_of_its_own(admin, address, title):
    page = read(admin.get(address))
    assert page.one("title").text == f"{title} · almaportal"
    assert page.one("h1").text
    assert page.one("html").attrs["lang"] == "en"


def test_the_frame_can_be_skipped(viewer):
    page = read(viewer.get("/"))
    first = page.one("body").all("a")[0]
    assert first.text == "Skip to the content"
    assert page.by_id(first.attrs["href"].removeprefix("#")).tag == "main"


def test_the_persons_name_is_only_text(client, django_user_model, db, transport):
    client.force_login(django_user_model.objects.create_user(username="<b>Ada</b>"))
    page = read(client.get("/"))
    assert page.one("summary").text == "<b>Ada</b>"
