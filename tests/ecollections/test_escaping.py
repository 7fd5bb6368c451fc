"""Whatever text Alma sends, a page shows it as text."""

import copy
from urllib.parse import urljoin

import pytest

from tests.portal.reading import read

BAD = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;"
KEEP = {"id", "link", "is_local", "portfolios", "electronic_collection"}


def poisoned(value, name=""):
    """The same record with BAD in the place of every text."""
    if name in KEEP:
        return value
    if isinstance(value, dict):
        return {key: poisoned(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [poisoned(part) for part in value]
    return BAD


def check(response):
    page = read(response)
    text = response.content.decode()
    assert response.status_code == 200
    assert "<script>alert" not in text
    assert "<img" not in text
    assert all(not name.startswith("on") for one in page for name in one.attrs)
    return page


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_a_record_full_of_html_is_only_text(viewer, emulator, tree, put, kind):
    record = poisoned(emulator.record(kind, tree.id_of(kind)))
    record |= {
        "notes": [{"content": BAD, "created_by": BAD, "type": BAD}],
        "group_settings": [{"group": {"value": BAD}}],
    }
    record |= {"number": [BAD], BAD: BAD, "brand_new": {BAD: [BAD]}}
    put(kind, **record)
    page = check(viewer.get(tree[kind]))
    assert page.text.count("<script>alert(1)</script>") > 20
    if kind != "service":
        assert page.one("h1").text == BAD
    assert page.one("title").text.startswith(BAD[:50])


@pytest.mark.parametrize(
    ("kind", "list_of"), [("collection", "list"), ("service", "collection"), ("portfolio", "service")]
)
def test_a_row_full_of_html_is_only_text(viewer, emulator, tree, put, kind, list_of):
    put(kind, **poisoned(copy.deepcopy(emulator.record(kind, tree.id_of(kind)))))
    table = check(viewer.get(tree[list_of])).one("table")
    assert BAD[:40] in table.rows[0][0]
    assert all(urljoin(tree[list_of], href).startswith(tree[list_of]) for href in table.links.values())


def test_names_in_the_crumbs_are_only_text(viewer, tree, put):
    put("collection", public_name=BAD)
    put("service", public_description=BAD)
    viewer.get(tree.list)
    viewer.get(tree.collection)
    assert list(check(viewer.get(tree.portfolio)).one("nav", cls="crumbs").links)[1] == BAD


def test_an_interface_in_the_list_is_only_text(viewer, tree, put):
    put("collection", interface={"name": BAD})
    viewer.get(tree.collection)
    assert check(viewer.get(tree.list)).one("table").rows[0][4] == BAD


@pytest.mark.parametrize("odd", [BAD, "javascript:alert(1)", "//evil.example", "https://evil.example/", "?q", "#x"])
def test_an_id_is_only_text_and_leads_nowhere_else(viewer, tree, alma_says, odd):
    alma_says("/electronic/e-collections", {"electronic_collection": [{"id": odd, "public_name": "x"}]})
    for link in check(viewer.get(tree.list)).one("tbody").all("a"):
        target = urljoin(f"http://portal.example{tree.list}", link.attrs["href"])
        assert target.startswith("http://portal.example/ecollections/")
        assert target != "http://portal.example/ecollections/"


MARKS = "\u202eexe.cod\u0000\u200b\ufffe\U0001f4daا\r\n\t"


def test_odd_letters_are_no_trouble(viewer, tree, put):
    for kind in ("collection", "portfolio"):
        put(kind, public_name=f"a{MARKS}b", resource_metadata={"title": f"a{MARKS}b"}, public_note=MARKS)
        assert read(viewer.get(tree[kind])).one("h1").text.startswith("a")
    assert viewer.get(tree.service).status_code == 200


def test_texts_tell_their_own_direction(viewer, tree):
    page = read(viewer.get(tree.list))
    assert {one.attrs.get("dir") for one in page.one("tbody").all("a")} == {"auto"}
    assert read(viewer.get(tree.portfolio)).one("h1").attrs["dir"] == "auto"


def test_half_a_letter_is_no_trouble(viewer, tree, alma_says):
    """JSON can hold half of a surrogate pair, which no page can be encoded with and no database can keep."""
    record = {"id": tree.collection_id, "public_name": "a\ud83d", "public_note": "\udcff"}
    alma_says(f"/electronic/e-collections/{tree.collection_id}", record)
    response = viewer.get(tree.collection)
    assert response.status_code == 200
    assert read(response).one("h1").text.startswith("a")
