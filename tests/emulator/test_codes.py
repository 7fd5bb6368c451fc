"""Every validation error that input can cause, each by the input that causes it."""

from typing import Any

import pytest

from almaportal.emulator.fields import FIELDS
from tests.emulator.client import COLLECTIONS, MMS, Client, Place

BAD = {"value": "no-such-code"}

# field path → its error, for PUT and POST of a collection
COLLECTION_CODES = [
    ({"library": BAD}, "402469"),
    ({"type": BAD}, "60127"),
    ({"type": ""}, "60127"),
    ({"access_type": BAD}, "60128"),
    ({"license": BAD}, "60129"),
    ({"process_type": BAD}, "60158"),
    ({"free": BAD}, "60130"),
    ({"language": BAD}, "60131"),
    ({"proxy_enabled": BAD}, "60132"),
    ({"proxy": "no-such-proxy"}, "60133"),
    ({"interface": {"name": "No such interface"}}, "60134"),
    ({"group_settings": [{"group": {"value": "STUDENT"}, "proxy": "no-such-proxy"}]}, "60135"),
    ({"group_settings": [{"group": {"value": "STUDENT"}, "proxy_enabled": BAD}]}, "60135"),
    ({"po_line": BAD}, "60137"),
    ({"activation_date": "2025-02-30"}, "60142"),
    ({"activation_date": "30.01.2025"}, "60142"),
    ({"expected_activation_date": 20250130}, "60142"),
    ({"resource_metadata": {"mms_id": BAD}}, "60143"),
    ({"resource_metadata": {"mms_id": {"value": "99999999990004711"}}}, "60143"),
    ({"group_settings": [{"group": BAD}]}, "60152"),
    ({"counter_platform": BAD}, "60296"),
    ({"public_access_model": BAD}, "60141"),
    ({"type": {"value": "1"}, "linking_parameters": [{"code": "nope", "value": "1"}]}, "60353"),
    ({"group_settings": [{"linking_parameters": [{"code": "nope", "value": "1"}]}]}, "60354"),
    ({"linking_parameters": [{"code": "CUSTID", "value": "1"}]}, "60359"),
    ({"public_name": ""}, "60126"),
    ({"public_name": " \t"}, "60126"),
    ({"notes": "no list"}, "60101"),
    ({"notes": ["no record"]}, "60101"),
    ({"public_note": {"no": "text"}}, "60101"),
    ({"interface": "no record"}, "60101"),
    ({"is_selective": "maybe"}, "60101"),
]

SERVICE_CODES = [
    ({"type": BAD}, "60127"),
    ({"type": {"value": ""}}, "60127"),
    ({"free": BAD}, "60130"),
    ({"proxy_enabled": BAD}, "60132"),
    ({"proxy": "no-such-proxy"}, "60133"),
    ({"group_settings": [{"proxy": "no-such-proxy"}]}, "60135"),
    ({"activation_status": BAD}, "60138"),
    ({"activation_status": {"value": ""}}, "60138"),
    ({"active_from_date": "tomorrow"}, "60142"),
    ({"active_from_date": "2025-02-02", "active_until_date": "2025-02-01"}, "60142"),
    ({"service_unavailable_date": "2025-02-02", "service_unavailable_until_date": "2024-02-02Z"}, "60142"),
    ({"service_temporarily_unavailable": BAD}, "60144"),
    ({"link_resolver_plugin": BAD}, "60145"),
    ({"url_type": BAD}, "60146"),
    ({"url_type_override": BAD}, "60146"),
    ({"crossref_supported": BAD}, "60147"),
    ({"crossref_enabled": BAD}, "60147"),
    ({"linking_level": BAD}, "60148"),
    ({"group_settings": [{"group": BAD}]}, "60152"),
    ({"linking_parameters": [{"code": "nope"}]}, "60353"),
    ({"group_settings": [{"linking_parameters": [{"code": "nope"}]}]}, "60354"),
]

PORTFOLIO_CODES = [
    ({"availability": BAD}, "60161"),
    ({"availability": ""}, "60161"),
    ({"linking_details": {"url_type": BAD}}, "60166"),
    ({"linking_details": {"url_type_override": BAD}}, "60166"),
    ({"linking_details": {"proxy_enabled": BAD}}, "60167"),
    ({"linking_details": {"proxy": "no-such-proxy"}}, "60168"),
    ({"license": BAD}, "60169"),
    ({"material_type": BAD}, "60171"),
    ({"po_line": BAD}, "60172"),
    ({"library": BAD}, "402469"),
    ({"counter_platform": BAD}, "60296"),
    ({"access_type": BAD}, "60165"),
    ({"provenance": BAD}, "60360"),
    ({"activation_date": "soon"}, "300465"),
    ({"active_from_date": "2025-02-02", "active_until_date": "2025-02-01"}, "300465"),
    ({"availability": {"value": "11"}, "active_until_date": "2025-06-14"}, "200797"),
    ({"availability": {"value": "11"}, "active_from_date": "2025-06-16"}, "200797"),
]


@pytest.mark.parametrize(("body", "code"), COLLECTION_CODES)
def test_post_of_a_collection_is_checked(client: Client, body: dict[str, Any], code: str) -> None:
    count = len(client.emulator.collections())
    answer = client.post(COLLECTIONS, {"public_name": "x", "type": {"value": "0"}} | body)
    assert (answer.status, answer.code) == (400, code)
    assert len(client.emulator.collections()) == count


@pytest.mark.parametrize(("body", "code"), COLLECTION_CODES)
def test_put_of_a_collection_is_checked(client: Client, local: Place, body: dict[str, Any], code: str) -> None:
    before = client.get(local.collection).json
    answer = client.put(local.collection, {"internal_description": "changed"} | body)
    assert (answer.status, answer.code) == (400, code)
    assert client.get(local.collection).json == before


@pytest.mark.parametrize(("body", "code"), [
    ({"type": {"value": "0"}}, "60126"), ({"public_name": None, "type": {"value": "0"}}, "60126"),
    ({"public_name": "x"}, "60127"), ({}, "60126"),
])  # fmt: skip
def test_a_new_collection_needs_a_name_and_a_type(client: Client, body: dict[str, Any], code: str) -> None:
    assert client.post(COLLECTIONS, body).code == code


@pytest.mark.parametrize(("body", "code"), SERVICE_CODES)
def test_post_of_a_service_is_checked(client: Client, database: Place, body: dict[str, Any], code: str) -> None:
    path = f"{database.collection}/e-services"
    assert client.post(path, {"type": {"value": "getFullTxt"}} | body).code == code
    assert client.get(path).json.get("electronic_service") is None


@pytest.mark.parametrize(("body", "code"), SERVICE_CODES)
def test_put_of_a_service_is_checked(client: Client, local: Place, body: dict[str, Any], code: str) -> None:
    before = client.get(local.service).json
    assert client.put(local.service, {"internal_description": "changed"} | body).code == code
    assert client.get(local.service).json == before


def test_a_new_service_needs_a_type(client: Client, database: Place) -> None:
    assert client.post(f"{database.collection}/e-services", {"parser": None}).code == "60127"


def test_a_second_service_is_refused(client: Client, local: Place) -> None:
    answer = client.post(f"{local.collection}/e-services", {"type": {"value": "getFullTxt"}})
    assert (answer.code, answer.message) == ("60149", "The service was not created.")


def test_the_type_of_a_service_cannot_be_changed(client: Client, local: Place) -> None:
    assert client.put(local.service, {"type": {"value": "getSelectedFullTxt"}}).code == "60153"


@pytest.mark.parametrize(("body", "code"), PORTFOLIO_CODES)
def test_post_of_a_portfolio_is_checked(client: Client, empty: Place, body: dict[str, Any], code: str) -> None:
    body = {"resource_metadata": {"mms_id": {"value": MMS}}} | body
    assert client.post(f"{empty.service}/portfolios/", body).code == code
    assert client.get(f"{empty.service}/portfolios").json == {"total_record_count": 0}


@pytest.mark.parametrize(
    ("body", "code"), [*PORTFOLIO_CODES, ({"coverage_details": {"coverage_in_use": BAD}}, "60170")]
)
def test_put_of_a_portfolio_is_checked(client: Client, new: Place, body: dict[str, Any], code: str) -> None:
    before = client.get(new.portfolio).json
    answer = client.put(new.portfolio, {"public_note": "changed"} | body)
    assert (answer.status, answer.code) == (400, code)
    assert client.get(new.portfolio).json == before


@pytest.mark.parametrize(("metadata", "code"), [
    (None, "60159"), ({}, "60159"), ({"mms_id": {"value": ""}}, "60159"), ({"mms_id": BAD}, "60172"),
    ({"mms_id": {"value": "99000000000004711"}}, "60172"), ({"mms_id": {"value": "991"}}, "60172"),
])  # fmt: skip
def test_a_new_portfolio_needs_a_known_bib(client: Client, empty: Place, metadata: Any, code: str) -> None:
    answer = client.post(f"{empty.service}/portfolios", {"resource_metadata": metadata})
    assert answer.code == code
    if code == "60172":
        assert answer.message == "The title MMS ID is not valid."


def test_the_po_line_of_a_portfolio_has_its_own_text(client: Client, new: Place) -> None:
    assert client.put(new.portfolio, {"po_line": BAD}).message == "The PO line reference is not valid."


@pytest.mark.parametrize("text", [
    "2024-02-30", "2023-02-29Z", "2024-13-01", "0000-01-01", "2024-1-1", " 2024-01-01", "2024-01-01\n", "٢٠٢٤-٠١-٠١",
    "2024-01-01T00:00:00Z", "javascript:alert(1)", "today", 20240101, True, [], {},
])  # fmt: skip
def test_what_is_no_day_of_the_calendar_is_refused(client: Client, local: Place, text: Any) -> None:
    assert client.put(local.collection, {"activation_date": text}).code == "60142"
    assert client.put(local.service, {"active_from_date": text}).code == "60142"
    assert client.put(local.portfolio, {"activation_date": text}).code == "300465"
    assert client.put(local.portfolio, {"active_until_date": text}).code == "300465"


def test_the_date_errors_of_collection_and_service_differ(client: Client, local: Place) -> None:
    collection = client.put(local.collection, {"activation_date": "x"})
    service = client.put(local.service, {"active_from_date": "x"})
    assert collection.message == "The collection date is not valid."
    assert service.message == "The service date is not valid."


# unknown IDs

ELSEWHERE = "61999999990004711"


@pytest.mark.parametrize(("method", "path", "code", "message"), [
    ("GET", "{cs}/{x}", "60121", "The collection ID is not valid."),
    ("PUT", "{cs}/{x}", "60121", "The Collection ID was not found."),
    ("DELETE", "{cs}/{x}", "60121", "The Collection ID was not found."),
    ("GET", "{cs}/{x}/e-services", "60121", "The Collection ID was not found."),
    ("POST", "{cs}/{x}/e-services", "60121", "The Collection ID is not valid."),
    ("GET", "{cs}/{x}/e-services/1", "60121", "The Collection ID was not found."),
    ("PUT", "{c}/e-services/{x}", "60122", "The Service ID was not found."),
    ("GET", "{c}/e-services/{x}", "60122", "The Service ID was not found."),
    ("DELETE", "{c}/e-services/{x}", "60122", "The Service ID was not found."),
    ("GET", "{cs}/{x}/e-services/1/portfolios", "60121", "Failed to find the Collection ID."),
    ("GET", "{c}/e-services/{x}/portfolios", "60122", "Failed to find the Service ID."),
    ("POST", "{c}/e-services/{x}/portfolios/", "60122", "Failed to find the Service ID."),
    ("GET", "{s}/portfolios/{x}", "60123", "Failed to find the Portfolio ID."),
    ("PUT", "{s}/portfolios/{x}", "60123", "Failed to find the Portfolio ID."),
    ("DELETE", "{s}/portfolios/{x}", "60122", "The Portfolio ID was not found."),
])  # fmt: skip
@pytest.mark.parametrize("unknown", [ELSEWHERE, "x", "0", "9" * 40, "०"])
def test_an_unknown_id_is_400(
    client: Client, local: Place, method: str, path: str, code: str, message: str, unknown: str
) -> None:
    path = path.format(cs=COLLECTIONS, c=local.collection, s=local.service, x=unknown)
    data = {"public_note": "x"} if method in ("PUT", "POST") else None
    answer = client(method, path.encode().decode("latin-1"), data)
    assert (answer.status, answer.code, answer.message) == (400, code, message)


def test_a_service_must_be_in_the_collection_of_the_path(client: Client, local: Place, big: Place) -> None:
    service = big.service.rpartition("/")[2]
    assert client.get(f"{local.collection}/e-services/{service}").code == "60122"


def test_a_portfolio_is_found_by_its_own_id_alone(client: Client, big: Place) -> None:
    portfolio = big.portfolio.rpartition("/")[2]
    path = f"{COLLECTIONS}/1/e-services/2/portfolios/{portfolio}"
    assert client.get(path).json["id"] == portfolio
    assert client.put(path, {"public_note": "found"}).json["public_note"] == "found"


ODD: list[Any] = [None, "", "x", 0, 1.5, True, [], {}, [None], [[]], ["x"], [{}], {"value": {}}, {"value": []},
       {"value": None}, {"value": 7}, {"x": 1}, [{"group": "x", "proxy": 3}], "\ud800", {"mms_id": 1},
       {"name": []}, {"static_url": None, "url": {}}]  # fmt: skip


@pytest.mark.thorough
def test_no_odd_value_in_any_field_breaks_the_emulator(client: Client, new: Place) -> None:
    bib = {"resource_metadata": {"mms_id": {"value": MMS}}}
    for kind, path in (("collection", new.collection), ("service", new.service), ("portfolio", new.portfolio)):
        parent = path.rpartition("/")[0]
        for name in FIELDS[kind]:
            for odd in ODD:
                for method, where, body in (("PUT", path, {name: odd}), ("POST", parent, bib | {name: odd})):
                    answer = client(method, where, body)
                    assert answer.status in (200, 400), (method, kind, name, odd)
                    assert client.get(path, HTTP_ACCEPT="").status == 200
    assert client.get(f"{COLLECTIONS}?limit=100&q=keywords~x").status == 200
    assert client.get(f"{COLLECTIONS}?limit=100&offset=14&lang=de", HTTP_ACCEPT="").status == 200
