"""Finding people: one by any identifier, lists, the search with its quirks; deleting them; signing in."""

from typing import Any
from urllib.parse import quote

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.search import fold
from almaportal.emulator.user_kinds import KINDS
from tests.emulator.client import Client, Response

SHOWN = [kind for kind in KINDS if kind not in ("contact", "purged")]


def ask(client: Client, primary_id: str, query: str = "", method: str = "GET", data: Any = None) -> Response:
    """A request for a person, whatever marks the ID holds."""
    uri = f"/almaws/v1/users/{quote(primary_id, safe='')}"
    return client(method, f"/users/-?{query}", data, REQUEST_URI=uri)


def one(emulator: Emulator, kind: str) -> str:
    return emulator.people(kind)[0]


def found(client: Client, query: str) -> list[str]:
    """The primary IDs that a search finds, all pages of it."""
    return [row["primary_id"] for row in client.get(f"/users?limit=100&q={query}").json.get("user", [])]


@pytest.mark.parametrize("kind", [kind for kind in SHOWN if kind != "id_slash"])
def test_a_person_of_every_kind_is_found_by_primary_id(client: Client, emulator: Emulator, kind: str) -> None:
    primary_id = one(emulator, kind)
    answer = ask(client, primary_id)
    assert (answer.status, answer.json["primary_id"], answer.json["link"]) == (200, primary_id, None)


def test_case_does_not_matter_and_the_answer_has_almas(client: Client, emulator: Emulator) -> None:
    primary_id = one(emulator, "id_case")
    assert client.get(f"/users/{primary_id.lower()}").json["primary_id"] == primary_id


@pytest.mark.parametrize("kind", ["BARCODE", "UNIV_ID"])
def test_a_person_is_found_by_any_unique_identifier(client: Client, emulator: Emulator, kind: str) -> None:
    record = emulator.person(one(emulator, "student"))
    value = next(row["value"] for row in record["user_identifier"] if row["id_type"]["value"] == kind)
    assert client.get(f"/users/{value}").json["primary_id"] == record["primary_id"]
    assert client.get(f"/users/{value}?user_id_type={kind}").json["primary_id"] == record["primary_id"]
    assert client.get(f"/users/{value}?user_id_type=INST_ID").code == "401890"


def test_an_identifier_given_up_finds_its_new_owner(client: Client, emulator: Emulator) -> None:
    old, new = one(emulator, "barcode_given_up"), one(emulator, "barcode_taken_over")
    barcode = emulator.person(new)["user_identifier"][-1]["value"]
    assert emulator.person(old)["user_identifier"][-1]["value"] == barcode
    assert client.get(f"/users/{barcode}").json["primary_id"] == new
    assert set(found(client, f"identifiers~{barcode}")) == {old, new}


def test_nobody_is_a_400(client: Client) -> None:
    answer = client.get("/users/nobody")
    assert (answer.status, answer.code, answer.message) == (400, "401861", "User with identifier nobody was not found.")


def test_an_id_with_a_slash_is_found_by_search_only(client: Client, emulator: Emulator) -> None:
    primary_id = one(emulator, "id_slash")
    assert ask(client, primary_id).status == 404
    assert primary_id in found(client, f"primary_id~{quote(primary_id)}")


def test_an_email_address_is_no_identifier_unless_it_is_the_primary_id(client: Client, emulator: Emulator) -> None:
    record = emulator.person(one(emulator, "student"))
    address = record["contact_info"]["email"][0]["email_address"]
    assert client.get(f"/users/{address}").code == "401861"
    assert found(client, f"email~{address}") == [record["primary_id"]]
    assert ask(client, one(emulator, "id_at")).status == 200


def test_counts_are_null_until_they_are_asked_for(client: Client, emulator: Emulator) -> None:
    plain = client.get(f"/users/{one(emulator, 'many_loans')}").json
    assert (plain["loans"], plain["requests"], plain["fees"]) == (None, None, None)
    whole = client.get(f"/users/{one(emulator, 'many_loans')}?expand=loans,requests,fees").json
    assert (whole["loans"]["value"], whole["requests"]["value"]) == (150, 1)
    assert isinstance(whole["fees"]["value"], float)


def test_a_brief_view_has_no_blocks_and_no_addresses(client: Client, emulator: Emulator) -> None:
    brief = client.get(f"/users/{one(emulator, 'blocked')}?view=brief").json
    assert "user_block" not in brief
    assert list(brief["contact_info"]) == ["email"]


@pytest.mark.parametrize("query", ["expand=blocks", "view=all"])
def test_an_unknown_view_or_expansion_is_401666(client: Client, emulator: Emulator, query: str) -> None:
    assert client.get(f"/users/{one(emulator, 'student')}?{query}").code == "401666"


def test_texts_of_codes_come_in_the_language_asked_for(client: Client, emulator: Emulator) -> None:
    record = client.get(f"/users/{one(emulator, 'blocked')}?lang=de").json
    assert record["status"]["desc"] == "Aktiv"
    assert record["user_block"][0]["block_description"]["desc"] == "Ausweis verloren"


def test_the_list_is_brief_and_sorted_by_last_name(client: Client) -> None:
    answer = client.get("/users?limit=100").json
    names = [fold(row["last_name"]) for row in answer["user"]]
    assert names == sorted(names)
    assert list(answer["user"][0]) == [
        "primary_id", "first_name", "last_name", "gender", "status", "password", "requests", "loans", "fees", "link",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["", "&q=general_info~a,s"])
def test_more_are_counted_than_can_be_had(client: Client, query: str) -> None:
    answer = client.get(f"/users?limit=100{query}").json
    total, rows = answer["total_record_count"], len(answer["user"])
    assert total > rows > 30
    assert client.get(f"/users?limit=100&offset={rows}{query}").json == {"total_record_count": total}


def test_pages_are_of_ten_and_at_most_of_a_hundred(client: Client) -> None:
    first, second = (client.get(f"/users?offset={offset}").json["user"] for offset in (0, 10))
    assert len(first) == len(second) == 10
    assert first[-1] not in second
    assert client.get("/users?limit=101").code == "401666"


def test_a_contact_without_an_id_leads_nowhere(client: Client) -> None:
    (row,) = [row for row in client.get("/users?limit=100").json["user"] if "no primary id" in row["primary_id"]]
    assert row["link"].endswith("/users/-")
    assert client.get("/users/-").code == "401861"


def test_whole_records_come_with_expand_full(client: Client, emulator: Emulator) -> None:
    primary_id = one(emulator, "staff")
    (row,) = client.get(f"/users?q=primary_id~{primary_id}&expand=full").json["user"]
    assert len(row["user_role"]) == 91


def test_there_is_no_exact_match(client: Client, emulator: Emulator) -> None:
    assert len(found(client, "primary_id~s10001")) > 5
    assert found(client, "primary_id~s100012") == ["s100012"]


@pytest.mark.parametrize(
    "query",
    [
        "first_name~{first_name}", "last_name~{last_name}", "user_group~{group}", "birth_date~{birth_date}",
        "phone_number~{phone}", "statistic_category~{statistic}", "campus_code~{campus}", "general_info~{last_name}",
        "ALL~{email}", "last_name~{last_name} AND first_name~{first_name}", "id_type~BARCODE",
    ],
)  # fmt: skip
def test_every_field_finds_its_person(client: Client, emulator: Emulator, query: str) -> None:
    record = emulator.person(emulator.people("expiring")[0])
    filled = query.format(
        group=record["user_group"]["value"],
        phone=record["contact_info"]["phone"][0]["phone_number"].replace(" ", "_"),
        email=record["contact_info"]["email"][0]["email_address"],
        statistic=record["user_statistic"][0]["statistic_category"]["value"],
        campus=record["campus_code"]["desc"],
        **{name: record[name].replace(" ", "_") for name in ("first_name", "last_name", "birth_date")},
    )
    assert record["primary_id"] in found(client, quote(filled))


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("note_text~parcel", "popup"),
        ("note_type~circulation", "popup"),
        ("block_type~LOAN", "block_lifted"),
        ("job_category~CircDesk", "staff"),
        ("fines_fees_sum~0.00", "no_loans"),
    ],
)
def test_notes_blocks_jobs_and_fees_are_searched(client: Client, emulator: Emulator, query: str, kind: str) -> None:
    assert one(emulator, kind) in found(client, query)


def test_words_stand_anywhere_and_a_phrase_side_by_side(client: Client, emulator: Emulator) -> None:
    record = emulator.person(one(emulator, "student")) | {"last_name": "von der Mühlgrund"}
    emulator.set_person(record)
    primary_id = record["primary_id"]
    assert primary_id in found(client, "last_name~muhlgrund,von")
    assert primary_id in found(client, quote("last_name~von_der_mühl"))
    assert primary_id not in found(client, "last_name~von_muhlgrund")


def test_a_blank_inside_a_value_is_a_400(client: Client) -> None:
    assert client.get("/users?q=last_name~von%20der").code == "402119"


@pytest.mark.parametrize("query", ["nonsense~x", "Smith", "last_name~", "ALL~x AND last_name~y", "last_name~%21"])
def test_a_query_alma_does_not_understand_counts_minus_one(client: Client, query: str) -> None:
    assert client.get(f"/users?q={query.replace(' ', '%20')}").json == {"total_record_count": -1}


def test_nothing_found_has_no_list(client: Client) -> None:
    assert client.get("/users?q=last_name~xyzzy").json == {"total_record_count": 0}


@pytest.mark.parametrize(
    "query",
    [
        "q=last_name~x&modify_date_from=2025-01-01",
        "modify_date_from=today",
        "order_by=age",
        "order_by=last_name,first_name",
        "expand=loans",
    ],
)
def test_bad_parameters_of_a_list_are_401666(client: Client, query: str) -> None:
    assert client.get(f"/users?{query}").code == "401666"


def test_people_changed_since_a_day(client: Client, emulator: Emulator) -> None:
    record = emulator.person(one(emulator, "student"))
    assert client.get("/users?modify_date_from=2025-06-15").json == {"total_record_count": 0}
    client.put(f"/users/{record['primary_id']}", record)
    assert client.get("/users?modify_date_from=2025-06-15").json["total_record_count"] == 1
    assert client.get("/users?modify_date_from=2025-06-16").json == {"total_record_count": 0}


def test_a_person_with_loans_is_not_deleted(client: Client, emulator: Emulator) -> None:
    busy, free = one(emulator, "many_loans"), one(emulator, "no_loans")
    assert client.delete(f"/users/{busy}").code == "401850"
    assert client.delete(f"/users/{free}").status == 204
    assert client.get(f"/users/{free}").code == "401861"
    assert client.delete(f"/users/{free}").code == "401861"


@pytest.mark.parametrize("key", ["demo-all", "demo-readonly"])
def test_signing_in_takes_the_header_also_with_a_key_that_only_reads(emulator: Emulator, key: str) -> None:
    client, path = Client(emulator, key), f"/users/{one(emulator, 'student')}?op=auth"
    assert client.post(path, HTTP_EXL_USER_PW="demo%2Dpassword").status == 204
    assert client.post(path, HTTP_EXL_USER_PW="wrong").code == "401866"
    assert client.post(path).code == "401866"


def test_external_people_have_no_password_in_alma(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'external')}?op=auth&password=demo-password"
    assert client.post(path).code == "401866"


def test_a_key_that_only_reads_changes_nobody(emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'student')}"
    assert Client(emulator, "demo-readonly").post(f"{path}?op=refresh").status == 403
    assert Client(emulator, "demo-readonly").put(path, {}).status == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_test_operation_answers(client: Client, method: str) -> None:
    assert client(method, "/users/operation/test").status == 200


def test_a_person_can_be_put_as_it_is_in_any_shape(client: Client, emulator: Emulator) -> None:
    odd = {"primary_id": "odd", "user_block": {"block_type": "GENERAL"}, "contact_info": [], "user_note": [None, 3]}
    emulator.set_person(odd)
    assert client.get("/users/odd").json == odd
    assert client.get("/users?limit=100&q=ALL~odd&expand=full").status == 200


def test_xml_has_the_lists_in_their_plurals(client: Client, emulator: Emulator) -> None:
    text = client.get(f"/users/{one(emulator, 'student')}", HTTP_ACCEPT="application/xml").text
    assert "<addresses><address>" in text
    assert "<user_identifiers><user_identifier>" in text
