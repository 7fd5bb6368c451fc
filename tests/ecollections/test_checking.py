"""The rows of a file: what is to become of each."""

import pytest

from almaportal.codes import Table
from ecollections.kinds import COLLECTION, PORTFOLIO, SERVICE
from ecollections.loading import columns
from ecollections.loading.checking import check
from ecollections.loading.shapes import Line
from ecollections.models import Facet, IndexedService, Place, Title

pytestmark = pytest.mark.django_db

STATIC = "linking_details.static_url"
COVERAGE = "coverage_details.local_date_coverage_parameters"
MMS = "resource_metadata.mms_id"
TABLES = {
    "ElectronicBaseStatus": Table({"11": "Available", "10": "Not Available"}),
    "BooleanYesNo": Table({"true": "Yes", "false": "No"}),
}
P1, P2 = "53100000000000001", "53100000000000002"
PATH = f"611/622/{P1}"
EDIT = ("@id", "availability", STATIC)
NEW = ("@id", "@collection", "@service", MMS, "availability", STATIC)


def checked(targets, *rows, kind=PORTFOLIO, to=""):
    lines = [Line(n, [*row, *[""] * (len(targets) - len(row))]) for n, row in enumerate(rows, 2)]
    return list(check(kind, lines, targets, {"to": to}, TABLES))


def only(targets, row, **more):
    [found] = checked(targets, row, **more)
    return found


def why(targets, row, **more):
    found = only(targets, row, **more)
    assert found.group == "wrong"
    return found.why


def test_a_row_with_an_id_is_an_edit_of_what_it_says():
    found = only(("@id", "availability", STATIC, COVERAGE, "library"), [PATH, "not available", "", "1997 –", "(empty)"])
    assert (found.number, found.group, found.path, found.why) == (2, "edit", PATH, "")
    assert found.data["set"] == {"availability": "10", COVERAGE: [{"from_year": "1997"}], "library": ""}
    assert found.data["lines"] == [
        ["Availability", "", "10"],
        ["Local coverage", "", "1997 –"],
        ["Library", "", "(empty)"],
    ]


def test_an_id_alone_is_found_where_the_portal_saw_it_and_by_itself_where_it_did_not():
    Place.objects.create(id="6220000000", collection_id="6110000000", service_id="6220000000", name="Full text")
    assert only(EDIT, [P1, "11"]).path == f"0/0/{P1}"
    found = only(("@id", "public_note"), ["6220000000", "New"], kind=SERVICE)
    assert (found.path, found.title) == ("6110000000/6220000000", "Full text")
    assert only(("@id", "public_note"), ["6110000000", "New"], kind=COLLECTION).path == "6110000000"


def test_the_ids_above_stand_in_columns_of_their_own():
    targets = ("@id", "@service", "@collection", "availability")
    assert only(targets, [P1, "622", "611", "11"]).path == PATH
    assert only(targets, [P1, "611/622", "", "11"]).path == PATH
    assert only(targets, [PATH, "x", "y", "11"]).path == PATH, "a path says it all"
    assert only(("@id", "@collection", "public_note"), ["622", "611", "New"], kind=SERVICE).path == "611/622"


@pytest.mark.parametrize("said", ["611/623", "612/622"])
def test_a_path_that_is_not_where_the_portal_saw_the_record_is_wrong(said):
    home = IndexedService.objects.create(collection_id="611", service_id="622")
    facet = Facet.objects.create(availability="11")
    Title.objects.create(alma_id=int(P1), service=home, facet=facet, title="Nature", sort="", seen=0, changed=0)
    assert only(EDIT, [PATH, "11"]).path == PATH
    assert "column A (Portfolio ID): The portal knows this record in 611/622." in why(EDIT, [f"{said}/{P1}", "11"])
    assert "611/622" in why(("@id", "@do"), [f"{said}/{P1}", "delete"])


def test_a_service_that_the_portal_saw_elsewhere_is_wrong():
    Place.objects.create(id="622", collection_id="611", service_id="622")
    targets = ("@id", "public_note")
    assert only(targets, ["611/622", "New"], kind=SERVICE).path == "611/622"
    assert "in 611." in why(targets, ["612/622", "New"], kind=SERVICE)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["5.31E+16", "11"], "Row 2: column A (Portfolio ID): A spreadsheet has rounded this ID"),
        (["what", "11"], "column A (Portfolio ID): The IDs of e-collections begin with 61"),
        (
            ["611/622", "11"],
            "column A (Portfolio ID): This is an ID of another kind: electronic service, not portfolio.",
        ),
        (["61100000000", "11"], "another kind: e-collection, not portfolio"),
        (["", "11"], "Row 2: It does not say which record"),
        ([PATH, "perhaps"], "Row 2: column B (Availability): “perhaps” is not one of"),
        ([PATH, "(empty)"], "column B (Availability): This cannot be empty."),
    ],
)
def test_a_wrong_row_says_where_and_why(row, said):
    assert said in why(EDIT, row)


def test_all_wrong_cells_of_a_row_are_named():
    said = why(("@id", "", "availability", STATIC, COVERAGE), [PATH, "", "x", "ftp://a", "1997"])
    assert [said.index(name) for name in ("column C (Avail", "column D (Static", "column E (Local")]
    said = why(EDIT, ["5.3E+16", "perhaps"])
    assert [said.index(name) for name in ("column A (Portfolio ID)", "column B (Availability)")]


def test_what_two_cells_say_together_is_checked():
    targets = ("@id", "active_from_date", "active_until_date")
    said = why(targets, ["611/622", "2026-02-01", "1.1.2026"], kind=SERVICE)
    assert "column C (Active until): This day lies before the first one." in said


def test_a_line_that_could_not_be_read_stays_wrong_with_its_reason():
    [found] = check(PORTFOLIO, [Line(7, [], "Row 7: a formula.")], EDIT, {}, {})
    assert (found.number, found.group, found.why) == (7, "wrong", "Row 7: a formula.")


def test_a_row_that_says_nothing_changes_nothing():
    assert only(EDIT, [PATH]).group == "same"


@pytest.mark.parametrize("mark", ["-", "–"])
def test_a_marked_row_is_passed_over_whatever_it_says(mark):
    assert only(("@do", *EDIT), [mark, "example", "x", "y"]).group == "same"


@pytest.mark.parametrize("kind", [COLLECTION, SERVICE, PORTFOLIO], ids=lambda kind: kind.name)
def test_nothing_comes_of_the_examples_of_a_template(kind):
    head, *rows = columns.template(kind)
    assert [one.group for one in checked(columns.guess(kind, head), *rows, kind=kind)] == ["same"]


def test_the_same_record_again_names_the_first_row():
    found = checked(EDIT, [PATH, "11"], [f"53{'9' * 15}", "11"], [P1, "10"], [PATH, ""])
    assert [one.group for one in found] == ["edit", "edit", "double", "double"]
    assert found[2].why == found[3].why == "Row 2 is about the same record."


@pytest.mark.parametrize("word", ["delete", "REMOVE"])
def test_a_row_may_delete(word):
    found = only(("@do", *EDIT), [word, PATH, "nonsense"])
    assert (found.group, found.path) == ("delete", PATH)
    assert "no ID" in why(("@do", *EDIT), [word, ""])


@pytest.mark.parametrize(
    ("row", "to"),
    [
        (["", "611", "622", "991", "11"], ""),
        (["", "", "611/622", "991", "11"], ""),
        (["611/622", "", "", "991", "11"], ""),
        (["", "", "", "991", "11"], "611/622"),
        (["", "611", "", "991", "11"], "611/622"),
    ],
)
def test_a_title_alone_becomes_a_portfolio_of_the_service_that_is_said(row, to):
    found = only(NEW, row, to=to)
    assert (found.group, found.path, found.title) == ("create", "", "991")
    assert found.data == {
        "mms_id": "991",
        "to": "611/622",
        "set": {"availability": "11"},
        "lines": [["Availability", "", "11"]],
    }


def test_a_new_portfolio_with_an_address_has_its_type():
    found = only(NEW, ["", "611", "622", "991", "11", "https://a.example.org/"])
    assert found.data["set"][STATIC] == "https://a.example.org/"
    assert found.data["set"]["linking_details.url_type"] == "static"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["", "611", "622", "99X", "11"], "column D (MMS ID of a new portfolio): An MMS ID has digits only."),
        (["", "611", "622", "9.9E+15", "11"], "rounded"),
        (["", "611", "622", "991", ""], "column E (Availability): This cannot be empty."),
        (["", "", "", "991", "11"], "does not say into which service"),
        (["", "611", "", "991", "11"], "does not say into which service"),
        (["", "611", "6 2", "991", "11"], "column C (Service ID): This is neither an ID nor a path of IDs."),
    ],
)
def test_a_new_portfolio_needs_its_title_its_service_and_its_availability(row, said):
    assert said in why(NEW, row, to="" if not row[1] else "612/622")


def test_what_has_an_id_already_is_not_created():
    said = why(("@do", *NEW), ["new", PATH, "", "", "991", "11"], to="611/622")
    assert "has no ID yet" in said
    assert only(NEW, [PATH, "", "", "991", "11"], to="611/622").group == "edit", "the MMS ID is only told"


def test_the_same_title_twice_in_a_service_is_double():
    row = ["", "611", "622", "991", "11"]
    found = checked(NEW, row, row, ["", "611", "633", "991", "11"])
    assert [one.group for one in found] == ["create", "double", "create"]


@pytest.mark.parametrize("word", ["create", "delete"])
def test_only_portfolios_are_created_and_deleted(word):
    assert "Only portfolios" in why(("@do", "@id", "public_note"), [word, "611/622", "x"], kind=SERVICE)


def test_a_word_that_nobody_knows_is_told():
    assert "“burn” is none of edit, create, delete, -" in why(("@do", *EDIT), ["burn", PATH, "11"])


@pytest.mark.thorough
def test_ten_thousand_rows_are_looked_up_in_few_queries(django_assert_max_num_queries):
    targets = ("@id", "availability", STATIC, COVERAGE, "public_note", "library", "activation_date", "license")
    row = ["11", "https://a.example.org/{}", "1997-01 v.{} – 2004", "Note {}", "MAIN", "2026-03-31", "LIC-1"]
    lines = (Line(n, [f"611/622/53{n:015}", *(text.format(n) for text in row)]) for n in range(2, 10_002))
    with django_assert_max_num_queries(100):
        assert sum(one.group == "edit" for one in check(PORTFOLIO, lines, targets, {}, TABLES)) == 10_000


def test_of_a_row_that_says_much_the_page_says_how_much_it_leaves_out():
    paths = ("public_note", "authentication_note", "internal_description", "activation_date", "library")
    found = only(("@id", "availability", STATIC, *paths), [PATH, "11", "https://a.example/", *"abc", "2024-03-01", "L"])
    assert (len(found.data["set"]), found.data["lines"][-1]) == (7, ["", "", "and 1 more"])
