"""Where one is: names where they are remembered, IDs where nothing is."""

import pytest

from tests.portal.reading import read

NAME = "Quillmere Press: Ebooks Complete"


@pytest.fixture
def crumbs(viewer):
    def get(address):
        return read(viewer.get(address)).one("nav", cls="crumbs").links

    return get


def test_a_deep_link_into_the_unknown_shows_ids(crumbs, tree, emulator):
    assert crumbs(tree.portfolio) == {
        "E-collections": "/ecollections/",
        tree.collection_id: tree.collection,
        tree.service_id: tree.service,
    }
    assert len(emulator.calls) == 1


def test_a_deep_link_to_a_service_shows_the_id_of_its_e_collection(crumbs, tree, emulator):
    assert crumbs(tree.service) == {"E-collections": "/ecollections/", tree.collection_id: tree.collection}
    assert len(emulator.calls) == 2


def test_names_once_seen_are_remembered(crumbs, viewer, tree, emulator):
    viewer.get("/ecollections/")
    viewer.get(tree.collection)
    before = len(emulator.calls)
    assert crumbs(tree.portfolio) == {
        "E-collections": "/ecollections/",
        NAME: tree.collection,
        "Full Text": tree.service,
    }
    assert len(emulator.calls) == before + 1


def test_the_list_alone_is_enough_for_the_name_of_an_e_collection(crumbs, viewer, tree):
    viewer.get("/ecollections/")
    assert crumbs(tree.service) == {"E-collections": "/ecollections/", NAME: tree.collection}


def test_a_name_changed_in_alma_is_known_after_the_next_reading(crumbs, viewer, tree, put):
    viewer.get("/ecollections/")
    put("collection", public_name="Renamed")
    viewer.get(tree.collection)
    assert "Renamed" in crumbs(tree.portfolio)


def test_a_very_long_name_is_cut(crumbs, viewer, tree, put):
    put("collection", public_name="Long " * 100)
    viewer.get(tree.collection)
    assert max(map(len, crumbs(tree.portfolio))) == 80
