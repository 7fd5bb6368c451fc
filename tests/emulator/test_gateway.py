"""The rules of the gateway: keys, areas, plan, size, paths, bodies, thresholds."""

from dataclasses import replace

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.options import DEFAULT_KEYS, Key
from tests.emulator.client import COLLECTIONS, Client, Clock, with_clock

PER_SECOND = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans">
  <errorsExist>true</errorsExist>
  <errorList>
    <error>
      <errorCode>PER_SECOND_THRESHOLD</errorCode>
      <errorMessage>HTTP requests are more than allowed per second. See https://goo.gl/2x1c1M </errorMessage>
    </error>
  </errorList>
</web_service_result>
"""


def test_a_request_without_a_key_gets_500_in_xml(emulator: Emulator) -> None:
    answer = Client(emulator, key="").get(COLLECTIONS)
    assert (answer.status, answer.code) == (500, "GENERAL_ERROR")
    assert "Make sure you add an appropriate apikey as a parameter or a header." in answer.text
    assert answer.headers["content-type"].startswith("application/xml")
    assert "x-exl-api-remaining" not in answer.headers


def test_the_key_may_be_in_the_address(emulator: Emulator) -> None:
    assert Client(emulator, key="").get("/conf/test?apikey=demo-conf").status == 200
    assert emulator.calls[-1].key_name == "demo-conf"
    assert "apikey" not in emulator.calls[-1].query


@pytest.mark.parametrize(("key", "status", "code"), [
    ("unknown-key-1", 400, "UNAUTHORIZED"),
    ("short", 403, "INVALID_REQUEST"),
    ("with_underscore_x", 403, "INVALID_REQUEST"),
    ("demo-disabled", 403, "INVALID_REQUEST"),
    ("demo-users", 400, "UNAUTHORIZED"),
])  # fmt: skip
def test_a_wrong_key_is_refused(template: Emulator, key: str, status: int, code: str) -> None:
    emulator = template.copy(keys=(*DEFAULT_KEYS, Key("demo-disabled", enabled=False)))
    answer = Client(emulator, key).get(COLLECTIONS)
    assert (answer.status, answer.code) == (status, code)
    assert emulator.remaining() == 100_000


@pytest.mark.parametrize(("key", "path"), [
    ("demo-electronic", COLLECTIONS), ("demo-conf", "/conf/general"), ("demo-bibs", "/bibs/test"),
    ("demo-users", "/users/operation/test"),
])  # fmt: skip
def test_a_key_of_one_area_opens_that_area_only(emulator: Emulator, key: str, path: str) -> None:
    paths = (COLLECTIONS, "/conf/general", "/bibs/test", "/users/operation/test")
    opened = [there for there in paths if Client(emulator, key).get(there).status == 200]
    assert opened == [path]


def test_the_key_comes_before_everything(emulator: Emulator) -> None:
    assert Client(emulator, "unknown-key-1").get("/nowhere").code == "UNAUTHORIZED"


def test_a_read_only_key_may_only_get(emulator: Emulator) -> None:
    client = Client(emulator, "demo-readonly")
    answer = client.post(COLLECTIONS, {"public_name": "x"})
    assert (answer.status, answer.code) == (403, "UNAUTHORIZED")
    assert "HTTP requests for this API Plan (read-only) must be GET only." in answer.text
    assert client.get(COLLECTIONS).status == 200


def test_a_body_above_512_kb_is_refused(client: Client) -> None:
    just_right = b'{"public_name": "' + b"x" * (512 * 1024 - 19) + b'"}'
    assert len(just_right) == 512 * 1024
    assert client.post(COLLECTIONS, just_right).code == "60127"
    answer = client.post(COLLECTIONS, just_right + b" ")
    assert (answer.status, answer.code) == (403, "REQUEST_TOO_LARGE")


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/electronic"), ("GET", "/electronic/test"), ("GET", f"{COLLECTIONS}/"), ("PATCH", COLLECTIONS),
    ("GET", f"{COLLECTIONS}//e-services"), ("PUT", COLLECTIONS), ("GET", "/acq/licenses"),
])  # fmt: skip
def test_an_unknown_path_or_method_is_404(client: Client, method: str, path: str) -> None:
    answer = client(method, path)
    error = {"errorCode": "NOT_FOUND", "errorMessage": "", "trackingId": "unknown"}
    assert answer.status == 404
    assert answer.json == {"web_service_result": {"errorsExist": True, "errorList": {"error": error}}}
    assert "<trackingId>unknown</trackingId>" in client(method, path, HTTP_ACCEPT="").text
    assert "x-exl-api-remaining" in answer.headers


def test_xml_without_its_content_type_is_refused(client: Client) -> None:
    answer = client.post(COLLECTIONS, b"<electronic_collection/>")
    assert (answer.status, answer.code) == (400, "GENERAL_ERROR")
    assert "content-type header was not set to: application/xml" in answer.text


@pytest.mark.parametrize("body", [b"<a><b></a>", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", b"{}"])
def test_xml_that_is_not_well_formed_is_refused(client: Client, body: bytes) -> None:
    answer = client.post(COLLECTIONS, body, CONTENT_TYPE="application/xml")
    assert (answer.status, answer.code) == (400, "GENERAL_ERROR")
    assert "XML is not well-formed" in answer.text


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_no_json_object_is_a_general_error(client: Client, body: bytes) -> None:
    answer = client.post(COLLECTIONS, body, CONTENT_TYPE="application/json")
    assert (answer.status, answer.code) == (400, "60101")


def test_json_without_its_content_type_is_a_general_error(client: Client) -> None:
    assert client.post(COLLECTIONS, b"{}", CONTENT_TYPE="text/plain").code == "60101"


def test_every_answer_has_the_headers_of_the_gateway(client: Client) -> None:
    headers = client.get("/conf/test").headers
    assert headers["server"] == "Layer7-API-Gateway"
    assert headers["set-cookie"].startswith("JSESSIONID=")
    assert headers["x-request-id"]
    assert headers["x-exl-api-remaining"] == "99999"


def test_the_remaining_calls_are_told_by_200_204_400_and_404(client: Client) -> None:
    paths = ("/conf/test", f"{COLLECTIONS}/1", "/nowhere")
    assert [client.get(path).headers["x-exl-api-remaining"] for path in paths] == ["99999", "99998", "99997"]


# thresholds


@pytest.fixture
def strict(template: Emulator, clock: Clock) -> Emulator:
    return with_clock(template.copy(calls_per_second=3, calls_per_day=10), clock)


def test_the_second_threshold_is_a_strict_sliding_window(strict: Emulator, clock: Clock) -> None:
    client, start = Client(strict), clock.time
    answers = []
    for offset in (0, 0.5, 0.9, 0.99, 1.0, 1.01, 1.5):
        clock.time = start + offset
        answers.append(client.get("/conf/test").status)
    assert answers == [200, 200, 200, 429, 200, 429, 200]


def test_the_second_threshold_has_almas_exact_body(strict: Emulator) -> None:
    answers = [Client(strict).get("/conf/test") for _ in range(4)]
    assert answers[-1].text == PER_SECOND
    assert "x-exl-api-remaining" not in answers[-1].headers
    assert strict.remaining() == 7


def test_no_threshold_means_no_refusal(template: Emulator) -> None:
    client = Client(template.copy(calls_per_second=0, calls_per_day=0))
    answers = [client.get("/conf/test") for _ in range(60)]
    assert {answer.status for answer in answers} == {200}
    assert "x-exl-api-remaining" not in answers[0].headers


def test_the_day_ends_at_midnight_gmt(strict: Emulator, clock: Clock) -> None:
    client, midnight = Client(strict), 1_750_032_000.0
    clock.time = midnight - 10
    strict.spend(9)
    assert client.get("/conf/test").headers["x-exl-api-remaining"] == "0"
    refused = client.get("/conf/test")
    assert (refused.status, refused.code) == (429, "DAILY_THRESHOLD")
    assert "trackingId" not in refused.text
    assert "https://developers.exlibrisgroup.com/alma/apis#threshold</errorMessage>" in refused.text
    clock.time = midnight - 0.001
    assert client.get("/conf/test").status == 429
    clock.time = midnight
    assert client.get("/conf/test").headers["x-exl-api-remaining"] == "9"


def test_calls_refused_for_their_plan_count_for_the_day(strict: Emulator) -> None:
    Client(strict, "demo-readonly").post(COLLECTIONS, {})
    assert strict.remaining() == 9


def test_the_latency_is_slept_before_the_work(template: Emulator, clock: Clock) -> None:
    emulator = with_clock(template.copy(latency_ms=250), clock)
    Client(emulator).get("/conf/test")
    assert clock.naps == [0.25]


# what the emulator keeps


def test_calls_are_kept_in_order_and_bounded(emulator: Emulator) -> None:
    client = Client(emulator)
    client.put(f"{COLLECTIONS}/1?lang=de", {"a": 1})
    call = emulator.calls[-1]
    assert (call.method, call.path, call.status) == ("PUT", f"{COLLECTIONS}/1", 400)
    assert (call.query, call.key_name, call.body) == ({"lang": "de"}, "demo-all", b'{"a": 1}')
    emulator.calls.extend(replace(call, path="old") for _ in range(10_000))
    client.get("/conf/test")
    assert len(emulator.calls) == 10_000
    assert emulator.calls[-1].path == "/conf/test"


def test_paths_outside_alma_are_plain_404(client: Client) -> None:
    assert client.get("/", base="").headers["content-type"].startswith("text/html")
    assert client.get("/almaws/v2/conf/test", base="").status == 404
    assert client.emulator.calls == []


def test_a_copy_is_independent(emulator: Emulator, client: Client) -> None:
    collection = emulator.collections()[2]
    emulator.spend(500)
    twin = emulator.copy()
    Client(twin).put(f"{COLLECTIONS}/{collection}", {"internal_description": "twin"})
    assert emulator.record("collection", collection)["internal_description"] == ""
    assert twin.record("collection", collection)["internal_description"] == "twin"
    assert twin.remaining() == 99_999
    assert emulator.remaining() == 99_500
    assert emulator.calls == []


def test_a_segment_with_an_encoded_slash_is_one_segment(client: Client) -> None:
    answer = client.get(f"{COLLECTIONS}/x", REQUEST_URI=f"/almaws/v1{COLLECTIONS}/a%2Fb%20c?limit=1")
    assert answer.code == "60121"
