"""Planned failures, the controls over HTTP, and what they do to data and counters."""

from typing import Any

import pytest

from almaportal.emulator.faults import KINDS, ConnectionDropped, NeverAnswers
from tests.emulator.client import COLLECTIONS, Client, Clock

BODY = {"public_name": "Once", "type": {"value": "0"}}

# kind → status, start of the content type, part of the body
ANSWERS = {
    "500": (500, "application/xml", "<errorCode>INTERNAL_SERVER_ERROR</errorCode>"),
    "500text": (500, "text/plain", "Internal Server Error"),
    "503": (503, "application/xml", "<errorCode>ROUTING_ERROR</errorCode>"),
    "503html": (503, "text/html", "503 Service Unavailable"),
    "429": (429, "application/xml", "<errorCode>PER_SECOND_THRESHOLD</errorCode>"),
    "429day": (429, "application/xml", "<errorCode>DAILY_THRESHOLD</errorCode>"),
    "403html": (403, "text/html", "Request Rejected"),
    "401html": (401, "text/html", "Apache Tomcat"),
    "brokenxml": (400, "application/xml", "?a=1&b=2"),
    "empty": (200, "", ""),
    "redirect": (302, "", ""),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_fault_before_has_no_effect(client: Client, kind: str) -> None:
    client.emulator.faults.add(kind=kind)
    answer = client.post(COLLECTIONS, BODY)
    status, content_type, part = ANSWERS[kind]
    assert answer.status == status == client.emulator.calls[-1].status
    assert answer.headers.get("content-type", "").startswith(content_type)
    assert part in answer.text
    assert len(client.emulator.collections()) == 14
    assert client.get(COLLECTIONS).status == 200


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_fault_after_has_its_full_effect(client: Client, kind: str) -> None:
    client.emulator.faults.add(kind=kind, when="after")
    assert client.post(COLLECTIONS, BODY).status == ANSWERS[kind][0]
    assert len(client.emulator.collections()) == 15


@pytest.mark.parametrize(("kind", "raised"), [("drop", ConnectionDropped), ("timeout", NeverAnswers)])
@pytest.mark.parametrize(("when", "count"), [("before", 14), ("after", 15)])
def test_a_lost_connection(client: Client, kind: str, raised: type[Exception], when: str, count: int) -> None:
    client.emulator.faults.add(kind=kind, when=when)
    with pytest.raises(raised):
        client.post(COLLECTIONS, BODY)
    assert len(client.emulator.collections()) == count
    assert client.emulator.calls[-1].status == 0
    assert client.emulator.remaining() == 99_999


@pytest.mark.parametrize(("when", "count"), [("before", 14), ("after", 15)])
def test_a_malformed_answer_is_cut_json_with_status_200(client: Client, when: str, count: int) -> None:
    client.emulator.faults.add(kind="malformed", when=when)
    answer = client.post(COLLECTIONS, BODY)
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        _ = answer.json
    assert len(client.emulator.collections()) == count


def test_a_slow_answer_is_a_right_answer(client: Client, clock: Clock) -> None:
    client.emulator.faults.add(kind="slow", seconds=7.7)
    assert client.get(COLLECTIONS).json["total_record_count"] == 14
    assert clock.naps == [7.7]


def test_the_redirect_leads_to_another_host(client: Client) -> None:
    client.emulator.faults.add(kind="redirect")
    assert client.get(COLLECTIONS).headers["location"].startswith("https://elsewhere.example.org/")


def test_every_kind_has_a_test() -> None:
    assert {*ANSWERS, "drop", "timeout", "malformed", "slow"} == set(KINDS)


def test_a_fault_meets_only_its_path_and_method(client: Client) -> None:
    client.emulator.faults.add(kind="500", path=f"{COLLECTIONS}/*", method="GET", count=2)
    one = f"{COLLECTIONS}/{client.emulator.collections()[0]}"
    calls = [("GET", COLLECTIONS), ("PUT", one), ("GET", one), ("GET", f"{one}/e-services"), ("GET", one)]
    assert [client(method, path).status for method, path in calls] == [200, 400, 500, 500, 200]


def test_a_fault_without_count_lasts_until_cleared(client: Client) -> None:
    client.emulator.faults.add(kind="503", count=None)
    assert [client.get("/conf/test").status for _ in range(5)] == [503] * 5
    client.emulator.faults.clear()
    assert client.get("/conf/test").status == 200


def test_a_call_the_gateway_refuses_uses_up_no_fault(client: Client) -> None:
    client.emulator.faults.add(kind="503")
    assert Client(client.emulator, "unknown-key-1").get("/conf/test").status == 400
    assert client.get("/conf/test").status == 503


@pytest.mark.parametrize("fault", [
    {}, {"kind": "x"}, {"kind": "500", "when": "later"}, {"kind": "500", "count": 0},
    {"kind": "500", "count": True}, {"kind": "500", "count": "2"}, {"kind": "slow", "seconds": -1},
    {"kind": "500", "path": 1}, {"kind": "500", "x": 1}, {"kind": ["500"]}, {"kind": "slow", "seconds": "3"},
])  # fmt: skip
def test_a_wrong_fault_is_refused(client: Client, fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        client.emulator.faults.add(**fault)
    answer = client.post("/emulator/faults", fault, base="")
    assert answer.status == 400
    assert answer.json["error"]
    assert client.emulator.faults.planned() == []


# over HTTP


def test_faults_can_be_planned_over_http(client: Client) -> None:
    planned = client.post("/emulator/faults", {"kind": "503", "path": "/conf/*", "count": None}, base="")
    assert planned.json == client.get("/emulator/faults", base="").json
    assert planned.json[0] == {
        "kind": "503", "path": "/conf/*", "method": "*", "count": None, "when": "before", "seconds": 5.0,
    }  # fmt: skip
    assert client.get("/conf/test").status == 503
    assert client.delete("/emulator/faults", base="").json == []
    assert client.get("/conf/test").status == 200


def test_calls_can_be_spent_over_http(client: Client) -> None:
    assert client.post("/emulator/spend", {"calls": 99_000}, base="").json == {"remaining": 1000}
    for bad in ({"calls": -1}, {"calls": "1"}, {"calls": True}, {}, b"[1]", b"{"):
        assert client.post("/emulator/spend", bad, base="").status == 400
    assert client.emulator.remaining() == 1000


def test_the_last_calls_can_be_read_over_http(client: Client) -> None:
    for _ in range(101):
        client.get("/conf/test?lang=de")
    client.put("/conf/test", b"\xff")
    calls = client.get("/emulator/calls", base="").json
    assert len(calls) == 100
    assert calls[-2]["path"] == "/conf/test"
    assert calls[-2]["query"] == {"lang": "de"}
    assert calls[-1]["body"] == "\ufffd"


def test_controls_need_no_key_and_are_no_calls(client: Client) -> None:
    nobody = Client(client.emulator, key="")
    assert nobody.get("/emulator/calls", base="").json == []
    assert nobody.get("/emulator/nothing", base="").status == 404
    assert client.emulator.calls == []
    assert client.emulator.remaining() == 100_000


def test_alma_refuses_with_any_code_that_is_planned(client: Client) -> None:
    client.emulator.faults.add(kind="402469", path=COLLECTIONS, method="POST")
    answer = client.post(COLLECTIONS, BODY)
    assert (answer.status, answer.code, answer.message) == (400, "402469", "The library code is not valid.")
    assert client.post(COLLECTIONS, BODY).status == 200
