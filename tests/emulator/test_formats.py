"""JSON and XML, languages, compression, the test operations."""

from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from almaportal.emulator import xml_format
from almaportal.emulator.app import Emulator
from tests.emulator.client import COLLECTIONS, Client, Place, place

XML = {"HTTP_ACCEPT": ""}


def test_xml_is_the_default_and_json_is_asked_for(client: Client) -> None:
    assert client.get(COLLECTIONS, HTTP_ACCEPT="").headers["content-type"] == "application/xml;charset=UTF-8"
    assert client.get(COLLECTIONS, HTTP_ACCEPT="text/html").headers["content-type"].startswith("application/xml")
    assert client.get(COLLECTIONS).headers["content-type"] == "application/json;charset=UTF-8"
    asked = client.get(f"{COLLECTIONS}?format=json", HTTP_ACCEPT="")
    assert asked.headers["content-type"].startswith("application/json")
    asked = client.get(f"{COLLECTIONS}?format=xml")
    assert asked.headers["content-type"].startswith("application/xml")


def test_an_xml_list_has_its_count_as_attribute_and_its_rows_inside(client: Client) -> None:
    root = fromstring(client.get(f"{COLLECTIONS}?limit=3", **XML).body)
    assert (root.tag, root.attrib) == ("electronic_collections", {"total_record_count": "14"})
    assert [row.tag for row in root] == ["electronic_collection"] * 3
    kind = root[0].find("type")
    assert (kind.text, kind.attrib) == ("0", {"desc": "Selective package"})


def test_xml_encloses_lists_in_their_plural(emulator: Emulator, client: Client) -> None:
    path = place(emulator, 6).collection
    root = fromstring(client.get(path, **XML).body)
    assert root.tag == "electronic_collection"
    assert [row.tag for row in root.find("group_settings")] == ["group_setting"] * 2
    assert root.find("group_settings")[1].find("proxy").text == "PROXY_ALUMNI"
    assert root.find("is_local").text == "true"
    assert root.find("link").text == f"http://alma.test/almaws/v1{path}"


def test_a_record_can_be_put_as_xml(client: Client, new: Place) -> None:
    body = """<electronic_collection>
      <public_name>Käse &amp; Brot</public_name><library>LAW</library>
      <activation_date>2024-05-06Z</activation_date>
      <interface><name>Thistledown Data Portal</name></interface>
      <notes><note><content>1</content></note><note><content>2</content></note></notes>
      <group_settings><group_setting><group>STAFF</group></group_setting></group_settings>
    </electronic_collection>"""
    answer = client.put(new.collection, body.encode(), CONTENT_TYPE="application/xml; charset=UTF-8")
    record = answer.json
    assert (record["public_name"], record["library"]["value"]) == ("Käse & Brot", "LAW")
    assert record["notes"] == [{"content": "1"}, {"content": "2"}]
    assert record["group_settings"] == [{"group": {"value": "STAFF", "desc": "Staff"}}]


def test_booleans_and_empty_lists_can_be_put_as_xml(client: Client, new: Place) -> None:
    client.put(new.service, {"notes": [{"content": "old"}]})
    inner = "<activate_new_portfolios>true</activate_new_portfolios><notes/>"
    body = f"<electronic_service>{inner}</electronic_service>"
    record = client.put(new.service, body.encode(), CONTENT_TYPE="text/xml").json
    assert record["activate_new_portfolios"] is True
    assert record["notes"] == []


def test_seeded_records_survive_xml_there_and_back(client: Client) -> None:
    for collection in client.emulator.collections():
        path = f"{COLLECTIONS}/{collection}"
        before = client.get(path, **XML).body
        after = client.put(path, before, CONTENT_TYPE="application/xml", **XML)
        assert (after.status, after.body) == (200, before)


@pytest.mark.parametrize(("record", "xml"), [
    ({"a": None, "b": {}, "c": ""}, "<r><c></c></r>"),
    ({"a": {"value": "1", "desc": None}}, "<r><a>1</a></r>"),
    ({"a": {"value": "1", "desc": '"<&'}}, "<r><a desc='\"&lt;&amp;'>1</a></r>"),
    ({"a": True, "n": 3}, "<r><a>true</a><n>3</n></r>"),
    ({"number": [{"value": "1"}]}, "<r><numbers><number>1</number></numbers></r>"),
    ({"text": "a\x00b\x0bc\ufffe"}, "<r><text>abc</text></r>"),
])  # fmt: skip
def test_xml_of_odd_values(record: dict[str, Any], xml: str) -> None:
    assert xml_format.write("r", record).endswith(f"\n{xml}")


def test_long_answers_are_compressed_for_clients_that_take_it(client: Client) -> None:
    plain = client.get(COLLECTIONS)
    packed = client.get(COLLECTIONS, HTTP_ACCEPT_ENCODING="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.json == plain.json


def test_an_error_of_alma_has_the_format_asked_for(client: Client) -> None:
    answer = client.get(f"{COLLECTIONS}/1")
    assert list(answer.json) == ["errorsExist", "errorList"]
    assert answer.json["errorList"]["error"][0]["trackingId"].startswith("E01-")
    assert fromstring(client.get(f"{COLLECTIONS}/1", **XML).body).tag.endswith("web_service_result")


# languages


@pytest.mark.parametrize(("lang", "text"), [
    ("de", "Selektives Paket"), ("fr", "Bouquet sélectif"), ("en", "Selective package"),
    ("xx", "Selective package"), ("", "Selective package"),
])  # fmt: skip
def test_lang_changes_descriptions(client: Client, big: Place, lang: str, text: str) -> None:
    assert client.get(f"{big.collection}?lang={lang}").json["type"] == {"value": "0", "desc": text}
    row = client.get(f"{COLLECTIONS}?limit=1&lang={lang}").json["electronic_collection"][0]
    assert row["type"]["desc"] == text


def test_lang_reaches_nested_records_and_rows(client: Client, big: Place, local: Place) -> None:
    linking = client.get(f"{big.portfolio}?lang=de").json["linking_details"]
    assert linking["proxy_enabled"] == {"value": "false", "desc": "Nein"}
    group = client.get(f"{local.collection}?lang=fr").json["group_settings"][0]
    assert group["group"]["desc"] == "Étudiants"


def test_lang_is_for_the_answer_only(client: Client, new: Place) -> None:
    after = client.put(f"{new.collection}?lang=de", {"free": {"value": "1"}}).json
    assert after["free"]["desc"] == "Ja"
    assert client.get(new.collection).json["free"]["desc"] == "Yes"


def test_lang_changes_the_common_error_texts(client: Client, local: Place) -> None:
    cases = {
        f"GET {COLLECTIONS}/1": "60121", f"GET {local.collection}/e-services/1": "60122",
        f"GET {local.service}/portfolios/1": "60123", f"DELETE {local.collection}": "60289",
    }  # fmt: skip
    for case, code in cases.items():
        method, path = case.split()
        texts = [client(method, f"{path}?lang={lang}") for lang in ("en", "de", "fr", "es")]
        assert {answer.code for answer in texts} == {code}
        english, german, french, spanish = (answer.message for answer in texts)
        assert len({english, german, french}) == 3
        assert spanish == english


# test operations


@pytest.mark.parametrize("path", ["/conf/test", "/bibs/test", "/users/operation/test"])
def test_the_test_operations_tell_whether_a_key_reads_and_writes(emulator: Emulator, path: str) -> None:
    read_only, full = Client(emulator, "demo-readonly"), Client(emulator)
    assert read_only.get(path).text.endswith("<test>GET - OK - institutionCode: 01DEMO_INST</test>")
    assert read_only.post(path).status == 403
    assert full.post(path).text.endswith("<test>POST - OK</test>")


def test_the_electronic_area_has_no_test_operation(client: Client) -> None:
    assert client.get("/electronic/test").status == 404
