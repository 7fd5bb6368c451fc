"""What a PUT keeps, clears, replaces and ignores."""

from typing import Any

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import COLLECTIONS, MMS, Client, Place, place


def test_a_record_sent_back_as_it_was_read_does_not_change(client: Client) -> None:
    emulator = client.emulator
    for collection in emulator.collections():
        paths = [f"{COLLECTIONS}/{collection}"]
        for service in emulator.services(collection):
            paths.append(f"{paths[0]}/e-services/{service}")
            paths += [f"{paths[-1]}/portfolios/{number}" for number in emulator.portfolios(service, 50)]
        for path in paths:
            before = client.get(path).json
            assert client.put(path, before).json == before
            assert client.get(path).json == before


def test_missing_keys_stay(client: Client, local: Place) -> None:
    before = client.get(local.collection).json
    after = client.put(local.collection, {"internal_description": "for us"}).json
    assert after == before | {"internal_description": "for us"}
    assert client.get(local.collection).json == after


def test_an_empty_string_clears(client: Client, new: Place) -> None:
    filled = {
        "public_note": "note", "library": {"value": "MAIN"}, "free": {"value": "1"}, "proxy": "PROXY_MAIN",
        "activation_date": "2024-05-06", "notes": [{"content": "x"}], "language": {"value": "eng"},
    }  # fmt: skip
    client.put(new.collection, filled)
    cleared = client.put(new.collection, dict.fromkeys(filled, "")).json
    assert {name: cleared.get(name) for name in filled} == {
        "public_note": "", "library": {"value": ""}, "free": {}, "proxy": "",
        "activation_date": None, "notes": [], "language": {"value": ""},
    }  # fmt: skip
    assert "activation_date" not in cleared


def test_an_empty_value_clears_a_coded_field(client: Client, new: Place) -> None:
    client.put(new.collection, {"free": {"value": "1"}, "library": {"value": "MAIN"}})
    after = client.put(new.collection, {"free": {"value": ""}, "library": {"value": ""}}).json
    assert (after["free"], after["library"]) == ({}, {"value": ""})


def test_null_clears_dates_and_the_access_model_only(client: Client, new: Place) -> None:
    body = {"activation_date": "2024-05-06", "public_access_model": {"value": "1U"}, "public_note": "stays"}
    client.put(new.collection, body)
    after = client.put(new.collection, dict.fromkeys(body)).json
    assert "activation_date" not in after
    assert after["public_access_model"] == {}
    assert after["public_note"] == "stays"


@pytest.mark.parametrize("text", [
    " both ends ", "two\r\nlines\tand a tab", "javascript:alert(1)", "<script>1</script> &amp;", "e\u0301 is not é",
    "\u202eleft\u202c", "zero\u0000", "'; DROP TABLE portfolios; --", "%2F%00+", "no address at all", "😀",
])  # fmt: skip
def test_texts_are_kept_as_they_are_sent(client: Client, new: Place, text: str) -> None:
    linking = dict.fromkeys(("static_url", "static_url_override", "parser_parameters_override"), text)
    bodies: dict[str, dict[str, Any]] = {
        new.collection: {"public_name": text, "url_override": text, "notes": [{"content": text}]},
        new.service: {"dynamic_url_override": text, "public_note": text},
        new.portfolio: {"public_note": text, "linking_details": linking},
    }
    for path, body in bodies.items():
        assert client.put(path, body).status == 200
        record = client.get(path).json
        kept = {name: record[name] for name in body}
        if "linking_details" in kept:
            kept["linking_details"] = {name: kept["linking_details"][name] for name in linking}
        assert kept == body
    made = client.post(COLLECTIONS, {"public_name": text, "type": {"value": "0"}, "public_note": text}).json
    assert (made["public_name"], made["public_note"]) == (text, text)


@pytest.mark.parametrize("nothing", [None, {}, {"value": None}])
def test_nothing_in_a_coded_field_changes_nothing(client: Client, new: Place, nothing: Any) -> None:
    client.put(new.collection, {"free": {"value": "1"}})
    assert client.put(new.collection, {"free": nothing}).json["free"] == {"value": "1", "desc": "Yes"}


def test_the_description_of_a_code_is_not_taken_from_the_body(client: Client, new: Place) -> None:
    after = client.put(new.collection, {"free": {"value": "0", "desc": "Gratis"}}).json
    assert after["free"] == {"value": "0", "desc": "No"}
    after = client.put(new.collection, {"library": {"value": "LAW"}}).json
    assert after["library"] == {"value": "LAW", "link": "http://alma.test/almaws/v1/conf/libraries/LAW"}


def test_lists_replace_lists(client: Client, new: Place) -> None:
    client.put(new.service, {"notes": [{"content": "a"}, {"content": "b"}]})
    assert client.put(new.service, {"notes": [{"content": "c"}]}).json["notes"] == [{"content": "c"}]
    assert client.put(new.service, {"notes": []}).json["notes"] == []


def test_unknown_and_output_keys_are_ignored(client: Client, local: Place) -> None:
    before = client.get(local.collection).json
    body = {
        "invented": 1, "id": "1", "is_local": False, "link": "x", "portfolios": {"value": 7},
        "resource_metadata": {"title": "Mine"}, "notes": before.get("notes"),
    }  # fmt: skip
    assert client.put(local.collection, body).json == before
    before = client.get(local.portfolio).json
    body = {"resource_metadata": {"title": "x"}, "electronic_collection": {}, "pda": {"value": "1"}}
    assert client.put(local.portfolio, body | {"linking_details": {"url": "x"}}).json == before


def test_nested_records_are_merged_key_by_key(client: Client, new: Place) -> None:
    before = client.get(new.portfolio).json["linking_details"]
    sent = {"linking_details": {"static_url": "jkey=https://a.example.org/1"}}
    after = client.put(new.portfolio, sent).json["linking_details"]
    assert after == before | {"static_url": "jkey=https://a.example.org/1", "url": "https://a.example.org/1"}


def test_dates_are_stored_with_z_and_the_same_day_keeps_its_spelling(client: Client, new: Place) -> None:
    assert client.put(new.collection, {"activation_date": "2024-05-06"}).json["activation_date"] == "2024-05-06Z"
    identifier = new.collection.rpartition("/")[2]
    record = client.emulator.record("collection", identifier) | {"activation_date": "2024-05-06z"}
    client.emulator.put_record("collection", identifier, record)
    assert client.put(new.collection, {"activation_date": "2024-05-06Z"}).json["activation_date"] == "2024-05-06z"


def test_the_vendor_follows_the_interface(client: Client, new: Place) -> None:
    body = {"interface": {"name": "Vantmoor Digital Reader", "vendor": {"value": "X"}}}
    assert client.put(new.collection, body).json["interface"]["vendor"]["value"] == "VANTMOOR"
    assert client.put(new.collection, {"interface": {"name": ""}}).json["interface"] == {
        "name": "",
        "vendor": None,
    }


def test_the_bib_of_a_collection_brings_its_title(client: Client, new: Place) -> None:
    metadata = client.put(new.collection, {"resource_metadata": {"mms_id": {"value": MMS}}}).json
    assert metadata["resource_metadata"]["title"]
    assert metadata["resource_metadata"]["mms_id"]["link"].endswith(f"/bibs/{MMS}")


# Community Zone


def test_what_the_zone_manages_is_ignored_without_an_error(client: Client, big: Place) -> None:
    before = client.get(big.collection).json
    body = {
        "public_name": "", "description": "mine", "url": "https://x.example.org", "type": {"value": "nope"},
        "interface": {"name": "nope"}, "public_name_override": "Ours", "library": {"value": "LAW"},
        "authentication_note": "note", "activation_date": "2024-01-02",
    }  # fmt: skip
    after = client.put(big.collection, body).json
    kept = {name: after[name] for name in ("public_name", "description", "url", "type", "interface")}
    assert kept == {name: before[name] for name in kept}
    assert (after["public_name_override"], after["library"]["value"]) == ("Ours", "LAW")
    assert (after["authentication_note"], after["activation_date"]) == ("note", "2024-01-02Z")


def test_the_zone_manages_the_static_url_of_its_portfolios(client: Client, big: Place) -> None:
    before = client.get(big.portfolio).json
    body = {
        "linking_details": {
            "static_url": "jkey=https://mine.example.org", "static_url_override": "jkey=https://ours.example.org",
            "parser_parameters": "x", "dynamic_url": "x", "url_type": {"value": "dynamic"},
        },
        "coverage_details": {"global_date_coverage_parameters": [{"from_year": "1"}],
                             "local_date_coverage_parameters": [{"from_year": "1900"}]},
        "availability": {"value": "10"},
    }  # fmt: skip
    after = client.put(big.portfolio, body).json
    linking, old = after["linking_details"], before["linking_details"]
    for name in ("static_url", "parser_parameters", "dynamic_url", "url_type"):
        assert linking[name] == old[name]
    assert linking["static_url_override"] == "jkey=https://ours.example.org"
    assert linking["url"] == "https://ours.example.org"
    coverage, old = after["coverage_details"], before["coverage_details"]
    assert coverage["global_date_coverage_parameters"] == old["global_date_coverage_parameters"]
    assert coverage["local_date_coverage_parameters"] == [{"from_year": "1900"}]
    assert after["availability"]["value"] == "10"


def test_the_zone_manages_description_and_parser_of_its_services(client: Client, big: Place) -> None:
    before = client.get(big.service).json
    body = {"public_description": "x", "parser": "x", "url_type": {"value": "nope"}, "parser_override": "y"}
    assert client.put(big.service, body).json == before | {"parser_override": "y"}


# effects beyond the record


def test_the_library_of_a_collection_becomes_that_of_its_portfolios(client: Client, local: Place) -> None:
    client.put(local.portfolio, {"public_note": "edited", "library": {"value": "SCI"}})
    client.put(local.collection, {"library": {"value": "MED"}})
    page = client.get(f"{local.service}/portfolios?limit=100").json["portfolio"]
    assert {row["library"]["value"] for row in page} == {"MED"}
    edited = client.get(local.portfolio).json
    assert (edited["public_note"], edited["library"]["value"]) == ("edited", "MED")
    client.put(local.portfolio, {"library": {"value": "SCI"}})
    client.put(local.collection, {"public_note": "the library is not sent"})
    client.put(local.collection, client.get(local.collection).json)
    assert client.get(local.portfolio).json["library"]["value"] == "SCI"


def test_deleting_removed_portfolios_wins_over_deactivating_them(client: Client, new: Place) -> None:
    both = {"delete_removed_portfolios": True, "deactivate_removed_portfolios": True}
    after = client.put(new.service, both).json
    assert after["delete_removed_portfolios"] is True
    assert after["deactivate_removed_portfolios"] is False


def test_availability_may_change_within_its_dates(client: Client, new: Place) -> None:
    body = {
        "availability": {"value": "11"},
        "active_from_date": "2025-06-15",
        "active_until_date": "2025-06-15",
    }
    assert client.put(new.portfolio, body).status == 200
    assert client.put(new.portfolio, {"availability": {"value": "10"}}).code == "200797"
    assert client.put(new.portfolio, {"public_note": "other fields are free"}).status == 200
    gone = {"active_from_date": "", "active_until_date": None, "availability": {"value": "10"}}
    assert client.put(new.portfolio, gone).status == 200


def test_planted_records_are_served_and_sent_back_as_they_are(emulator: Emulator, client: Client) -> None:
    tree = place(emulator, 6)
    hostile = '</script><script>alert(1)</script> & "quotes" \ud83d\ude00 \u0007 \u202e'
    hostile = hostile.encode("utf-16", "surrogatepass").decode("utf-16")
    for kind, path in (
        ("collection", tree.collection),
        ("service", tree.service),
        ("portfolio", tree.portfolio),
    ):
        identifier = path.rpartition("/")[2]
        record = emulator.record(kind, identifier)
        record |= {"public_note": hostile, "license": None, "notes": None, "surprise": [None, {}]}
        record.pop("proxy_enabled", None)
        emulator.put_record(kind, identifier, record)
        read = client.get(path).json
        assert (read["public_note"], read["license"], read["surprise"]) == (hostile, None, [None, {}])
        assert client.put(path, read).json == read
        assert "alert(1)" in client.get(path, HTTP_ACCEPT="application/xml").text
    with pytest.raises(KeyError):
        emulator.put_record("collection", "1", {})
    with pytest.raises(ValueError, match="kind"):
        emulator.record("bib", "1")
