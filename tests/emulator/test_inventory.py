"""Reading holdings and items: what the seeded titles have, and how lists, look-ups and errors answer."""

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from almaportal.emulator import titles
from almaportal.emulator.app import Emulator
from almaportal.emulator.handles import REQUEST_KINDS
from almaportal.emulator.options import Options
from tests.emulator.client import MMS, Client

UNKNOWN = "99000000000004711"


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """Nothing is changed here, so one serves all tests."""
    return Emulator(Options(collections=14, portfolios=300, users=40, calls_per_second=0))


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Client:
    return Client(emulator)


def items_of(client: Client, mms: str, query: str = "limit=100") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"/bibs/{mms}/holdings/ALL/items?{query}").json["item"]
    return rows


def process(row: dict[str, Any]) -> str:
    return str((row["item_data"].get("process_type") or {}).get("value") or "")


# the arithmetic


def test_every_item_is_found_again_from_its_title_and_its_holding() -> None:
    for users in (0, 40, 5_000):
        for title in (*range(0, 900, 5), *range(900, titles.TITLES, 397)):
            numbers = titles.items_of(title, users)
            assert len(set(numbers)) == len(numbers)
            for number in numbers:
                place = titles.item_place(number, users)
                assert place is not None
                assert titles.item_number(*place) == number
                assert place[0] == title
        assert titles.item_place(titles.FIRST_SPECIMEN + titles.SPECIMENS * titles.SPECIMEN_SLOTS, users) is None


def test_what_is_lent_lies_at_one_title_and_shows_it(client: Client, emulator: Emulator) -> None:
    reader = emulator.people("many_loans")[0]
    loans = client.get(f"/users/{reader}/loans?limit=20").json["item_loan"]
    assert len({loan["mms_id"] for loan in loans}) == 20
    for loan in loans:
        rows = items_of(client, loan["mms_id"], "limit=100&expand=due_date")
        row = next(row for row in rows if row["item_data"]["pid"] == loan["item_id"])
        expected = {"LOST": "LOST_LOAN", "CLAIMED_RETURN": "CLAIM_RETURNED_LOAN"}.get(loan["process_status"], "LOAN")
        assert process(row) == expected
        assert row["item_data"]["base_status"]["value"] == "0"
        assert row["item_data"]["due_date"] == loan["due_date"]
        assert row["holding_data"]["holding_id"] == loan["holding_id"]
        assert (row["bib_data"]["title"], row["item_data"]["barcode"]) == (loan["title"], loan["item_barcode"])
        assert client.get(f"/bibs/{loan['mms_id']}/loans").json["item_loan"][0]["mms_id"] == loan["mms_id"]


# kinds


def test_there_are_titles_of_every_kind(client: Client, emulator: Emulator) -> None:
    for kind in (*titles.KINDS, "ordinary", "on_loan", "requested"):
        (mms,) = emulator.titles(kind, count=1)
        assert client.get(f"/bibs/{mms}").json["mms_id"] == mms
        assert emulator.items(mms) == [row["item_data"]["pid"] for row in items_of(client, mms)] or kind == "volumes"
    assert len(emulator.titles()) == 20_000
    with pytest.raises(ValueError, match="kind is one of"):
        emulator.titles("nonsense")


def test_a_free_title_and_one_that_is_all_on_loan(client: Client, emulator: Emulator) -> None:
    free, lent = (emulator.titles(kind, 1)[0] for kind in ("free", "on_loan"))
    assert [process(row) for row in items_of(client, free)] == ["", "", ""]
    assert {process(row) for row in items_of(client, lent)} == {"LOAN"}


def test_more_than_a_hundred_volumes_come_in_pages_and_in_order(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("volumes")[0]
    pages = [items_of(client, mms, f"limit=100&offset={offset}&order_by=enum_a&direction=asc") for offset in (0, 100)]
    volumes = [int(row["item_data"]["enumeration_a"]) for page in pages for row in page]
    assert volumes == list(range(1, 125))
    assert client.get(f"/bibs/{mms}/holdings/ALL/items?offset=200").json == {"item": [], "total_record_count": 124}
    found = items_of(client, mms, "q=description~v.77_(1977)")
    assert [row["item_data"]["chronology_i"] for row in found] == ["1977"]
    assert client.get(f"/bibs/{mms}/holdings/ALL/items?limit=101").code == "401666"


def test_items_are_in_every_process_type(client: Client, emulator: Emulator) -> None:
    kinds = ("missing", "transit", "work_order", "acquisition", "technical")
    found = {process(items_of(client, emulator.titles(kind)[0])[0]) for kind in kinds}
    assert found == {"MISSING", "TRANSIT", "WORK_ORDER_DEPARTMENT", "ACQ", "TECHNICAL"}
    shelf = emulator.request(emulator.requests("shelf")[0])
    rows = {row["item_data"]["pid"]: row for row in items_of(client, shelf["mms_id"])}
    assert process(rows[shelf["item_id"]]) == "HOLDSHELF"
    assert rows[shelf["item_id"]]["item_data"]["requested"] is True


def test_an_item_in_a_temporary_location_says_both_places(client: Client, emulator: Emulator) -> None:
    row = items_of(client, emulator.titles("temporary")[0])[0]
    assert row["holding_data"]["in_temp_location"] is True
    assert row["holding_data"]["temp_library"]["value"] == row["item_data"]["library"]["value"] == "LAW"


def test_odd_and_empty_shapes_stand_side_by_side(client: Client, emulator: Emulator) -> None:
    rows = [row for kind in ("odd", "free") for row in items_of(client, emulator.titles(kind)[0])]
    policies = [row["item_data"].get("policy", "missing") for row in rows]
    for shape in ({}, None, {"value": ""}, {"value": "", "desc": None}):
        assert shape in policies


# lists


def test_the_holdings_of_a_title_and_of_none(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("copies")[0]
    answer = client.get(f"/bibs/{mms}/holdings").json
    assert [row["library"]["value"] for row in answer["holding"]] == ["MAIN", "SCI", "LAW"]
    assert (answer["total_record_count"], answer["bib_data"]["mms_id"]) == (3, mms)
    empty = client.get(f"/bibs/{emulator.titles('no_holdings')[0]}/holdings").json
    assert (empty["total_record_count"], "holding" in empty) == (0, False)
    assert client.get(f"/bibs/{UNKNOWN}/holdings").json == {"total_record_count": 0}
    assert client.get(f"/bibs/{MMS}/holdings").json["total_record_count"] == 0


def test_a_holding_says_its_place_in_marcxml(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("suppressed")[0]
    row = client.get(f"/bibs/{mms}/holdings").json["holding"][0]
    answer = client.get(f"/bibs/{mms}/holdings/{row['holding_id']}").json
    assert answer["suppress_from_publishing"] == "true"
    text = answer["anies"][0].partition("?>")[2]
    assert [one.text for one in fromstring(text).iter("subfield")] == ["MAIN", "STACKS", row["call_number"]]
    assert client.get(f"/bibs/{mms}/holdings/22000000000004711").code == "402208"
    assert "<holding_id>" in client.get(f"/bibs/{mms}/holdings", HTTP_ACCEPT="").text


def test_items_are_filtered_by_holding_library_and_location(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("copies")[0]
    holding = client.get(f"/bibs/{mms}/holdings").json["holding"][1]["holding_id"]
    rows = client.get(f"/bibs/{mms}/holdings/{holding}/items").json
    assert (rows["total_record_count"], {row["holding_data"]["holding_id"] for row in rows["item"]}) == (2, {holding})
    assert len(items_of(client, mms, "current_library=LAW")) == 2
    assert len(items_of(client, mms, "current_library=MAIN&current_location=REF")) == 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("current_library=NOPE", "402469"),
        ("order_by=colour", "60216"),
        ("q=nonsense", "60106"),
        ("q=barcode~1", "60106"),
        ("offset=-1", "401666"),
        ("current_location=NOPE", "60215"),
        ("create_date_from=yesterday", "402217"),
    ],
)
def test_what_a_list_of_items_refuses(client: Client, emulator: Emulator, query: str, code: str) -> None:
    assert client.get(f"/bibs/{emulator.titles('free')[0]}/holdings/ALL/items?{query}").code == code


def test_items_are_filtered_by_their_dates(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("volumes", 1)[0]
    found = items_of(client, mms, "limit=100&create_date_from=2020-01-01&create_date_to=2020-12-31")
    assert found
    assert {row["item_data"]["creation_date"][:4] for row in found} == {"2020"}


def test_unknown_bibs_holdings_and_items(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("free")[0]
    item = emulator.items(mms)[0]
    assert client.get(f"/bibs/{UNKNOWN}/holdings/ALL/items").code == "402203"
    assert client.get(f"/bibs/{mms}/holdings/22000000000004711/items").code == "401688"
    assert client.get(f"/bibs/{mms}/holdings/ALL/items/23000000000004711").code == "401690"
    assert client.get(f"/bibs/{emulator.titles('single')[0]}/holdings/ALL/items/{item}").code == "401690"


# one item


def test_a_barcode_leads_to_the_item_below_the_same_host(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("single")[0]
    record = emulator.item(emulator.items(mms)[0])
    answer = client.get(f"/items?item_barcode={record['item_data']['barcode']}")
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["location"].startswith(f"http://alma.test/almaws/v1/bibs/{mms}/holdings/22")
    found = client.get(answer.headers["location"].partition("/almaws/v1")[2]).json
    assert found["item_data"] == record["item_data"]
    assert client.get("/items?item_barcode=nonsense").code == "401689"
    assert client.get("/items").code == "401689"
    assert client.get(f"/bibs/{mms}/holdings/ALL/items/{record['item_data']['pid']}").json == found


def test_an_item_in_xml(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("free")[0]
    root = fromstring(client.get(f"/bibs/{mms}/holdings/ALL/items", HTTP_ACCEPT="").body)
    assert (root.tag, root.get("total_record_count"), len(root)) == ("items", "3", 3)
    assert root.findtext("item/item_data/library") == "MAIN"


# bibs


def test_availability_has_a_field_for_each_holding(client: Client, emulator: Emulator) -> None:
    states = {}
    for kind in ("copies", "on_loan", "no_items"):
        record = client.get(f"/bibs/{emulator.titles(kind, 1)[0]}?expand=p_avail").json
        root = fromstring(record["anies"][0].partition("?>")[2])
        fields = [{one.get("code"): one.text for one in field} for field in root if field.get("tag") == "AVA"]
        states[kind] = [(field["b"], field["e"], field["f"], field["g"]) for field in fields]
    assert states["copies"] == [(library, "available", "2", "0") for library in ("MAIN", "SCI", "LAW")]
    assert states["on_loan"] == [("MAIN", "unavailable", "1", "1")]
    assert states["no_items"] == [("MAIN", "check_holdings", "0", "0")]


def test_the_requests_of_a_bib_are_counted(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("requested")[0]
    listed = client.get(f"/bibs/{mms}/requests").json["total_record_count"]
    assert client.get(f"/bibs/{mms}?expand=requests").json["requests"]["value"] == listed > 1


def test_a_suppressed_bib_says_so(client: Client, emulator: Emulator) -> None:
    assert client.get(f"/bibs/{emulator.titles('suppressed')[0]}").json["suppress_from_publishing"] == "true"


# seeded requests


def test_there_are_requests_of_every_kind_and_they_agree_with_their_items(client: Client, emulator: Emulator) -> None:
    for kind in REQUEST_KINDS:
        assert emulator.requests(kind) or kind == "history"
    for kind, expected in (("shelf", "HOLDSHELF"), ("transit", "TRANSIT"), ("internal", "WORK_ORDER_DEPARTMENT")):
        record = emulator.request(emulator.requests(kind)[0])
        assert process(emulator.item(record["item_id"])) == expected
    spelled = {emulator.request(one)["request_status"] for one in emulator.requests()}
    assert spelled == {"NOT_STARTED", "Not Started", "IN_PROCESS", "In Process", "ON_HOLD_SHELF", "On Hold Shelf"}


def test_one_person_has_a_hundred_and_twenty_and_one_library_forty(client: Client, emulator: Emulator) -> None:
    many = emulator.requests("many")
    person = emulator.request(many[0])["user_primary_id"]
    total = client.get(f"/users/{person}?expand=requests").json["requests"]["value"]
    pages = [client.get(f"/users/{person}/requests?limit=100&offset={start}").json for start in (0, 100)]
    found = [row for page in pages for row in page["user_request"]]
    assert [page["total_record_count"] for page in pages] == [total, total]
    assert (len(many), len({row["request_id"] for row in found})) == (120, total)
    forty = [emulator.request(one) for one in emulator.requests("forty")]
    assert len(forty) == 40
    assert {row["pickup_location_library"] for row in forty} == {"MED"}
    assert len({row["request_time"] for row in forty}) > 30
    picked = client.get("/task-lists/requested-resources?library=MED&circ_desk=DEFAULT_CIRC_DESK&limit=100").json
    assert sum(len(row["request"]) for row in picked["requested_resource"]) == 37


def test_the_requests_of_an_item_include_those_of_nobody(client: Client, emulator: Emulator) -> None:
    mms = emulator.titles("work_order")[0]
    rows = client.get(f"/bibs/{mms}/holdings/ALL/items/{emulator.items(mms)[0]}/requests").json["user_request"]
    assert [(row["request_type"], row.get("user_primary_id")) for row in rows] == [("WORK_ORDER", None)]


def test_a_pick_list_needs_its_desk(client: Client) -> None:
    path = "/task-lists/requested-resources"
    assert client.get(f"{path}?library=MAIN").code == "401664"
    assert client.get(f"{path}?library=NOPE&circ_desk=X").code == "40166411"
    assert client.get(f"{path}?library=MAIN&circ_desk=NOPE").code == "40166411"
    assert client.get(f"{path}?library=MAIN&circ_desk=DEFAULT_CIRC_DESK", HTTP_ACCEPT="").status == 200
