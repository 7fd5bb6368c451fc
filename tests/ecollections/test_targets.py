"""Which records a list of targets means."""

import pytest

from almaportal.jobs.models import Job
from ecollections import targets
from ecollections.kinds import COLLECTION, PORTFOLIO, SERVICE
from ecollections.models import Place
from ecollections.titles import index

pytestmark = pytest.mark.django_db


def found(kind, given):
    return [one for page in targets.found(kind, given) for one in page]


@pytest.fixture
def known(emulator):
    """20,000 portfolios that the portal has seen."""
    ids = [f"53{n:016}" for n in range(20_000)]
    index.see(({"id": one, "resource_metadata": {"title": f"Title {one}"}}, ("6110", "6210")) for one in ids)
    return ids


@pytest.mark.thorough
def test_twenty_thousand_pasted_ids_are_placed_in_few_queries(known, emulator, django_assert_max_num_queries):
    lines = [*known, *known[:500], "53999999999999999", "5.31826E+16", "62999999999999999", "Nothing at all"]
    given = targets.from_text("\n".join(lines))
    assert (given.lines, len(given.targets), given.usable) == (20_504, 20_004, 20_002)
    assert given.summary == {"lines": 20_504, "duplicates": 500, "first_duplicates": known[:20]}
    assert [(number, text) for number, text, _why in given.wrong] == [
        (20_502, "5.31826E+16"),
        (20_504, "Nothing at all"),
    ]
    with django_assert_max_num_queries(50):
        items = found(PORTFOLIO, given.targets)
    assert [one.path for one in items[:20_000]] == [f"6110/6210/{one}" for one in known], "in their order"
    assert items[0].title == f"Title {known[0]}"
    unknown, spoiled, service, nothing = items[20_000:]
    assert (unknown.path, unknown.missing) == ("0/0/53999999999999999", "")
    assert "digits are lost" in spoiled.missing
    assert "not seen this service" in service.missing
    assert "neither an ID nor a path" in nothing.missing
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("53100000000004711", "53100000000004711"),
        ('  "53100000000004711" ', "53100000000004711"),
        ('="53100000000004711",Title', "53100000000004711"),
        ("'53100000000004711", "53100000000004711"),
        ("Title;12/05/2020;9780000000000;53100000000004711;x", "53100000000004711"),
        ("61100000000004711/62100000000004711/", "61100000000004711/62100000000004711"),
        (
            "Title\t61100000000004711/62100000000004711/53100000000004711",
            "61100000000004711/62100000000004711/53100000000004711",
        ),
        ("5,31826E+16;Title", "5,31826E+16"),
        ("5.31826e16", "5.31826e16"),
    ],
)
def test_the_first_cell_that_looks_like_an_id_is_taken(line, target):
    assert targets.from_text(line).targets == [target]


def test_a_heading_is_no_line():
    assert targets.from_text("Portfolio ID\n53100000000004711\n\n").summary["lines"] == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_file_is_read_whatever_its_encoding(encoding):
    text = targets.text_of_file("Täler;53100000000004711\r\n".encode(encoding))
    assert targets.from_text(text).targets == ["53100000000004711"]
    assert "Täler" in text


def test_a_spreadsheet_itself_is_no_text():
    with pytest.raises(ValueError):  # noqa: PT011 - nothing else is said
        targets.text_of_file(b"PK\x03\x04\0\0")


def test_a_shorter_path_is_all_below_it(transport, tree, emulator):
    below = [f"{tree.collection_id}/{tree.service_id}/{one}" for one in emulator.portfolios(tree.service_id, 200)]
    for target in (tree.collection_id, f"{tree.collection_id}/{tree.service_id}"):
        assert [one.path for one in found(PORTFOLIO, [target])] == below
    assert [one.path for one in found(SERVICE, [tree.collection_id])] == [f"{tree.collection_id}/{tree.service_id}"]
    assert [one.path for one in found(COLLECTION, [tree.collection_id])] == [tree.collection_id]


def test_a_known_service_is_found_by_its_id_alone(transport, tree):
    Place.objects.create(id=tree.service_id, collection_id=tree.collection_id, service_id=tree.service_id)
    assert len(found(PORTFOLIO, [tree.service_id])) == 130


def test_what_is_of_a_deeper_kind_is_missing_with_the_reason(tree):
    [item] = found(COLLECTION, [tree.portfolio_id])
    assert "not e-collection" in item.missing
    [item] = found(SERVICE, [f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"])
    assert "portfolio" in item.missing


def test_a_collection_that_alma_does_not_know_stops_nobody(transport, tree):
    first, second = found(SERVICE, ["61999999999999999", tree.collection_id])
    assert (first.path, bool(first.missing)) == ("61999999999999999", True)
    assert second.path == f"{tree.collection_id}/{tree.service_id}"


@pytest.mark.thorough
def test_a_job_of_a_hundred_thousand_ids_is_found_page_by_page(emulator):
    job = Job(targets=[f"53{n:016}" for n in range(100_000)])
    pages = [len(page) for page in targets.found(PORTFOLIO, job.targets)]
    assert sum(pages) == 100_000
    assert max(pages) <= 1000
