"""From a file to its jobs: a table of changes, a provider's KBART list, and both looked at by axe."""

import pytest
from playwright.sync_api import expect

from ecollections.kbart.reading import FIELDS
from ecollections.models import IndexedService, Load, LoadRow
from ecollections.titles import index
from tests.browser.test_axe import FAILED, UNBROKEN, axe, check_all
from tests.browser.test_create_delete import button
from tests.browser.test_jobs import look, standing, start
from tests.jobs.making import NOON

__all__ = ["axe"]
pytestmark = pytest.mark.browser


def file(name, *rows, between=","):
    return {"name": name, "mimeType": "text/csv", "buffer": "".join(f"{between.join(row)}\n" for row in rows).encode()}


def groups(page):
    return page.get_by_role("region", name="Groups")


def test_a_file_is_loaded_its_columns_are_corrected_and_a_row_is_left_out(wide, addresses, ids, worker, note):
    wide.clock.install()
    wide.goto(addresses["service"])
    wide.get_by_role("link", name="Load a file").click()
    rows = [[one, f"Note {n}", "x"] for n, one in enumerate(ids[:3])]
    changes = file("changes.csv", ["Portfolio ID", "My words", "Remark"], *rows, ["5.31E+16", "y", ""])
    wide.locator("#file").evaluate("(control) => { control.dataset.most = 10; }")
    wide.locator("#file").set_input_files(changes)
    assert "Divide it" in wide.locator("#file").evaluate("(control) => control.validationMessage")
    wide.locator("#file").evaluate("(control) => { control.dataset.most = 10000; }")
    wide.locator("#file").set_input_files(changes)
    button(wide, "Continue").click()
    wide.get_by_label("Column B “My words” is loaded into").select_option("Public note")
    button(wide, "Check the rows").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    look(wide)
    expect(groups(wide)).to_contain_text("Changes")
    expect(wide.locator("#rows")).to_contain_text("rounded this ID")
    groups(wide).get_by_role("link", name="Changes").click()
    wide.get_by_role("checkbox", name="Select", exact=False).nth(2).check()
    button(wide, "All but the ticked").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    expect(start(wide)).to_have_text("Start: change 2 records")
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    assert [note(one) for one in ids[:3]] == ["Note 0", "Old words 1", "Note 2"]
    wide.get_by_role("link", name="changes.csv").click()
    expect(wide.locator("#jobs")).to_contain_text("done")


@pytest.fixture
def small(emulator):
    """The IDs of a service of seven portfolios, all of it in the index."""
    collection = emulator.collections()[14]
    service = emulator.services(collection)[0]
    records = [emulator.record("portfolio", one) for one in emulator.portfolios(service)]
    index.see([(record, (collection, service)) for record in records])
    IndexedService.objects.update(built=NOON, has_identifiers=True, total=7)
    return collection, service


def titles(*rows):
    return [[*row, *[""] * (len(FIELDS) - len(row))] for row in rows]


def test_a_provider_s_list_is_compared_and_what_it_misses_made_unavailable(wide, small, worker, emulator):
    wide.clock.install()
    wide.goto("/ecollections/{}/services/{}/".format(*small))
    wide.get_by_role("link", name="KBART").click()
    with wide.expect_download() as download:
        wide.get_by_role("link", name="This service as KBART: 7 titles").click()
    lines = download.value.path().read_text().splitlines()
    last = lines[-1].split("\t")[FIELDS.index("title_id")]
    rows = [line.split("\t") for line in lines if last not in line]
    new = titles(["A new journal", "", "2999-0001"])
    wide.locator("#file").set_input_files(file("list.txt", *rows, *new, between="\t"))
    button(wide, "Compare").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    look(wide)
    expect(groups(wide).get_by_role("row", name="Missing")).to_contain_text("1")
    expect(groups(wide).get_by_role("link", name="CSV to fill in and load")).to_be_visible()
    button(wide, "Make 1 unavailable…").click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    wide.reload()
    start(wide).click()
    expect(standing(wide)).to_be_visible()
    worker.all()
    assert emulator.record("portfolio", last)["availability"]["value"] == "10"


def test_nothing_that_axe_finds_wrong(axe, wide, small, person, worker, watch):
    watch.allow(FAILED)
    wide.goto("/ecollections/files/")
    button(wide, "Continue").click()
    expect(wide.locator("section.notice.bad")).to_contain_text("Choose a file")
    check_all(axe, wide, "files, with what is wrong")
    wide.locator("#file").set_input_files(file("x.csv", ["ID", UNBROKEN], [UNBROKEN, UNBROKEN]))
    button(wide, "Continue").click()
    expect(wide.get_by_role("region", name="Columns")).to_be_visible()
    check_all(axe, wide, "columns")
    kbart = "/ecollections/{}/services/{}/kbart/".format(*small)
    wide.goto(kbart)
    check_all(axe, wide, "KBART")
    choice = {"path": "61/62/53", "title": UNBROKEN, "score": 93, "why": UNBROKEN}
    load = Load.objects.create(
        form="kbart", name=UNBROKEN, user=person, who="Ada", made=NOON, collection_id=small[0], service_id=small[1],
        content=b"", counts={"wrong": 1, "unclear": 1, "missing": 1},
    )  # fmt: skip
    LoadRow.objects.create(load=load, number=2, group="wrong", title=UNBROKEN, why=UNBROKEN)
    LoadRow.objects.create(load=load, number=3, group="unclear", data={"match_key": "k", "choices": [choice]})
    LoadRow.objects.create(load=load, number=0, group="missing", path="61/62/53", title=UNBROKEN)
    for group in ("unclear", "missing"):
        wide.goto(f"/ecollections/files/{load.pk}/?group={group}")
        check_all(axe, wide, f"a file: {group}")
