"""What is typed into the search, and what Alma is asked."""

import pytest

from ecollections import alma
from ecollections.forms import SearchForm


@pytest.mark.parametrize(
    ("data", "query"),
    [
        ({}, ""),
        ({"q": ""}, ""),
        ({"q": "   "}, ""),
        ({"q": "law"}, "name~law"),
        ({"q": "law", "field": ""}, "name~law"),
        ({"q": "law", "field": "keywords"}, "keywords~law"),
        ({"q": "law order", "field": "interface_name"}, "interface_name~law_order"),
        ({"q": "हिन्दी साहित्य"}, "name~हिन्दी_साहित्य"),
        ({"q": "Bibliothe\u0300que"}, "name~Bibliothèque"),
        ({"q": "Wort-schatz"}, "name~Wort_schatz"),
        ({"q": "POL-1001", "field": "po_line_id"}, "po_line_id~POL-1001"),
        ({"q": "", "field": "keywords"}, ""),
        ({"q": "law", "field": "title"}, ""),
        ({"q": "&&"}, ""),
        ({"q": "a" * 201}, ""),
        ({"q": "a" * 200}, "name~" + "a" * 200),
    ],
)
def test_a_search_as_alma_takes_it(data, query):
    assert SearchForm(data).query() == query


@pytest.mark.parametrize("typed", ["!", "_", "__ _", "~", "«»", "-", "\u200b"])
def test_signs_only_are_an_error(typed):
    form = SearchForm({"q": typed})
    assert not form.is_valid()
    assert form.errors["q"] == ["Type at least one letter or digit. This is the whole list."]


def test_the_form_and_the_gateway_know_the_same_fields():
    assert [value for value, _ in SearchForm.base_fields["field"].choices] == list(alma.SEARCH_FIELDS)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("law", "name~law"),
        ("law & order", "name~law_order"),
        ("O'Hara's", "name~O_Hara_s"),
        ("Küste", "name~Küste"),
        ("law AND keywords~x", "name~law_AND_keywords_x"),
        ("学術 雑誌", "name~学術_雑誌"),
        ("a__b", "name~a_b"),
        ("", ""),
        (" ", ""),
        ("~", ""),
    ],
)
def test_signs_never_reach_alma(text, query):
    assert alma.query("name", text) == query
