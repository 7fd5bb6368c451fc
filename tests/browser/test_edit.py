"""Editing a record as people do it, by the keyboard alone where nothing else is said."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_keyboard import tab_until

pytestmark = pytest.mark.browser
OLD, NEW = "https://old.example.org/view?id=10000001&src=alma", "https://new.example.org/10000001"
LOCAL = "coverage_details.local_date_coverage_parameters"
REFUSED = r"^error: Failed to load resource: the server responded with a status of (409|422)"
# Whether what has the focus is in sight: not out of the window, not behind the bar of buttons.
HIDDEN = """
() => {
  const one = document.activeElement, bar = document.querySelector('.actions');
  if (bar.contains(one) || !one.closest('#record-form')) return '';
  const box = one.getBoundingClientRect(), edge = bar.getBoundingClientRect().top;
  const bottom = Math.min(edge, innerHeight);
  return box.top < -1 || box.bottom > bottom + 1
    ? `${one.id || one.textContent}: ${Math.round(box.top)}-${Math.round(box.bottom)}, bar ${Math.round(edge)}` : '';
}
"""


@pytest.fixture
def record(emulator, addresses):
    """record("portfolio") → the record that `addresses` leads to, as Alma has it now."""
    return lambda kind: emulator.record(kind, addresses[kind].rstrip("/").rpartition("/")[2])


def press(page, locator, key="Enter"):
    """Go there by Tab and press the key."""
    tab_until(page, locator.element_handle(), limit=130)
    page.keyboard.press(key)


def write(page, label, text):
    """Go to the field by Tab and write this in the place of what it holds."""
    tab_until(page, page.get_by_label(label, exact=True).element_handle(), limit=130)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(text)


def save(page):
    page.get_by_role("button", name="Save").click()


def saved(page):
    return page.get_by_role("status").filter(has_text="Saved:")


def rows(page):
    return page.get_by_role("group", name="Local coverage", exact=True).locator(".row")


def add_row(page):
    return page.get_by_role("button", name="Local coverage: add a row")


# Task 5: a reader says a link is dead


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_dead_link_is_found_and_corrected(open_tab, addresses, site, width, record, emulator):
    page = open_tab(width=width)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(addresses["portfolio"].split("/")[-2])
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("its own URL, which overrides the Community Zone's")
    press(page, page.get_by_role("link", name="Edit", exact=True))
    expect(page.locator("h1")).to_contain_text("Edit Journal of Medieval Bell Casting, 9")
    write(page, "Static URL (override)", NEW)
    write(page, "Reason or ticket", "A reader says it is dead")
    before = len(emulator.calls)
    press(page, page.get_by_role("button", name="Save"))
    expect(saved(page)).to_contain_text(f"Static URL (override){OLD} → {NEW}")
    expect(page.locator("h1")).to_have_text("Journal of Medieval Bell Casting, 9")
    assert page.url.startswith(f"{site}{addresses['portfolio']}?changes=")
    assert [call.method for call in emulator.calls[before:]][:2] == ["GET", "PUT"]
    assert record("portfolio")["linking_details"]["static_url_override"] == f"jkey={NEW}"
    latest = page.get_by_role("region", name="Changes made here")
    expect(latest).to_contain_text("A reader says it is dead")
    expect(latest).to_contain_text("Ada")
    page.reload()
    expect(saved(page)).to_contain_text(NEW)


def test_enter_in_a_field_saves_as_the_save_button_does(wide, addresses, record):
    """A browser presses the first button of the form then."""
    wide.goto(f"{addresses['portfolio']}edit/")
    wide.get_by_label("Static URL (override)", exact=True).fill(NEW)
    wide.get_by_label("Reason or ticket").press("Enter")
    expect(saved(wide)).to_contain_text(NEW)
    linking = record("portfolio")["linking_details"]
    assert linking["url_type_override"]["value"] == "static"
    assert linking["static_url_override"] == f"jkey={NEW}"


def test_what_has_the_focus_is_never_behind_the_bar_of_buttons(wide, addresses):
    """WCAG 2.4.11."""
    wide.goto(f"{addresses['portfolio']}edit/")
    hidden, seen = [], set()
    wide.locator("h1").click()
    for key, end in (("Tab", "reason"), ("Shift+Tab", "find")):
        for _ in range(130):
            wide.keyboard.press(key)
            seen.add(wide.evaluate("document.activeElement.id"))
            if found := wide.evaluate(HIDDEN):
                hidden.append(f"{key}: {found}")
            if end in seen:
                break
    assert {"reason", "find", "portfolio-po_line"} <= seen
    assert hidden == []


# Task 6: two colleagues edit the same service


def test_the_second_of_two_sees_both_values_and_chooses(open_tab, addresses, grace, record, watch):
    watch.allow(REFUSED)
    ada, second = open_tab(), open_tab(user=grace)
    for page, text in ((ada, "what Ada says"), (second, "what Grace says")):
        page.goto(f"{addresses['service']}edit/")
        page.get_by_label("Internal description").fill(text)
    save(ada)
    expect(saved(ada)).to_contain_text("what Ada says")
    press(second, second.get_by_role("button", name="Save"))
    expect(second.locator("h1")).to_have_text("Somebody else changed it too")
    choice = second.get_by_role("group", name="Internal description")
    expect(choice).to_contain_text("what Ada says")
    expect(choice).to_contain_text("what Grace says")
    theirs, mine = choice.get_by_role("radio").all()
    press(second, second.get_by_role("button", name="Save"))
    expect(theirs).to_be_focused()  # the browser says that a choice is missing
    expect(theirs).not_to_be_checked()
    assert record("service")["internal_description"] == "what Ada says"
    second.keyboard.press("ArrowDown")
    expect(mine).to_be_checked()
    press(second, second.get_by_role("button", name="Save"))
    expect(saved(second)).to_contain_text("what Ada says → what Grace says")
    assert record("service")["internal_description"] == "what Grace says"


def test_two_who_change_different_fields_are_not_asked(open_tab, addresses, grace, record):
    ada, second = open_tab(), open_tab(user=grace)
    for page, label, text in ((ada, "Internal description", "Ada's"), (second, "Public note", "Grace's")):
        page.goto(f"{addresses['service']}edit/")
        page.get_by_label(label).fill(text)
    save(ada)
    expect(saved(ada)).to_be_visible()
    save(second)
    expect(saved(second)).to_contain_text("Grace's")
    now = record("service")
    assert (now["internal_description"], now["public_note"]) == ("Ada's", "Grace's")


# Rows


def test_a_row_is_added_seen_in_words_removed_and_saved(wide, addresses, record):
    wide.goto(f"{addresses['portfolio']}edit/")
    wide.evaluate("window.stayed = true")
    wide.get_by_label("Internal description").fill("typed before")
    add_row(wide).press("Enter")
    expect(rows(wide)).to_have_count(1)
    expect(rows(wide).get_by_label("From year")).to_be_focused()
    wide.keyboard.type("1998")
    wide.keyboard.press("Tab")
    statement = rows(wide).locator("output")
    expect(statement).to_have_text("1998 –")
    expect(rows(wide).get_by_label("From month")).to_be_focused()
    wide.keyboard.type("3")
    write(wide, "Until year", "2004")
    wide.keyboard.press("Tab")
    expect(statement).to_have_text("Mar 1998 – 2004")
    expect(rows(wide).get_by_label("Until month")).to_be_focused()
    press(wide, add_row(wide))
    expect(rows(wide)).to_have_count(2)
    expect(rows(wide).nth(1).get_by_label("From year")).to_be_focused()
    wide.keyboard.type("2010")
    press(wide, wide.get_by_role("button", name="Local coverage: remove row 2"))
    expect(rows(wide)).to_have_count(1)
    expect(add_row(wide)).to_be_focused()
    expect(add_row(wide)).to_be_in_viewport()
    expect(rows(wide).get_by_label("From year")).to_have_value("1998")
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")
    assert wide.evaluate("window.stayed"), "rows come and go without loading the page anew"
    save(wide)
    expect(saved(wide)).to_contain_text("– → Mar 1998 – 2004")
    expect(wide.locator(".facts").filter(has_text="Local coverage").last).to_contain_text("Mar 1998 – 2004")
    [row] = record("portfolio")["coverage_details"]["local_date_coverage_parameters"]
    assert (row["from_year"], row["until_year"]) == ("1998", "2004")


def test_a_field_that_is_left_for_a_button_does_not_get_in_its_way(wide, addresses):
    """Leaving a cell asks for the statement, and the press of the button for the form."""
    wide.goto(f"{addresses['portfolio']}edit/")
    add_row(wide).click()
    expect(rows(wide).get_by_label("From year")).to_be_focused()
    rows(wide).get_by_label("From year").fill("1998")
    add_row(wide).click()
    expect(rows(wide)).to_have_count(2)
    expect(rows(wide).nth(1).get_by_label("From year")).to_be_focused()
    expect(rows(wide).first.get_by_label("From year")).to_have_value("1998")
    expect(rows(wide).first.locator("output")).to_have_text("1998 –")
    rows(wide).nth(1).get_by_label("From year").fill("2001")
    wide.get_by_role("button", name="Local coverage: remove row 1").click()
    expect(rows(wide)).to_have_count(1)
    expect(add_row(wide)).to_be_focused()
    expect(rows(wide).get_by_label("From year")).to_have_value("2001")


def test_rows_work_without_scripts(open_tab, addresses, record):
    page = open_tab(java_script_enabled=False)
    page.goto(f"{addresses['portfolio']}edit/")
    page.get_by_label("Internal description").fill("typed before")
    add_row(page).click()
    expect(rows(page).get_by_label("From year")).to_be_focused()
    page.keyboard.type("1998")
    add_row(page).click()
    expect(rows(page)).to_have_count(2)
    expect(rows(page).first.locator("output")).to_have_text("1998 –")
    page.get_by_role("button", name="Local coverage: remove row 2").click()
    expect(rows(page)).to_have_count(1)
    expect(add_row(page)).to_be_focused()
    page.get_by_role("button", name="URL type (override): go back").click()
    expect(page.get_by_label("URL type (override)", exact=True)).to_be_focused()
    page.get_by_label("Reason or ticket").fill("by hand")
    page.get_by_role("button", name="Save").click()
    expect(saved(page)).to_contain_text("1998 –")
    now = record("portfolio")
    assert now["internal_description"] == "typed before"
    assert [row["from_year"] for row in now["coverage_details"]["local_date_coverage_parameters"]] == ["1998"]


# What is wrong


def test_what_is_wrong_is_said_on_top_and_at_its_field(wide, addresses, watch, record):
    watch.allow(REFUSED)
    wide.goto(f"{addresses['portfolio']}edit/")
    wide.get_by_label("Internal description").fill("typed before")
    add_row(wide).click()
    expect(rows(wide).get_by_label("From year")).to_be_focused()
    wide.keyboard.type("98")
    wide.get_by_label("Static URL (override)", exact=True).fill("old.example.org")
    wide.get_by_label("Reason or ticket").fill("a typing error")
    save(wide)
    summary = wide.get_by_role("alert").filter(has_text="Nothing was sent: 2 fields must be corrected")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    field = wide.get_by_label("Static URL (override)", exact=True)
    year = rows(wide).get_by_label("From year")
    for label, one, sentence in (
        ("Local coverage: From year", year, "A year has four digits."),
        ("Static URL (override)", field, "A web address begins with https:// or http://"),
    ):
        expect(one).to_have_attribute("aria-invalid", "true")
        expect(one).to_have_accessible_description(re.compile(re.escape(sentence)))
        summary.focus()
        press(wide, summary.get_by_role("link", name=label))
        expect(one).to_be_focused()
        expect(one).to_be_in_viewport()
    expect(field).to_have_value("old.example.org")
    expect(year).to_have_value("98")
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")
    expect(wide.get_by_label("Reason or ticket")).to_have_value("a typing error")
    assert record("portfolio").get("internal_description", "") == ""
    year.focus()
    wide.keyboard.press("Control+a")
    wide.keyboard.type("1998")
    field.fill(NEW)
    save(wide)
    expect(saved(wide)).to_contain_text(NEW)


def test_what_alma_refuses_stands_at_its_field_and_nothing_typed_is_lost(wide, addresses, watch, emulator):
    watch.allow(REFUSED)
    wide.goto(f"{addresses['portfolio']}edit/")
    wide.get_by_label("Internal description").fill("typed before")
    wide.get_by_label("PO line").fill("POL-nowhere")
    save(wide)
    expect(wide.get_by_role("alert").filter(has_text="60172")).to_contain_text("Nothing was changed in Alma")
    expect(wide.get_by_label("PO line")).to_have_value("POL-nowhere")
    expect(wide.get_by_label("PO line")).to_have_attribute("aria-invalid", "true")
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")


# What the Community Zone says


def test_an_override_is_taken_away_and_the_focus_stays_there(wide, addresses, record):
    wide.goto(f"{addresses['portfolio']}edit/")
    wide.evaluate("window.stayed = true")
    wide.get_by_label("Internal description").fill("typed before")
    button = wide.get_by_role("button", name="Static URL (override): go back to the Community Zone value")
    button.press("Enter")
    field = wide.get_by_label("Static URL (override)", exact=True)
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    expect(button).to_have_count(0)
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")
    assert wide.evaluate("window.stayed")
    save(wide)
    expect(saved(wide)).to_contain_text(f"{OLD} → –")
    expect(wide.locator("main")).to_contain_text("The link comes from the Community Zone")
    assert record("portfolio")["linking_details"]["static_url_override"] == ""


# What saving does to other records


def test_the_library_of_a_collection_is_said_before_it_is_saved(wide, addresses, record):
    address = f"{addresses['collection']}edit/"
    wide.goto(address)
    wide.get_by_label("Internal description").fill("typed before")
    library = wide.get_by_label("Library", exact=True)
    chosen, code = library.locator("option").nth(1).evaluate("one => [one.text, one.value]")
    library.press("ArrowDown")
    wide.get_by_label("Reason or ticket").fill("moved house")
    save(wide)
    expect(wide.locator("h1")).to_have_text("Review before saving")
    expect(wide.locator("main")).to_contain_text("replaces the library of all its portfolios")
    expect(wide.locator("main")).to_contain_text("It has 130 portfolios")
    expect(wide.get_by_role("region", name="What would change")).to_contain_text(chosen)
    assert not record("collection")["library"]["value"]
    press(wide, wide.get_by_role("button", name="Back to the form"))
    expect(wide.get_by_label("Internal description")).to_have_value("typed before")
    expect(wide.get_by_label("Reason or ticket")).to_have_value("moved house")
    expect(library.locator("option:checked")).to_have_text(chosen)
    save(wide)
    expect(wide.locator("h1")).to_have_text("Review before saving")
    press(wide, wide.get_by_role("button", name="Save"))
    expect(saved(wide)).to_contain_text(re.compile(f"Library– → ({chosen}|{code})"))
    assert record("collection")["library"]["value"] == code
    assert record("collection")["internal_description"] == "typed before"


def test_a_collection_and_its_service_are_saved_in_one_form(wide, addresses, record):
    wide.goto(addresses["collection"])
    wide.get_by_role("link", name="Edit with its service").click()
    for n, text in enumerate(("of the collection", "of the service")):
        wide.get_by_label("Internal description").nth(n).fill(text)
    save(wide)
    expect(saved(wide)).to_have_count(2)
    assert record("collection")["internal_description"] == "of the collection"
    assert record("service")["internal_description"] == "of the service"
