"""From an ID alone to its page."""

import pytest

pytestmark = pytest.mark.thorough


@pytest.fixture
def far_service(emulator) -> str:
    """A service of the last e-collection that has one."""
    return [sid for cid in emulator.collections() for sid in emulator.services(cid)][-1]


def test_a_collection_needs_no_search(viewer, emulator):
    cid = emulator.collections()[3]
    assert viewer.get(f"/find/?q={cid}")["Location"] == f"/ecollections/{cid}/"
    assert emulator.calls == []


def test_a_service_is_found_where_it_was_seen(viewer, emulator):
    cid = emulator.collections()[0]
    sid = emulator.services(cid)[0]
    viewer.get(f"/ecollections/{cid}/")
    assert viewer.get("/find/", {"q": f" {sid} "})["Location"] == f"/ecollections/{cid}/services/{sid}/"


def test_a_portfolio_never_seen_is_found_in_one_call(viewer, emulator):
    cid = emulator.collections()[0]
    sid = emulator.services(cid)[0]
    pid = emulator.portfolios(sid)[77]
    location = viewer.get(f"/find/?q={pid}")["Location"]
    assert location == f"/ecollections/{cid}/services/{sid}/portfolios/{pid}/"
    assert len(emulator.calls) == 1


def test_a_service_never_seen_costs_nothing_until_one_asks_to_look_for_it(viewer, emulator, far_service):
    page = viewer.get(f"/find/?q={far_service}")
    assert page.status_code == 404
    assert "Look through all e-collections" in page.content.decode()
    assert emulator.calls == []


def test_looking_for_a_service_reads_each_collection_once_and_ends_on_its_page(viewer, emulator, far_service):
    location = viewer.post(f"/find/?q={far_service}")["Location"]
    assert location.endswith(f"/services/{far_service}/")
    assert viewer.get(location).status_code == 200
    paths = [call.path for call in emulator.calls if call.path.endswith("/e-services")]
    assert len(paths) == len(set(paths)) <= 60


def test_a_service_that_is_nowhere_is_said_to_be_nowhere(viewer, emulator):
    page = viewer.post("/find/?q=62999999990004711")
    assert page.status_code == 404
    assert "none of the institution's 60 e-collections" in page.content.decode()


def test_looking_stops_in_time_and_goes_on_where_it_stopped(viewer, emulator, far_service, settings):
    settings.ALMA_CALLS_PER_SECOND = 2  # 12 seconds are good for some 24 calls
    page = viewer.post(f"/find/?q={far_service}")
    assert page.status_code == 404
    assert "time ran short" in page.content.decode()
    assert "Look on" in page.content.decode()
    first = len(emulator.calls)
    assert 20 <= first <= 26
    while (page := viewer.post(f"/find/?q={far_service}")).status_code == 404:
        assert len(emulator.calls) < 62
    assert page["Location"].endswith(f"/services/{far_service}/")
    paths = [call.path for call in emulator.calls]
    assert len(paths) == len(set(paths))


def test_a_portfolio_found_by_its_id_is_shown_without_another_call(viewer, emulator):
    cid = emulator.collections()[0]
    pid = emulator.portfolios(emulator.services(cid)[0])[78]
    assert viewer.get(f"/find/?q={pid}", follow=True).status_code == 200
    assert len(emulator.calls) == 1


def test_an_e_collection_that_alma_fails_at_does_not_end_the_search(viewer, emulator, far_service):
    broken = emulator.collections()[2]
    emulator.faults.add(kind="500", path=f"*/{broken}/e-services", count=None)
    viewer.post("/find/?q=62999999990004711")
    page = viewer.post("/find/?q=62999999990004711")
    assert "1 e-collection could not be read" in page.content.decode()
    assert viewer.post(f"/find/?q={far_service}")["Location"].endswith(f"/services/{far_service}/")
