"""The list of e-collections."""

from urllib.parse import quote, urljoin

import pytest

from ecollections.models import Place
from tests.portal.reading import read

COLUMNS = ["Name", "Type", "Origin", "Portfolios", "Interface", "Library", "Collection ID"]
LIST = "/electronic/e-collections"


@pytest.fixture
def shown(viewer):
    def get(query=""):
        response = viewer.get(f"/ecollections/{query}")
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


def test_it_has_the_columns_that_alma_staff_know(shown):
    assert shown().head == COLUMNS


def test_a_row_says_what_alma_says(shown, tree):
    row = shown().rows[0]
    name = "Quillmere Press: Ebooks Complete"
    assert row == [name, "Selective package", "Community Zone", "130", "not read yet", "–", tree.collection_id]


def test_local_and_community_zone_are_told_apart_and_libraries_are_shown(shown):
    rows = shown().rows
    assert {row[2] for row in rows} == {"Local", "Community Zone"}
    assert {row[5] for row in rows} >= {"–", "MAIN", "SCI", "LAW"}
    assert rows[1][3] == "1,200"


def test_the_interface_is_shown_once_its_e_collection_was_opened(shown, viewer, tree):
    viewer.get(tree.collection)
    assert shown().rows[0][4] == "Quillmere Online"
    assert [row[4] for row in shown().rows[1:]] == ["not read yet"] * 49


def test_every_name_leads_to_its_e_collection(shown, emulator):
    links = shown().one("tbody").all("a")
    found = [urljoin("/ecollections/", one.attrs["href"]) for one in links]
    assert found == [f"/ecollections/{one}/" for one in emulator.collections()[:50]]
    assert all(one.text for one in links)


def test_a_very_long_name_is_cut_in_the_list_and_whole_on_its_page(shown, viewer, emulator):
    name = emulator.record("collection", emulator.collections()[10])["public_name"]
    link = shown().one("tbody").all("a")[10]
    assert 150 < len(link.text) < 170
    assert link.text.endswith("…")
    assert name.startswith(link.text[:-1])
    assert read(viewer.get(urljoin("/ecollections/", link.attrs["href"]))).one("h1").text == name


def test_a_name_of_ones_own_comes_before_the_community_zones(shown, put):
    put("collection", public_name_override="Our ebooks")
    # Alma's list does not say the override, only the record does
    assert shown().rows[0][0] == "Quillmere Press: Ebooks Complete"


def test_the_first_page_shows_fifty_and_leads_on(shown, emulator):
    page = shown()
    assert len(page.rows) == 50
    assert "1–50 of 60" in pager(page).text
    assert place(page) == "1 of 2"
    assert pager(page).links == {"Next": "?page=2"}
    assert emulator.calls[-1].query == {"limit": "50", "offset": "0"}


def test_the_last_page_leads_back(shown, emulator):
    page = shown("?page=2")
    assert [row[6] for row in page.rows] == emulator.collections()[50:]
    assert "51–60 of 60" in pager(page).text
    assert pager(page).links == {"Previous": "?page=1"}


@pytest.mark.parametrize(("size", "pages", "rows"), [(20, 3, 20), (50, 2, 50), (100, 1, 60)])
def test_one_chooses_how_many_rows(shown, emulator, size, pages, rows):
    page = shown(f"?size={size}")
    assert len(page.rows) == rows
    assert place(page) == f"1 of {pages}"
    assert [one.text for one in page.all("option") if "selected" in one.attrs and one.text.isdigit()] == [str(size)]
    assert emulator.calls[-1].query["limit"] == str(size)


def test_paging_keeps_the_search_and_the_size(shown):
    page = shown("?q=quillmere&field=name&size=20&page=1")
    assert "1–" in pager(page).text
    page = shown("?q=e&field=name&size=20")
    for address in pager(page).links.values():
        assert "q=e" in address
        assert "field=name" in address
        assert "size=20" in address


def test_past_the_end_one_is_led_back(shown):
    page = shown("?page=7&size=20")
    assert page.rows == [["This page lies behind the end of the list. First page"]]
    assert page.links["First page"] == "?size=20"
    assert page.links["Previous"] == "?page=6&size=20"
    assert "Next" not in page.links


@pytest.mark.parametrize("query", ["?page=0", "?page=-1", "?page=x", "?size=7", "?size=x&page=", "?page=1.5"])
def test_a_page_or_size_that_is_none_counts_as_not_said(shown, emulator, query):
    assert len(shown(query).rows) == 50
    assert emulator.calls[-1].query == {"limit": "50", "offset": "0"}


def test_a_page_beyond_all_bounds_is_no_trouble(shown):
    assert "behind the end" in shown("?page=999999999").text


@pytest.mark.parametrize(
    ("field", "words", "query"),
    [
        ("name", "quillmere ebooks", "name~quillmere_ebooks"),
        ("keywords", "Invented emulator", "keywords~Invented_emulator"),
        ("interface_name", "quillmere", "interface_name~quillmere"),
        ("po_line_id", "POL", "po_line_id~POL"),
    ],
)
def test_each_field_can_be_searched(shown, emulator, field, words, query):
    page = shown(f"?field={field}&q={words}")
    assert emulator.calls[-1].query["q"] == query
    assert 0 < len(page.rows) < 60
    assert f"of {len(page.rows)}" in pager(page).text
    assert page.by_id("id_q").attrs["value"] == words
    chosen = [one.attrs["value"] for one in page.by_id("id_field").all("option") if "selected" in one.attrs]
    assert chosen == [field]


def test_a_search_without_a_field_looks_in_the_names(shown, emulator):
    shown("?q=ebooks")
    assert emulator.calls[-1].query["q"] == "name~ebooks"


def test_a_field_that_is_none_shows_the_whole_list(shown, emulator):
    assert len(shown("?q=ebooks&field=title").rows) == 50
    assert "q" not in emulator.calls[-1].query


@pytest.mark.parametrize("typed", ["Law & Order", "law, order!", "law_order", '(law) "order"', "law~order"])
def test_signs_between_words_do_not_matter(shown, emulator, typed):
    shown(f"?q={quote(typed)}")
    assert emulator.calls[-1].query["q"].lower() == "name~law_order"


def test_other_scripts_are_searched_for(shown, emulator):
    assert len(shown("?q=Коллекция северных").rows) > 0
    assert emulator.calls[-1].query["q"] == "name~Коллекция_северных"


@pytest.mark.parametrize("typed", ["!", "&&", "***", "~", "_", "«»"])
def test_signs_only_are_said_to_find_nothing_and_the_whole_list_is_shown(shown, emulator, typed):
    page = shown(f"?q={quote(typed)}")
    notice = page.one("section", cls="notice")
    assert notice.attrs["role"] == "alert"
    assert "Nothing was searched" in notice.text
    assert "Type at least one letter or digit" in notice.text
    assert page.by_id("id_q").attrs["value"] == typed
    assert len(page.rows) == 50
    assert "q" not in emulator.calls[-1].query


def test_a_search_too_long_is_said_and_kept(shown, emulator):
    page = shown("?q=" + "a" * 201)
    assert "Nothing was searched" in page.one("section", cls="notice").text
    assert page.by_id("id_q").attrs["value"] == "a" * 201
    assert "q" not in emulator.calls[-1].query


def test_no_match_is_said_and_what_was_typed_is_kept(shown):
    page = shown("?q=xyzzy&field=keywords")
    assert page.rows == [
        ["No e-collection matches. Alma searches whole words or their beginnings, in one field at a time."]
    ]
    assert page.by_id("id_q").attrs["value"] == "xyzzy"
    assert place(page) == "1 of 1"
    assert pager(page).links == {}


def test_blanks_only_are_the_whole_list(shown, emulator):
    page = shown("?q=%20%20")
    assert page.all("section", cls="notice") == []
    assert len(page.rows) == 50


def test_what_was_typed_is_only_text(viewer):
    typed = '"><script>alert(1)</script>'
    response = viewer.get("/ecollections/", {"q": typed})
    assert b"<script>alert" not in response.content
    assert read(response).by_id("id_q").attrs["value"] == typed


def test_an_institution_without_e_collections(shown, alma_says):
    for empty in ({"total_record_count": 0}, {}, {"electronic_collection": None}, {"electronic_collection": []}):
        alma_says(LIST, empty)
        assert shown().rows == [["Alma has no e-collections yet."]]


def rows(count):
    return [{"id": f"61{n}", "public_name": f"No. {n}"} for n in range(count)]


@pytest.mark.parametrize("total", [-1, None, "", "many", {}, [], "-1"])
def test_without_a_count_one_pages_as_long_as_pages_are_full(shown, alma_says, total):
    alma_says(LIST, {"electronic_collection": rows(50), "total_record_count": total})
    page = shown()
    assert pager(page).text == "1–50 Previous Next"
    assert pager(page).links == {"Next": "?page=2"}
    alma_says(LIST, {"electronic_collection": rows(49), "total_record_count": total})
    assert pager(shown()).links == {}


@pytest.mark.parametrize("total", ["130", {"value": 130}, {"value": "130"}, 130.0])
def test_the_count_comes_in_several_shapes(shown, alma_says, total):
    alma_says(LIST, {"electronic_collection": rows(50), "total_record_count": total})
    assert "1–50" in pager(shown()).text


def test_a_count_that_promises_more_than_there_is_ends_at_the_empty_page(shown, alma_says):
    alma_says(LIST, {"total_record_count": 1000})
    page = shown("?page=3")
    assert "behind the end" in page.text
    assert "Next" not in page.links


def test_a_list_of_one_may_come_without_a_list(shown, alma_says):
    alma_says(LIST, {"electronic_collection": rows(1)[0], "total_record_count": 1})
    assert shown().rows[0][0] == "No. 0"


def test_what_was_seen_is_remembered(shown, emulator):
    shown()
    assert Place.objects.count() == 50
    place = Place.objects.get(pk=emulator.collections()[0])
    assert place.name == "Quillmere Press: Ebooks Complete"


def test_the_interface_once_known_is_not_forgotten_by_the_list(shown, viewer, tree):
    viewer.get(tree.collection)
    viewer.post("/ecollections/", {"read_again": "1"})
    assert shown().rows[0][4] == "Quillmere Online"


def test_a_field_nobody_can_search_is_said_and_not_passed_over(viewer):
    page = read(viewer.get("/ecollections/?field=evil&q=maps"))
    assert "evil is not one of the available choices" in page.one("section", cls="notice").text
