"""Cancelling: the reason, the mail, what is left, and what Alma refuses."""

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import Client, Clock, with_clock

REASON = "reason=CannotBeFulfilled"
UNKNOWN = "83000000000004711"


def path_of(emulator: Emulator, kind: str) -> str:
    one = emulator.requests(kind, 1)[0]
    return f"/users/{emulator.request(one)['user_primary_id']}/requests/{one}"


def test_a_cancelled_request_is_gone_and_its_person_told(client: Client, emulator: Emulator) -> None:
    path = path_of(emulator, "shelf")
    record = client.get(path).json
    answer = client.delete(f"{path}?{REASON}&note=Flooded")
    assert (answer.status, answer.body) == (204, b"")
    assert client.get(path).code == "401694"
    assert client.delete(f"{path}?{REASON}").code == "401694"
    (mail,) = emulator.mails
    assert mail["to"].endswith("@mail.example.org")
    assert (mail["reason"], mail["note"], mail["request_id"]) == ("CannotBeFulfilled", "Flooded", record["request_id"])
    assert emulator.item(record["item_id"])["item_data"]["base_status"]["value"] == "1"


def test_without_a_mail_when_asked_so(client: Client, emulator: Emulator) -> None:
    assert client.delete(f"{path_of(emulator, 'forty')}?{REASON}&notify_user=false").status == 204
    assert emulator.mails == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "401664"),
        ("reason=User%20no%20longer%20wants%20it", "40166411"),
        (f"{REASON}&notify_user=perhaps", "40166411"),
    ],
)
def test_a_cancel_needs_a_reason_of_the_code_table(client: Client, emulator: Emulator, query: str, code: str) -> None:
    path = path_of(emulator, "waiting")
    before = client.get(path).json
    assert client.delete(f"{path}?{query}").code == code
    assert client.get(path).json == before
    assert emulator.mails == []


def test_unknown_requests(client: Client, emulator: Emulator) -> None:
    person, *_ = emulator.people("student")
    mms = emulator.titles("free", 1)[0]
    item = emulator.items(mms)[0]
    for above in (f"/users/{person}", "/users/ALL", f"/bibs/{mms}", f"/bibs/{mms}/holdings/ALL/items/{item}"):
        assert client.get(f"{above}/requests/{UNKNOWN}").code == "401694"
        assert client.delete(f"{above}/requests/{UNKNOWN}?{REASON}").code == "401694"
    assert client.get(f"/users/{person}/requests/x").code == "401697"
    assert client.get(f"/bibs/{mms}/requests/x").code == "402204"
    assert client.get(f"/users/nobody/requests/{UNKNOWN}?user_id_type=BARCODE").code == "401890"


def test_a_request_is_not_that_of_somebody_else_or_another_title(client: Client, emulator: Emulator) -> None:
    one = emulator.requests("shelf", 1)[0]
    owner, mms = (emulator.request(one)[name] for name in ("user_primary_id", "mms_id"))
    other = next(person for person in emulator.people("external") if person != owner)
    assert client.delete(f"/users/{other}/requests/{one}?{REASON}").code == "401694"
    assert client.delete(f"/bibs/{emulator.titles('free', 1)[0]}/requests/{one}?{REASON}").code == "401694"
    assert client.delete(f"/bibs/{mms}/requests/{one}?{REASON}").status == 204


def test_a_work_order_of_nobody_is_cancelled_at_its_item(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("work_order", 1)[0]
    path = f"/bibs/{mms}/holdings/ALL/items/{emulator.items(mms)[0]}/requests"
    one = client.get(path).json["user_request"][0]["request_id"]
    assert client.delete(f"{path}/{one}?{REASON}").status == 204
    assert client.get(path).json == {"total_record_count": 0}
    assert emulator.mails == []


def test_an_institution_that_keeps_history_shows_it(template: Emulator, clock: Clock) -> None:
    emulator = with_clock(template.copy(request_history=True), clock)
    client = Client(emulator)
    path = path_of(emulator, "shelf")
    before = client.get(f"{path.rpartition('/')[0]}?status=history&limit=100").json["total_record_count"]
    assert client.delete(f"{path}?{REASON}").status == 204
    assert client.get(path).json["request_status"] == "HISTORY"
    assert client.get(f"{path.rpartition('/')[0]}?status=history").json["total_record_count"] == before + 1
    assert client.delete(f"{path}?{REASON}").code == "401694"
    assert client.put(path, {"comment": "x"}).code == "401694"


def test_a_hundred_and_twenty_are_all_cancelled(client: Client, emulator: Emulator) -> None:
    many = emulator.requests("many")
    for one in many:
        assert client.delete(f"/users/ALL/requests/{one}?{REASON}").status == 204
    assert emulator.requests("many") != many
    assert len(emulator.mails) == 120


def test_with_a_person_go_their_requests(client: Client, emulator: Emulator) -> None:
    person = emulator.people("no_loans")[0]
    mms = emulator.titles("free", 1)[0]
    body = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "MAIN"}
    assert client.post(f"/users/{person}/requests?mms_id={mms}", body).status == 200
    assert client.delete(f"/users/{person}").status == 204
    assert client.get(f"/bibs/{mms}/requests").json == {"total_record_count": 0}
