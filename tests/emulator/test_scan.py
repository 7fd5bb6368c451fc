"""Scanning in: loans end, holds are served, items travel, and uses in the house are counted."""

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import Client, Response

HOLD = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "MAIN"}
DESK = "library=MAIN&circ_desk=DEFAULT_CIRC_DESK"


@pytest.fixture
def item(emulator: Emulator) -> str:
    """An item of the main library, in place."""
    return emulator.items(emulator.titles("free", 1)[0])[0]


def path_of(emulator: Emulator, item: str) -> str:
    return f"/bibs/{emulator.item(item)['bib_data']['mms_id']}/holdings/ALL/items/{item}"


def scan(client: Client, item: str, query: str = DESK) -> Response:
    return client.post(f"{path_of(client.emulator, item)}?op=scan&{query}")


def process(emulator: Emulator, item: str) -> str:
    return str(emulator.item(item)["item_data"]["process_type"]["value"])


def hold(client: Client, person: str, item: str, library: str = "MAIN") -> str:
    body = HOLD | {"pickup_location_library": library}
    return str(client.post(f"/users/{person}/requests?item_pid={item}", body).json["request_id"])


def test_a_scan_at_home_counts_a_use_in_the_house_unless_told_not_to(
    client: Client, emulator: Emulator, item: str
) -> None:
    answer = scan(client, item)
    assert answer.json["item_data"]["pid"] == item
    assert "Reshelve to Main Library" in answer.json["additional_info"]
    assert emulator.in_house_uses(item) == 1
    scan(client, item, f"{DESK}&register_in_house_use=false")
    assert emulator.in_house_uses(item) == 1


def test_a_scan_returns_the_loan(client: Client, emulator: Emulator) -> None:
    reader = emulator.people("many_loans")[0]
    loans = client.get(f"/users/{reader}/loans?limit=100").json["item_loan"]
    waited = {emulator.request(one)["mms_id"] for one in emulator.requests("waiting")}
    loan = next(one for one in loans if one["library"]["value"] == "MAIN" and one["mms_id"] not in waited)
    path = path_of(emulator, loan["item_id"])
    assert scan(client, loan["item_id"]).status == 200
    assert process(emulator, loan["item_id"]) == ""
    assert emulator.in_house_uses(loan["item_id"]) == 0
    assert client.get(f"{path}/loans").json == {"total_record_count": 0}
    done = client.get(f"{path}/loans/{loan['loan_id']}").json
    assert (done["loan_status"], done["return_date"][:10]) == ("COMPLETE", "2025-06-15")
    assert client.get(f"/users/{reader}?expand=loans").json["loans"]["value"] == 149
    complete = client.get(f"/users/{reader}/loans?loan_status=Complete").json["item_loan"]
    assert [one["loan_id"] for one in complete] == [loan["loan_id"]]


def test_a_hold_waits_on_the_shelf_when_it_is_put_there(client: Client, emulator: Emulator, item: str) -> None:
    one = hold(client, emulator.people("student")[0], item)
    info = scan(client, item).json["additional_info"]
    assert "Hold Shelf Processing" in info
    assert (emulator.request(one)["request_status"], process(emulator, item)) == ("IN_PROCESS", "HOLDSHELF")
    scan(client, item, f"{DESK}&place_on_hold_shelf=true")
    assert emulator.request(one)["task_name"] == "On Hold Shelf"
    assert emulator.request(one)["request_status"] == "ON_HOLD_SHELF"
    assert [mail["letter"] for mail in emulator.mails] == ["FulPlaceOnHoldShelfLetter"]
    assert scan(client, item).status == 200
    assert emulator.request(one)["request_status"] == "ON_HOLD_SHELF"
    assert emulator.in_house_uses(item) == 0


def test_a_hold_for_another_library_travels_there_first(client: Client, emulator: Emulator, item: str) -> None:
    one = hold(client, emulator.people("student")[0], item, "LAW")
    assert "Law Library" in scan(client, item).json["additional_info"]
    assert (emulator.request(one)["task_name"], process(emulator, item)) == ("Transit Item", "TRANSIT")
    scan(client, item, "library=LAW&circ_desk=DEFAULT_CIRC_DESK&place_on_hold_shelf=true")
    assert process(emulator, item) == "HOLDSHELF"


def test_the_first_in_the_queue_gets_the_item_or_the_one_that_is_named(
    client: Client, emulator: Emulator, item: str
) -> None:
    people = emulator.people("student", 1) + emulator.people("external", 2)
    first, second = (hold(client, person, item) for person in people[:2])
    scan(client, item, f"{DESK}&place_on_hold_shelf=true&request_id={second}")
    assert emulator.request(second)["task_name"] == "On Hold Shelf"
    assert emulator.request(first)["place_in_queue"] == 1
    assert scan(client, item, f"{DESK}&request_id=83000000000004711").code == "402502"


def test_two_who_wait_for_a_title_get_two_copies(client: Client, emulator: Emulator, item: str) -> None:
    mms = emulator.item(item)["bib_data"]["mms_id"]
    people = emulator.people("student", 1) + emulator.people("external", 1)
    asked = [client.post(f"/users/{one}/requests?mms_id={mms}", HOLD).json["request_id"] for one in people]
    copies = emulator.items(mms)[:2]
    for copy in (*copies, copies[0]):
        scan(client, copy, f"{DESK}&place_on_hold_shelf=true")
    assert [emulator.request(one)["item_id"] for one in asked] == copies
    assert {emulator.request(one)["task_name"] for one in asked} == {"On Hold Shelf"}


def test_far_from_home_an_item_is_sent_back_and_arrives(client: Client, emulator: Emulator, item: str) -> None:
    info = scan(client, item, "library=LAW&circ_desk=DEFAULT_CIRC_DESK").json["additional_info"]
    assert info == "Item's destination is: Main Library. Request/Process Type: Transit for reshelving."
    rows = client.get(f"{path_of(emulator, item)}/requests").json["user_request"]
    assert [row["request_sub_type"]["value"] for row in rows] == ["TRANSIT_FOR_RESHELVING"]
    assert process(emulator, item) == "TRANSIT"
    scan(client, item)
    assert process(emulator, item) == ""
    assert emulator.in_house_uses(item) == 0


def test_a_missing_item_is_found_again(client: Client, emulator: Emulator) -> None:
    item = emulator.items(emulator.titles("missing", 1)[0])[0]
    assert process(emulator, item) == "MISSING"
    scan(client, item)
    assert process(emulator, item) == ""


def test_work_begins_and_ends_at_a_department(client: Client, emulator: Emulator, item: str) -> None:
    bindery = "library=MAIN&department=BindMAIN"
    assert scan(client, item, f"{bindery}&done=true").code == "402502"
    assert scan(client, item, bindery).code == "402502"
    scan(client, item, f"{bindery}&work_order_type=BINDING")
    assert process(emulator, item) == "WORK_ORDER_DEPARTMENT"
    assert scan(client, item).code == "402502"
    scan(client, item, f"{bindery}&done=true")
    assert process(emulator, item) == ""


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("circ_desk=DEFAULT_CIRC_DESK", "401664"),
        ("library=MAIN", "401664"),
        ("library=NOPE&circ_desk=DEFAULT_CIRC_DESK", "40166415"),
        ("library=MAIN&circ_desk=NOPE", "40166415"),
        ("library=MAIN&department=NOPE", "40166415"),
        (f"{DESK}&department=BindMAIN", "40166415"),
        (f"{DESK}&confirm=perhaps", "40166415"),
        (f"{DESK}&done=true", "402502"),
        ("library=MAIN&department=BindMAIN&work_order_type=NOPE", "40166415"),
    ],
)
def test_what_a_scan_refuses(client: Client, emulator: Emulator, item: str, query: str, code: str) -> None:
    before = emulator.item(item)
    assert scan(client, item, query).code == code
    assert emulator.item(item) == before


def test_unknown_items_and_operations(client: Client, emulator: Emulator, item: str) -> None:
    mms = emulator.titles("single", 1)[0]
    assert client.post(f"/bibs/{mms}/holdings/ALL/items/{item}?op=scan&{DESK}").code == "402504"
    assert client.post(f"{path_of(emulator, item)}?op=burn&{DESK}").code == "401666"
