"""What the title index finds: words in any script, filters, facets, order."""

import pytest

from ecollections.models import Title
from ecollections.titles import index, search
from ecollections.titles.search import Query
from ecollections.titles.words import fold, sort_key, words

pytestmark = pytest.mark.django_db
HOME = ("6110", "6210")


def row(n, title, **more):
    """A row of Alma's list."""
    mms = {"value": f"99{n:06}"}
    return {"id": f"53{n:016}", "resource_metadata": {"title": title, "mms_id": mms}, **more}


def whole(n, title, linking=None, coverage=None, **more):
    """A whole record."""
    known = {"linking_details": linking or {}, "coverage_details": coverage or {}}
    return row(n, title, **known, **more)


def see(*rows, home=HOME):
    index.see((one, home) for one in rows)


def found(text="", **more):
    return [title.title for title in search.search(Query(text, **more)).titles]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Zeitschrift für Küstenökologie", "kustenokologie"),
        ("Zeitschrift fur Kustenokologie", "Küstenökologie"),
        ("Přehled dějin křestních jmen", "DEJIN krestnich"),
        ("Łódź i okolice", "lodz"),
        ("İstanbul ağız araştırmaları", "istanbul agiz"),
        ("Straße und Gasse", "strasse"),
        ("Œuvres complètes", "oeuvres"),
        ("Tạp chí nghiên cứu đồng bằng", "dong bang"),
        ("Μελέτες για την ιστορία", "μελετες ΙΣΤΟΡΙΑ"),
        ("Вопросы северного земледелия", "вопросы СЕВЕР"),
        ("مجلة علوم الصحراء", "علوم"),
        ("עיונים בתולדות הדפוס", "בתולדות"),
        ("云岭植物学报", "植物"),
        ("云岭植物学报", "报"),
        ("海岸生態学の研究", "生態学"),
        ("한국 등대 연구", "등대"),
        ("हिमालयी वनस्पति अध्ययन", "वनस्पति"),
        ("Journal of Applied Lichen Ecology, 9", "lich jour"),
        ("O'Hara's Almanac: 'tides'", "hara tides"),
        ("C++ & <script>alert('title')</script>", "script alert"),
        ("On the relation a < b > c", "a b relation"),
    ],
)
def test_a_title_is_found_by_its_words_in_any_script_case_and_accent(title, typed):
    see(row(1, title), row(2, "Something else entirely"))
    assert found(typed) == [title]


@pytest.mark.parametrize("typed", ["ecology bridge", "cology", "植报", "zzz", "'", '"', "* OR", "AND", "-", "\0"])
def test_what_is_not_in_it_is_not_found_and_signs_break_nothing(typed):
    see(row(1, "Journal of Applied Lichen Ecology"), row(2, "云岭植物学报"), row(3, "Bridge Acoustics"))
    assert found(typed) == []


def test_words_of_the_query_language_are_words_like_others():
    see(row(1, "Bread AND roses NOT near OR title: far"), row(2, "Bread"))
    assert found("bread and roses not near or title") == ["Bread AND roses NOT near OR title: far"]


def test_a_single_letter_is_a_word_and_no_beginning():
    see(row(1, "Vitamin C and colds"), row(2, "Cats and colds"))
    assert found("c colds") == ["Vitamin C and colds"]


def test_an_id_an_issn_and_an_isbn_are_found():
    see(whole(1, "A"), row(2, "B"))
    bib = {"mms_id": "99000002", "issn": "1234-567X", "isbn": "978-3-16-148410-0", "author": "Ångermark, A."}
    index.identify([{**bib, "publisher_const": "Żółw Press"}], ["99000002"])
    for typed in ("530000000000000002", "1234-567x", "9783161484100", "978-3-16-148410-0", "angermark", "zolw b"):
        assert found(typed) == ["B"], typed
    assert found("530000000000000001") == ["A"]
    see(row(3, "Harbours 1870-1995"))
    assert found("1870-1995") == ["Harbours 1870-1995"], "years that look like an ISSN are still years"


def test_an_mms_id_finds_all_its_portfolios():
    mms = {"mms_id": {"value": "991000000100004711"}, "title": "Same"}
    see({"id": "5301", "resource_metadata": mms}, {"id": "5302", "resource_metadata": mms}, row(3, "Other"))
    assert found("991000000100004711") == ["Same", "Same"]


def test_the_scope_is_everything_an_e_collection_or_a_service():
    see(row(1, "A journal"))
    see(row(2, "B journal"), home=("6110", "6211"))
    see(row(3, "C journal"), home=("6111", "6212"))
    for text in ("journal", ""):
        assert found(text) == ["A journal", "B journal", "C journal"]
        assert found(text, within=("6110",)) == ["A journal", "B journal"]
        assert found(text, within=("6110", "6211")) == ["B journal"]
        assert found(text, within=("6199",)) == []


@pytest.fixture
def three():
    linking = {"static_url_override": "jkey=https://old.example.org/a%20b", "static_url": "jkey=https://x.org"}
    parts = [{"from_year": "1990", "until_year": "1995"}, {"from_year": {"value": "2001"}}]
    see(
        whole(
            1,
            "Alpha",
            linking,
            {"coverage_in_use": {"value": "0"}, "local_date_coverage_parameters": parts},
            is_local=False,
            availability={"value": "11"},
            library={"value": "MAIN"},
            material_type={"value": "JOURNAL"},
        ),
        whole(2, "Beta", {"static_url": "jkey=https://new.example.org"}, is_local=True, availability={"value": "10"}),
        row(3, "Gamma", is_local=True, availability={"value": "11"}, library={"value": "LAW"}),
    )


def test_those_whose_url_is_not_known_come_last_by_url(three):
    assert found(sort="url") == ["Beta", "Alpha", "Gamma"]


def test_all_values_are_counted_at_once(three, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert search.facets(Query())["availability"] == [("11", 2), ("10", 1)]


def test_of_an_endless_url_the_beginning_is_kept():
    see(whole(1, "A", {"static_url": f"jkey=https://x.org/{'y' * 5000}"}))
    assert found(url="x.org/yy") == ["A"]
    assert len(Title.objects.get().url) == 2000


@pytest.mark.parametrize("text", ["", "alpha"])
@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"availability": "11"}, ["Alpha", "Gamma"]),
        ({"availability": "10"}, ["Beta"]),
        ({"origin": "zone"}, ["Alpha"]),
        ({"origin": "local"}, ["Beta", "Gamma"]),
        ({"library": "LAW"}, ["Gamma"]),
        ({"library": "MAIN", "availability": "11"}, ["Alpha"]),
        ({"library": "MAIN", "availability": "10"}, []),
        ({"material": "JOURNAL"}, ["Alpha"]),
        ({"override": "yes"}, ["Alpha"]),
        ({"override": "no"}, ["Beta"]),
        ({"gaps": "yes"}, ["Alpha"]),
        ({"url": "EXAMPLE.org"}, ["Alpha", "Beta"]),
        ({"url": "old.example"}, ["Alpha"]),
        ({"url": "a%20b"}, ["Alpha"]),
        ({"url": "a_20b"}, []),
        ({"url": "x.org"}, []),
        ({"availability": "'); DROP TABLE"}, []),
        ({"since": "2999-01-01"}, []),
        ({"since": "2000-01-01"}, ["Alpha", "Beta", "Gamma"]),
    ],
)
@pytest.mark.parametrize("within", [(), HOME])
def test_titles_are_filtered_with_and_without_words_in_all_and_in_one_service(three, text, filters, titles, within):
    expected = [one for one in titles if text in one.lower()]
    assert found(text, within=within, **filters) == expected
    assert search.count(Query(text, within, **filters)) == len(expected)
    assert sorted(t.title for page in search.every(Query(text, within, **filters)) for t in page) == expected


def test_facets_are_counted_and_the_chosen_one_keeps_its_other_values(three):
    counts = search.facets(Query(availability="10"))
    assert counts["availability"] == [("11", 2), ("10", 1)]
    assert counts["origin"] == [("local", 1)]
    assert search.facets(Query("alpha"))["library"] == [("MAIN", 1)]
    assert search.facets(Query())["override"] == [("", 1), ("no", 1), ("yes", 1)]


def test_titles_are_sorted_without_case_accents_and_signs_and_paged():
    see(*(row(n, title) for n, title in enumerate(("beta", "«Ámbar»", "Zeta", "“alpha”", "Żeta"), 1)))
    assert found() == ["“alpha”", "«Ámbar»", "beta", "Zeta", "Żeta"]
    assert found(sort="-title")[0] == "Żeta"
    page = search.search(Query(), offset=2, limit=2)
    assert ([one.title for one in page.titles], page.total) == (["beta", "Zeta"], 5)


def test_more_than_can_be_sorted_come_as_the_index_has_them(monkeypatch):
    monkeypatch.setattr(search, "MOST", 2)
    see(row(1, "C journal"), row(2, "B journal"), row(3, "A journal"))
    results = search.search(Query("journal"))
    assert ([one.title for one in results.titles], results.total) == (["C journal", "B journal", "A journal"], 3)
    assert not results.is_sorted
    assert search.search(Query(within=HOME)).is_sorted, "a service's titles are in order whatever their number"
    assert found(within=HOME) == ["A journal", "B journal", "C journal"]


def test_a_changed_title_is_found_by_its_new_words_only():
    see(row(1, "Old name", availability={"value": "11"}))
    before = Title.objects.get().changed
    see(row(1, "New name", availability={"value": "10"}))
    assert (found("old"), found("new")) == ([], ["New name"])
    assert (found("new", availability="11"), found("name", availability="10")) == ([], ["New name"])
    assert Title.objects.get().changed >= before


def test_a_moved_title_is_found_where_it_is():
    see(row(1, "Wanderer"))
    see(row(1, "Wanderer"), home=("6111", "6212"))
    assert (found("wanderer", within=HOME), found("wanderer", within=("6111", "6212"))) == ([], ["Wanderer"])
    assert (found(within=HOME), found(within=("6111",))) == ([], ["Wanderer"])


def test_a_forgotten_title_leaves_nothing_behind():
    see(row(1, "Gone"), row(2, "Kept"))
    index.forget(["530000000000000001", "no id", "53999"])
    assert (found("gone"), found(), found("kept")) == ([], ["Kept"], ["Kept"])
    see(row(3, "Another"))
    assert found("gone") == []


def test_a_rows_list_takes_nothing_away_that_a_whole_record_told(three):
    see(row(1, "Alpha", is_local=False, availability={"value": "11"}, library={"value": "MAIN"}))
    assert found("alpha", url="old.example", material="JOURNAL") == ["Alpha"]


def test_nothing_new_writes_nothing(django_assert_num_queries):
    see(row(1, "Same"), row(2, "Too"))
    with django_assert_num_queries(1):
        see(row(1, "Same"), row(2, "Too"))


def test_what_has_no_id_of_alma_is_no_title():
    see({}, {"id": None}, {"id": "x"}, {"id": "9" * 41}, {"id": "0053"}, row(1, "One"))
    assert found() == ["One"]


@pytest.mark.parametrize("odd", [None, "", {}, [], 5, "text", [1]])
def test_odd_shapes_are_borne(odd):
    see(row(1, "T") | dict.fromkeys(("availability", "library", "is_local", "linking_details", "material_type"), odd))
    see({"id": "5302", "resource_metadata": odd, "coverage_details": odd, "linking_details": odd})
    assert Title.objects.count() == 2


def test_folding_is_the_same_for_composed_and_decomposed_letters():
    assert fold("é") == fold("e\u0301") == "e"
    assert words("한국") == words("\u1112\u1161\u11ab\u1100\u116e\u11a8")
    assert words("研究ノートabc12") == ["研究", "究ノ", "ノー", "ート", "ト", "abc12"]
    assert sort_key("  “The” Éclair ") == "the eclair"
