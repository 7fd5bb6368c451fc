"""Direct borrowing before a real browser: task 10, from the patron to the return, and rolled back."""

import pytest
from playwright.sync_api import expect

from circulation.models import Step, Transaction
from tests.browser.test_axe import FAILED, UNBROKEN, check_all
from tests.browser.test_axe import axe as axe
from tests.browser.test_keyboard import tab_until
from tests.circulation.lending import FORM, begin, stock

pytestmark = pytest.mark.browser
ADDRESS = "/circulation/direct/"
BUTTONS = ("Make the item", "Place the hold", "Scan it in: it goes out", "Make the loan", "Scan it in: it is back")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def fill_in(page):
    page.get_by_label("a virtual one, made for it").check()
    for name, value in FORM.items():
        control = page.locator(f"[name={name}]")
        if name == "is_virtual" or not value:
            continue
        control.select_option(value) if control.evaluate("one => one.tagName") == "SELECT" else control.fill(value)


def test_a_book_is_lent_to_a_partner_s_reader_and_comes_back(wide, emulator, watch):
    watch.allow(FAILED)
    wide.goto("/circulation/")
    wide.get_by_role("link", name="Direct borrowing").click()
    wide.get_by_role("link", name="New transaction").click()
    expect(wide.get_by_label("Location (code)")).to_be_hidden()
    fill_in(wide)
    press(wide, "Begin")
    press(wide, "Find or make the patron")
    expect(wide.get_by_role("alert").filter(has_text="Nobody in Alma has this ID")).to_be_focused()
    wide.get_by_label("Last name").fill("Quorning")
    press(wide, "Make the patron")
    for name in BUTTONS:
        press(wide, name)
        expect(wide.get_by_role("status").filter(has_text="Done:")).to_be_visible()
    press(wide, "Close the transaction")
    expect(wide.locator(".under")).to_contain_text("COMPLETED")
    assert len([call for call in emulator.calls if not call.path.startswith("/conf/")]) == 10
    wide.goto(ADDRESS)
    expect(wide.locator("tbody tr")).to_contain_text("completed")


def test_by_the_keyboard_alone_it_is_rolled_back(wide, emulator, person):
    one, before = begin(), stock(emulator)
    wide.goto(f"{ADDRESS}{one.pk}/")
    tab_until(wide, wide.get_by_label("Last name"))
    wide.keyboard.type("Quorning")
    wide.keyboard.press("Enter")
    for name in BUTTONS[:2]:
        button = wide.get_by_role("button", name=name, exact=True)
        tab_until(wide, button)
        wide.keyboard.press("Enter")
        expect(wide.get_by_role("status").filter(has_text="Done:")).to_be_visible()
    tab_until(wide, wide.get_by_role("link", name="Roll back…"))
    wide.keyboard.press("Enter")
    tab_until(wide, wide.get_by_label("Reason for the hold's end"))
    wide.keyboard.type("Cannot be")
    tab_until(wide, wide.get_by_role("button", name="Roll back"))
    wide.keyboard.press("Enter")
    expect(wide.locator(".under")).to_contain_text("CANCELLED")
    assert stock(emulator) == before


def test_nothing_that_axe_finds_wrong_and_nothing_cut_off(axe, wide, emulator, person, watch):
    watch.allow(FAILED)
    one = begin(partner=UNBROKEN[:100], title=UNBROKEN, patron=UNBROKEN, number=UNBROKEN[:60])
    Step.objects.create(
        transaction=one,
        name="find_patron",
        state="failed",
        method="GET",
        path=f"/{UNBROKEN}",
        http=400,
        code="401861",
        text=UNBROKEN,
        tracking_id="E01-2201",
        at=one.created,
    )
    Transaction.objects.update(failed="patron")
    wide.goto(ADDRESS)
    check_all(axe, wide, "list")
    wide.goto(f"{ADDRESS}new/")
    check_all(axe, wide, "form")
    press(wide, "Begin")
    expect(wide.locator("#wrong")).to_be_focused()
    check_all(axe, wide, "form with something missing")
    wide.goto(f"{ADDRESS}{one.pk}/")
    press(wide, "Try again: Find or make the patron")
    check_all(axe, wide, "a step refused")
    Transaction.objects.update(request_id="83900000000004711", primary_id="x", item_id="1", loan_id="2")
    wide.goto(f"{ADDRESS}{one.pk}/")
    check_all(axe, wide, "on loan")
    wide.goto(f"{ADDRESS}{one.pk}/roll-back/")
    check_all(axe, wide, "roll back")
