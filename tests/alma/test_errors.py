"""Every error envelope of facts 1.2 (A-H), and what each code means to the caller."""

import json

import pytest

from almaportal.alma.errors import (
    AlmaDenied,
    AlmaError,
    AlmaNotFound,
    AlmaQuotaSpent,
    AlmaRejected,
    AlmaTooFast,
    AlmaUnreachable,
    AlmaUnreadable,
    Said,
    error_for,
    read_error,
)

ERROR = {"errorCode": "401861", "errorMessage": "User was  not found. ", "trackingId": "E01-27-2CM86"}
SAID = Said("401861", "User was not found.", "E01-27-2CM86")
XML = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans"><errorsExist>true</errorsExist><errorList><error>
<errorCode>401861</errorCode><errorMessage>User was  not found. </errorMessage><trackingId>E01-27-2CM86</trackingId>
</error></errorList></web_service_result>"""


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"errorsExist": True, "errorList": {"error": [ERROR]}, "result": None}),
        json.dumps({"errorsExist": True, "errorList": {"error": [ERROR]}}),
        json.dumps({"errorsExist": True, "errorList": {"error": ERROR}}),
        json.dumps({"web_service_result": {"errorsExist": True, "errorList": {"error": ERROR}}}),
        "\ufeff" + json.dumps({"errorsExist": True, "errorList": {"error": [ERROR]}}),
        XML,
        XML.replace("<errorMessage>", "<!-- a & b --><errorMessage>").replace("E01", "E01"),
        XML.replace("</errorList>", "<link>https://x.example/?a=1&b=2</link></errorList>"),
    ],
    ids=["A", "B", "C", "D", "with a byte order mark", "E", "E with a comment", "F"],
)
def test_code_text_and_tracking_id_are_read_from_every_envelope(body):
    assert read_error(body.encode()) == SAID


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"Internal Server Error", "Internal Server Error"),
        (
            b"<html><head><title>Request  Rejected</title></head><body>ID: 123</body></html>",
            "Request Rejected",
        ),
        (b"<!DOCTYPE html><html><body>502</body></html>", ""),
        (b"", ""),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
        (b'{"errorsExist": true, "errorLi', ""),
        (b'{"errorsExist": true, "errorList": null}', ""),
        (b'{"errorsExist": true, "errorList": {"error": [null, 5]}}', ""),
        (b'{"errorsExist": true, "errorList": {"error": []}}', ""),
        (b"<web_service_result/>", ""),
    ],
)
def test_bodies_without_a_code_give_what_text_there_is(body, text):
    assert read_error(body) == Said(text=text)


def test_several_errors_keep_the_first_code_and_all_texts():
    body = {
        "errorsExist": True,
        "errorList": {"error": [ERROR, {"errorCode": "2", "errorMessage": "Second."}]},
    }
    assert read_error(json.dumps(body).encode()) == Said("401861", "User was not found. Second.", "E01-27-2CM86")


def test_the_tracking_id_unknown_is_none():
    body = {"errorList": {"error": {**ERROR, "trackingId": "unknown"}}}
    assert read_error(json.dumps(body).encode()).tracking_id == ""


def test_an_xml_bomb_is_read_as_no_more_than_its_text():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x><errorCode>60101</errorCode>&b;</x>'
    assert read_error(bomb).code == "60101"


def body_of(code: str) -> bytes:
    return json.dumps({"errorList": {"error": [{"errorCode": code, "errorMessage": "m"}]}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "60121", AlmaNotFound),
        (400, "60122", AlmaNotFound),
        (400, "60123", AlmaNotFound),
        (400, "401861", AlmaNotFound),
        (400, "402203", AlmaNotFound),
        (400, "60151", AlmaNotFound),
        (400, "401890", AlmaNotFound),
        (400, "401689", AlmaNotFound),
        (400, "401694", AlmaNotFound),
        (400, "60258", AlmaDenied),
        (404, "NOT_FOUND", AlmaNotFound),
        (404, "", AlmaUnreadable),
        (400, "60126", AlmaRejected),
        (400, "60289", AlmaRejected),
        (400, "GENERAL_ERROR", AlmaUnreachable),
        (403, "REQUEST_TOO_LARGE", AlmaRejected),
        (400, "UNAUTHORIZED", AlmaDenied),
        (403, "UNAUTHORIZED", AlmaDenied),
        (403, "INVALID_REQUEST", AlmaDenied),
        (403, "FORBIDDEN", AlmaDenied),
        (500, "GENERAL_ERROR", AlmaUnreachable),
        (401, "", AlmaDenied),
        (403, "", AlmaDenied),
        (400, "60340", AlmaDenied),
        (429, "PER_SECOND_THRESHOLD", AlmaTooFast),
        (429, "", AlmaTooFast),
        (429, "DAILY_THRESHOLD", AlmaQuotaSpent),
        (500, "INTERNAL_SERVER_ERROR", AlmaUnreachable),
        (503, "ROUTING_ERROR", AlmaUnreachable),
        (502, "", AlmaUnreachable),
        (200, "", AlmaUnreadable),
    ],
)
def test_each_status_and_code_is_of_one_kind(status, code, kind):
    error = error_for(status, body_of(code) if code else b"", write=False, area="electronic")
    assert type(error) is kind
    assert not error.unknown_outcome


@pytest.mark.parametrize("status", [500, 502, 503, 200])
def test_a_write_that_failed_on_alma_s_side_has_an_unknown_outcome(status):
    error = error_for(status, b"", write=True, area="electronic")
    assert error.unknown_outcome
    assert "not sent again" in error.hint


def test_a_write_that_alma_refused_has_a_known_outcome():
    assert not error_for(400, body_of("60126"), write=True, area="electronic").unknown_outcome


def test_only_alma_s_own_codes_mean_that_a_record_is_gone():
    assert error_for(400, body_of("60123"), write=False, area="electronic").is_gone
    assert not error_for(404, body_of("NOT_FOUND"), write=False, area="electronic").is_gone


def test_deeply_nested_json_is_no_trouble():
    assert read_error(b'{"a":' * 100_000) == Said()


def test_our_own_words_are_not_taken_for_alma_s():
    error = AlmaUnreachable("No answer.")
    assert error.detail == "No answer."
    assert error.said == Said()


def test_every_kind_has_a_title_and_a_hint_in_plain_words():
    kinds = [one for one in (AlmaError, *_all_below(AlmaError)) if one.__module__ == AlmaError.__module__]
    assert len(kinds) == len({kind.kind for kind in kinds}) + 1  # AlmaRejected shares the base's word
    for kind in kinds:
        error = kind(area="electronic")
        assert len(str(error.title)) > 10
        assert error.hint.endswith("."), kind


def _all_below(kind: type) -> list[type]:
    return [one for below in kind.__subclasses__() for one in (below, *_all_below(below))]


def test_a_text_cut_in_the_middle_of_a_letter_is_still_a_text():
    body = (
        b'{"errorList":{"error":[{"errorCode":"1","errorMessage":"cut \\ud83d\\u0000 here","trackingId":"E\\udc00"}]}}'
    )
    said = read_error(body)
    assert (said.text, said.tracking_id) == ("cut \ufffd here", "E\ufffd")
    assert said.text.encode()
