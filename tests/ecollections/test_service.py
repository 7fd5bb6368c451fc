"""The page of one electronic service and the list of its portfolios."""

from urllib.parse import urljoin

import pytest

from tests.portal.reading import read

COLUMNS = ["Title", "Availability", "Origin", "Library", "Portfolio ID"]


@pytest.fixture
def page(viewer, tree):
    def get(query=""):
        response = viewer.get(f"{tree.service}{query}")
        assert response.status_code == 200
        return read(response)

    return get


def pager(page):
    return page.one("div", cls="pager")


def place(page):
    """As "2 of 7": the number in the page box, and how many there are."""
    box = next(one for one in pager(page).all("input") if one.attrs["name"] == "page")
    assert box.attrs["max"] == pager(page).text.split(" of ")[-1].split()[0].replace(",", "")
    return f"{box.attrs['value']} of {box.attrs['max']}"


def test_its_head_says_what_it_is(page, tree):
    shown = page()
    assert shown.one("h1").text == "Full Text"
    assert (
        shown.one("p", cls="under").text
        == f"{tree.service_id} · Full Text · Community Zone · ● Available · fields below"
    )
    assert shown.by_id("results").one("h2").text == "Portfolios 130"


def test_a_row_says_what_alma_says(page, tree):
    table = page().one("table")
    assert table.head == COLUMNS
    title = "Journal of Medieval Bell Casting, 9 MMS 99100000010004711"
    assert table.rows[0] == [title, "● Available", "Community Zone", "–", tree.portfolio_id]
    assert table.rows[5][1] == "◐ Not Available"
    assert table.rows[3][3] == "SCI"


@pytest.mark.parametrize("size", [20, 50, 100])
def test_paging_shows_each_of_130_portfolios_once(page, viewer, tree, size, emulator):
    seen, address, pages = [], f"?size={size}", 0
    while address:
        shown = page(address)
        table = shown.one("table")
        seen += [row[4] for row in table.rows]
        pages += 1
        assert f"{len(seen) - len(table.rows) + 1}–{len(seen)} of 130" in pager(shown).text
        assert place(shown) == f"{pages} of {-(-130 // size)}"
        address = pager(shown).links.get("Next")
    assert len(seen) == 130
    assert seen[:100] == emulator.portfolios(tree.service_id)
    assert len(set(seen)) == 130
    assert pages == -(-130 // size)


def test_the_way_back_is_the_same_way(page):
    assert pager(page("?page=3")).links == {"Previous": "?page=2"}
    assert pager(page("?page=2")).links == {"Previous": "?page=1", "Next": "?page=3"}


def test_paging_asks_alma_for_the_page_alone(page, emulator):
    page("?page=2&size=20")
    assert emulator.calls[-1].query == {"limit": "20", "offset": "20"}
    before = len(emulator.calls)
    page("?page=3&size=20")
    assert len(emulator.calls) == before + 1


def test_past_the_end_one_is_led_back(page):
    table = page("?page=9").one("table")
    assert table.rows == [["This page lies behind the end of the list. First page"]]
    assert table.links == {"First page": "?"}


def test_a_service_without_portfolios(viewer, emulator):
    collection = emulator.collections()[2]
    service = emulator.services(collection)[0]
    page = read(viewer.get(f"/ecollections/{collection}/services/{service}/"))
    assert page.one("table").rows == [["This service has no portfolios."]]
    assert page.by_id("results").one("h2").text == "Portfolios 0"


def test_its_fields_are_shown_below_the_list(page):
    shown = {one.one("h2").text: one.facts for one in page().one("div", cls="groups").all("section")}
    assert shown["Service description"] == {"Service type": "Full Text getFullTxt"}
    assert shown["Activation"]["Activation status"] == "Available 11"
    assert shown["Activation"]["Activate new portfolios"] == "Yes"
    assert shown["Activation"]["Delete removed portfolios"] == "No"
    assert shown["Activation"]["Temporarily unavailable"] == "No"
    assert shown["Linking"]["Parser"] == "Generic::Static"
    assert shown["Linking"]["Linking level"] == "Article ARTICLE"


def test_what_the_portal_does_not_know_is_shown_all_the_same(page, put):
    put("service", han_licence={"value": "H1", "desc": "HAN"})
    shown = {one.one("h2").text: one.facts for one in page().one("div", cls="groups").all("section")}
    assert shown["Also sent by Alma"] == {"han_licence": "HAN"}


def test_every_title_leads_to_its_portfolio(page, tree, emulator):
    links = [urljoin(tree.service, one.attrs["href"]) for one in page().one("tbody").all("a")]
    assert links == [f"{tree.service}portfolios/{one}/" for one in emulator.portfolios(tree.service_id)[:50]]


def test_a_portfolio_without_a_title_is_called_by_its_id(page, put, tree):
    put("portfolio", resource_metadata={})
    assert page().one("tbody").all("a")[0].text == tree.portfolio_id


def test_an_unknown_id_is_said_with_almas_code_and_tracking_id(viewer, tree, emulator):
    response = viewer.get(f"{tree.collection}services/62999999990004711/")
    page = read(response)
    assert response.status_code == 404
    assert page.facts["Alma's code"] == "60122"
    assert page.facts["Tracking ID"].startswith("E01-")
    assert "There is no such electronic service" in page.text
    assert len(emulator.calls) == 1


def test_a_service_of_another_e_collection_is_not_found(viewer, tree, emulator):
    other = emulator.collections()[1]
    response = viewer.get(f"/ecollections/{other}/services/{tree.service_id}/")
    assert response.status_code == 404
    assert "60122" in read(response).text


def test_the_place_is_remembered(page, tree):
    from ecollections.models import Place, Title

    page()
    place = Place.objects.get(pk=tree.service_id)
    assert (place.collection_id, place.service_id, place.name) == (tree.collection_id, tree.service_id, "Full Text")
    assert Title.objects.filter(service__service_id=tree.service_id).count() == 50


def test_a_page_is_reached_by_its_number_and_the_rows_stay_as_chosen(viewer, tree):
    page = read(viewer.get(f"{tree.service}?size=20"))
    form = page.one("div", cls="pager").one("form")
    asked = {one.attrs["name"]: one.attrs["value"] for one in form.all("input")}
    assert asked == {"size": "20", "page": "1"}
    third = read(viewer.get(tree.service, asked | {"page": "3"}))
    assert "41–60 of 130" in third.text
    assert [one.attrs["max"] for one in form.all("input") if one.attrs["name"] == "page"] == ["7"]


def test_the_rows_of_a_page_are_chosen_and_its_fields_are_a_link_away(viewer, tree):
    page = read(viewer.get(f"{tree.service}?size=100"))
    assert page.links["fields below"] == "#fields"
    assert [one.text for one in page.one("form", cls="size").all("option") if "selected" in one.attrs] == ["100"]
