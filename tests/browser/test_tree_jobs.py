"""Deleting a tree, making it again, and adding many portfolios, as people do it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_create_delete import button
from tests.browser.test_jobs import figure, look, standing, start

pytestmark = pytest.mark.browser


@pytest.fixture
def local(emulator):
    """(ID of an e-collection of the institution's own, ID of its service); one of its seven portfolios is of the
    Community Zone."""
    collection = emulator.collections()[14]
    [service] = emulator.services(collection)
    first = emulator.portfolios(service)[0]
    emulator.put_record("portfolio", first, emulator.record("portfolio", first) | {"is_local": False})
    return collection, service


def test_a_tree_is_planned_deleted_to_its_end_and_made_again_as_far_as_possible(wide, local, worker, emulator):
    collection, service = local
    collections = emulator.collections()
    titles = {emulator.record("portfolio", one)["resource_metadata"]["title"] for one in emulator.portfolios(service)}
    wide.clock.install()
    wide.goto(f"/ecollections/{collection}/")
    wide.get_by_role("link", name="Delete").click()
    expect(button(wide, "Delete its 7 portfolios first")).to_be_disabled()
    expect(wide.locator("form.card")).to_contain_text("1 electronic service · 7 portfolios")
    wide.get_by_label("Reason or ticket").fill("The licence ended")
    button(wide, "Plan to delete it with everything below…").click()
    expect(standing(wide)).to_contain_text("finding the records")
    assert "DELETE" not in {call.method for call in emulator.calls}
    worker.all()
    look(wide)
    plan = wide.get_by_role("region", name="What is deleted")
    expect(plan.get_by_role("row")).to_have_count(3)
    expect(plan.get_by_role("row").nth(1)).to_contain_text(collection)
    expect(plan.get_by_role("row").nth(2)).to_contain_text(re.compile(rf"{collection}/{service}\s*7"))
    expect(wide.locator("main")).to_contain_text("Portfolios: 7 · services: 1 · e-collections: 1")
    expect(wide.locator(".notice.warn")).to_contain_text("can be made again from the log, with a new ID")
    expect(start(wide)).to_have_text("Start: delete 9 records")
    start(wide).click()
    expect(standing(wide)).to_contain_text("0 of 9")

    def watch_it():
        look(wide)
        expect(standing(wide)).to_contain_text("6 of 9")

    worker.slice_in_which(watch_it, nth=7)
    worker.all()
    look(wide)
    expect(standing(wide)).to_contain_text("9 of 9")
    expect(figure(wide, "9 done")).to_be_visible()
    sent = [call.path.rpartition("/")[2] for call in emulator.calls if call.method == "DELETE"]
    assert sent[-2:] == [service, collection]
    assert collection not in emulator.collections()

    button(wide, "Undo…").click()
    expect(wide.locator("h1")).to_contain_text("Undo of job")
    worker.all()
    look(wide)
    expect(figure(wide, "8 will change")).to_be_visible()
    expect(figure(wide, "1 refused")).to_be_visible()
    expect(wide.locator("#wrong")).to_contain_text("The Community Zone manages it: activate it there again.")
    expect(wide.locator(".notice.warn")).to_contain_text("All that is made again has new IDs")
    expect(start(wide)).to_have_text("Start: make 8 records again")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    look(wide)
    expect(figure(wide, "8 done")).to_be_visible()
    expect(figure(wide, "1 skipped")).to_be_visible()
    [new] = set(emulator.collections()) - set(collections)
    [made] = emulator.services(new)
    again = {emulator.record("portfolio", one)["resource_metadata"]["title"] for one in emulator.portfolios(made)}
    assert len(again) == 6
    assert again < titles


def test_several_portfolios_are_added_by_their_mms_ids(wide, local, worker, emulator, addresses, watch):
    watch.allow("status of 422")
    collection, service = local
    about = [
        emulator.record("portfolio", one)["resource_metadata"]
        for one in emulator.portfolios(addresses["service"].rstrip("/").rpartition("/")[2], 2)
    ]
    before = set(emulator.portfolios(service))
    wide.goto(f"/ecollections/{collection}/services/{service}/")
    wide.get_by_role("link", name="Add several").click()
    lines = wide.get_by_label("MMS IDs, one a line")
    first, second = (one["mms_id"]["value"] for one in about)
    lines.fill(f"{first}\nwhat\n{second}, https://new.example.org/2")
    button(wide, "Review new portfolios…").click()
    expect(wide.get_by_role("alert").filter(has_text="Nothing was sent")).to_contain_text("Line 2: what –")
    lines.fill(f"{first}\n{second}, https://new.example.org/2")
    button(wide, "Review new portfolios…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(wide.get_by_role("region", name="What would change")).to_contain_text(about[0]["title"])
    expect(start(wide)).to_have_text("Start: create 2 records")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(figure(wide, "2 done")).to_be_visible()
    made = [emulator.record("portfolio", one) for one in set(emulator.portfolios(service)) - before]
    assert {one["resource_metadata"]["mms_id"]["value"] for one in made} == {first, second}
    assert "jkey=https://new.example.org/2" in [one["linking_details"]["static_url"] for one in made]
