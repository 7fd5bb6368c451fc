"""Making, changing and deleting bibs, holdings and items."""

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from almaportal.emulator.app import Emulator
from tests.emulator.client import MMS, Client, Place, Response

LEADER = "<leader>00000nam a2200000 i 4500</leader>"
UNKNOWN = "99000000000004711"


def bib_xml(title: str = "Lent from elsewhere", more: str = "") -> bytes:
    field = f'<datafield ind1="0" ind2="0" tag="245"><subfield code="a">{title}</subfield></datafield>'
    return f"<bib>{more}<record>{LEADER}{field}</record></bib>".encode()


def holding_xml(library: str = "MAIN", location: str = "STACKS", more: str = "") -> bytes:
    field = f'<subfield code="b">{library}</subfield><subfield code="c">{location}</subfield>'
    record = f'{LEADER}<datafield ind1="0" ind2=" " tag="852">{field}<subfield code="h">QA 1</subfield></datafield>'
    return f"<holding>{more}<record>{record}</record></holding>".encode()


def send(client: Client, method: str, path: str, body: bytes) -> Response:
    return client(method, path, body, CONTENT_TYPE="application/xml")


@pytest.fixture
def mms(client: Client) -> str:
    """A suppressed bib just made."""
    more = "<suppress_from_publishing>true</suppress_from_publishing>"
    return str(send(client, "POST", "/bibs", bib_xml(more=more)).json["mms_id"])


@pytest.fixture
def holding(client: Client, mms: str) -> str:
    """The path of its holding."""
    answer = send(client, "POST", f"/bibs/{mms}/holdings", holding_xml()).json
    return f"/bibs/{mms}/holdings/{answer['holding_id']}"


@pytest.fixture
def item(client: Client, holding: str) -> str:
    """The path of its item."""
    answer = client.post(f"{holding}/items", {"item_data": {"barcode": "DCB-1", "policy": {"value": "SHORT"}}}).json
    return f"{holding}/items/{answer['item_data']['pid']}"


def test_bib_holding_and_item_are_made_and_all_taken_back(client: Client, mms: str, holding: str, item: str) -> None:
    bib = client.get(f"/bibs/{mms}").json
    assert (bib["title"], bib["suppress_from_publishing"]) == ("Lent from elsewhere", "true")
    assert fromstring(bib["anies"][0].partition("?>")[2]).findtext("controlfield[@tag='001']") == mms
    assert client.get(f"/bibs/{mms}/holdings").json["holding"][0]["call_number"] == "QA 1"
    found = client.get(client.get("/items?item_barcode=DCB-1").headers["location"].partition("/almaws/v1")[2]).json
    assert (found["item_data"]["policy"]["value"], found["item_data"]["library"]["value"]) == ("SHORT", "MAIN")
    assert found["item_data"]["base_status"]["value"] == "1"
    assert client.delete(f"/bibs/{mms}").code == "4022020"
    assert client.delete(holding).code == "60214"
    assert client.delete(item).status == 204
    assert client.get(item).code == "401690"
    assert client.delete(f"/bibs/{mms}").code == "4022020"
    assert client.delete(holding).status == 204
    assert client.get(holding).code == "402208"
    assert client.delete(f"/bibs/{mms}").status == 204
    assert client.get(f"/bibs/{mms}").code == "402203"
    assert client.get("/items?item_barcode=DCB-1").code == "401689"


def test_deleting_the_item_can_take_the_holding_and_the_bib(client: Client, mms: str, item: str) -> None:
    assert client.delete(f"{item}?holdings=delete&bib=delete").status == 204
    assert client.get(f"/bibs/{mms}").code == "402203"


def test_deleting_the_item_can_suppress_what_is_left(client: Client, emulator: Emulator) -> None:
    title = emulator.titles("single")[0]
    item = emulator.items(title)[0]
    holding = client.get(f"/bibs/{title}/holdings").json["holding"][0]["holding_id"]
    assert client.delete(f"/bibs/{title}/holdings/ALL/items/{item}?holdings=suppress").status == 204
    assert client.get(f"/bibs/{title}/holdings/{holding}").json["suppress_from_publishing"] == "true"
    assert client.delete(f"/bibs/{title}/holdings/{holding}?bib=suppress").status == 204
    assert client.get(f"/bibs/{title}").json["suppress_from_publishing"] == "true"
    assert title in emulator.titles("single")


def test_json_is_refused_for_marc(client: Client, mms: str, holding: str) -> None:
    for method, path in (
        ("POST", "/bibs"),
        ("PUT", f"/bibs/{mms}"),
        ("POST", f"/bibs/{mms}/holdings"),
        ("PUT", holding),
    ):
        assert client(method, path, {"record": {}}).code == "60105"


@pytest.mark.parametrize(
    "body",
    [
        b"<bib><record/></bib>",
        b"<record/>",
        f"<bib><record>{LEADER}</record></bib>".encode(),
        f'<bib><record>{LEADER}<datafield tag="24"/></record></bib>'.encode(),
        b"",
    ],
)
def test_what_is_no_bib(client: Client, body: bytes) -> None:
    assert send(client, "POST", "/bibs", body).code == "402209"


def test_a_bib_is_changed_and_its_namespace_does_not_matter(client: Client, emulator: Emulator) -> None:
    title = emulator.titles("free")[0]
    body = bib_xml("New &amp; old").replace(b"<record>", b'<record xmlns="http://www.loc.gov/MARC21/slim">')
    answer = send(client, "PUT", f"/bibs/{title}", body).json
    assert answer["title"] == "New & old"
    assert client.get(f"/bibs/{title}/holdings/ALL/items").json["item"][0]["bib_data"]["title"] == "New & old"
    assert emulator.titles("free")[0] == title
    stale = send(client, "PUT", f"/bibs/{emulator.titles('single')[0]}?stale_version_check=true", bib_xml())
    assert stale.code == "4022034"
    assert send(client, "PUT", f"/bibs/{UNKNOWN}", bib_xml()).code == "402203"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (holding_xml("NOPE"), "33008"),
        (holding_xml("MAIN", "DEPOT"), "33008"),
        (b"<holding/>", "402211"),
        (bib_xml(), "402211"),
    ],
)
def test_what_is_no_holding(client: Client, mms: str, body: bytes, code: str) -> None:
    assert send(client, "POST", f"/bibs/{mms}/holdings", body).code == code
    assert client.get(f"/bibs/{mms}/holdings").json["total_record_count"] == 0


def test_a_holding_moves(client: Client, holding: str) -> None:
    assert send(client, "PUT", holding, holding_xml("STORE", "DEPOT")).status == 200
    row = client.get(holding.rpartition("/")[0]).json["holding"][0]
    assert (row["library"]["value"], row["location"]["value"]) == ("STORE", "DEPOT")
    assert send(client, "PUT", holding, holding_xml("NOPE")).code == "401652"
    assert send(client, "POST", f"/bibs/{UNKNOWN}/holdings", holding_xml()).code == "33007"
    assert client.delete(f"{holding}?bib=burn").code == "60218"
    assert client.delete(f"{holding[:-17]}22000000000004711").code == "60213"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"barcode": "DCB-1"}, "40166404"),
        ({"barcode": "3080000000"}, "40166404"),
        ({"library": {"value": "NOPE"}}, "40166404"),
        ({"library": {"value": "MAIN"}, "location": {"value": "DEPOT"}}, "40166404"),
        ({"policy": {"value": "NOPE"}}, "40166404"),
        ({"physical_material_type": "NOPE"}, "40166404"),
        ({"po_line": "POL-1"}, "401885"),
        ({"description": ["no text"]}, "40166404"),
    ],
)
def test_what_is_no_item(client: Client, holding: str, item: str, data: dict[str, Any], code: str) -> None:
    assert client.post(f"{holding}/items", {"item_data": data}).code == code
    assert client.get(f"{holding}/items").json["total_record_count"] == 1


def test_an_item_is_swapped_whole_and_keeps_its_own_barcode(client: Client, item: str) -> None:
    record = client.get(item).json
    record["item_data"] |= {"public_note": "One", "description": "v.1"}
    assert client.put(item, record).json["item_data"]["public_note"] == "One"
    del record["item_data"]["public_note"]
    changed = client.put(item, record).json["item_data"]
    assert (changed["public_note"], changed["description"], changed["barcode"]) == ("", "v.1", "DCB-1")


def test_an_item_in_xml_goes_to_a_temporary_location(client: Client, item: str) -> None:
    body = (
        b"<item><holding_data><in_temp_location>true</in_temp_location><temp_library>LAW</temp_library>"
        b"<temp_location>REF</temp_location></holding_data><item_data><barcode>DCB-2</barcode></item_data></item>"
    )
    record = send(client, "PUT", item, body).json
    assert (record["item_data"]["barcode"], record["item_data"]["library"]["value"]) == ("DCB-2", "LAW")
    assert record["holding_data"]["temp_location"]["value"] == "REF"
    assert send(client, "PUT", item, body.replace(b"LAW", b"NOPE")).code == "40166404"


def test_an_item_on_loan_or_requested_is_not_withdrawn(client: Client, emulator: Emulator) -> None:
    reader = emulator.people("many_loans")[0]
    loan = client.get(f"/users/{reader}/loans").json["item_loan"][0]
    path = f"/bibs/{loan['mms_id']}/holdings/ALL/items/{loan['item_id']}"
    assert client.delete(f"{path}?override=true").code == "401849"
    asked = emulator.request(emulator.requests("shelf")[0])
    path = f"/bibs/{asked['mms_id']}/holdings/ALL/items/{asked['item_id']}"
    assert client.delete(path).code == "401849"
    assert client.delete(f"{path}?override=maybe").code == "40166411"
    assert client.delete(f"{path}?override=true").status == 204
    assert client.get(f"/users/ALL/requests/{asked['request_id']}").code == "401694"


def test_a_bib_with_portfolios_is_not_deleted_and_words_are_no_override(client: Client, big: Place) -> None:
    mms = client.get(big.portfolio).json["resource_metadata"]["mms_id"]["value"]
    assert client.delete(f"/bibs/{mms}?override=true").code == "4022020"
    assert client.get(f"/bibs/{mms}").status == 200
    assert client.delete(f"/bibs/{UNKNOWN}").code == "402203"
    assert client.delete(f"/bibs/{MMS}?override=please").code == "401873"


def test_requests_for_a_bib_without_items_go_with_it_when_overridden(client: Client, mms: str, holding: str) -> None:
    assert client.delete(f"/bibs/{mms}").code == "4022020"
    assert client.delete(f"/bibs/{mms}?override=true").status == 204
    assert client.get(f"/bibs/{mms}/holdings").json == {"total_record_count": 0}


def test_any_record_can_be_put_in_the_place_of_an_item(client: Client, emulator: Emulator) -> None:
    title = emulator.titles("single")[0]
    (item,) = emulator.items(title)
    emulator.set_item(item, {"item_data": None, "holding_data": []})
    assert client.get(f"/bibs/{title}/holdings/ALL/items").json["item"] == [{"item_data": None, "holding_data": []}]
    with pytest.raises(KeyError):
        emulator.set_item("23", {})
