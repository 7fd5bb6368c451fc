"""What is wrong with a value before Alma is asked."""

import pytest

from almaportal.codes import Table
from ecollections.checks import options, problem, record_problems, remarks, row_problems
from ecollections.field import Field
from ecollections.kinds import BY_NAME

DATE, URL, JKEY = (
    Field("a", "a", kind="date"),
    Field("url", "url", kind="url"),
    Field("url", "url", kind="url", prefix="jkey="),
)
TABLED = Field("a", "a", kind="code", table="T")
TABLES = {"T": Table({"1": "One", "x y": "Two"})}
MMS = BY_NAME["collection"].fields["resource_metadata.mms_id"]


@pytest.mark.parametrize("text", ["2026-03-31", "2024-02-29", "9999-12-31", "0001-01-01"])
def test_days_that_exist_are_dates(text):
    assert problem(DATE, text, {}) == ""


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2025-02-29", "2026-13-01", "31.03.2026", "2026", "x", "2026-03-31Z1", "٢٠٢٦-٠١-٠١"]
)
def test_days_that_do_not_exist_are_none_and_the_sentence_says_how_to_write_one(text):
    assert "YYYY-MM-DD" in problem(DATE, text, {})


@pytest.mark.parametrize(
    "text", ["https://a.example", "http://a/b?c=d#e", "https://ü.example/%20", "HTTPS://A.EXAMPLE:8443/"]
)
def test_web_addresses_are_taken(text):
    assert problem(URL, text, {}) == ""
    assert problem(JKEY, f"jkey={text}", {}) == ""


@pytest.mark.parametrize(
    "text",
    [
        "a.example",
        "//a.example",
        "https:",
        "https:///b",
        "ftp://a",
        "https://a b",
        "https://a\u00a0b",
        "mailto:a@b",
        "https://[a",
    ],
)
def test_other_addresses_are_refused(text):
    assert problem(URL, text, {})


@pytest.mark.parametrize("path", ["url", "url_override", "linking_details.dynamic_url", "linking_details.static_url"])
@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        " JavaScript\t:x",
        "vbscript:x",
        "data:text/html,x",
        "\x01javascript:x",
        "jkey=javascript:x",
    ],
)
def test_no_address_runs_as_a_script(path, text):
    assert "script" in problem(Field(path, path, kind="long"), text, {})


@pytest.mark.parametrize("text", ["data: from 1990", "javascript: the good parts"])
def test_a_note_may_speak_of_scripts(text):
    assert problem(Field("public_note", "public_note", kind="long"), text, {}) == ""


def test_only_codes_of_the_table_are_taken():
    assert problem(TABLED, "x y", TABLES) == ""
    assert "“2” is not one of Alma's codes" in problem(TABLED, "2", TABLES)
    assert len(problem(TABLED, "2" * 5000, TABLES)) < 200


@pytest.mark.parametrize("tables", [{}, {"T": Table()}, {"T": Table(error=Exception())}])
def test_without_the_table_any_code_may_be_typed(tables):
    assert options(TABLED, tables) is None
    assert problem(TABLED, "anything", tables) == ""


def test_codes_that_are_known_without_a_table_are_checked():
    assert problem(Field("a", "a", kind="code", choices=(("0", "None"),)), "1", {})
    assert problem(Field("a", "a", kind="code", choices=(("0", "None"),)), "0", {}) == ""


@pytest.mark.parametrize("text", ["perhaps", "1", "TRUE", "yes"])
def test_a_flag_is_true_or_false(text):
    """Anything else would be sent as null, which Alma passes over without a word."""
    assert problem(Field("is_selective", "is_selective", kind="flag"), text, {})
    assert [problem(Field("is_selective", "is_selective", kind="flag"), good, {}) for good in ("true", "false")] == [
        "",
        "",
    ]


def test_what_is_required_cannot_be_empty():
    assert problem(Field("a", "a", required=True), "", {})
    assert problem(Field("a", "a"), "", {}) == ""


@pytest.mark.parametrize(
    ("text", "good"), [("99100000000004711", True), ("99x", False), ("٩٩", False), ("9 9", False), ("-1", False)]
)
def test_an_mms_id_has_digits_only(text, good):
    assert (problem(MMS, text, {}) == "") is good


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"from_year": "1990"},
        {"from_year": 1990, "until_year": "1990"},
        {"from_year": "2004", "from_month": "12", "until_year": "2004"},
        {"from_year": "2004", "from_month": {"value": "2", "desc": "Feb"}, "from_day": "29"},
        {"from_volume": "I", "from_issue": "x", "until_volume": "0"},
        {
            "from_year": "2000",
            "from_month": "01",
            "from_day": "01",
            "until_year": "2000",
            "until_month": "1",
            "until_day": "1",
        },
    ],
)
def test_coverage_that_makes_sense(row):
    assert row_problems("coverage", row) == {}


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ({"from_year": "99"}, {"from_year"}),
        ({"from_year": "19900"}, {"from_year"}),
        ({"from_year": "0999"}, {"from_year"}),
        ({"from_year": "1990", "from_month": "13"}, {"from_month"}),
        ({"from_year": "1990", "from_month": "Feb"}, {"from_month"}),
        ({"from_year": "1990", "from_month": "4", "from_day": "31"}, {"from_day"}),
        ({"from_year": "2001", "from_month": "2", "from_day": "29"}, {"from_day"}),
        ({"from_month": "2"}, {"from_year"}),
        ({"from_day": "2"}, {"from_month"}),
        ({"until_year": "1990", "until_day": "2"}, {"until_month"}),
        ({"from_year": "2010", "until_year": "2001"}, {"until_year"}),
        ({"from_year": "2010", "from_month": "2", "until_year": "2010", "until_month": "1"}, {"until_year"}),
        (
            {
                "from_year": "2010",
                "from_month": "10",
                "from_day": "9",
                "until_year": "2010",
                "until_month": "10",
                "until_day": "8",
            },
            {"until_year"},
        ),
        ({"from_year": "x", "until_year": "y"}, {"from_year", "until_year"}),
    ],
)
def test_coverage_that_makes_none_is_said_at_the_cell(row, at):
    assert set(row_problems("coverage", row)) == at


@pytest.mark.parametrize(
    ("row", "at"), [({"number_of_years": "x"}, {"number_of_years"}), ({"number_of_months": "-1"}, {"number_of_months"})]
)
def test_an_embargo_counts_in_whole_numbers(row, at):
    assert set(row_problems("embargo", row)) == at


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"embargo_operator": {"value": ">"}, "number_of_years": 1, "number_of_months": ""},
        {"embargo_operator": ">", "number_of_months": {"value": "6"}},
    ],
)
def test_an_embargo_that_makes_sense(row):
    assert row_problems("embargo", row) == {}


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ({"embargo_operator": {"value": ">"}}, {"number_of_years"}),
        ({"number_of_years": "1"}, {"embargo_operator"}),
        ({"embargo_operator": {}, "number_of_months": "6"}, {"embargo_operator"}),
    ],
)
def test_half_an_embargo_is_none(row, at):
    assert set(row_problems("embargo", row)) == at


def test_local_coverage_that_is_not_in_use_is_remarked():
    local = {"coverage_in_use": {"value": "1"}, "local_date_coverage_parameters": [{"from_year": "1999"}]}
    assert len(remarks({"coverage_details": local})) == 1
    for harmless in ({**local, "coverage_in_use": {"value": "0"}}, {"coverage_in_use": {"value": "1"}}, [], None):
        assert remarks({"coverage_details": harmless}) == []


@pytest.mark.parametrize("kind", ["notes", "groups", "numbers"])
def test_other_rows_have_no_rules(kind):
    assert row_problems(kind, {"content": "x", "value": "x", "from_year": "x"}) == {}


@pytest.mark.parametrize(
    ("first", "last"),
    [("active_from_date", "active_until_date"), ("service_unavailable_date", "service_unavailable_until_date")],
)
def test_a_range_does_not_end_before_it_begins(first, last):
    assert set(record_problems({first: "2026-02-02Z", last: "2026-02-01"})) == {last}
    assert record_problems({first: "2026-02-02Z", last: "2026-02-02z"}) == {}
    assert record_problems({first: "2026-02-02Z", last: None}) == {}
    assert record_problems({first: {}, last: "2026-02-01"}) == {}


@pytest.mark.parametrize(
    ("one", "other", "bad"),
    [(True, True, True), ("true", {"value": "true"}, True), (True, False, False), (None, True, False)],
)
def test_removed_portfolios_are_deleted_or_deactivated_not_both(one, other, bad):
    found = record_problems({"delete_removed_portfolios": one, "deactivate_removed_portfolios": other})
    assert bool(found) is bad
