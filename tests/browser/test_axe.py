"""No page has what axe finds wrong, on a desk and on a phone, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from almaportal.alma import clock as alma_clock
from almaportal.changes.models import Change
from tests.browser.conftest import NARROW, WIDE, ZOOMED
from tests.browser.test_narrow import OUTSIDE, OVERFLOW

pytestmark = pytest.mark.browser
ALL = {"resultTypes": ["violations"]}
COLOURS = ALL | {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that changes in the dark
FAILED = r"^error: Failed to load resource: the server responded with a status of (40[349]|422|502)"
UNBROKEN = "Unbroken" * 30


@pytest.fixture(scope="session")
def axe():
    return Axe()


def violations(axe, page, options):
    """Colours take most of the time, and rows are alike: the first dozen stands for all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.axe_script)
    run = "options => axe.run({exclude: ['tbody tr:nth-child(n+13)']}, options).then(found => found.violations)"
    return page.evaluate(run, options)


def check(axe, page, name):
    """What is wrong on a desk and on a phone, in light and in dark, told by rule and element."""
    wrong = []
    for width in (NARROW, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        for scheme, options in (("dark", COLOURS), ("light", ALL)):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            wrong += [
                f"{name}, {width}, {scheme}: {one['id']}: {node['html'][:150]} {node['failureSummary'][:300]}"
                for one in violations(axe, page, options)
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
    wide.goto("/usage/rules/")
    wide.get_by_text("kinds of jobs without a budget").click()
    check(axe, wide, "rules")
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


# Pages that write: also looked at for what is cut off on a phone and at 200 % zoom


def check_all(axe, page, name):
    wrong = []
    for width in (NARROW, ZOOMED):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate(OVERFLOW) > 0 or page.evaluate(OUTSIDE):
            wrong.append((name, width, page.evaluate(OUTSIDE)))
    assert wrong == []
    check(axe, page, name)


def save(page):
    page.get_by_role("button", name="Save").click()


def change_in_alma(emulator, address, **keys):
    kind = {2: "collection", 4: "service", 6: "portfolio"}[len(address.strip("/").split("/"))]
    record_id = address.rstrip("/").rpartition("/")[2]
    emulator.put_record(kind, record_id, emulator.record(kind, record_id) | keys)


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_the_form_of_a_record_right_and_wrong(axe, wide, addresses, kind, watch, emulator):
    watch.allow(FAILED)
    change_in_alma(emulator, addresses[kind], internal_description=UNBROKEN)
    wide.goto(f"{addresses[kind]}edit/")
    if kind == "portfolio":
        wide.get_by_role("button", name="Local coverage: add a row").click()
        wide.locator(".row.coverage").get_by_label("From year").fill("98")
    wide.get_by_role("button", name="Notes: add a row").click()
    expect(wide.locator(".row.notes")).to_be_visible()
    check_all(axe, wide, f"edit {kind}")
    if kind == "portfolio":
        wide.get_by_label("Static URL (override)", exact=True).fill(f"{UNBROKEN}.example.org")
        save(wide)
        expect(wide.locator("#wrong")).to_be_visible()
        check_all(axe, wide, "edit with what is wrong")


def test_what_is_looked_over_before_saving(axe, wide, addresses, emulator, watch):
    watch.allow(FAILED)
    wide.goto(f"{addresses['collection']}edit/")
    wide.get_by_label("Internal description").fill(UNBROKEN)
    wide.get_by_label("Library", exact=True).select_option(index=1)
    save(wide)
    expect(wide.locator("h1")).to_have_text("Review before saving")
    check_all(axe, wide, "review of an effect")
    save(wide)
    wide.get_by_role("link", name="Undo", exact=True).click()
    expect(wide.locator("h1")).to_contain_text("Undo change")
    check_all(axe, wide, "review of an undo")
    change_in_alma(emulator, addresses["service"], public_description=UNBROKEN)
    wide.goto(f"{addresses['service']}edit/")
    wide.get_by_label("Internal description").fill(UNBROKEN)
    change_in_alma(emulator, addresses["service"], internal_description="x" * 300)
    save(wide)
    expect(wide.locator("h1")).to_have_text("Somebody else changed it too")
    check_all(axe, wide, "review of a conflict")


def test_new_collections_and_services(axe, wide, addresses):
    wide.goto("/ecollections/new/")
    wide.get_by_label("Public name (required)").fill("Quillmere Press: Ebooks Complete")
    wide.get_by_label("Collection type (required)").select_option("Database")
    wide.get_by_role("button", name="Create").click()
    expect(wide.locator("#asks")).to_contain_text("An e-collection of this name exists")
    check_all(axe, wide, "new collection, one like it")
    wide.goto(f"{addresses['collection']}services/new/")
    check_all(axe, wide, "new service")


def test_a_new_portfolio(axe, wide, addresses):
    ids = [part for part in addresses["portfolio"].split("/") if part.isdigit()]
    wide.goto(f"{addresses['service']}portfolios/new/?copy={'/'.join(ids)}")
    wide.get_by_role("button", name="Look up the title").click()
    expect(wide.locator("#asks")).to_contain_text("This service has a portfolio of this title already")
    check_all(axe, wide, "new portfolio, one like it")


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_deleting(axe, wide, addresses, kind, emulator):
    """Only the portfolio may go: the others have something below them."""
    change_in_alma(emulator, addresses["service"], public_description=UNBROKEN)
    wide.goto(f"{addresses[kind]}delete/")
    check_all(axe, wide, f"delete {kind}")


@pytest.fixture
def some_changes(emulator, addresses, person):
    """Numbers of changes: one done, one refused, one that Alma is still deleting."""
    ids = [part for part in addresses["portfolio"].split("/") if part.isdigit()]
    now = alma_clock.moment()
    one = {"at": now, "user": person, "who": "Ada", "kind": "portfolio", "record_id": ids[2], "ids": ids}
    url = {"path": "linking_details.static_url_override", "before": "https://example.org/", "after": UNBROKEN}
    taken = {"path": "library", "before": None, "after": None, "asked": {"value": "MAIN"}}
    note = {"path": "public_note", "before": "", "after": "x", "by_alma": True}
    made = [
        Change(**one, action="edit", state="done", title=UNBROKEN, reason=UNBROKEN, fields=[url, taken, note]),
        Change(
            **one, action="edit", state="failed", title="A title", fields=[url], code="60172", text="No such PO line"
        ),
        Change(**one, action="delete", state="going", title="A title", look_at=now, record={"id": UNBROKEN}),
    ]
    for change in made:
        change.save()
    return [change.pk for change in made]


def test_the_log_of_changes(axe, wide, addresses, some_changes):
    wide.goto("/changes/?since=2030-01-01")
    check_all(axe, wide, "changes, none")
    wide.goto("/changes/?kind=nonsense")
    expect(wide.get_by_role("alert").filter(has_text="makes no sense")).to_be_visible()
    check_all(axe, wide, "changes with a filter that makes no sense")


def test_what_was_just_saved(axe, wide, addresses, some_changes):
    wide.goto(f"{addresses['portfolio']}?changes={some_changes[0]}")
    expect(wide.get_by_role("status").filter(has_text="did not take")).to_be_visible()
    check_all(axe, wide, "portfolio just saved")


@pytest.mark.parametrize("n", range(3), ids=["done", "refused", "going"])
def test_a_change(axe, wide, some_changes, n):
    wide.clock.install()  # nothing is asked again meanwhile
    wide.goto(f"/changes/{some_changes[n]}/")
    if n == 2:
        wide.get_by_text("The record as it was").click()
    check_all(axe, wide, "change")
