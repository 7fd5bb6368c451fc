"""A service as a KBART file."""

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ecollections.kbart.comparing import compare
from ecollections.kbart.matching import Known
from ecollections.kbart.reading import FIELDS, columns, identifiers_in, is_isbn, is_issn, titles
from ecollections.kbart.writing import Listed, file_name, kbart_lines
from ecollections.loading.reading import Layout, lines

ID = "531234567890123"


def rows(*listed):
    """The rows below the header, as {column: text}."""
    head, *found = kbart_lines(listed)
    assert head == "\t".join(FIELDS) + "\n"
    assert all(line.endswith("\n") and line.count("\t") == 24 for line in found)
    return [dict(zip(FIELDS, line.removesuffix("\n").split("\t"), strict=True)) for line in found]


def test_a_serial_is_written_with_all_that_is_known():
    (row,) = rows(
        Listed(
            ID,
            "Nature",
            issn="1476-4687; 0028-0836",
            url="jkey=https://x.example.org/nature",
            coverage=[{"from_year": "1997", "from_month": {"value": "1", "desc": "January"}, "from_volume": "3"}],
            embargo={"embargo_operator": {"value": ">"}, "number_of_years": "1"},
            author="Somebody",
            publisher="Springer",
        )
    )
    assert {name: text for name, text in row.items() if text} == {
        "publication_title": "Nature",
        "print_identifier": "0028-0836",
        "online_identifier": "1476-4687",
        "date_first_issue_online": "1997-01",
        "num_first_vol_online": "3",
        "title_url": "https://x.example.org/nature",
        "first_author": "Somebody",
        "title_id": ID,
        "embargo_info": "P1Y",
        "coverage_depth": "fulltext",
        "publisher_name": "Springer",
        "publication_type": "serial",
        "access_type": "P",
    }


def test_several_rows_of_coverage_are_several_lines():
    found = rows(
        Listed(ID, "Nature", coverage=[{"from_year": "1990", "until_year": "1995"}, {}, {"from_year": "1997"}])
    )
    assert [row["date_first_issue_online"] for row in found] == ["1990", "1997"]
    assert [row["date_last_issue_online"] for row in found] == ["1995", ""]
    assert {row["publication_title"] for row in found} == {"Nature"}


@pytest.mark.parametrize("more", [{"isbn": "978-3-16-148410-0"}, {"material_type": "BOOK", "issn": "0028-0836"}])
def test_a_monograph_has_no_coverage(more):
    (row,) = rows(Listed(ID, "Plants", coverage=[{"from_year": "1990"}], **more))
    assert row["publication_type"] == "monograph"
    assert row["date_first_issue_online"] == ""


def test_a_book_in_a_series_is_known_by_its_isbns():
    (row,) = rows(Listed(ID, "Plants", issn="0028-0836", isbn="9783161484100"))
    assert (row["online_identifier"], row["print_identifier"]) == ("9783161484100", "0028-0836")


def test_tabs_and_line_ends_become_blanks():
    (row,) = rows(Listed(ID, "Plants\tof\r\nthe Alps\u2028II", publisher="A\nB"))
    assert row["publication_title"] == "Plants of the Alps II"
    assert row["publisher_name"] == "A B"


def test_what_a_spreadsheet_would_run_is_made_harmless():
    (row,) = rows(Listed(ID, "=1+1"))
    assert row["publication_title"] == "'=1+1"


def test_without_a_title_the_id_stands_for_it():
    assert rows(Listed(ID, " "))[0]["publication_title"] == ID


@pytest.mark.parametrize(
    ("provider", "collection", "name"),
    [
        ("Springer Nature", "E-Books 2024/25", "SpringerNature_Global_EBooks202425_2026-03-31.txt"),
        ("Éditions", "../../etc", "Editions_Global_etc_2026-03-31.txt"),
        ("", "", "Provider_Global_Package_2026-03-31.txt"),
        ("中国知网", "a\0b", "中国知网_Global_ab_2026-03-31.txt"),
    ],
)
def test_a_file_is_named_as_the_recommendation_has_it(provider, collection, name):
    assert file_name(provider, collection, date(2026, 3, 31)) == name


def test_a_long_name_still_fits_a_file_system():
    assert len(file_name("国" * 300, "国" * 300, date(2026, 3, 31)).encode()) <= 255


years = some.integers(1500, 2100).map(str)
months = some.sampled_from(["", "1", "02", {"value": "12", "desc": "December"}, "Spring", None])
text = some.text(some.characters(exclude_categories=["Cs"]), max_size=12)


@some.composite
def coverage_rows(draw):
    row = {"from_year": draw(years), "from_month": draw(months), "from_day": draw(some.sampled_from(["", "3", "30"]))}
    if draw(some.booleans()):
        row |= {"until_year": str(int(row["from_year"]) + draw(some.integers(1, 50))), "until_month": draw(months)}
    return row | {f"{side}_volume": draw(text).replace('"', "") for side in ("from", "until")}


embargoes = some.one_of(
    some.none(),
    some.fixed_dictionaries(
        {
            "embargo_operator": some.fixed_dictionaries({"value": some.sampled_from([">", "<", ">=", "<=", ""])}),
            "number_of_years": some.sampled_from(["", "1", "10"]),
            "number_of_months": some.sampled_from(["", "6", {}]),
        }
    ),
)
listed = some.builds(
    Listed,
    id=some.integers(10**14, 10**15 - 1).map(str),
    title=text,
    issn=some.sampled_from(["", "0028-0836", "1476-4687 ; 0028-0836"]),
    isbn=some.sampled_from(["", "", "9783161484100 (pbk.)", "316148410X"]),
    url=some.sampled_from(["", "https://x.example.org/1", "jkey=https://x.example.org/2"]),
    coverage=some.lists(coverage_rows(), max_size=3),
    embargo=embargoes,
    publisher=text,
    material_type=some.sampled_from(["", "BOOK", "JOURNAL"]),
)


@pytest.mark.thorough
@settings(deadline=None, database=None, max_examples=100)
@given(some.lists(listed, max_size=4, unique_by=lambda one: one.id), some.sampled_from(["0", "1", "3", ""]))
def test_what_is_written_and_read_back_is_the_same(portfolios, in_use):
    def numbers(one):
        return identifiers_in(f"{one.issn} ; {one.isbn}")

    known = [
        Known(
            f"61/62/{one.id}",
            one.title,
            "",
            tuple(filter(is_issn, numbers(one))),
            tuple(filter(is_isbn, numbers(one))),
            one.url,
            one.coverage,
            one.embargo,
            in_use,
            True,
        )
        for one in portfolios
    ]
    file = BytesIO("".join(kbart_lines(portfolios)).encode())
    rows = lines(file, Layout("text", "utf-8", "\t"))
    result = list(compare(titles(rows, columns(next(rows).cells)), known, {}, {}))
    assert [(row.group, row.path) for row in result if row.group != "wrong"] == [("same", one.path) for one in known]
    assert all("says the same as" in row.why for row in result if row.group == "wrong")
