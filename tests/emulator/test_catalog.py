"""The operations on bibs, and what becomes of a bib when its portfolios go."""

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from almaportal.emulator.app import Emulator
from tests.emulator.client import COLLECTIONS, MMS, Client, Clock, Place, place, with_clock

XML = {"HTTP_ACCEPT": ""}
UNKNOWN = "99000000000004711"


def mms_ids(client: Client, where: Place, limit: int = 10) -> list[str]:
    rows = client.get(f"{where.service}/portfolios?limit={limit}").json["portfolio"]
    return [row["resource_metadata"]["mms_id"]["value"] for row in rows]


def marc(record: dict[str, Any]) -> Any:
    """The MARCXML of a bib; its declaration is not true of a text and has to go."""
    (text,) = record["anies"]
    assert text.startswith('<?xml version="1.0" encoding="UTF-16"?><record>')
    return fromstring(text.partition("?>")[2])


def subfields(root: Any, tag: str) -> list[dict[str, str]]:
    return [{one.get("code"): one.text for one in field} for field in root if field.get("tag") == tag]


# one bib


def test_a_bib_has_the_title_and_numbers_that_its_portfolio_shows(client: Client, big: Place) -> None:
    rows = client.get(f"{big.service}/portfolios?limit=100").json["portfolio"]
    for row in rows:
        metadata = client.get(f"{big.service}/portfolios/{row['id']}").json["resource_metadata"]
        bib = client.get(f"/bibs/{metadata['mms_id']['value']}").json
        for name in ("title", "author", "issn", "isbn"):
            assert (bib[name] or "") == metadata.get(name, "")


def test_a_bib_has_the_keys_and_types_of_recorded_ones(client: Client, big: Place) -> None:
    names = """mms_id record_format linked_record_id title author issn isbn complete_edition network_number
        publisher_const holdings created_by created_date suppress_from_publishing originating_system
        originating_system_id cataloging_level brief_level requests link anies"""
    bibs = [client.get(f"/bibs/{mms}").json for mms in mms_ids(client, big, 20)]
    for mms, bib in zip(mms_ids(client, big, 20), bibs, strict=True):
        assert set(names.split()) <= set(bib)
        assert (bib["mms_id"], bib["record_format"]) == (mms, "marc21")
        assert bib["suppress_from_publishing"] == "false"
        assert bib["holdings"] == {"value": None, "link": f"http://alma.test/almaws/v1/bibs/{mms}/holdings"}
        assert bib["created_date"].endswith("Z")
    for name in ("place_of_publication", "date_of_publication", "last_modified_date", "sync_with_oclc"):
        assert {name in bib for bib in bibs} == {True, False}
    assert {type(bib["linked_record_id"]) for bib in bibs} == {dict, type(None)}
    assert {type(bib["link"]) for bib in bibs} == {str, type(None)}


def test_the_marcxml_of_a_bib_says_the_same_as_the_bib(client: Client, big: Place) -> None:
    for mms in mms_ids(client, big, 100):
        bib = client.get(f"/bibs/{mms}").json
        root = marc(bib)
        assert [field.text for field in root if field.get("tag") == "001"] == [mms]
        assert [len(field.text) for field in root if field.get("tag") == "008"] == [40]
        assert subfields(root, "245") == [{"a": bib["title"]}]
        assert subfields(root, "100") == ([{"a": bib["author"]}] if bib["author"] else [])
        assert [field["a"] for field in subfields(root, "035")] == bib["network_number"]


def test_the_brief_view_has_no_marcxml(client: Client) -> None:
    full, brief = client.get(f"/bibs/{MMS}").json, client.get(f"/bibs/{MMS}?view=brief").json
    assert full.pop("anies")
    assert brief == full
    assert client.get(f"/bibs/{MMS}?view=full").json["anies"]


def test_the_bib_of_a_collection_has_the_title_the_collection_shows(client: Client) -> None:
    for collection in client.emulator.collections():
        metadata = client.get(f"{COLLECTIONS}/{collection}").json["resource_metadata"]
        bib = client.get(f"/bibs/{metadata['mms_id']['value']}").json
        assert (bib["title"], bib["author"]) == (metadata["title"], None)


def test_a_bib_is_the_same_every_time(client: Client, template: Emulator) -> None:
    path = f"/bibs/{MMS}?expand=e_avail"
    assert client.get(path).json == client.get(path).json == Client(template.copy(seed=1)).get(path).json


@pytest.mark.parametrize(("mms", "code", "message"), [
    (UNKNOWN, "402203", f"Input parameters mmsId {UNKNOWN} is not valid."),
    ("1", "402203", "Input parameters mmsId 1 is not valid."),
    ("9" * 400, "402203", f"Input parameters mmsId {'9' * 400} is not valid."),
    ("abc", "402204", "Input parameters mmsId abc is not numeric."),
    ("-1", "402204", "Input parameters mmsId -1 is not numeric."),
    (f"{MMS},{MMS}", "402204", f"Input parameters mmsId {MMS},{MMS} is not numeric."),
    ("٣", "402204", "Input parameters mmsId ٣ is not numeric."),
])  # fmt: skip
def test_an_unknown_bib_is_400(client: Client, mms: str, code: str, message: str) -> None:
    answer = client.get(f"/bibs/{mms}".encode().decode("latin-1"))
    assert (answer.status, answer.code, answer.message) == (400, code, message)


def test_an_error_that_repeats_the_id_is_well_formed_xml(client: Client) -> None:
    root = fromstring(client.get("/bibs/<a>&\x00\x1b", **XML).body)
    assert "mmsId <a>& is not numeric." in "".join(root.itertext())


@pytest.mark.parametrize("path", ["/bibs", f"/bibs/{MMS}", f"/bibs/{MMS}/portfolios"])
def test_bibs_need_a_key_with_their_area(emulator: Emulator, path: str) -> None:
    path += f"?mms_id={MMS}"
    refused = Client(emulator, "demo-electronic").get(path)
    assert (refused.status, refused.code) == (400, "UNAUTHORIZED")
    for key in ("demo-bibs", "demo-readonly"):
        assert Client(emulator, key).get(path).status == 200


# availability


def test_expanding_adds_a_field_for_each_portfolio(client: Client, big: Place, new: Place) -> None:
    mms = mms_ids(client, big, 1)[0]
    made = client.post(f"{new.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": mms}}}).json
    client.put(f"{new.service}/portfolios/{made['id']}", {"public_note": "<b>1 & 2</b>", "library": "LAW"})
    first, second = subfields(marc(client.get(f"/bibs/{mms}?expand=p_avail,e_avail").json), "AVE")
    assert (first["8"], first["e"], first["c"]) == (
        big.portfolio.rpartition("/")[2], "Available", big.collection.rpartition("/")[2],
    )  # fmt: skip
    assert second == {
        "8": made["id"], "c": new.collection.rpartition("/")[2], "e": "Not Available",
        "l": "LAW", "m": "New", "n": "<b>1 & 2</b>",
    }  # fmt: skip


def test_nothing_is_added_unless_asked_for(client: Client, big: Place) -> None:
    path = f"/bibs/{mms_ids(client, big, 1)[0]}"
    plain = client.get(path).json
    assert subfields(marc(plain), "AVE") == []
    assert plain["requests"] is None
    assert client.get(f"{path}?expand=None").json == plain
    assert client.get(f"{path}?expand=p_avail,d_avail").json == plain
    assert client.get(f"{path}?expand=requests").json == plain | {"requests": {"value": 0, "link": None}}


# several bibs


def test_several_bibs_come_in_the_order_asked_for_and_unknown_ones_are_missing(client: Client, big: Place) -> None:
    one, two, three = mms_ids(client, big, 3)
    answer = client.get(f"/bibs?mms_id={three},{UNKNOWN},{one},7,{two},{one}").json
    assert [bib["mms_id"] for bib in answer["bib"]] == [three, one, two]
    assert answer["total_record_count"] == 3
    assert answer["bib"][1] == client.get(f"/bibs/{one}").json


def test_the_list_is_there_and_empty_when_all_are_unknown(client: Client) -> None:
    assert client.get(f"/bibs?mms_id={UNKNOWN},7").json == {"bib": [], "total_record_count": 0}


def test_view_and_expand_hold_for_each_of_several_bibs(client: Client, big: Place) -> None:
    path = f"/bibs?mms_id={','.join(mms_ids(client, big, 2))}"
    assert all("anies" not in bib for bib in client.get(f"{path}&view=brief").json["bib"])
    assert all(subfields(marc(bib), "AVE") for bib in client.get(f"{path}&expand=e_avail").json["bib"])


def test_a_hundred_bibs_are_answered_and_more_are_refused(client: Client, big: Place) -> None:
    hundred = mms_ids(client, big, 100)
    assert client.get(f"/bibs?mms_id={','.join(hundred)}").json["total_record_count"] == 100
    refused = client.get(f"/bibs?mms_id={','.join([*hundred, UNKNOWN])}")
    assert (refused.status, refused.code) == (400, "402203")


@pytest.mark.parametrize("query", [
    "", "?mms_id=", "?mms_id=,", f"?mms_id={MMS},", f"?mms_id={MMS},x", f"?mms_id={MMS},%20{MMS}", "?nz_mms_id=1",
])  # fmt: skip
def test_a_list_without_ids_or_with_something_else_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"/bibs{query}")
    assert (answer.status, answer.code) == (400, "402203")
    assert answer.message == "Input parameter mmsId list is not valid."


# the portfolios of a bib


def test_the_portfolios_of_a_bib_are_those_of_every_collection(client: Client, new: Place, big: Place) -> None:
    mms = mms_ids(client, big, 1)[0]
    made = client.post(f"{new.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": mms}}}).json
    answer = client.get(f"/bibs/{mms}/portfolios").json
    assert answer["total_record_count"] == 2
    assert answer["portfolio"][0] == client.get(f"{big.service}/portfolios?limit=1").json["portfolio"][0]
    assert answer["portfolio"][1]["id"] == made["id"]
    collections = [row["electronic_collection"]["id"]["value"] for row in answer["portfolio"]]
    assert collections == [where.collection.rpartition("/")[2] for where in (big, new)]


def test_the_portfolios_of_a_bib_come_in_pages(client: Client, new: Place) -> None:
    for _ in range(11):
        client.post(f"{new.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": MMS}}})
    path, everything = f"/bibs/{MMS}/portfolios", client.get(f"/bibs/{MMS}/portfolios?limit=100").json
    total = everything["total_record_count"]
    assert len(everything["portfolio"]) == total >= 12
    assert client.get(path).json["portfolio"] == everything["portfolio"][:10]
    assert client.get(f"{path}?limit=5&offset=10").json["portfolio"] == everything["portfolio"][10:15]
    for empty in (f"{path}?limit=0", f"{path}?offset={total}"):
        assert client.get(empty).json == {"total_record_count": total}
    for bad in ("limit=101", "limit=x", "offset=-1"):
        assert client.get(f"{path}?{bad}").code == "401666"


def test_a_bib_without_portfolios_has_no_array(client: Client) -> None:
    mms = client.get(place(client.emulator, 0).collection).json["resource_metadata"]["mms_id"]["value"]
    assert client.get(f"/bibs/{mms}/portfolios").json == {"total_record_count": 0}


@pytest.mark.parametrize("mms", [UNKNOWN, "1", "abc"])
def test_the_portfolios_of_an_unknown_bib_are_400(client: Client, mms: str) -> None:
    answer = client.get(f"/bibs/{mms}/portfolios?limit=x")
    assert (answer.status, answer.code) == (400, "402203")
    assert answer.message == "Input parameter mms Id is not valid."


# what a delete leaves


@pytest.mark.parametrize(("bib", "suppressed"), [("retain", "false"), ("suppress", "true")])
def test_a_delete_suppresses_its_bib_if_told(client: Client, big: Place, bib: str, suppressed: str) -> None:
    mms = mms_ids(client, big, 1)[0]
    client.delete(f"{big.portfolio}?bib={bib}")
    assert client.get(f"/bibs/{mms}").json["suppress_from_publishing"] == suppressed
    assert client.get(f"/bibs/{mms}/portfolios").json == {"total_record_count": 0}


def test_a_suppressed_bib_stays_suppressed_with_a_new_portfolio(client: Client, big: Place, new: Place) -> None:
    mms = mms_ids(client, big, 1)[0]
    client.delete(f"{big.portfolio}?bib=suppress")
    made = client.post(f"{new.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": mms}}}).json
    assert client.get(f"/bibs/{mms}").json["suppress_from_publishing"] == "true"
    client.delete(f"{new.service}/portfolios/{made['id']}?bib=retain")
    assert client.get(f"/bibs/{mms}").json["suppress_from_publishing"] == "true"


def test_a_bib_deleted_with_its_portfolio_is_unknown(client: Client, big: Place) -> None:
    mms, other = mms_ids(client, big, 2)
    client.delete(f"{big.portfolio}?bib=delete")
    assert client.get(f"/bibs/{mms}").code == "402203"
    assert client.get(f"/bibs/{mms}/portfolios").code == "402203"
    assert [bib["mms_id"] for bib in client.get(f"/bibs?mms_id={mms},{other}").json["bib"]] == [other]


def test_a_portfolio_whose_delete_is_in_process_is_still_listed(template: Emulator, clock: Clock) -> None:
    client = Client(with_clock(template.copy(delete_seconds=30), clock))
    big = place(client.emulator, 0)
    mms = mms_ids(client, big, 1)[0]
    client.delete(f"{big.portfolio}?bib=delete")
    assert client.get(f"/bibs/{mms}/portfolios").json["total_record_count"] == 1
    assert client.get(f"/bibs/{mms}").json["suppress_from_publishing"] == "false"
    clock.time += 30
    assert client.get(f"/bibs/{mms}").code == "402203"


# XML


def test_a_bib_in_xml_has_its_record_inside(client: Client, big: Place) -> None:
    for mms in mms_ids(client, big, 100):
        bib = client.get(f"/bibs/{mms}").json
        root = fromstring(client.get(f"/bibs/{mms}", **XML).body)
        assert (root.tag, root.find("mms_id").text, root.find("title").text) == ("bib", mms, bib["title"])
        assert root.find("anies") is None
        assert subfields(root.find("record"), "245") == [{"a": bib["title"]}]
        assert [number.text for number in root.find("network_numbers")] == bib["network_number"]
        assert root.find("holdings").get("link") == bib["holdings"]["link"]
        linked = bib["linked_record_id"] or {}
        if linked.get("value"):
            assert (root.find("linked_record_id").text, root.find("linked_record_id").attrib) == (
                linked["value"], {"type": "NZ"},
            )  # fmt: skip


def test_lists_of_the_catalog_in_xml_have_their_rows_inside(client: Client, big: Place) -> None:
    one, two = mms_ids(client, big, 2)
    root = fromstring(client.get(f"/bibs?mms_id={one},{two}", **XML).body)
    assert (root.tag, root.attrib) == ("bibs", {"total_record_count": "2"})
    assert [(row.tag, row.find("mms_id").text) for row in root] == [("bib", one), ("bib", two)]
    root = fromstring(client.get("/bibs?mms_id=1", **XML).body)
    assert (len(root), root.attrib) == (0, {"total_record_count": "0"})
    root = fromstring(client.get(f"/bibs/{one}/portfolios", **XML).body)
    assert (root.tag, [row.tag for row in root]) == ("portfolios", ["portfolio"])
