"""The page of one e-collection."""

from urllib.parse import urljoin

import pytest
from django.core.cache import cache

from ecollections import fields
from tests.portal.reading import read

COLUMNS = ["Service", "Type", "Activation", "Portfolios", "Service ID"]


@pytest.fixture
def page(viewer, tree):
    def get():
        response = viewer.get(tree.collection)
        assert response.status_code == 200
        return read(response)

    return get


def groups(page):
    """Heading → label → value of the groups of fields that say something."""
    return {one.one("h2").text: one.facts for one in page.one("div", cls="groups").all("section")}


def empty(page):
    return page.one("details", cls="fold").facts


def test_its_head_says_what_it_is(page, tree):
    shown = page()
    assert shown.one("h1").text == "Quillmere Press: Ebooks Complete"
    under = shown.one("p", cls="under").text
    assert under == f"{tree.collection_id} · Selective package · Community Zone · 130 portfolios"
    assert shown.one("nav", cls="crumbs").links == {"E-collections": "/ecollections/"}


def test_one_portfolio_is_one_portfolio(viewer, emulator):
    collection = emulator.collections()[10]
    assert read(viewer.get(f"/ecollections/{collection}/")).one("p", cls="under").text.endswith("· 1 portfolio")


def test_the_librarys_own_name_comes_first(page, put):
    put("collection", public_name_override="Our ebooks")
    assert page().one("h1").text == "Our ebooks"
    assert groups(page())["General information"]["Public name"] == "Quillmere Press: Ebooks Complete"


def test_without_a_name_the_id_stands_in(page, put, tree):
    put("collection", public_name="", public_name_override=None)
    assert page().one("h1").text == tree.collection_id


def test_fields_stand_in_the_groups_of_almas_editor(page):
    shown = groups(page())
    assert list(shown) == [
        "General information",
        "Activation and acquisition",
        "Linking",
        "Descriptive record",
    ]
    assert shown["General information"]["Interface"] == "Quillmere Online"
    assert shown["General information"]["Vendor"] == "QUILLMERE"
    assert shown["General information"]["Collection type"] == "Selective package 0"
    assert shown["General information"]["Category"] == "Multidisciplinary"
    assert shown["Activation and acquisition"]["Activation date"] == "11 May 2010"
    assert shown["Activation and acquisition"]["Process type"] == "active"
    assert shown["Linking"]["Collection URL"].startswith("https://platform.example.org/quillmere")
    assert shown["Linking"]["Free"] == "Yes"


def test_every_field_of_a_full_record_is_shown(page, put):
    full = {}
    for group in fields.COLLECTION:
        for field in group.fields:
            name, _, inner = field.path.partition(".")
            value = {
                "url": "https://example.org/full",
                "code": {"value": "c", "desc": "words"},
                "reference": {"value": "REF", "link": "https://alma.invalid/x"},
                "flag": True,
                "date": "2021-08-10Z",
                "numbers": [{"type": "ISSN", "value": "1234-5678"}],
                "groups": [{"group": {"value": "STAFF", "desc": "Staff"}, "proxy": "PROXY_MAIN"}],
                "notes": [{"content": "note", "created_by": "somebody", "creation_date": "2024-02-29Z", "type": "T"}],
            }.get(field.kind, f"words of {field.path}")
            if inner:
                full.setdefault(name, {})[inner] = value
            else:
                full[name] = value
    put("collection", **full)
    shown = page()
    said = groups(shown)
    assert list(said) == [str(group.label) for group in fields.COLLECTION]
    for group in fields.COLLECTION:
        assert list(said[str(group.label)]) == [str(field.label) for field in group.fields]
    assert empty(shown) == {}
    assert said["Notes"]["Notes"] == "note · T · somebody · 2024-02-29"
    assert said["General information"]["Numbers"] == "Type: ISSN · Number: 1234-5678"
    assert said["Activation and acquisition"]["Access type"] == "words c"
    assert said["Activation and acquisition"]["PO line"] == "REF"
    assert said["Linking"]["Proxy enabled"] == "words"


def test_empty_fields_are_folded_and_named(page):
    fold = page().one("details", cls="fold")
    assert "open" not in fold.attrs
    assert fold.one("summary").text == "Empty fields"
    named = fold.facts
    assert "Library" in named["General information"]
    assert named["Group settings"] == "Groups"
    assert "Interface" not in named["General information"]


def test_a_field_is_either_shown_or_named_as_empty(page):
    shown = page()
    said, folded = groups(shown), empty(shown)
    for group in fields.COLLECTION:
        label = str(group.label)
        both = [*said.get(label, {}), *filter(None, folded.get(label, "").split(", "))]
        assert sorted(both) == sorted(str(field.label) for field in group.fields)


def test_what_the_portal_does_not_know_is_shown_all_the_same(page, put):
    put(
        "collection",
        brand_new={"deep": [{"word": "unseen"}]},
        other="x",
        interface={"name": "I", "colour": "blue"},
        none=None,
    )
    also = groups(page())["Also sent by Alma"]
    assert also == {"brand_new": "deep: word: unseen", "other": "x", "interface.colour": "blue"}


def test_notes_keep_their_lines_and_say_by_whom(viewer, emulator):
    collection = emulator.collections()[4]
    page = read(viewer.get(f"/ecollections/{collection}/"))
    note = page.one("div", cls="groups").all("section")
    lines = [one for section in note for one in section.all("div", cls="long")]
    assert any("Renewed." in one.text and "2025-01-01" in one.text for one in lines)
    assert any("demo_cataloguer" in one.text and "LICENSE" in one.text for one in lines)


def test_its_services_are_listed(page, tree):
    table = page().one("table")
    assert table.head == COLUMNS
    assert table.rows == [["Full Text", "Full Text", "● Available", "130", tree.service_id]]
    assert urljoin(tree.collection, table.links["Full Text"]) == tree.service


def test_two_services_are_two_rows(viewer, emulator):
    collection = emulator.collections()[5]
    table = read(viewer.get(f"/ecollections/{collection}/")).one("table")
    assert [row[4] for row in table.rows] == emulator.services(collection)
    assert len(table.rows) == 2


def test_a_service_is_called_by_its_description(page, put):
    put("service", public_description="Volltext für alle")
    assert page().one("table").rows[0][:2] == ["Volltext für alle", "Full Text"]


def test_a_service_that_is_not_available_is_marked_by_more_than_colour(page, put):
    put("service", activation_status={"value": "10", "desc": "Not Available"})
    assert page().one("table").rows[0][2] == "◐ Not Available"
    put("service", activation_status={"value": "12", "desc": None})
    assert page().one("table").rows[0][2] == "○ 12"


def test_a_database_has_no_service(viewer, emulator):
    database = emulator.collections()[3]
    page = read(viewer.get(f"/ecollections/{database}/"))
    assert "Database" in page.one("p", cls="under").text
    assert page.one("table").rows == [["This e-collection has no electronic service. Databases often have none."]]


def test_an_unknown_id_is_said_with_almas_code_and_tracking_id(viewer, emulator):
    response = viewer.get("/ecollections/61999999990004711/")
    page = read(response)
    assert response.status_code == 404
    assert page.one("h1").text == "Alma has no such record"
    assert "There is no e-collection with this ID" in page.text
    assert page.facts["Alma's code"] == "60121"
    assert page.facts["Alma's text"] == "The collection ID is not valid."
    assert page.facts["HTTP status"] == "400"
    assert page.facts["Tracking ID"].startswith("E01-")
    assert page.links["Home"] == "/"
    assert page.links["Try again"] == "/ecollections/61999999990004711/"
    assert len(emulator.calls) == 1


@pytest.mark.parametrize("odd", ["%2e%2e", ".", "%00", "a%2Fb", "%0a", "x" * 300, "%F0%9F%93%9A", "a%20b", "%ED%A0%80"])
def test_an_id_that_is_none_is_not_found(viewer, odd):
    assert viewer.get(f"/ecollections/{odd}/").status_code == 404


def test_a_deleted_e_collection_is_gone_though_a_copy_was_kept(viewer, emulator, tree, clock):
    viewer.get(tree.collection)
    emulator.store.run("DELETE FROM collections WHERE id = ?", int(tree.collection_id))
    assert viewer.get(tree.collection).status_code == 200
    clock.time += 16 * 60
    assert viewer.get(tree.collection).status_code == 404
    cache.clear()
    assert viewer.get(tree.collection).status_code == 404
