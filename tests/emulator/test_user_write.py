"""Creating and updating people: swap-all with its exceptions, and what Alma refuses."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.user_kinds import KINDS
from tests.emulator.client import Client
from tests.emulator.test_users import SHOWN, ask, one

Record = dict[str, Any]
Change = Callable[[Record], Any]
NEW: Record = {
    "record_type": {"value": "PUBLIC"},
    "primary_id": "new-1",
    "last_name": "Fernsby",
    "account_type": {"value": "INTERNAL"},
    "user_group": {"value": "STUDENT"},
    "status": {"value": "ACTIVE"},
}
BLOCK: Record = {"block_type": {"value": "USER"}, "block_description": {"value": "CONDUCT"}, "block_note": "Loud."}


@pytest.mark.parametrize("kind", [kind for kind in SHOWN if kind not in ("id_slash", "duplicate")])
def test_a_record_put_back_as_it_came_changes_nothing(client: Client, emulator: Emulator, kind: str) -> None:
    record = ask(client, one(emulator, kind)).json
    answer = ask(client, one(emulator, kind), method="PUT", data=record)
    assert (answer.status, answer.json) == (200, record)


def test_what_a_put_does_not_name_is_emptied_but_for_the_roles(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'popup')}"
    old = client.get(path).json
    new = client.put(path, NEW | {"primary_id": old["primary_id"], "user_role": []}).json
    assert old["user_note"]
    assert (new["user_note"], new["user_identifier"], new["pref_first_name"]) == ([], [], "")
    assert not any(new["contact_info"].values())
    assert "expiry_date" not in new
    assert new["user_role"] == old["user_role"]


def test_a_block_is_added_with_who_and_when_and_lifted_again(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    record = client.get(path).json
    (block,) = client.put(path, record | {"user_block": [BLOCK | {"expiry_date": "2025-12-31"}]}).json["user_block"]
    assert block["block_status"] == "ACTIVE"
    assert (block["created_by"], block["created_date"]) == ("exl_api", "2025-06-15T15:06:40.000Z")
    assert (block["expiry_date"], block["segment_type"]) == ("2025-12-31T00:00:00.000Z", "Internal")
    assert block["block_description"] == {"value": "CONDUCT", "desc": "House rules"}
    lifted = client.put(path, record | {"user_block": [block | {"block_status": "Inactive"}]}).json["user_block"]
    assert lifted == [block | {"block_status": "INACTIVE"}]
    assert client.put(path, record | {"user_block": []}).json["user_block"] == []


def test_what_was_set_by_hand_at_external_people_stays_without_a_word(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'external')}"
    record = client.get(path).json
    changed = record | {"user_group": {"value": "GUEST"}, "last_name": "Neu"}
    kept = client.put(path, changed)
    assert (kept.status, kept.json["user_group"], kept.json["last_name"]) == (200, record["user_group"], "Neu")
    assert client.put(f"{path}?override=user_group", changed).json["user_group"]["value"] == "GUEST"
    assert client.put(f"{path}?override=last_name", changed).code == "401666"


def test_what_is_empty_in_the_body_stays_at_external_people(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'external')}"
    titled = client.put(path, client.get(path).json | {"user_title": {"value": "PROF"}}).json
    assert client.put(path, titled | {"user_title": {"value": ""}}).json["user_title"]["value"] == "PROF"
    emptied = client.put(f"{path}?override=user_title", titled | {"user_title": {"value": ""}}).json
    assert emptied["user_title"]["value"] == ""


def test_only_the_segments_that_come_are_swapped_at_external_people(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'external_blocks')}"
    record = client.get(path).json
    outside, inside = record["user_block"]
    assert (outside["segment_type"], inside["segment_type"]) == ("External", "Internal")
    assert client.put(path, record | {"user_block": [outside]}).json["user_block"] == [outside, inside]
    added = client.put(path, record | {"user_block": [inside, BLOCK]}).json["user_block"]
    assert [row["segment_type"] for row in added] == ["Internal", "External"]
    assert client.put(path, record | {"user_block": []}).json["user_block"] == []


def test_at_internal_people_every_row_is_internal(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    record = client.get(path).json
    (block,) = client.put(path, record | {"user_block": [BLOCK | {"segment_type": "External"}]}).json["user_block"]
    assert block["segment_type"] == "Internal"


def test_an_internal_account_becomes_external_and_not_back(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    record = client.get(path).json
    external = record | {"account_type": {"value": "EXTERNAL"}}
    assert client.put(path, external).code == "401854"
    assert client.put(path, external | {"external_id": "SIS"}).json["account_type"]["value"] == "EXTERNAL"
    assert client.put(path, record).code == "401859"
    assert client.put(path, external | {"external_id": "OTHER"}).code == "401858"


def test_the_same_identifier_twice_is_refused_although_alma_shows_it(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'duplicate')}"
    record = client.get(path).json
    values = [row["value"] for row in record["user_identifier"]]
    assert len(set(values)) < len(values)
    assert client.put(path, record).code == "401851"
    assert client.put(path, record | {"user_identifier": record["user_identifier"][:-1]}).status == 200


def test_an_active_identifier_of_somebody_else_is_refused(client: Client, emulator: Emulator) -> None:
    path, other = f"/users/{one(emulator, 'student')}", emulator.person(one(emulator, "popup"))
    record, taken = client.get(path).json, other["user_identifier"][0]
    answer = client.put(path, record | {"user_identifier": [taken]})
    assert (answer.code, answer.message) == ("401851", "User with identifier of type BARCODE already exists.")
    assert client.put(path, record | {"user_identifier": [taken | {"status": "INACTIVE"}]}).status == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r.update(user_note={"user_note": []}), "60101"),
        (lambda r: r.update(user_block=[None]), "60101"),
        (lambda r: r.update(contact_info=[]), "60101"),
        (lambda r: r.update(first_name={}), "60101"),
        (lambda r: r.update(expiry_date="31.12.2025"), "60101"),
        (lambda r: r.update(last_name=" "), "401664"),
        (lambda r: r.update(user_block=[{"block_note": "x"}]), "401664"),
        (lambda r: r.update(user_block=[BLOCK | {"block_description": {"value": "NOPE"}}]), "40166404"),
        (lambda r: r.update(user_block=[BLOCK | {"block_status": "Paused"}]), "40166404"),
        (lambda r: r.update(user_block=[BLOCK | {"block_note": "x" * 2001}]), "401860"),
        (lambda r: r.update(user_group={"value": "NOPE"}), "401852"),
        (lambda r: r.update(account_type={"value": "INTEXTAUTH"}), "401855"),
        (lambda r: r.update(account_type={"value": "NOPE"}), "401857"),
        (lambda r: r["contact_info"]["email"][0].update(email_type=[{"value": "queries"}]), "401863"),
        (lambda r: r["contact_info"]["email"][0].update(email_type=[{"value": "nope"}]), "401864"),
        (lambda r: r["user_identifier"][0].update(id_type={"value": "NOPE"}), "401864"),
        (lambda r: r.update(password="short"), "500038"),
        (lambda r: r.update(primary_id="e100001"), "401851"),
    ],
)
def test_a_refused_update_changes_nothing(client: Client, emulator: Emulator, change: Change, code: str) -> None:
    path = f"/users/{one(emulator, 'student')}"
    record = client.get(path).json
    wrong = deepcopy(record)
    change(wrong)
    answer = client.put(path, wrong)
    assert (answer.status, answer.code) == (400, code)
    assert client.get(path).json == record


def test_notes_in_the_shape_of_xml_get_the_words_of_the_json_reader(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    answer = client.put(path, client.get(path).json | {"user_note": {"user_note": []}})
    assert answer.message.startswith("Cannot deserialize value of type `java.util.ArrayList<")


def test_an_update_without_a_body_or_for_nobody_is_refused(client: Client, emulator: Emulator) -> None:
    assert client.put(f"/users/{one(emulator, 'student')}").code == "401676"
    assert client.put("/users/nobody", NEW).code == "401861"
    assert client.put("/users/nobody?user_id_type=BARCODE", NEW).code == "401890"


def test_a_person_is_updated_by_another_identifier(client: Client, emulator: Emulator) -> None:
    record = emulator.person(one(emulator, "id_slash"))
    barcode = record["user_identifier"][0]["value"]
    answer = client.put(f"/users/{barcode}", record | {"user_block": [BLOCK]})
    assert (answer.status, answer.json["primary_id"]) == (200, record["primary_id"])


def test_a_new_person_is_a_patron_and_can_be_found(client: Client) -> None:
    made = client.post("/users", NEW | {"user_identifier": [{"value": "B-1", "id_type": {"value": "BARCODE"}}]})
    assert (made.status, made.json["full_name"]) == (200, "Fernsby")
    assert [role["role_type"]["value"] for role in made.json["user_role"]] == ["200"]
    assert client.get("/users/b-1").json == made.json


@pytest.mark.parametrize("name", NEW)
def test_every_mandatory_field_is_asked_for_by_name(client: Client, name: str) -> None:
    answer = client.post("/users", {key: value for key, value in NEW.items() if key != name})
    assert (answer.code, answer.message) == ("401664", f"Mandatory field is missing: {name}")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"primary_id": "S100000"}, "401851"),
        ({"external_id": "SIS"}, "401853"),
        ({"account_type": {"value": "EXTERNAL"}}, "401854"),
        ({"user_group": {"value": "NOPE"}}, "401852"),
        ({"password": "1new-1xyz"}, "500038"),
    ],
)
def test_a_refused_person_is_not_there(client: Client, more: Record, code: str) -> None:
    assert client.post("/users", NEW | more).code == code
    assert client.get("/users/new-1").code == "401861"


def test_a_new_password_signs_in_and_is_never_shown(client: Client) -> None:
    made = client.post("/users", NEW | {"password": "quite long"}).json
    assert made["password"] == ""
    assert client.post("/users/new-1?op=auth", HTTP_EXL_USER_PW="quite%20long").status == 204
    client.put("/users/new-1", made)
    assert client.post("/users/new-1?op=auth", HTTP_EXL_USER_PW="quite%20long").status == 204


def test_kinds_are_all_in_the_first_forty() -> None:
    assert len(KINDS) <= 40
