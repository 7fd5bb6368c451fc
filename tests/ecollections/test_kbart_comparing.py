"""A KBART file against a service."""

from collections import Counter

import pytest

from ecollections.kbart.comparing import compare
from ecollections.kbart.matching import Known, key
from ecollections.kbart.reading import FIELDS, KbartTitle, columns, titles
from ecollections.loading.shapes import Line, Sorted

URL = "https://x.example.org/nature"
ROWS = [{"from_year": "1997"}]
YEAR = {"embargo_operator": {"value": ">"}, "number_of_years": "1", "number_of_months": ""}
COVERAGE, EMBARGO, IN_USE = (
    f"coverage_details.{name}"
    for name in ("local_date_coverage_parameters", "local_embargo_information", "coverage_in_use")
)
STATIC = "linking_details.static_url"


def known(path="1/2/31", title="Nature", **more):
    given = {"issns": ("0028-0836",), "url": URL, "coverage": ROWS, "coverage_in_use": "0", "is_read": True}
    return Known(path, title, **(given | more))


def title(text="Nature", number=2, **more):
    given = {"print_id": "0028-0836", "url": URL, "coverage": ROWS, "embargo": {}, "publication_type": "serial"}
    return KbartTitle([number], text, **(given | more))


def compared(found, there, earlier=None, decisions=None):
    return list(compare(found, there, earlier or {}, decisions or {}))


def only(found, there, **more):
    (row,) = compared([found], [there], **more)
    return row


def test_nothing_changed_is_the_same():
    row = only(title(title_id="n"), known())
    assert (row.group, row.path, row.number, row.title) == ("same", "1/2/31", 2, "Nature")
    assert row.data == {"match_key": key(title(title_id="n")), "title_id": "n"}


def test_a_new_title_has_all_that_its_portfolio_needs():
    row, missing = compared([title(mms_id="991", embargo=YEAR)], [known(title="Zebra", issns=())])
    assert (row.group, missing.group) == ("new", "missing")
    assert row.path == ""
    assert row.data["mms_id"] == "991"
    assert row.data["identifiers"] == ["0028-0836"]
    assert row.data["set"] == {
        "availability": "11",
        STATIC: URL,
        "linking_details.url_type": "static",
        COVERAGE: ROWS,
        EMBARGO: YEAR,
        IN_USE: "0",
    }


def test_a_new_monograph_has_no_coverage():
    book = KbartTitle([2], "Book", url=URL)
    (row,) = compared([book], [])
    assert set(row.data["set"]) == {"availability", STATIC, "linking_details.url_type"}


def test_a_portfolio_without_a_row_is_missing():
    gone = known("1/2/32", "Zebra", issns=(), mms_id="992", availability="11")
    _, row = compared([title()], [known(), gone])
    assert (row.group, row.number, row.path, row.title) == ("missing", 0, "1/2/32", "Zebra")
    assert row.data == {"mms_id": "992", "availability": "11"}


def test_changed_coverage_says_before_and_after():
    row = only(title(coverage=[{"from_year": "1990"}]), known())
    assert row.group == "coverage"
    assert row.data["set"] == {COVERAGE: [{"from_year": "1990"}]}
    assert row.data["lines"] == [["Coverage", "1997 –", "1990 –"]]


def test_a_changed_embargo_is_changed_coverage():
    row = only(title(embargo=YEAR), known())
    assert (row.group, row.data["set"]) == ("coverage", {EMBARGO: YEAR})
    assert row.data["lines"] == [["Embargo", "–", "> 1 year"]]


def test_an_embargo_that_ended_is_cleared():
    row = only(title(), known(embargo=YEAR))
    assert row.data["set"] == {EMBARGO: {}}


@pytest.mark.parametrize("in_use", ["1", "3"])
def test_coverage_of_the_community_zone_is_said_locally_with_its_other_half(in_use):
    row = only(title(coverage=[{"from_year": "1990"}], embargo=None), known(coverage_in_use=in_use, embargo=YEAR))
    assert row.data["set"] == {COVERAGE: [{"from_year": "1990"}], EMBARGO: YEAR, IN_USE: "0"}
    row = only(title(embargo=YEAR), known(coverage_in_use=in_use))
    assert row.data["set"] == {COVERAGE: ROWS, EMBARGO: YEAR, IN_USE: "0"}


def test_a_serial_without_dates_says_nothing_of_coverage():
    assert only(title(coverage=[]), known(embargo=YEAR)).group == "same"


def test_a_serial_without_dates_but_with_an_embargo_says_it():
    assert only(title(coverage=[], embargo=YEAR), known()).data["set"] == {EMBARGO: YEAR}


def test_a_monograph_never_changes_coverage():
    book = title(publication_type="monograph", coverage=[], embargo=None)
    assert only(book, known(embargo=YEAR)).group == "same"


def test_an_embargo_that_alma_cannot_say_leaves_the_dates_to_compare():
    row = only(title(embargo=None, remarks=("A remark.",)), known(embargo=YEAR))
    assert (row.group, row.why) == ("same", "A remark.")


def test_a_changed_url_is_set_on_a_local_portfolio():
    row = only(title(url="https://new.example.org/"), known(url=f"jkey={URL}"))
    assert row.group == "url"
    assert row.data["set"] == {STATIC: "https://new.example.org/", "linking_details.url_type": "static"}
    assert row.data["lines"] == [["URL", URL, "https://new.example.org/"]]


def test_a_changed_url_is_the_override_on_a_portfolio_of_the_community_zone():
    row = only(title(url="https://new.example.org/"), known(has_own_url=False))
    wanted = {f"{STATIC}_override": "https://new.example.org/", "linking_details.url_type_override": "static"}
    assert row.data["set"] == wanted


@pytest.mark.parametrize(
    "url",
    [
        f"jkey={URL}",
        f"{URL}/",
        "HTTPS://X.example.org/nature",
        f"https://proxy.example.org/login?url={URL}",
        "https://proxy.example.org/login?qurl=https%3A%2F%2Fx.example.org%2Fnature",
    ],
)
def test_urls_that_lead_to_the_same_place_are_the_same(url):
    assert only(title(), known(url=url)).group == "same"


@pytest.mark.parametrize("url", ["http://x.example.org/nature", "https://x.example.org/Nature", ""])
def test_urls_that_may_lead_elsewhere_are_changed(url):
    assert only(title(), known(url=url)).group == "url"


def test_a_row_without_url_says_nothing_of_the_url():
    assert only(title(url=""), known()).group == "same"


def test_changed_coverage_and_url_are_two_rows():
    rows = compared([title(coverage=[{"from_year": "1990"}], url="https://new.example.org/")], [known()])
    assert [(row.group, row.path) for row in rows] == [("coverage", "1/2/31"), ("url", "1/2/31")]
    assert rows[0].key != rows[1].key


def test_a_portfolio_that_was_never_read_cannot_be_compared():
    row = only(title(url="https://new.example.org/"), known(is_read=False))
    assert (row.group, row.path) == ("unread", "1/2/31")
    assert "set" not in row.data


def test_that_it_is_not_available_in_alma_is_said():
    assert only(title(), known(availability="10")).why == "It is not available in Alma."


def test_an_unclear_title_lists_its_portfolios_and_they_are_not_missing():
    there = [known(), known("1/2/32", "Nature online")]
    (row,) = compared([title()], there)
    assert (row.group, row.path) == ("unclear", "")
    assert [one["path"] for one in row.data["choices"]] == ["1/2/31", "1/2/32"]
    assert row.data["match_key"] == key(title())


def test_a_person_decides_what_is_unclear():
    there = [known(), known("1/2/32", "Nature online")]
    rows = compared([title()], there, decisions={key(title()): "1/2/32"})
    assert [(row.group, row.path) for row in rows] == [("same", "1/2/32"), ("missing", "1/2/31")]
    rows = compared([title()], there, decisions={key(title()): ""})
    assert [row.group for row in rows] == ["new", "missing", "missing"]
    rows = compared([title()], there, decisions={key(title()): "1/2/gone"})
    assert [row.group for row in rows] == ["unclear"]


def test_two_rows_of_one_portfolio_are_unclear_until_a_person_decides():
    one, other = title(number=2), title("Nature (online)", number=3)
    rows = compared([one, other], [known()])
    assert [row.group for row in rows] == ["unclear", "unclear"]
    assert rows[0].why == "The same portfolio fits row 3 too."
    assert [one["path"] for one in rows[0].data["choices"]] == ["1/2/31"]
    rows = compared([one, other], [known()], decisions={key(other): "1/2/31"})
    assert [row.group for row in rows] == ["unclear", "same"]


def test_what_this_comparison_found_helps_the_next_one():
    first = only(title(title_id="n1"), known())
    renamed = title("Nature weekly", title_id="n1", print_id="", number=7)
    assert only(renamed, known(url=""), earlier={first.data["title_id"]: first.path}).path == "1/2/31"


def test_a_portfolio_whose_row_is_wrong_is_not_missing():
    wrong = Sorted(2, "wrong", title="Nature", why="Row 2: …", data={"print_id": "0028-0836"})
    assert compared([wrong], [known()]) == [wrong]
    unnamed = Sorted(2, "wrong", why="Row 2: …")
    _wrong, missing = compared([unnamed], [known()])
    assert (missing.group, missing.why) == (
        "missing",
        "No row of the file is this title. But a wrong row may be: look at those first.",
    )


def test_a_portfolio_whose_identifier_stands_in_a_torn_row_is_not_missing():
    torn = Sorted(2, "wrong", title="Nature,x,0028-0836", why="Row 2: …", data={"torn": ["9999-9999", "0028-0836"]})
    assert compared([torn], [known()]) == [torn]


def test_the_key_tells_whether_it_is_news():
    change = {"coverage": [{"from_year": "1990"}]}
    old = only(title(**change), known())
    assert only(title(number=9, **change), known()).key == old.key
    assert only(title(coverage=[{"from_year": "1991"}]), known()).key != old.key
    assert only(title(**change), known("1/2/39")).key != old.key
    assert 0 < len(old.key) <= 32


def issn(number):
    return f"{number // 10_000:04}-{number % 10_000:04}"


# Of each thousand rows: how many are of which group, in this order; the others are the same.
PLANTED = {"new": 20, "missing": 15, "coverage": 30, "url": 25, "both": 5, "unclear": 10, "unread": 7}
GROUPS = [group for group, count in PLANTED.items() for _ in range(count)]


def planted(size):
    """The lines of a file and a service of so many titles, with the group of each by its number."""
    lines, there, groups = [], [], {}
    for n in range(size):
        group = groups[n] = GROUPS[n % 1000] if n % 1000 < len(GROUPS) else "same"
        name, url = f"Journal of {issn(n * 7919 % size)} and field{n}", f"https://x.example.org/j/{n}"
        cells = {
            "publication_title": name.upper(),
            "online_identifier": issn(n),
            "date_first_issue_online": "1990-01-31" if group in ("coverage", "both") else "1997-01-31",
            "title_url": f"{url}/new" if group in ("url", "both") else url,
            "title_id": f"t{n}",
            "embargo_info": "P1Y" if n % 3 else "",
            "publication_type": "serial",
        }
        row = {"from_year": "1997", "from_month": {"value": "01", "desc": "January"}, "from_day": "31"}
        one = Known(f"1/2/{n}", name, "", (issn(n),), (), f"jkey={url}", [row], YEAR if n % 3 else None, "0", True)
        if group != "missing":
            lines.append(Line(n + 2, [cells.get(field, "") for field in FIELDS]))
        if group == "unread":
            one = Known(one.path, one.title, issns=one.issns)
        if group == "unclear":
            there.append(Known(f"{one.path}b", name, issns=one.issns))
        if group != "new":
            there.append(one)
    return lines, there, groups


@pytest.mark.thorough
def test_the_differences_of_100_000_rows_are_found_exactly():
    lines, there, groups = planted(100_000)
    rows = list(compare(titles(lines, columns(FIELDS)), there, {}, {}))
    found = {}
    for row in rows:
        number = row.number - 2 if row.number else int(row.path.rpartition("/")[2])
        found.setdefault(number, []).append(row.group)
    wanted = {n: ["coverage", "url"] if group == "both" else [group] for n, group in groups.items()}
    assert found == wanted
    assert Counter(row.group for row in rows)["unclear"] == 1000
    assert len({row.key for row in rows}) == len(rows)
