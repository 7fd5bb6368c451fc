"""Which portfolio a title of a KBART file is."""

import pytest

from ecollections.kbart.matching import Known, Matcher, fold, key
from ecollections.kbart.reading import KbartTitle

NATURE = Known("1/2/31", "Nature", "991", ("0028-0836", "1476-4687"), url="https://x.example.org/journal/nature?p=1")
SCIENCE = Known("1/2/32", "Science", "992", ("0036-8075",), url="https://x.example.org/view?id=sci")
BOOK = Known("1/2/33", "Plants of the Alps : a guide", "993", (), ("9783161484100",))
KNOWN = [NATURE, SCIENCE, BOOK]


def title(text="Something else entirely", **cells):
    return KbartTitle([2], text, **cells)


def match(one, known=KNOWN, earlier=None):
    return Matcher(known, earlier or {}).match(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Lancet", "lancet"),
        ("Café", "CAFE"),
        ("Plants & Animals", "Plants and animals."),
        ("Botanik und Zoologie", "Botanik & Zoologie"),
        ("Économie et statistique", "Economie and Statistique"),
        ("A-Z : studies", "A Z studies /"),
        ("Straße", "STRASSE"),
    ],
)
def test_titles_that_are_spelled_differently_fold_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Nature 2", "Nature 3"), ("C++", "C"), ("Die", ""), ("自然", "科学"), ("???", "!!!")]
)
def test_titles_that_differ_stay_apart(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    "cells", [{"print_id": "0028-0836"}, {"online_id": "0028-0836"}, {"print_id": "1476-4687"}, {"mms_id": "991"}]
)
def test_one_portfolio_with_the_identifier_is_it(cells):
    assert match(title("Nature (London)", **cells)).path == NATURE.path


def test_an_isbn_is_an_identifier_too():
    assert match(title("Plants of the alps", online_id="9783161484100")).path == BOOK.path


def test_identifiers_of_different_portfolios_are_for_a_person():
    found = match(title("Nature", print_id="0028-0836", online_id="0036-8075"))
    assert found.path == ""
    assert found.why == "Its identifiers belong to different portfolios."
    assert [one["path"] for one in found.choices] == [NATURE.path, SCIENCE.path]
    assert found.choices[0] == {"path": NATURE.path, "title": "Nature", "score": 100, "why": "0028-0836"}


def test_an_identifier_of_several_portfolios_is_for_a_person():
    twice = [NATURE, Known("1/2/39", "Nature online", issns=("0028-0836",))]
    found = match(title("Nature", print_id="0028-0836"), twice)
    assert found.why == "Several portfolios have its ISSN, ISBN or MMS ID."
    assert found.could_be == ("1/2/31", "1/2/39")


def test_an_identifier_with_quite_another_title_is_for_a_person():
    found = match(title("Zymurgy weekly", print_id="0028-0836"))
    assert found.why == "The titles have nothing in common."
    assert found.could_be == (NATURE.path,)


@pytest.mark.parametrize("title_id", ["nature", "NATURE", "journal/nature"])
def test_a_title_id_is_found_as_a_whole_part_of_the_url(title_id):
    assert match(title("Nature, the journal", title_id=title_id)).path == NATURE.path


@pytest.mark.parametrize("title_id", ["natur", "ature", "1", "journal/natur"])
def test_a_piece_of_a_part_of_the_url_is_no_title_id(title_id):
    assert match(title(title_id=title_id)).path == ""


def test_a_title_id_may_be_a_value_in_the_query():
    assert match(title("Science, weekly", title_id="sci")).path == SCIENCE.path


def test_a_part_that_many_urls_share_names_no_title():
    many = [Known(f"1/2/{n}", f"Journal number{n}", url="https://x.example.org/journal/") for n in range(30, 60)]
    assert match(title(title_id="journal"), many).could_be == ()


def test_what_the_last_comparison_found_counts_after_the_identifiers():
    earlier = {"n1": SCIENCE.path}
    assert match(title("Science magazine", title_id="n1"), earlier=earlier).path == SCIENCE.path
    assert match(title("Nature", title_id="n1", print_id="0028-0836"), earlier=earlier).path == NATURE.path
    assert match(title(title_id="n1"), earlier={"n1": "1/2/gone"}).path == ""


ON_PAGE_10 = Known("1/2/41", "Annals of botany", issns=("2222-2222",), url="https://x.example.org/toc/10")
TITLE_ID_ALONE = "The title_id fits, but the title, or the ISSN or ISBN, is another."


@pytest.mark.parametrize("earlier", [{}, {"10": "1/2/41"}])
@pytest.mark.parametrize(
    ("text", "cells", "why"),
    [
        ("Annals of botany (London)", {}, ""),
        ("Annals of physics", {}, TITLE_ID_ALONE),
        ("Annals of botany (London)", {"online_id": "1111-1111"}, TITLE_ID_ALONE),
    ],
)
def test_a_title_id_alone_is_not_enough(text, cells, why, earlier):
    found = match(title(text, title_id="10", **cells), [ON_PAGE_10], earlier)
    assert (found.path or found.could_be[0], found.why) == ("1/2/41", why)


def test_a_title_id_that_now_is_another_titles_tells_nothing():
    other = title("Annals of physics", title_id="10", online_id="1111-1111")
    assert match(other, [ON_PAGE_10], {"10": "1/2/41"}).could_be == ()


def test_a_title_without_title_id_is_found_again_by_its_key():
    one = title("Annals of everything")
    assert match(one, earlier={key(one): SCIENCE.path}).path == SCIENCE.path


def test_almas_own_id_as_title_id_comes_first():
    own = Known("61/62/531234567890123", "Nature", issns=("0028-0836",))
    assert match(title("Nature", print_id="0028-0836", title_id="531234567890123"), [NATURE, own]).path == own.path


@pytest.mark.parametrize("text", ["NATURE", "The Nature."])
def test_the_same_title_is_it(text):
    assert match(title(text)).path == NATURE.path


def test_a_subtitle_that_is_written_otherwise_is_the_same():
    assert match(title("Plants of the Alps: A guide")).path == BOOK.path


@pytest.mark.parametrize(
    ("text", "known"), [("Plants of the Alps", BOOK), ("Nature: Cancer", NATURE), ("Science = Scientia", SCIENCE)]
)
def test_a_subtitle_that_is_missing_on_one_side_is_for_a_person(text, known):
    found = match(title(text))
    assert (found.path, found.could_be) == ("", (known.path,))
    assert found.why == "Only one of the two has a subtitle; the title before it is the same."


def test_two_subtitles_are_two_titles():
    assert match(title("Plants of the Alps: photographs")).path == ""


def test_the_same_title_with_other_identifiers_is_for_a_person():
    found = match(title("Nature", print_id="9999-9999"))
    assert found.why == "The title is the same, but not the ISSN or ISBN."
    assert found.could_be == (NATURE.path,)


def test_a_title_of_several_portfolios_is_for_a_person_with_ten_choices_at_most():
    many = [Known(f"1/2/{n}", "Annual report") for n in range(30, 50)]
    found = match(title("Annual report"), many)
    assert len(found.choices) == 10
    assert len(found.could_be) == 20


def test_titles_alike_are_for_a_person_best_first():
    known = [
        Known("1/2/1", "Journal of molecular catalysys of plants"),
        Known("1/2/2", "Journal of molecular catalysis of plant"),
        Known("1/2/3", "Journal of molecular spectroscopy"),
    ]
    found = match(title("Journal of molecular catalysis of plants"), known)
    assert found.why == "Only the titles are alike."
    assert [one["path"] for one in found.choices] == ["1/2/2", "1/2/1"]
    assert all(one["score"] >= 92 and one["why"] == "title alike" for one in found.choices)


def test_volumes_with_their_own_identifiers_are_not_alike():
    known = [Known("1/2/1", "Handbook of enzymes, volume 11", isbns=("9780000000001",))]
    assert match(title("Handbook of enzymes, volume 12", online_id="9780000000002"), known).could_be == ()
    assert match(title("Handbook of enzymes, volume 12"), known).could_be == ("1/2/1",)


def test_titles_of_common_words_only_are_found_by_two_of_them():
    words = ["alpha", "beta", "gamma", "delta"]
    known = [Known(f"1/2/{n}", f"{words[n % 4]} {words[n // 4 % 4]} studies{n}") for n in range(1200)]
    known.append(Known("1/2/x", "alpha beta gamma delta review"))
    assert "1/2/x" in match(title("alpha beta gamma delta reviews"), known).could_be


def test_a_title_that_nobody_knows_is_none():
    found = match(title())
    assert (found.path, found.choices, found.could_be) == ("", (), ())


def test_the_key_is_short_and_the_same_for_the_same_title():
    one = title("The Nature", print_id="0028-0836")
    assert key(one) == key(KbartTitle([99], "nature", print_id="0028-0836", url="https://other.example.org"))
    assert key(one) != key(title("The Nature"))
    assert 0 < len(key(one)) <= 32
