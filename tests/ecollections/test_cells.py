"""The cell of a file and the value of a field: one brings back the other."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almaportal.alma.records import tidy
from almaportal.codes import Table
from ecollections import checks
from ecollections.actions import Refused
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE
from ecollections.loading import cells
from ecollections.values import same

YES_NO = {"false": "No", "true": "Yes"}
TABLES = {
    "BooleanYesNo": Table(YES_NO),
    "ElectronicBaseStatus": Table({"11": "Available", "10": "Not Available"}),
    "PublicAccessModel": Table({"1U": "One", "2U": "Same", "3U": "same"}),
}
COVERAGE = PORTFOLIO.fields["coverage_details.local_date_coverage_parameters"]
EMBARGO = PORTFOLIO.fields["coverage_details.local_embargo_information"]
URL = PORTFOLIO.fields["linking_details.static_url"]
ALL = [one for kind in KINDS for one in kind.fields.values()]


def value(path, text, kind=PORTFOLIO):
    return cells.value(kind.fields[path], text, TABLES)


def refused(path, text, kind=PORTFOLIO):
    with pytest.raises(Refused) as found:
        value(path, text, kind)
    return str(found.value)


@pytest.mark.parametrize(
    ("path", "raw", "text"),
    [
        ("availability", {"value": "11", "desc": "Available"}, "11"),
        ("library", {"value": "MAIN", "link": "https://x.example.org"}, "MAIN"),
        ("linking_details.static_url", "jkey=https://a.example.org/x", "https://a.example.org/x"),
        ("activation_date", "2021-08-10Z", "2021-08-10"),
        ("activation_date", "some day", ""),
        ("is_standalone", True, "true"),
        ("is_standalone", False, "false"),
        ("public_note", {"value": "", "desc": None}, ""),
        ("public_note", "  two\r\nlines ", "two\nlines"),
        ("notes", [{"content": "x"}], ""),
        ("group_settings", [{"group": "STAFF"}], ""),
        ("number", [{"value": "1"}], ""),
        ("coverage_details.local_date_coverage_parameters", "what is this", ""),
        ("coverage_details.local_date_coverage_parameters", [{"from_year": "1997"}, "what is this"], ""),
        ("linking_details.static_url", "jkey=jkey=https://a.example.org", ""),
    ],
)
def test_an_exported_cell_says_what_alma_has_as_people_write_it(path, raw, text):
    assert cells.text(PORTFOLIO.fields[path], raw) == text


@pytest.mark.parametrize(
    ("path", "text", "meant"),
    [
        ("availability", "11", "11"),
        ("availability", "not available", "10"),
        ("linking_details.proxy_enabled", "YES", "true"),
        ("linking_details.proxy_enabled", "TRUE", "true"),
        ("linking_details.url_type", "static url", "static"),
        ("linking_details.static_url", "jkey=https://a.example.org", "https://a.example.org"),
        ("license", "LIC 1", "LIC 1"),
        ("activation_date", "2026-03-31", "2026-03-31"),
        ("activation_date", "2026-3-1", "2026-03-01"),
        ("activation_date", "2026-03-31 00:00:00", "2026-03-31"),
        ("activation_date", "2026-03-31Z", "2026-03-31"),
        ("activation_date", "1.3.2026", "2026-03-01"),
        ("activation_date", "31/3/2026", "2026-03-31"),
        ("activation_date", "3/31/2026", "2026-03-31"),
        ("activation_date", "04/04/2026", "2026-04-04"),
    ],
)
def test_a_cell_is_understood_as_people_write_it(path, text, meant):
    assert value(path, text) == meant


@pytest.mark.parametrize(("text", "meant"), [("Yes", "true"), ("0", "false"), ("FALSE", "false"), ("1", "true")])
def test_a_flag_is_said_in_many_ways(text, meant):
    assert value("is_selective", text, COLLECTION) == meant


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        ("availability", "perhaps", "none of|not one of"),
        ("availability", "(empty)", "cannot be empty"),
        ("public_access_model", "SAME", "may be one of 2U, 3U"),
        ("activation_date", "03/04/2026", "may be one of two days"),
        ("activation_date", "31.2.2026", "is no date"),
        ("activation_date", "soon", "is no date"),
        ("linking_details.static_url", "ftp://a.example.org", "web address"),
        ("linking_details.static_url", "javascript:alert(1)", "script"),
        ("notes", "x", "do not carry"),
        ("coverage_details.local_embargo_information", "1Y", "no embargo"),
        ("coverage_details.local_embargo_information", ">", "needs its years or months"),
        ("coverage_details.local_embargo_information", ">1Y6", "no embargo"),
        ("coverage_details.local_date_coverage_parameters", "1997", "from when until when"),
        ("coverage_details.local_date_coverage_parameters", "1997-12", "from when until when"),
        ("coverage_details.local_date_coverage_parameters", "1997 – 2004 – 2005", "from when until when"),
        ("coverage_details.local_date_coverage_parameters", "–", "from when until when"),
        ("coverage_details.local_date_coverage_parameters", ";", "says nothing"),
        ("coverage_details.local_date_coverage_parameters", 'v."" –', "says nothing"),
        ("coverage_details.local_date_coverage_parameters", "1997 – 1996", "end lies before"),
        ("coverage_details.local_date_coverage_parameters", "1997-13 –", "from 1 to 12"),
        ("coverage_details.local_date_coverage_parameters", "1997 1998 –", "not understood"),
        ("coverage_details.local_date_coverage_parameters", "1997 – ongoing", "“ongoing” is not understood"),
        ("coverage_details.local_date_coverage_parameters", 'v."12 –', "not understood"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_the_reason(path, text, why):
    assert re.search(why, refused(path, text))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1997 –", [{"from_year": "1997"}]),
        ("1997-", [{"from_year": "1997"}]),
        ("– 2004", [{"until_year": "2004"}]),
        ("-2004", [{"until_year": "2004"}]),
        ("1997-2004", [{"from_year": "1997", "until_year": "2004"}]),
        ("1997–2004", [{"from_year": "1997", "until_year": "2004"}]),
        ("1997 - 2004;2010 to", [{"from_year": "1997", "until_year": "2004"}, {"from_year": "2010"}]),
        ("2004 – 2004 ;", [{"from_year": "2004", "until_year": "2004"}]),
        (
            "1997-01-15 v.12 i.3 – 2004-12 Vol.20",
            [
                {"from_year": "1997", "from_month": "01", "from_day": "15", "from_volume": "12", "from_issue": "3"}
                | {"until_year": "2004", "until_month": "12", "until_volume": "20"}
            ],
        ),
        ('v."a ; ""b"" – c" –\u00a0v.d-e', [{"from_volume": 'a ; "b" – c', "until_volume": "d-e"}]),
    ],
)
def test_coverage_is_read_in_the_ways_that_people_write_it(text, rows):
    assert cells.value(COVERAGE, text, {}) == rows


@pytest.mark.parametrize(
    ("text", "operator", "years", "months"),
    [
        (">1Y6M", ">", "1", "6"),
        ("<=10Y", "<=", "10", ""),
        (">= 6m", ">=", "", "6"),
        ("Older than 1Y 6M", ">", "1", "6"),
    ],
)
def test_an_embargo_is_its_operator_and_its_length(text, operator, years, months):
    row = cells.value(EMBARGO, text, {})
    assert row["embargo_operator"]["value"] == operator
    assert (row.get("number_of_years", ""), row.get("number_of_months", "")) == (years, months)


@pytest.mark.parametrize("word", ["(empty)", "(EMPTY)", " (empty) "])
def test_only_the_word_for_it_clears_a_field(word):
    for one in (URL, COVERAGE, EMBARGO, PORTFOLIO.fields["public_note"], SERVICE.fields["activate_new_portfolios"]):
        assert cells.value(one, word, {}) == ""


@pytest.mark.parametrize("note", ["(empty)", '"(empty)"', '"(Empty)'])
def test_a_note_that_says_that_word_clears_nothing(note):
    one = PORTFOLIO.fields["public_note"]
    assert cells.value(one, cells.text(one, note), {}) == note


def test_coverage_in_a_shape_of_its_own_is_never_taken_for_another():
    for row in ({"from_year": "1997-05"}, {"from_year": "97"}, {"from_month": "5"}, {"from_year": "c1997"}):
        with pytest.raises(Refused):
            cells.value(COVERAGE, cells.text(COVERAGE, [row]), {})
    with pytest.raises(Refused):
        cells.value(EMBARGO, cells.text(EMBARGO, {"embargo_operator": "> 1", "number_of_years": "5"}), {})


# whatever there is

TEXTS = st.text(max_size=12) | st.text(alphabet='12-–— ;".vi\n(tTo)', max_size=12)


def digits(low, high):
    return st.integers(low, high).flatmap(lambda n: st.sampled_from([str(n), f"{n:02d}"]))


@st.composite
def coverage_rows(draw):
    """Valid rows: month and day as text or as {value, desc}, empty cells in every spelling, not all of a row."""
    row = {}
    for side in ("from", "until"):
        parts = {"year": digits(1000, 9999), "month": digits(1, 12), "day": digits(1, 28)}
        depth = draw(st.integers(0, 3))
        for n, (part, texts) in enumerate(parts.items()):
            text = draw(texts) if n < depth else draw(st.sampled_from(["", None]))
            row[f"{side}_{part}"] = (
                {"value": text, "desc": "x"} if text and part != "year" and draw(st.booleans()) else text
            )
        for part in ("volume", "issue"):
            row[f"{side}_{part}"] = draw(st.none() | TEXTS.map(tidy))
    return row


ROWS = st.lists(coverage_rows().filter(lambda row: not checks.row_problems("coverage", row)), max_size=3)


def said(rows):
    return [row for row in rows if not same(COVERAGE, [row], [])]


@pytest.mark.thorough
@settings(deadline=None, max_examples=300)
@given(ROWS)
def test_what_is_exported_of_coverage_is_loaded_as_the_same(rows):
    rows = said(rows)
    assert same(COVERAGE, cells.value(COVERAGE, cells.text(COVERAGE, rows), {}), rows)


@pytest.mark.thorough
@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([">", "<", ">=", "<="]),
    st.none() | st.integers(0, 999).map(str),
    st.none() | st.integers(0, 999),
    st.booleans(),
)
def test_what_is_exported_of_an_embargo_is_loaded_as_the_same(operator, years, months, is_coded):
    if years is None and months is None:
        years = "1"
    row = {"embargo_operator": {"value": operator, "desc": "x"} if is_coded else operator}
    row |= {"number_of_years": years, "number_of_months": months}
    assert same(EMBARGO, cells.value(EMBARGO, cells.text(EMBARGO, row), {}), row)


@pytest.mark.thorough
@settings(deadline=None, max_examples=300)
@given(st.text(max_size=20))
def test_what_is_exported_of_a_text_is_loaded_as_the_same(note):
    one = PORTFOLIO.fields["public_note"]
    assert same(one, cells.value(one, cells.text(one, note), {}), note)


@pytest.mark.thorough
@settings(deadline=None, max_examples=1000)
@given(st.sampled_from(ALL), st.text(max_size=30) | TEXTS | st.from_regex(r"[<>=]{0,2}\d{0,4}[Yy]?\d{0,3}[mM]?"))
def test_any_text_is_understood_or_refused(one, text):
    try:
        found = cells.value(one, text, TABLES)
    except Refused:
        return
    assert isinstance(found, str | list | dict)
