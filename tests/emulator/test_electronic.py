"""The operations of the electronic area: lists, search, creating, deleting, counts."""

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import COLLECTIONS, MMS, Client, Clock, Place, place, with_clock


def test_a_collection_row_has_exactly_the_keys_of_a_recorded_list(client: Client) -> None:
    answer = client.get(f"{COLLECTIONS}?limit=100").json
    assert answer["total_record_count"] == len(answer["electronic_collection"]) == 14
    names = "id is_local public_name description library type license source creator url free proxy language"
    for row in answer["electronic_collection"]:
        assert list(row) == [*names.split(), "category", "portfolios", "link"]


def test_a_portfolio_row_has_exactly_the_keys_of_a_recorded_list(client: Client, big: Place) -> None:
    row = client.get(f"{big.service}/portfolios?limit=1").json["portfolio"][0]
    names = "id is_local is_standalone resource_metadata electronic_collection availability"
    assert list(row) == [*names.split(), "library", "license", "pda", "link"]
    assert list(row["resource_metadata"]) == ["mms_id", "title"]
    assert row["link"].endswith(f"/bibs/{row['resource_metadata']['mms_id']['value']}/portfolios/{row['id']}")


def test_lists_page_by_ten_unless_told_otherwise(client: Client, big: Place) -> None:
    first = client.get(f"{big.service}/portfolios").json["portfolio"]
    second = client.get(f"{big.service}/portfolios?offset=10&limit=5").json["portfolio"]
    assert (len(first), len(second)) == (10, 5)
    ids = client.emulator.portfolios(big.service.rpartition("/")[2])
    assert [row["id"] for row in first + second] == ids[:15]


def test_the_array_is_missing_when_a_page_is_empty(client: Client, big: Place, database: Place) -> None:
    assert client.get(f"{COLLECTIONS}?limit=0").json == {"total_record_count": 14}
    assert client.get(f"{COLLECTIONS}?offset=14").json == {"total_record_count": 14}
    assert client.get(f"{big.service}/portfolios?offset=300").json == {"total_record_count": 300}
    assert "electronic_service" not in client.get(f"{database.collection}/e-services").json


@pytest.mark.parametrize("page", ["limit=101", "limit=-1", "limit=ten", "limit=", "offset=-1", "offset=x"])
def test_a_bad_page_is_refused(client: Client, big: Place, page: str) -> None:
    for path in (COLLECTIONS, f"{big.service}/portfolios"):
        answer = client.get(f"{path}?{page}")
        assert (answer.status, answer.code) == (400, "401666")


def test_a_far_page_is_right_before_and_after_deletes(client: Client, big: Place) -> None:
    ids = client.emulator.portfolios(big.service.rpartition("/")[2], limit=300)
    path = f"{big.service}/portfolios"
    for gone in (0, 150, 298):
        client.delete(f"{path}/{ids[gone]}")
    left = [number for index, number in enumerate(ids) if index not in (0, 150, 298)]
    page = client.get(f"{path}?limit=100&offset=200").json
    assert [row["id"] for row in page["portfolio"]] == left[200:]
    assert page["total_record_count"] == 297


def test_the_count_of_services_is_missing_for_some_collections(client: Client) -> None:
    counted = ["total_record_count" in client.get(f"{COLLECTIONS}/{cid}/e-services").json
               for cid in client.emulator.collections()]  # fmt: skip
    assert True in counted
    assert False in counted


def test_links_have_the_host_of_the_request(client: Client, big: Place) -> None:
    assert client.get(big.collection).json["link"] == f"http://alma.test/almaws/v1{big.collection}"
    answer = client.get(big.portfolio, **{"HTTP_HOST": "10.0.0.1:81", "wsgi.url_scheme": "https"})
    assert answer.json["electronic_collection"]["service"]["link"] == (f"https://10.0.0.1:81/almaws/v1{big.service}")


# search


@pytest.fixture
def named(client: Client) -> Client:
    body = {
        "public_name": "Séance Notes, Köln & Zürich", "type": {"value": "0"}, "category": "Occultism",
        "interface": {"name": "Quillmere Online"}, "po_line": {"value": "POL-1001"},
    }  # fmt: skip
    client.put(place(client.emulator, 6).collection, body)
    return client


@pytest.mark.parametrize("query", [
    "name~seance", "name~NOTES_koln", "name~not,zur", "keywords~occult", "interface_name~quillmere_online",
    "po_line_id~POL-1001", "name~seance AND keywords~occultism AND po_line_id~pol-1001", "keywords~seance",
])  # fmt: skip
def test_search_finds_words_by_their_beginning(named: Client, query: str) -> None:
    found = named.get(f"{COLLECTIONS}?limit=100&q={query.replace(' ', '%20')}").json
    assert "Séance Notes, Köln & Zürich" in [row["public_name"] for row in found["electronic_collection"]]


@pytest.mark.parametrize("query", ["name~eance", "name~seance_missing", "interface_name~seance"])
def test_search_needs_every_word_to_begin_a_word_of_the_field(named: Client, query: str) -> None:
    assert named.get(f"{COLLECTIONS}?q={query}").json == {"total_record_count": 0}


def test_search_pages_within_what_it_found(client: Client) -> None:
    everything = client.get(f"{COLLECTIONS}?q=po_line_id~POL&limit=100").json
    second = client.get(f"{COLLECTIONS}?q=po_line_id~POL&limit=1&offset=1").json
    assert second["total_record_count"] == everything["total_record_count"] > 1
    assert second["electronic_collection"] == everything["electronic_collection"][1:2]


@pytest.mark.parametrize("query", [
    "seance", "title~x", "name~", "name~_", "name~two+words", "name~a+AND+b", "~x", "name~a+and+name~b",
])  # fmt: skip
def test_a_query_alma_does_not_understand_is_60106(client: Client, query: str) -> None:
    answer = client.get(f"{COLLECTIONS}?q={query}")
    assert (answer.status, answer.code, answer.message) == (400, "60106", "Invalid query format.")


# creating


def test_a_tree_can_be_made_and_is_counted(client: Client, new: Place) -> None:
    collection, service = client.get(new.collection).json, client.get(new.service).json
    assert collection["is_local"] is service["is_local"] is True
    assert collection["type"] == {"value": "0", "desc": "Selective package"}
    assert (collection["portfolios"]["value"], service["portfolios"]["value"]) == (1, 1)
    portfolio = client.get(new.portfolio).json
    assert portfolio["resource_metadata"]["mms_id"]["value"] == MMS
    assert portfolio["resource_metadata"]["title"]
    assert portfolio["availability"] == {"value": "10", "desc": "Not Available"}
    assert [row["id"] for row in client.get(f"{new.service}/portfolios").json["portfolio"]] == [portfolio["id"]]
    assert client.emulator.collections()[-1] == collection["id"]


def test_the_answer_to_a_post_is_the_full_record(client: Client) -> None:
    made = client.post(COLLECTIONS, {"public_name": "A", "type": {"value": "6"}}).json
    assert client.get(f"{COLLECTIONS}/{made['id']}").json == made
    assert len(made["id"]) == 17
    assert made["id"].startswith("61")


def test_the_smallest_service_known_from_practice_can_be_made(client: Client, database: Place) -> None:
    body = {"is_local": True, "type": {"value": "getFullTxt"}, "public_description": "",
            "activation_status": {"value": "11"}, "parser": None, "free": None, "proxy": None}  # fmt: skip
    assert client.post(f"{database.collection}/e-services", body).status == 200


def test_coverage_in_a_post_is_dropped_and_set_by_a_put(client: Client, empty: Place) -> None:
    rows = [{"from_year": "1999", "from_month": {"value": "1", "desc": "January"}}]
    coverage = {"coverage_in_use": {"value": "2"}, "local_date_coverage_parameters": rows}
    body = {"resource_metadata": {"mms_id": {"value": MMS}}, "coverage_details": coverage}
    made = client.post(f"{empty.service}/portfolios", body)
    assert made.status == 200
    assert made.json["coverage_details"]["coverage_in_use"]["value"] == "0"
    assert made.json["coverage_details"]["local_date_coverage_parameters"] == []
    path = f"{empty.service}/portfolios/{made.json['id']}"
    kept = client.put(path, {"coverage_details": coverage}).json["coverage_details"]
    assert kept["local_date_coverage_parameters"] == rows
    assert kept["coverage_in_use"] == {"value": "2", "desc": "Global or local"}


def test_an_id_is_never_used_again(client: Client, new: Place) -> None:
    client.delete(new.portfolio)
    body = {"resource_metadata": {"mms_id": {"value": MMS}}}
    again = client.post(f"{new.service}/portfolios", body).json["id"]
    assert again > new.portfolio.rpartition("/")[2]


# deleting


def test_a_tree_is_deleted_from_the_bottom(client: Client, new: Place) -> None:
    blocked = client.delete(new.collection)
    assert (blocked.code, blocked.message) == ("60289", "The delete is blocked e-service attached.")
    blocked = client.delete(new.service)
    assert (blocked.code, blocked.message) == ("60289", "The delete is blocked portfolio attached.")
    for path in (new.portfolio, new.service, new.collection):
        answer = client.delete(path)
        assert (answer.status, answer.body) == (204, b"")
        assert "content-type" not in answer.headers
    assert client.get(new.collection).code == "60121"
    assert client.get(new.portfolio).code == "60123"


def test_counts_follow_deletes(client: Client, big: Place) -> None:
    client.delete(big.portfolio)
    assert client.get(big.collection).json["portfolios"]["value"] == 299
    assert client.get(big.service).json["portfolios"]["value"] == 299
    assert client.get(f"{COLLECTIONS}?limit=1").json["electronic_collection"][0]["portfolios"]["value"] == 299


@pytest.fixture
def slow(template: Emulator, clock: Clock) -> Client:
    return Client(with_clock(template.copy(delete_seconds=30), clock))


def test_a_delete_in_process_still_answers_and_still_blocks(slow: Client, clock: Clock) -> None:
    tree = place(slow.emulator, 10)
    portfolios = slow.emulator.portfolios(tree.service.rpartition("/")[2], limit=1000)
    for portfolio in portfolios:
        assert slow.delete(f"{tree.service}/portfolios/{portfolio}").status == 204
    second = slow.delete(tree.portfolio)
    assert (second.code, second.message) == ("60174", "The delete is in process.")
    assert slow.get(tree.portfolio).status == 200
    assert slow.get(tree.service).json["portfolios"]["value"] == len(portfolios)
    assert slow.delete(tree.service).code == "60289"
    clock.time += 30
    assert slow.get(tree.portfolio).code == "60123"
    assert slow.delete(tree.service).status == 204
    assert slow.delete(tree.service).code == "60157"
    assert slow.get(tree.service).status == 200
    assert slow.delete(tree.collection).code == "60289"
    clock.time += 30
    assert slow.get(tree.service).code == "60122"
    assert slow.delete(tree.collection).status == 204


@pytest.mark.parametrize(("query", "action"), [
    ("", "retain"), ("?bib=retain", "retain"), ("?bib=suppress", "suppress"), ("?bib=delete", "delete"),
])  # fmt: skip
def test_what_becomes_of_the_bib_is_remembered(client: Client, big: Place, query: str, action: str) -> None:
    mms = client.get(big.portfolio).json["resource_metadata"]["mms_id"]["value"]
    assert client.delete(big.portfolio + query).status == 204
    rows = client.emulator.store.rows("SELECT * FROM bibs_left")
    assert [(str(row["mms"]), row["action"]) for row in rows] == [(mms, action)]
    body = {"resource_metadata": {"mms_id": {"value": mms}}}
    again = client.post(f"{big.service}/portfolios/", body)
    assert again.code == ("60172" if action == "delete" else "")


def test_a_bib_with_another_portfolio_is_not_left(client: Client, big: Place, empty: Place) -> None:
    mms = client.get(big.portfolio).json["resource_metadata"]["mms_id"]["value"]
    client.post(f"{empty.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": mms}}})
    client.delete(f"{big.portfolio}?bib=delete")
    assert client.emulator.store.rows("SELECT * FROM bibs_left") == []


def test_an_unknown_treatment_of_the_bib_is_refused(client: Client, big: Place) -> None:
    assert client.delete(f"{big.portfolio}?bib=burn").code == "401666"
    assert client.get(big.portfolio).status == 200
