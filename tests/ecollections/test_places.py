"""What is remembered in passing, and what is not."""

import pytest

from ecollections import places
from ecollections.models import Place

pytestmark = pytest.mark.django_db


def known(pk):
    return Place.objects.filter(pk=pk).values_list("collection_id", "service_id", "name", "interface").first()


def test_an_e_collection_is_its_own_place():
    places.see_collection({"id": "61", "public_name": "A", "interface": {"name": "I"}})
    assert known("61") == ("61", "", "A", "I")


def test_a_service_is_in_the_e_collection_it_was_read_of():
    places.see_services([{"id": "62", "public_description": "Full"}], "61")
    assert known("62") == ("61", "62", "Full", None)


def test_what_comes_from_the_cache_is_not_remembered_again(viewer, tree):
    for address in (tree.list, tree.collection, tree.service, tree.portfolio):
        viewer.get(address)
        Place.objects.all().delete()
        viewer.get(address)
        assert not Place.objects.exists()


def test_the_newest_name_counts():
    places.see_collections([{"id": "61", "public_name": "A"}])
    places.see_collections([{"id": "61", "public_name": "B"}])
    assert known("61")[2] == "B"


def test_a_list_without_interfaces_forgets_none():
    places.see_collection({"id": "61", "interface": {"name": "I"}})
    places.see_collections([{"id": "61", "public_name": "B"}])
    assert known("61") == ("61", "", "B", "I")


def test_rows_without_a_usable_id_are_passed_over():
    rows = [{}, {"id": None}, {"id": ""}, {"id": {}}, {"id": []}, {"id": "9" * 41}, {"id": "61"}]
    places.see_collections(rows)
    places.see_services([{}, {"id": None}], "61")
    assert list(Place.objects.values_list("pk", flat=True)) == ["61"]


def test_the_same_row_twice_is_one_place():
    places.see_collections([{"id": "61", "public_name": "A"}, {"id": "61", "public_name": "B"}])
    assert known("61")[2] == "B"


def test_long_texts_are_cut():
    places.see_collection({"id": "61", "public_name": "n" * 999, "interface": {"name": "i" * 999}})
    assert (len(known("61")[2]), len(known("61")[3])) == (300, 200)


def test_numbers_as_ids_are_ids():
    places.see_collections([{"id": 61, "public_name": 5}])
    assert known("61")[2] == "5"


def test_a_hundred_rows_are_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        places.see_collections([{"id": str(n)} for n in range(100)])


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"public_name": "A"}, "A"),
        ({"public_name": "A", "public_name_override": "B"}, "B"),
        ({"public_name": "A", "public_name_override": ""}, "A"),
        ({"public_name": "A", "public_name_override": None}, "A"),
        ({"public_name": None}, ""),
        ({"public_name": {}}, ""),
        ({}, ""),
    ],
)
def test_the_name_of_an_e_collection(record, name):
    assert places.collection_name(record) == name


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"public_description": "A", "type": {"desc": "T"}}, "A"),
        ({"public_description": "A", "public_description_override": "B"}, "B"),
        ({"public_description": "", "type": {"value": "t", "desc": "T"}}, "T"),
        ({"type": {"value": "t"}}, "t"),
        ({"type": "t"}, "t"),
        ({}, ""),
    ],
)
def test_the_name_of_a_service(record, name):
    assert places.service_name(record) == name


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"resource_metadata": {"title": "T"}}, "T"),
        ({"resource_metadata": {"title": None}}, ""),
        ({"resource_metadata": "T"}, ""),
        ({"resource_metadata": []}, ""),
        ({}, ""),
    ],
)
def test_the_name_of_a_portfolio(record, name):
    assert places.portfolio_name(record) == name


def test_only_names_and_interfaces_that_are_known_are_told():
    places.see_collections([{"id": "61", "public_name": "A"}])
    places.see_collection({"id": "611", "interface": {"name": "I"}})
    places.see_collection({"id": "612", "interface": None})
    assert places.names("61", "611", "619") == {"61": "A"}
    assert places.interfaces(["61", "611", "612", "619"]) == {"611": "I", "612": ""}
    assert places.names() == {}
