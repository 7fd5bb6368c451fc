"""The search box in the frame."""

from urllib.parse import urlencode

import pytest

from ecollections.titles import index
from tests.portal.reading import read

NOBODY_KNOWS = "62999999990004711"


def find(client, text):
    return client.get("/find/", {"q": text})


@pytest.fixture
def ids(emulator):
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    return collection, service, emulator.portfolios(service)[0]


@pytest.fixture
def indexed(db, emulator, ids):
    """One title."""
    index.see([(emulator.record("portfolio", ids[2]), (ids[0], ids[1]))])


def test_the_id_of_an_e_collection_leads_to_its_page_without_a_call(viewer, emulator, ids):
    assert find(viewer, ids[0])["Location"] == f"/ecollections/{ids[0]}/"
    assert emulator.calls == []


def test_blanks_around_an_id_do_not_matter(viewer, ids):
    assert find(viewer, f"  {ids[0]}\t")["Location"] == f"/ecollections/{ids[0]}/"


def test_an_e_collection_that_does_not_exist_is_its_pages_to_say(viewer):
    response = viewer.get("/find/", {"q": "61999999990004711"}, follow=True)
    assert response.status_code == 404
    assert "60121" in read(response).text


def test_a_service_never_seen_is_explained(viewer, emulator):
    response = find(viewer, NOBODY_KNOWS)
    page = read(response)
    assert response.status_code == 404
    assert page.one("h1").text == f"No page for {NOBODY_KNOWS}"
    assert "electronic service that the portal has not seen yet" in page.text
    assert "Open the e-collection" in page.text
    assert "costs up to one call for each" in page.text
    assert page.one("main").one("form", method="post").one("button").text == "Look through all e-collections"
    assert emulator.calls == []


def test_a_service_seen_in_its_e_collection_is_found_without_a_call(viewer, emulator, ids):
    collection, service, _ = ids
    viewer.get(f"/ecollections/{collection}/")
    before = len(emulator.calls)
    assert find(viewer, service)["Location"] == f"/ecollections/{collection}/services/{service}/"
    assert len(emulator.calls) == before


def test_a_portfolio_never_seen_is_asked_for_in_one_call(viewer, emulator, ids):
    collection, service, portfolio = ids
    address = f"/ecollections/{collection}/services/{service}/portfolios/{portfolio}/"
    assert find(viewer, portfolio)["Location"] == address
    assert len(emulator.calls) == 1
    assert find(viewer, portfolio)["Location"] == address
    assert len(emulator.calls) == 1


def test_a_portfolio_seen_in_its_service_is_found_without_a_call(viewer, emulator, ids):
    collection, service, portfolio = ids
    viewer.get(f"/ecollections/{collection}/services/{service}/")
    before = len(emulator.calls)
    location = find(viewer, portfolio)["Location"]
    assert location == f"/ecollections/{collection}/services/{service}/portfolios/{portfolio}/"
    assert len(emulator.calls) == before


def test_a_portfolio_that_does_not_exist_is_said_so(viewer, emulator):
    response = find(viewer, "53999999990004711")
    page = read(response)
    assert response.status_code == 404
    assert "Alma finds no portfolio by this ID" in page.text
    assert page.links["E-collections"] == "/ecollections/"
    assert len(emulator.calls) == 1


@pytest.mark.parametrize("odd", [{}, None, {"id": {"value": ""}, "service": None}, "x", [], {"id": [], "service": 4}])
def test_a_portfolio_of_no_e_collection_is_said_so(viewer, emulator, ids, odd):
    record = emulator.record("portfolio", ids[2])
    emulator.put_record("portfolio", ids[2], record | {"electronic_collection": odd})
    assert find(viewer, ids[2]).status_code == 404


def test_alma_failing_while_an_id_is_looked_for_is_said(viewer, emulator, ids):
    emulator.faults.add(kind="503", count=None)
    response = find(viewer, ids[2])
    assert response.status_code == 502
    assert "Alma cannot be reached" in read(response).text


@pytest.mark.parametrize("text", ["99100000000004711", "22100000000004711", "00000000", "12345678"])
def test_an_id_of_another_kind_is_said_so(viewer, emulator, text):
    response = find(viewer, text)
    assert response.status_code == 404
    assert "does not know this kind of ID" in read(response).text
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("law", "q=law"),
        ("  law & order ", "q=law+%26+order"),
        ("1234567", "q=1234567"),
        ("6" * 31, "q=" + "6" * 31),
        ("٦١١٠٠٠٠٠", "q=%D9%A6%D9%A1%D9%A1%D9%A0%D9%A0%D9%A0%D9%A0%D9%A0"),
        ("61100000000004711 x", "q=61100000000004711+x"),
        ("<script>", "q=%3Cscript%3E"),
    ],
)
def test_words_lead_to_the_list(viewer, emulator, text, query):
    assert find(viewer, text)["Location"] == f"/ecollections/?{query}"
    assert emulator.calls == []


@pytest.mark.parametrize("text", ["law & order", "2049-3630", "20493630", "9780306406157", "99100000000004711", "53x"])
def test_once_something_is_indexed_words_and_numbers_of_books_lead_to_titles(viewer, emulator, indexed, text):
    response = find(viewer, text)
    assert response["Location"] == f"/ecollections/titles/?{urlencode({'q': text})}"
    assert emulator.calls == []
    assert read(viewer.get(response["Location"])).by_id("id_q").attrs["value"] == text


def test_a_title_in_the_search_box_leads_to_its_portfolio(viewer, emulator, indexed, ids):
    title = emulator.record("portfolio", ids[2])["resource_metadata"]["title"]
    page = read(viewer.get("/find/", {"q": title}, follow=True))
    assert page.links[title] == f"/ecollections/{ids[0]}/services/{ids[1]}/portfolios/{ids[2]}/"
    assert page.links[f"Search e-collections for “{title}”"]


@pytest.mark.parametrize("text", [NOBODY_KNOWS, "53999999990004711", "61100000000004711", "POL-1027"])
def test_an_index_changes_nothing_for_ids_and_po_lines(viewer, indexed, text):
    assert "/titles/" not in find(viewer, text).get("Location", "")


def test_what_was_searched_stands_in_the_lists_own_box(viewer):
    page = read(viewer.get("/find/", {"q": "quiet rooms"}, follow=True))
    assert page.by_id("id_q").attrs["value"] == "quiet rooms"


@pytest.mark.parametrize("text", [NOBODY_KNOWS, "99100000000004711", "53999999990004711"])
def test_only_a_service_can_be_looked_for_at_length(viewer, emulator, text):
    forms = read(find(viewer, text)).one("main").all("form")
    assert len(forms) == (1 if text == NOBODY_KNOWS else 0)


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_nothing_typed_leads_home(viewer, text):
    assert find(viewer, text)["Location"] == "/"


def test_a_very_long_input_is_no_trouble(viewer, emulator):
    response = viewer.get("/find/", {"q": "law " * 2000}, follow=True)
    assert response.status_code == 200
    assert len(emulator.calls) <= 1


def test_who_may_not_see_e_collections_is_refused(sign_in, emulator, ids):
    nobody = sign_in()
    assert [find(nobody, text).status_code for text in (*ids, "law", NOBODY_KNOWS)] == [403] * 5
    assert emulator.calls == []


def test_a_po_line_is_looked_for_among_po_lines(viewer):
    assert viewer.get("/find/?q=pol-1027")["Location"] == "/ecollections/?field=po_line_id&q=pol-1027"


def test_blanks_within_an_id_do_not_matter(viewer):
    assert viewer.get("/find/?q=61 1000 0000 0004711")["Location"] == "/ecollections/61100000000004711/"
