"""Placing requests at the person, the title and the item: what is kept, and why Alma refuses."""

from typing import Any

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import Client, Response

HOLD = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "MAIN"}
SCAN = {"request_type": "DIGITIZATION"}
TIMES = {"booking_start_date": "2025-07-01T09:00:00Z", "booking_end_date": "2025-07-02T17:00:00Z"}
BOOKING = HOLD | {"request_type": "BOOKING"} | TIMES


@pytest.fixture
def me(emulator: Emulator) -> str:
    """Somebody with nothing the matter."""
    return emulator.people("student")[0]


@pytest.fixture
def free(emulator: Emulator) -> str:
    return emulator.titles("free", 1)[0]


def place(client: Client, me: str, mms: str, body: Any = HOLD, query: str = "") -> Response:
    return client.post(f"/users/{me}/requests?mms_id={mms}{query}", body)


def item_path(emulator: Emulator, mms: str, n: int = 0) -> str:
    return f"/bibs/{mms}/holdings/ALL/items/{emulator.items(mms)[n]}"


# kept


def test_a_hold_is_kept_and_found_at_the_person_and_the_title(client: Client, me: str, free: str) -> None:
    before = client.get(f"/users/{me}?expand=requests").json["requests"]["value"]
    made = place(client, me, free, HOLD | {"comment": "Soon", "last_interest_date": "2025-08-01"}).json
    assert (made["user_primary_id"], made["mms_id"], made["comment"]) == (me, free, "Soon")
    assert (made["request_type"], made["request_status"], made["place_in_queue"]) == ("HOLD", "NOT_STARTED", 1)
    assert (made["pickup_location"], made["task_name"]) == ("Main Library", "Pickup From Shelf")
    for above in (f"/users/{me}", "/users/ALL", f"/bibs/{free}"):
        assert client.get(f"{above}/requests/{made['request_id']}").json == made
    assert client.get(f"/bibs/{free}/requests").json["user_request"] == [made]
    assert client.get(f"/users/{me}?expand=requests").json["requests"]["value"] == before + 1
    picked = client.get("/task-lists/requested-resources?library=MAIN&circ_desk=DEFAULT_CIRC_DESK&limit=100").json
    assert made["request_id"] in [one["id"]["value"] for row in picked["requested_resource"] for one in row["request"]]


def test_a_hold_on_an_item_is_listed_there(client: Client, emulator: Emulator, me: str, free: str) -> None:
    item = emulator.items(free)[1]
    made = client.post(f"/users/{me}/requests?item_pid={item}", HOLD).json
    assert (made["item_id"], made["barcode"]) == (item, emulator.item(item)["item_data"]["barcode"])
    path = item_path(emulator, free, 1)
    assert client.get(f"{path}/requests").json["user_request"] == [made]
    assert client.get(f"{path}/requests/{made['request_id']}").json == made
    assert client.get(f"{item_path(emulator, free)}/requests").json == {"total_record_count": 0}
    assert emulator.item(item)["item_data"]["requested"] is True


def test_requests_placed_at_the_title_and_the_item_are_the_person_s(
    client: Client, emulator: Emulator, me: str, free: str
) -> None:
    first = client.post(f"/bibs/{free}/requests?user_id={me}", HOLD).json
    query = f"user_id={me}&allow_same_request=true"
    second = client.post(f"{item_path(emulator, free)}/requests?{query}", HOLD).json
    mine = {row["request_id"] for row in client.get(f"/users/{me}/requests?limit=100").json["user_request"]}
    assert {first["request_id"], second["request_id"]} <= mine


def test_who_asked_first_is_first_in_the_queue(client: Client, emulator: Emulator, free: str) -> None:
    people = [person for kind in ("student", "external") for person in emulator.people(kind, 2)][:3]
    places = [place(client, person, free).json["place_in_queue"] for person in people]
    assert places == list(range(1, len(people) + 1))
    first = client.get(f"/bibs/{free}/requests").json["user_request"][0]["request_id"]
    client.delete(f"/users/ALL/requests/{first}?reason=CannotBeFulfilled")
    assert [row["place_in_queue"] for row in client.get(f"/bibs/{free}/requests").json["user_request"]] == [
        one - 1 for one in places[1:]
    ]


def test_a_request_in_xml(client: Client, me: str, free: str) -> None:
    body = b"<user_request><request_type>HOLD</request_type><pickup_location_type>LIBRARY</pickup_location_type>"
    body += b"<pickup_location_library>LAW</pickup_location_library></user_request>"
    answer = client(
        "POST",
        f"/users/{me}/requests?mms_id={free}",
        body,
        CONTENT_TYPE="application/xml",
        HTTP_ACCEPT="application/xml",
    )
    assert answer.text.count("<user_request>") == 1
    assert "<pickup_location_library>LAW</pickup_location_library>" in answer.text


def test_a_desk_and_an_address_are_places_to_pick_up(client: Client, emulator: Emulator, me: str, free: str) -> None:
    desk = {"pickup_location_type": "CIRCULATION_DESK", "pickup_location_circulation_desk": "ILL"}
    assert place(client, me, free, HOLD | desk).json["pickup_location"] == "Main Library - Interlibrary Desk"
    home = {"request_type": "HOLD", "pickup_location_type": "USER_HOME_ADDRESS"}
    assert place(client, me, emulator.titles("single", 1)[0], home).json["pickup_location"] == "Home Address"


def test_part_of_a_book_is_digitized_step_by_step(client: Client, emulator: Emulator, me: str, free: str) -> None:
    part = {"partial_digitization": True, "chapter_or_article_title": "Tides", "volume": "3"}
    pages = {"required_pages_range": [{"from_page": "1", "to_page": "9"}]}
    made = place(client, me, free, SCAN | part | pages).json
    assert made["required_pages_range"] == [{"from_page": "1", "to_page": "9"}]
    path = f"/users/{me}/requests/{made['request_id']}?op=next_step"
    steps = [client.post(path).json["task_name"] for _ in range(2)]
    assert steps == ["Digitize Item", "Deliver Digital"]
    assert client.post(path).code == "401933"
    assert client.post(path.replace("next_step", "leap")).code == "401666"
    assert client.post(f"/users/{me}/requests/83000000000004711?op=next_step").code == "401907"
    assert client.post(f"/users/{me}/requests/x?op=next_step").code == "402205"
    hold = emulator.request(emulator.requests("shelf", 1)[0])
    path = f"/users/{hold['user_primary_id']}/requests/{hold['request_id']}?op=next_step"
    assert client.post(path).code == "401932"


def test_a_booking_takes_its_time_and_the_next_one_finds_it_taken(client: Client, emulator: Emulator, me: str) -> None:
    mms = emulator.titles("bookable")[-1]
    path = item_path(emulator, mms)
    assert client.post(f"{path}/requests?user_id={me}", BOOKING).json["adjusted_booking_start_date"]
    again = client.post(f"{path}/requests?user_id={me}&allow_same_request=true", BOOKING)
    assert again.code == "401129"
    taken = client.get(f"{path}/booking-availability?period=4&period_type=weeks").json["booking_availability"]
    assert {"from_time": "2025-07-01T09:00:00.000Z", "to_time": "2025-07-02T17:00:00.000Z"} in taken
    assert client.get(f"/bibs/{mms}/booking-availability?period=30").json == {"total_record_count": 0}
    assert client.get(f"{path}/booking-availability?period=1&period_type=years").code == "4018990"
    assert client.get(f"{path}/booking-availability").code == "401664"


def test_a_request_is_changed(client: Client, me: str, free: str) -> None:
    made = place(client, me, free).json
    path = f"/users/{me}/requests/{made['request_id']}"
    changed = client.put(path, made | {"pickup_location_library": "LAW", "comment": "Later"}).json
    assert (changed["pickup_location"], changed["comment"]) == ("Law Library", "Later")
    assert changed["request_time"] == made["request_time"]
    assert client.put(path, made | {"pickup_location_library": "NOPE"}).code == "401891"
    assert client.put(path, made | {"request_type": "BOOKING"}).code == "40166411"
    assert client.get(path).json == changed


# refused


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"request_type": None}, "401664"),
        ({"request_type": "MOVE"}, "40166411"),
        ({"pickup_location_type": None}, "401664"),
        ({"pickup_location_type": "DOORSTEP"}, "40166411"),
        ({"pickup_location_library": "Main Library"}, "401891"),
        ({"pickup_location_library": "STORE"}, "401891"),
        ({"pickup_location_type": "CIRCULATION_DESK", "pickup_location_circulation_desk": "NOPE"}, "401895"),
        ({"pickup_location_type": "CIRCULATION_DESK", "pickup_location_circulation_desk": "RESERVES"}, "401895"),
        ({"pickup_location_type": "INSTITUTION", "pickup_location_institution": "01X"}, "60324"),
        ({"pickup_location_type": "USER_WORK_ADDRESS"}, "60310"),
        ({"last_interest_date": "2025-06-14"}, "60331"),
        ({"last_interest_date": "soon"}, "60331"),
        (BOOKING | {"pickup_location_type": "USER_HOME_ADDRESS"}, "60308"),
        (BOOKING | {"booking_end_date": None}, "401664"),
        (BOOKING | {"booking_end_date": "2025-06-30T09:00:00Z"}, "60331"),
        (BOOKING | {"booking_start_date": "soon"}, "60331"),
        (BOOKING, "401129"),
        (SCAN | {"partial_digitization": True}, "60330"),
        (SCAN | {"partial_digitization": True, "volume": "the last"}, "60330"),
    ],
)
def test_what_cannot_be_asked_for(client: Client, me: str, free: str, change: dict[str, Any], code: str) -> None:
    assert place(client, me, free, HOLD | change).code == code
    assert client.get(f"/bibs/{free}/requests").json == {"total_record_count": 0}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "401664"),
        ("mms_id=99000000000004711", "401683"),
        ("item_pid=23000000000004711", "60328"),
        ("item_pid={item}&mms_id=99000000000004711", "401684"),
        ("mms_id={mms}&allow_same_request=maybe", "40166411"),
    ],
)
def test_what_a_request_must_be_for(
    client: Client, emulator: Emulator, me: str, free: str, query: str, code: str
) -> None:
    query = query.format(item=emulator.items(free)[0], mms=free)
    assert client.post(f"/users/{me}/requests?{query}", HOLD).code == code


def test_unknown_items_of_a_title(client: Client, emulator: Emulator, me: str, free: str) -> None:
    other = emulator.items(emulator.titles("single", 1)[0])[0]
    assert client.post(f"/bibs/{free}/holdings/ALL/items/{other}/requests?user_id={me}", HOLD).code == "401684"
    unknown = f"/bibs/{free}/holdings/ALL/items/23000000000004711/requests"
    assert client.post(f"{unknown}?user_id={me}", HOLD).code == "60328"
    assert client.post(f"/bibs/{free}/requests", HOLD).code == "401664"
    assert client.post(f"/bibs/{free}/requests?user_id=nobody", HOLD).code == "401861"
    assert client.post(f"/bibs/abc/requests?user_id={me}", HOLD).code == "402204"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("missing", "401129"),
        ("not_loanable", "401129"),
        ("acquisition", "401129"),
        ("no_items", "401129"),
        ("storage", ""),
    ],
)
def test_whether_an_item_can_fulfil_it(client: Client, emulator: Emulator, me: str, kind: str, code: str) -> None:
    assert place(client, me, emulator.titles(kind, 1)[0]).code == code


def test_an_item_not_for_request_leaves_the_title_s_others(client: Client, emulator: Emulator, me: str) -> None:
    mms = emulator.titles("not_requestable", 1)[0]
    assert client.post(f"/users/{me}/requests?item_pid={emulator.items(mms)[0]}", HOLD).code == "401129"
    assert place(client, me, mms).status == 200


def test_nobody_asks_for_the_one_copy_they_have(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("on_loan", 1)[0]
    holder = client.get(f"/bibs/{mms}/loans").json["item_loan"][0]["user_id"]
    assert place(client, holder, mms, query="&allow_same_request=true").code == "401129"


def test_a_second_request_for_a_title_only_when_wanted(client: Client, emulator: Emulator, me: str, free: str) -> None:
    place(client, me, free)
    assert place(client, me, free).code == "401136"
    assert client.post(f"/users/{me}/requests?item_pid={emulator.items(free)[2]}", HOLD).code == "401136"
    assert place(client, me, free, query="&allow_same_request=true").status == 200


@pytest.mark.parametrize(
    ("kind", "code"), [("blocked", "401163"), ("expired", "401168"), ("inactive", "401151"), ("no_patron", "401151")]
)
def test_who_may_not_ask(client: Client, emulator: Emulator, free: str, kind: str, code: str) -> None:
    person = emulator.people(kind)[0]
    assert place(client, person, free).code == code
    assert client.get(f"/bibs/{free}/request-options?user_id={person}").json == {}


def test_somebody_without_an_address_gets_nothing_sent(client: Client, emulator: Emulator, me: str, free: str) -> None:
    emulator.set_person(emulator.person(me) | {"contact_info": {"address": []}})
    home = {"request_type": "HOLD", "pickup_location_type": "USER_HOME_ADDRESS"}
    assert place(client, me, free, home).code == "60309"


def test_for_a_while_after_a_scan_no_item_is_found(client: Client, emulator: Emulator, me: str, free: str) -> None:
    emulator.faults.add(kind="401129", path="/users/*/requests", method="POST")
    assert place(client, me, free).code == "401129"
    assert place(client, me, free).status == 200


# options


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("free", ["HOLD", "DIGITIZATION", "GES"]),
        ("bookable", ["DIGITIZATION", "BOOKING", "RS_BROKER", "GES"]),
        ("no_items", ["PURCHASE", "RS_BROKER", "GES"]),
        ("missing", ["RS_BROKER", "GES"]),
    ],
)
def test_the_options_of_a_title(client: Client, emulator: Emulator, me: str, kind: str, expected: list[str]) -> None:
    mms = emulator.titles(kind, 1)[0]
    rows = client.get(f"/bibs/{mms}/request-options?user_id={me}").json["request_option"]
    assert [row["type"]["value"] for row in rows] == expected
    assert rows[-1]["general_electronic_service_details"]["code"] == "ASK"
    guest = client.get(f"/bibs/{mms}/request-options").json["request_option"]
    assert [row["type"]["value"] for row in guest] == ["GES"]


def test_the_options_of_an_item(client: Client, emulator: Emulator, me: str) -> None:
    mms = emulator.titles("not_requestable", 1)[0]
    for n, expected in ((0, ["RS_BROKER", "GES"]), (1, ["HOLD", "DIGITIZATION", "GES"])):
        path = f"{item_path(emulator, mms, n)}/request-options?user_id={me}"
        assert [row["type"]["value"] for row in client.get(path).json["request_option"]] == expected
    assert client.get(f"/bibs/{mms}/request-options?user_id=nobody").code == "401861"


# lists


def test_requests_are_filtered_by_type_and_state(client: Client, emulator: Emulator) -> None:
    person = emulator.request(emulator.requests("many", 1)[0])["user_primary_id"]
    for kind in ("HOLD", "DIGITIZATION", "BOOKING"):
        rows = client.get(f"/users/{person}/requests?request_type={kind}&limit=100").json["user_request"]
        assert {row["request_type"] for row in rows} == {kind}
    assert client.get(f"/users/{person}/requests?status=history").json == {"total_record_count": 0}
    assert len(client.get(f"/users/{person}/requests").json["user_request"]) == 10
    for query in ("request_type=MOVE", "status=old", "limit=101"):
        assert client.get(f"/users/{person}/requests?{query}").code == "401666"


def test_any_record_can_be_put_in_the_place_of_a_request(client: Client, emulator: Emulator) -> None:
    one = emulator.requests("shelf", 1)[0]
    emulator.set_request(one, {"request_id": None, "pickup_location": {}})
    assert client.get(f"/users/ALL/requests/{one}").json == {"request_id": None, "pickup_location": {}}
    assert emulator.request(one) == {"request_id": None, "pickup_location": {}}
