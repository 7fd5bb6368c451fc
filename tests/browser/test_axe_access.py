"""The record of accesses and the form of a new patron: nothing that axe finds wrong, and by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_axe import FAILED, check
from tests.browser.test_axe import axe as axe

pytestmark = pytest.mark.browser


def test_the_record_of_accesses(axe, wide, emulator):
    wide.goto("/patrons/-/access/")
    check(axe, wide, "access, empty")
    wide.goto(f"/patrons/{emulator.people('student', 1)[0]}/")
    wide.goto("/patrons/-/access/")
    expect(wide.locator("tbody tr")).to_have_count(1)
    check(axe, wide, "access")


def test_a_new_patron_is_made_by_keyboard(axe, wide, emulator, watch):
    watch.allow(FAILED)
    record = emulator.person(emulator.people("student", 1)[0])
    wide.goto("/patrons/-/new/")
    check(axe, wide, "new patron")
    wide.get_by_label("Last name").focus()
    wide.keyboard.type(record["last_name"])
    wide.keyboard.press("Enter")
    expect(wide.locator("#wrong")).to_be_focused()
    check(axe, wide, "new patron, wrong")
    wide.get_by_label("First name").fill(record["first_name"])
    wide.get_by_label("Primary ID").fill("s-new")
    wide.get_by_label("User group").focus()
    wide.keyboard.type("Stud")
    wide.keyboard.press("Enter")
    wide.get_by_label("Primary ID").press("Enter")
    expect(wide.locator("#asks")).to_be_focused()
    check(axe, wide, "new patron, somebody like them")
    wide.get_by_label("Primary ID").press("Enter")
    expect(wide).to_have_url(re.compile(r"/patrons/s-new/\?changes=\d+$"))
    expect(wide.get_by_role("heading", level=1)).to_contain_text(record["last_name"])
