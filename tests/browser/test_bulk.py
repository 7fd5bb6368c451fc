"""The ways into a bulk edit: all that match, a list of IDs, a recipe; without JavaScript, and by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OLD
from tests.browser.test_create_delete import button, choose
from tests.browser.test_edit import press, write
from tests.browser.test_jobs import NEW, figure, look, replace_the_note, standing, start

pytestmark = pytest.mark.browser


def test_all_that_match_are_edited_and_no_other(wide, emulator, worker):
    wide.goto("/ecollections/?q=quillmere")
    expect(wide.locator(".pager")).to_contain_text("1–5 of 5")
    button(wide, "Bulk edit all 5 that match…").click()
    expect(wide.locator("h1")).to_have_text("Bulk edit: all 5 e-collections")
    wide.get_by_label("Public note", exact=True).select_option("set to")
    wide.get_by_label("Public note: the text or value").fill("Ask at the desk")
    button(wide, "Review…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(start(wide)).to_have_text("Start: change 5 records")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    records = [emulator.record("collection", one) for one in emulator.collections()]
    changed = [one["public_name"] for one in records if one["public_note"] == "Ask at the desk"]
    assert len(changed) == 5
    assert changed == [one["public_name"] for one in records if one["public_name"].startswith("Quillmere")]


def test_a_pasted_list_says_what_is_in_it_and_a_recipe_fills_the_form(wide, ids, worker, note, emulator):
    wide.goto("/ecollections/")
    wide.get_by_role("link", name="Bulk edit from a list of IDs…").click()
    wide.get_by_label("IDs, one a line").fill(
        f"Portfolio ID\tTitle\n{ids[0]}\tA\n{ids[1]}\tB\n{ids[0]}\tA\n53999999999999999\tC\n5.31E+16\tD"
    )
    button(wide, "Continue").click()
    said = wide.locator("main section.notice")
    expect(said).to_contain_text("5 lines were read")
    expect(said).to_contain_text(f"1 duplicate, left out: {ids[0]}")
    expect(said).to_contain_text("Line 6: 5.31E+16 – A spreadsheet has rounded this ID")
    replace_the_note(wide)
    wide.get_by_text("Save these actions as a recipe").click()
    wide.get_by_label("Name", exact=True).fill("The new wording")
    button(wide, "Save the recipe").click()
    expect(wide.get_by_role("status").filter(has_text="The recipe “The new wording” is saved")).to_be_visible()
    button(wide, "Review…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(figure(wide, "2 will change")).to_be_visible()
    expect(figure(wide, "2 not found")).to_be_visible()
    expect(wide.locator("main")).to_contain_text(f"of which 1 named a record again: {ids[0]}")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    assert [note(one) for one in ids[:3]] == [f"{NEW} 0", f"{NEW} 1", f"{OLD} 2"]

    wide.goto("/ecollections/recipes/")
    expect(wide.get_by_role("row", name="The new wording")).to_contain_text(f"{OLD} → {NEW}")
    wide.get_by_role("link", name="Use it for a list of IDs").click()
    wide.get_by_label("IDs, one a line").fill(ids[2])
    button(wide, "Continue").click()
    expect(wide.get_by_label("Public note: find")).to_have_value(OLD)
    button(wide, "Review…").click()
    expect(wide.locator("h1")).to_have_text(f"Replace in Public note: {OLD} → {NEW}")


def test_without_javascript_rows_are_ticked_reviewed_started_and_paused(open_tab, addresses, ids, worker, note):
    page = open_tab(java_script_enabled=False)
    page.goto(f"{addresses['service']}?size=20")
    boxes = page.locator("tbody").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(2).check()
    button(page, "Bulk edit…").click()
    expect(page.locator("h1")).to_have_text("Bulk edit: 2 portfolios")
    replace_the_note(page)
    button(page, "Review…").click()
    worker.all()
    page.reload()
    expect(start(page)).to_have_text("Start: change 2 records")
    start(page).click()
    button(page, "Pause").click()
    expect(standing(page)).to_contain_text("paused")
    button(page, "Resume").click()
    expect(standing(page)).to_contain_text("queued")
    worker.all()
    page.reload()
    expect(standing(page)).to_contain_text("2 of 2")
    assert [note(one) for one in ids[:3]] == [f"{NEW} 0", f"{OLD} 1", f"{NEW} 2"]


def test_by_the_keyboard_alone_rows_are_ticked_reviewed_started_and_paused(wide, addresses, ids, worker, note):
    wide.clock.install()
    wide.goto(f"{addresses['service']}?size=20")
    wide.locator("main").focus()
    for n in (0, 2):
        press(wide, wide.locator("tbody").get_by_role("checkbox").nth(n), "Space")
    press(wide, button(wide, "Bulk edit…"))
    expect(wide.locator("h1")).to_have_text("Bulk edit: 2 portfolios")
    choose(wide, "Public note", "replace text")
    write(wide, "Public note: find", OLD)
    write(wide, "Public note: the text or value", NEW)
    write(wide, "Reason or ticket", "A new wording")
    press(wide, button(wide, "Review…"))
    expect(standing(wide)).to_be_visible()
    worker.all()
    look(wide)
    press(wide, start(wide))
    press(wide, button(wide, "Pause"))
    expect(standing(wide)).to_contain_text("paused")
    press(wide, button(wide, "Resume"))
    expect(standing(wide)).to_contain_text("queued")
    worker.all()
    look(wide)
    press(wide, figure(wide, "2 done").get_by_role("link"))
    expect(wide.locator("h1")).to_have_text("Records")
    expect(wide.locator("tbody tr")).to_have_count(2)
    assert [note(one) for one in ids[:3]] == [f"{NEW} 0", f"{OLD} 1", f"{NEW} 2"]
