"""Ticking rows of a list, and taking all of it."""

import pytest

from almaportal.jobs.models import Job
from tests.portal.reading import read

pytestmark = pytest.mark.thorough


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


def boxes(page):
    return page.all("input", name="pick")


def bar(page):
    return page.by_id("selection")


@pytest.mark.parametrize("kind", ["list", "collection", "service"])
def test_every_row_can_be_ticked_and_says_which_it_is(editor, tree, kind):
    page = read(editor.get(tree[kind]))
    rows = page.one("table").one("tbody").all("tr")
    assert len(boxes(page)) == len(rows) > 0
    for row, box in zip(rows, boxes(page), strict=True):
        assert box.attrs["aria-label"] == f"Select {row.all('a')[0].text}"
        assert box.attrs["form"] == "selection"


@pytest.mark.parametrize("kind", ["list", "collection", "service"])
def test_who_may_not_change_sees_nothing_to_tick(viewer, tree, kind):
    page = read(viewer.get(tree[kind]))
    assert boxes(page) == []
    assert [one for one in page if one.attrs.get("id") == "selection"] == []
    assert page.all("button", name="everything") == []


def test_paging_by_htmx_leaves_the_bar_in_its_place(editor, tree):
    part = read(editor.get(f"{tree.service}?page=2", headers={"HX-Request": "true"}))
    assert boxes(part)
    assert [one for one in part if one.attrs.get("id") == "selection"] == []


def test_without_javascript_the_ticked_boxes_are_simply_sent(editor, tree, emulator):
    page = read(editor.get(tree.service))
    ticked = [box.attrs["value"] for box in boxes(page)[:3]]
    response = editor.post(bar(page).attrs["action"], {"pick": ticked, "list": tree.service, "more": ""})
    page = read(response)
    assert response.status_code == 200
    assert page.one("h1").text == "Bulk edit: 3 portfolios"
    title = emulator.record("portfolio", tree.portfolio_id)["resource_metadata"]["title"]
    assert title in page.text
    assert page.by_id("bulk-form").attrs["data-ends"] == tree.service


def test_rows_of_other_pages_come_along_and_none_twice(editor, tree, emulator):
    paths = [f"{tree.collection_id}/{tree.service_id}/{one}" for one in emulator.portfolios(tree.service_id, 60)]
    sent = {"more": " ".join(paths[2:]), "pick": paths[:3]}
    assert read(editor.post("/ecollections/bulk/portfolios/", sent)).one("h1").text == "Bulk edit: 60 portfolios"


def test_nothing_ticked_is_said_in_words(editor, tree):
    response = editor.post("/ecollections/bulk/portfolios/", {"more": ""})
    assert response.status_code == 422
    assert "No row was ticked" in read(response).text
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("collection", "2 e-collections"),
        ("service", "all services of 2 e-collections"),
        ("portfolio", "all portfolios of 2 e-collections"),
    ],
)
def test_of_ticked_e_collections_what_to_edit_can_be_chosen(editor, tree, what, words):
    page = read(editor.get(tree.list))
    assert [one.attrs["value"] for one in bar(page).one("select", name="what").all("option")] == [
        "collection",
        "service",
        "portfolio",
    ]
    picked = [box.attrs["value"] for box in boxes(page)[:2]]
    page = read(editor.post(bar(page).attrs["action"], {"pick": picked, "what": what}))
    assert page.one("h1").text == f"Bulk edit: {words}"
    assert page.by_id("bulk-form").attrs["action"] == f"/ecollections/bulk/{what}s/"


def test_all_portfolios_of_a_service_are_taken_by_one_button(editor, tree):
    page = read(editor.get(tree.service))
    button = page.one("button", name="everything")
    assert (button.text, button.attrs["form"]) == ("Bulk edit all 130 portfolios…", "selection")
    page = read(editor.post(bar(page).attrs["action"], {"everything": button.attrs["value"], "list": tree.service}))
    assert page.one("h1").text == "Bulk edit: all 130 portfolios"


def test_all_e_collections_that_match_are_taken_with_their_search(editor, tree, emulator):
    word = emulator.record("collection", tree.collection_id)["public_name"].split()[0]
    page = read(editor.get(f"{tree.list}?q={word}"))
    n = len(boxes(page))
    button = page.one("button", name="everything")
    assert button.text == (f"Bulk edit all {n} that match…" if n > 1 else "Bulk edit the 1 that matches…")
    page = read(editor.post(bar(page).attrs["action"], {"everything": button.attrs["value"], "what": "service"}))
    assert page.one("h1").text.startswith("Bulk edit: all services of ")


def test_nobody_makes_up_a_selection(editor):
    assert editor.post("/ecollections/bulk/portfolios/", {"everything": "made up"}).status_code == 400
    assert editor.post("/ecollections/bulk/portfolios/", {"about": "made up"}).status_code == 400


def test_a_path_that_is_none_is_no_target(editor):
    response = editor.post("/ecollections/bulk/portfolios/", {"pick": ["../../x", "<script>"]})
    assert response.status_code == 422


def test_ticked_portfolios_can_be_deleted_once_it_is_said_what_becomes_of_their_titles(editor, tree, emulator):
    page = read(editor.get(tree.service))
    button = bar(page).one("button", formaction="/ecollections/bulk/delete/")
    response = editor.post(button.attrs["formaction"], {"pick": [boxes(page)[0].attrs["value"]], "list": tree.service})
    page = read(response)
    assert page.one("h1").text == "Delete 1 portfolio"
    assert [one.attrs["value"] for one in page.all("input", name="bib")] == ["retain", "suppress", "delete"]
    about = page.one("input", name="about").attrs["value"]
    response = editor.post("/ecollections/bulk/delete/", {"about": about, "bib": "suppress", "reason": "Cancelled"})
    job = Job.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert (job.kind, job.params["bib"], job.asks) == ("delete-portfolios", "suppress", True)
    assert job.targets == [f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"]
    assert editor.post("/ecollections/bulk/delete/", {"about": about, "bib": "burn"}).status_code == 400
    assert not [call for call in emulator.calls if call.method == "DELETE"]
