"""No shape of a record breaks its page: each leaf and each part of a real record is replaced by each odd value."""

import copy
from urllib.parse import urljoin

import pytest
from django.core.cache import cache

from tests.portal.reading import read

pytestmark = pytest.mark.thorough

MISSING = object()
ODD = (None, {}, "", [], [{}], "odd", 7, {"value": {"x": []}}, {"desc": 4})
VALUES = (*ODD, MISSING)
PATHS = {
    "collection": "/electronic/e-collections/{0}",
    "service": "/electronic/e-collections/{0}/e-services/{1}",
    "portfolio": "/electronic/e-collections/{0}/e-services/{1}/portfolios/{2}",
}
EXTRA = {
    "notes": [{"content": "x", "creation_date": "2024-02-29Z", "created_by": "y", "type": {"value": "z"}}],
    "group_settings": [{"group": {"value": "G", "desc": "g"}, "proxy_enabled": {"value": "true"}, "proxy": "p"}],
    "number": ["1"],
    "cdi_info": {"a": "b"},
    "expected_activation_date": "2024-02-29Z",
}
COVERAGE = {
    "coverage_in_use": {"value": "0", "desc": "Only local"},
    "local_date_coverage_parameters": [{"from_year": "2004", "from_month": {"value": "1", "desc": "January"}}],
    "local_embargo_information": {"embargo_operator": {"value": ">"}, "number_of_years": "1", "number_of_months": "6"},
}


def full_record(emulator, tree, kind):
    record = emulator.record(kind, tree.id_of(kind)) | copy.deepcopy(EXTRA)
    return record | {"coverage_details": copy.deepcopy(COVERAGE)} if kind == "portfolio" else record


def places(value, path=()):
    """The path of every part of a record, leaves too."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places(part, (*path, key))


def changed(record, path, odd):
    """In place: what stands at the path is now `odd`, or not there at all."""
    for key in path[:-1]:
        record = record[key]
    if odd is MISSING:
        del record[path[-1]]
    else:
        record[path[-1]] = odd


def rounds(record):
    """Every change once. Those on one level do not touch each other, so they share a page: few pages are needed."""
    by_level = {}
    for place in places(record):
        by_level.setdefault(len(place), []).append(place)
    for level in by_level.values():
        for shift in range(len(VALUES)):
            yield [(place, VALUES[(number + shift) % len(VALUES)]) for number, place in enumerate(level)]


def broken_by(viewer, address, say, record, part):
    """The faults that changes of this part of the record make: fault → the changes of the first page that had it."""
    faults = {}
    for changes in rounds(part):
        odd = copy.deepcopy(record | part)
        for change in changes:
            changed(odd, *change)
        say(odd)
        try:
            assert viewer.get(address).status_code in (200, 302)
        except Exception as error:
            faults.setdefault(f"{type(error).__name__}: {error}", changes)
    return faults


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_no_shape_of_a_record_breaks_its_page(viewer, emulator, tree, alma_says, kind):
    record = full_record(emulator, tree, kind)
    path = PATHS[kind].format(tree.collection_id, tree.service_id, tree.portfolio_id)

    def say(odd):
        alma_says(path, odd)

    home = {"electronic_collection": record.pop("electronic_collection", {})}  # another one leads away from the page
    assert broken_by(viewer, f"{tree[kind]}?size=20", say, home, record) == {}
    if kind == "portfolio":
        assert broken_by(viewer, f"{tree[kind]}?size=20", say, record, home) == {}


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_no_shape_of_a_row_breaks_its_list(viewer, emulator, tree, alma_says, kind):
    """All changes of a row, each a row of its own, on one page."""
    path, name, row, address = {
        "collection": (
            "/electronic/e-collections",
            "electronic_collection",
            full_record(emulator, tree, kind),
            tree.list,
        ),
        "service": (
            f"{PATHS['collection']}/e-services",
            "electronic_service",
            full_record(emulator, tree, kind),
            tree.collection,
        ),
        "portfolio": (f"{PATHS['service']}/portfolios", "portfolio", full_record(emulator, tree, kind), tree.service),
    }[kind]
    shown = {
        "id",
        "public_name",
        "type",
        "is_local",
        "portfolios",
        "library",
        "activation_status",
        "public_description",
    }
    shown |= {"resource_metadata", "availability", "electronic_collection", "interface", "public_name_override"}
    brief = {key: value for key, value in row.items() if key in shown}
    rows = []
    for place in places(brief):
        for odd in VALUES:
            rows.append(copy.deepcopy(brief))
            changed(rows[-1], place, odd)
    alma_says(path.format(tree.collection_id, tree.service_id), {name: rows, "total_record_count": len(rows)})
    response = viewer.get(address)
    assert response.status_code == 200
    assert len(read(response).one("tbody").all("tr")) == len(rows)


@pytest.mark.parametrize("odd", [*ODD, {"electronic_collection": "x"}], ids=repr)
def test_no_shape_of_a_list_breaks_the_page(viewer, tree, alma_says, odd):
    for name, path, address in (
        ("electronic_collection", "/electronic/e-collections", tree.list),
        ("electronic_service", f"{PATHS['collection']}/e-services", tree.collection),
        ("portfolio", f"{PATHS['service']}/portfolios", tree.service),
    ):
        alma_says(path.format(tree.collection_id, tree.service_id), {name: odd, "total_record_count": odd})
        assert viewer.get(address).status_code == 200
    cache.clear()


IDS = ["a/b", "/", "..", ".", "?x=1", "#x", "%2F", " ", "a b", "ä", "x" * 500, "\n", "\\", "62"]


@pytest.mark.parametrize("kind", ["collection", "service", "portfolio"])
def test_an_odd_id_in_a_row_breaks_no_list(viewer, tree, alma_says, kind):
    path, name, address = {
        "collection": ("/electronic/e-collections", "electronic_collection", tree.list),
        "service": (f"{PATHS['collection']}/e-services", "electronic_service", tree.collection),
        "portfolio": (f"{PATHS['service']}/portfolios", "portfolio", tree.service),
    }[kind]
    alma_says(path.format(tree.collection_id, tree.service_id), {name: [{"id": odd} for odd in IDS]})
    response = viewer.get(address)
    assert response.status_code == 200
    table = read(response).one("tbody")
    assert len(table.all("tr")) == len(IDS)
    assert "62" in table.links
    for link in table.links.values():
        assert viewer.get(urljoin(address, link)).status_code in (200, 404)


def test_an_odd_home_of_a_portfolio_breaks_no_page(viewer, tree, alma_says):
    path = PATHS["portfolio"].format(tree.collection_id, tree.service_id, tree.portfolio_id)
    for odd in IDS:
        home = {"id": {"value": odd}, "service": {"value": odd}}
        alma_says(path, {"id": tree.portfolio_id, "electronic_collection": home})
        assert viewer.get(tree.portfolio).status_code in (200, 302), odd
