"""Taking changes back, and finding them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_edit import press, saved, write

pytestmark = pytest.mark.browser
OLD, NEW = "https://old.example.org/view?id=10000001&src=alma", "https://new.example.org/1"


@pytest.fixture
def url(emulator, addresses):
    """The portfolio's own URL in Alma now."""
    portfolio = addresses["portfolio"].split("/")[-2]
    return lambda: emulator.record("portfolio", portfolio)["linking_details"]["static_url_override"]


def change(page, address, label, text):
    page.goto(f"{address}edit/")
    page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Save").click()
    expect(saved(page)).to_be_visible()


def take_back(page, reads):
    expect(page.locator("h1")).to_have_text(re.compile(r"^Undo change \d+$"))
    expect(page.locator("main")).to_contain_text("Nothing is saved yet")
    expect(page.get_by_role("region", name="What would change")).to_contain_text(reads)
    press(page, page.get_by_role("button", name="Save"))
    expect(saved(page)).to_contain_text(f"{NEW} → {OLD}")


def test_a_change_is_taken_back_from_the_page_that_says_it(wide, addresses, url):
    change(wide, addresses["portfolio"], "Static URL (override)", NEW)
    assert url() == f"jkey={NEW}"
    press(wide, wide.get_by_role("link", name="Undo", exact=True))
    take_back(wide, OLD)
    assert url() == f"jkey={OLD}"
    expect(wide.get_by_role("region", name="Changes made here")).to_contain_text("(undo of ")


def test_a_change_is_taken_back_from_the_log(wide, addresses, url):
    change(wide, addresses["portfolio"], "Static URL (override)", NEW)
    wide.goto("/changes/")
    press(wide, wide.locator("tbody tr").first.get_by_role("link").first)
    expect(wide.locator("#state")).to_contain_text("Done")
    expect(wide.get_by_role("region", name="Fields")).to_contain_text(NEW)
    press(wide, wide.get_by_role("link", name="Undo…"))
    take_back(wide, OLD)
    assert url() == f"jkey={OLD}"
    wide.goto("/changes/")
    wide.locator("tbody tr").nth(1).get_by_role("link").first.click()
    expect(wide.locator("main")).to_contain_text("undone by change")


def test_what_was_changed_again_since_is_asked(wide, addresses, url):
    change(wide, addresses["portfolio"], "Static URL (override)", NEW)
    undo = wide.get_by_role("link", name="Undo", exact=True).get_attribute("href")
    change(wide, addresses["portfolio"], "Static URL (override)", f"{NEW}000")
    wide.goto(undo)
    expect(wide.locator("h1")).to_contain_text("Undo change")
    choice = wide.get_by_role("group", name="Static URL (override)")
    press(wide, choice.get_by_role("radio").first, "ArrowDown")
    expect(choice.get_by_role("radio", name="As it was before the change")).to_be_checked()
    press(wide, wide.get_by_role("button", name="Save"))
    expect(saved(wide)).to_contain_text(f"{NEW}000 → {OLD}")


def test_the_log_is_filtered_by_person_and_record(open_tab, addresses, grace, site):
    ada, second = open_tab(), open_tab(user=grace)
    change(ada, addresses["portfolio"], "Internal description", "Ada's")
    change(second, addresses["service"], "Internal description", "Grace's")
    ada.goto("/changes/")
    rows = ada.locator("tbody tr")
    expect(rows).to_have_count(2)
    ada.evaluate("window.stayed = true")
    person = ada.get_by_label("Person")
    press(ada, person, "End")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Grace")
    expect(ada.locator("#said")).to_have_text("1–1 of 1")
    expect(ada).to_have_url(re.compile(rf"person={grace.pk}&"))
    write(ada, "Record ID or title", "xyzzy")
    ada.keyboard.press("Enter")
    expect(ada.locator("td.empty")).to_have_text("No change matches.")
    assert ada.evaluate("window.stayed")
    ada.go_back()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Grace")
    expect(ada.locator("header.top")).to_have_count(1)
    ada.go_back()
    expect(rows).to_have_count(2)
    portfolio = addresses["portfolio"].split("/")[-2]
    write(ada, "Record ID or title", portfolio)
    ada.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Ada")
    ada.reload()
    expect(rows).to_have_count(1)
    expect(ada.get_by_label("Record ID or title")).to_have_value(portfolio)
    press(ada, ada.get_by_role("link", name="Clear"))
    expect(rows).to_have_count(2)
    assert ada.url == f"{site}/changes/"


def test_back_after_saving_shows_the_form_and_a_second_save_sends_nothing(wide, addresses, emulator):
    change(wide, addresses["portfolio"], "Internal description", "first")
    wide.go_back()
    expect(wide.locator("h1")).to_contain_text("Edit ")
    before = len(emulator.calls)
    wide.get_by_label("Internal description").fill("first")
    wide.get_by_role("button", name="Save").click()
    expect(wide.get_by_role("status").filter(has_text="Nothing was sent")).to_be_visible()
    assert "PUT" not in [call.method for call in emulator.calls[before:]]


def test_every_address_of_writing_stands_alone_on_reload(wide, addresses, emulator):
    change(wide, addresses["portfolio"], "Internal description", "first")
    number = re.search(r"\d+$", wide.url)[0]
    copy = "/".join(re.findall(r"\d{5,}", addresses["portfolio"]))
    for address in (
        f"{addresses['collection']}edit/?with={addresses['service'].split('/')[-2]}",
        f"{addresses['portfolio']}edit/",
        f"{addresses['portfolio']}delete/",
        f"{addresses['collection']}services/new/",
        f"{addresses['service']}portfolios/new/?copy={copy}",
        f"/changes/{number}/",
        f"/changes/{number}/undo/",
    ):
        wide.goto(address)
        title = wide.locator("h1").text_content()
        assert title, address
        wide.reload()
        expect(wide.locator("h1")).to_have_text(title)
        expect(wide.locator("header.top")).to_have_count(1)
    assert [call.method for call in emulator.calls if call.method != "GET"] == ["PUT"]
