"""Making and deleting records, by the keyboard alone where nothing else is said."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser.test_edit import press, write

pytestmark = pytest.mark.browser
GONE = "Deleted: Alma has no such record any more"


def created(page, kind):
    return page.get_by_role("status").filter(has_text=f"Created: {kind}")


def choose(page, label, value):
    """Go to the list by Tab and to the option by the arrow."""
    box = page.get_by_label(re.compile(rf"^{label}( \(required\))?$"))
    names = box.evaluate("one => [...one.options].map(one => one.text)")
    press(page, box, "Home")
    for _ in range(names.index(value)):
        page.keyboard.press("ArrowDown")
    expect(box.locator("option:checked")).to_have_text(value)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_collection_its_service_and_a_portfolio_are_made(wide, emulator, site):
    [service] = emulator.services(emulator.collections()[0])
    about = emulator.record("portfolio", emulator.portfolios(service)[4])["resource_metadata"]
    wide.goto("/ecollections/")
    press(wide, wide.get_by_role("link", name="New e-collection"))
    expect(wide.locator("h1")).to_have_text("New e-collection")
    write(wide, "Public name (required)", "Seamarks of the Northern Harbours")
    choose(wide, "Collection type", "Selective package")
    press(wide, button(wide, "Create"))
    expect(created(wide, "e-collection")).to_be_visible()
    expect(wide.locator("h1")).to_have_text("Seamarks of the Northern Harbours")

    press(wide, wide.get_by_role("link", name="Add an electronic service"))
    expect(wide.locator("h1")).to_have_text("New electronic service")
    choose(wide, "Service type", "Full Text")
    choose(wide, "Activation status", "Available")
    press(wide, button(wide, "Create"))
    expect(created(wide, "electronic service")).to_be_visible()

    press(wide, wide.get_by_role("link", name="Add a portfolio"))
    expect(wide.locator("h1")).to_have_text("New portfolio")
    write(wide, "MMS ID (required)", about["mms_id"]["value"])
    choose(wide, "Availability", "Available")
    press(wide, wide.get_by_role("button", name="Local coverage: add a row"))
    year = wide.get_by_role("group", name="Local coverage", exact=True).get_by_label("From year")
    expect(year).to_be_focused()
    wide.keyboard.type("1998")
    write(wide, "Reason or ticket", "ordered")
    before = len(emulator.calls)
    press(wide, button(wide, "Look up the title"))
    asked = wide.locator("#asks")
    expect(asked).to_be_focused()
    expect(asked).to_be_in_viewport()
    expect(asked).to_contain_text(about["title"])
    expect(asked).to_contain_text("Nothing was sent yet")
    expect(year).to_have_value("1998")
    assert {call.method for call in emulator.calls[before:]} == {"GET"}
    press(wide, button(wide, "Create"))
    expect(created(wide, "portfolio")).to_be_visible()
    expect(wide.locator("h1")).to_have_text(about["title"])
    expect(wide.locator(".facts").filter(has_text="Local coverage").first).to_contain_text("1998 –")
    wide.reload()
    expect(created(wide, "portfolio")).to_be_visible()
    assert [call.method for call in emulator.calls].count("POST") == 3


def test_what_is_missing_is_said_and_nothing_is_sent(wide, addresses, emulator, watch):
    watch.allow(r"^error: Failed to load resource: the server responded with a status of 422")
    wide.goto(f"{addresses['service']}portfolios/new/")
    wide.get_by_label("Internal description").fill("typed before")
    button(wide, "Look up the title").click()
    expect(wide.get_by_role("alert").filter(has_text="Nothing was sent")).to_be_focused()
    press(wide, wide.locator("#wrong").get_by_role("link", name="MMS ID"))
    expect(wide.get_by_label("MMS ID (required)")).to_be_focused()
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")
    assert "POST" not in [call.method for call in emulator.calls]


def test_enter_in_a_field_of_a_new_record_goes_on_with_it(wide):
    """A browser presses the first button of the form then."""
    wide.goto("/ecollections/new/")
    wide.get_by_label("Collection type (required)").select_option("Database")
    wide.get_by_label("Public name (required)").fill("By Enter")
    wide.get_by_label("Public name (required)").press("Enter")
    expect(created(wide, "e-collection")).to_be_visible()


def test_a_portfolio_is_copied(wide, addresses, emulator):
    service = addresses["service"].rstrip("/").rpartition("/")[2]
    before = set(emulator.portfolios(service, 200))
    wide.goto(addresses["portfolio"])
    wide.get_by_role("link", name="Copy").click()
    expect(wide.locator(".under")).to_contain_text("Begins as a copy of Journal of Medieval Bell Casting, 9")
    expect(wide.get_by_label("Static URL", exact=True)).to_have_value(
        "https://old.example.org/view?id=10000001&src=alma"
    )
    button(wide, "Look up the title").click()
    expect(wide.locator("#asks")).to_contain_text("This service has a portfolio of this title already")
    button(wide, "Create").click()
    expect(created(wide, "portfolio")).to_be_visible()
    [new] = set(emulator.portfolios(service, 200)) - before
    assert emulator.record("portfolio", new)["is_local"] is True


def test_a_service_with_portfolios_is_not_deleted_and_says_why(wide, addresses):
    wide.goto(addresses["service"])
    press(wide, wide.get_by_role("link", name="Delete"))
    expect(wide.locator("h1")).to_contain_text("Delete")
    expect(wide.get_by_role("button", name=re.compile("^Delete"))).to_be_disabled()
    expect(wide.get_by_role("status").filter(has_text="Delete its 130 portfolios first")).to_be_visible()
    press(wide, wide.get_by_role("link", name="Its portfolios"))
    expect(wide.locator("h1")).to_have_text("Full Text")
    wide.goto(f"{addresses['collection']}delete/")
    expect(wide.get_by_role("status").filter(has_text="130 portfolios first, then its electronic")).to_be_visible()
    expect(wide.get_by_role("button", name=re.compile("^Delete"))).to_be_disabled()


def test_a_deleted_portfolio_is_followed_until_it_is_gone_and_made_again(wide, addresses, emulator, clock):
    emulator.options = emulator.store.options = replace(emulator.options, delete_seconds=60)
    wide.clock.install()  # the browser's: three seconds between two looks
    wide.goto(addresses["portfolio"])
    press(wide, wide.get_by_role("link", name="Delete"))
    choice = wide.get_by_role("group", name="If its title is left without any inventory")
    expect(choice.get_by_role("radio", name="kept nothing else changes")).to_be_checked()
    press(wide, choice.get_by_role("radio", checked=True), "ArrowDown")
    expect(choice.get_by_role("radio", name="suppressed")).to_be_checked()
    write(wide, "Reason or ticket", "cancelled")
    press(wide, wide.get_by_role("button", name="Delete “Journal of Medieval Bell Casting, 9”"))
    state = wide.locator("#state")
    expect(state).to_contain_text("Alma accepted the delete")
    [sent] = [call for call in emulator.calls if call.method == "DELETE"]
    assert sent.query["bib"] == "suppress"

    wide.evaluate("window.stayed = true")
    clock.time += 10
    wide.clock.fast_forward(3100)
    expect(state).to_contain_text("Checked 1 time.")
    clock.time += 120
    wide.clock.fast_forward(3100)
    expect(state).to_contain_text(GONE)
    assert wide.evaluate("window.stayed")
    asked = []
    wide.on("request", lambda request: asked.append(request.url))
    wide.clock.fast_forward(60_000)
    expect(state).to_contain_text(GONE)
    assert asked == []
    wide.reload()
    expect(state).to_contain_text(GONE)
    expect(wide.locator("h1")).to_have_text("Journal of Medieval Bell Casting, 9")

    press(wide, wide.get_by_role("link", name="Make it again…"))
    expect(wide.locator("h1")).to_have_text("New portfolio")
    expect(wide.get_by_label("Static URL", exact=True)).to_have_value(
        "https://old.example.org/view?id=10000001&src=alma"
    )
    button(wide, "Look up the title").click()
    expect(wide.locator("#asks")).to_contain_text("Journal of Medieval Bell Casting, 9")
    button(wide, "Create").click()
    expect(created(wide, "portfolio")).to_be_visible()


def test_what_alma_is_deleting_says_so_on_its_page_and_in_the_list(wide, addresses, emulator):
    emulator.options = emulator.store.options = replace(emulator.options, delete_seconds=60)
    wide.goto(f"{addresses['portfolio']}delete/")
    wide.get_by_role("button", name="Delete “").click()
    expect(wide.locator("#state")).to_contain_text("Alma accepted the delete")
    wide.get_by_role("link", name="Where it was").click()
    expect(wide.get_by_role("row", name="Journal of Medieval Bell Casting, 9").first).to_contain_text("Being deleted")
