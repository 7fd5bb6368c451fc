"""The gateway's one call as it is, for those who want to see Alma's own answer."""

import pytest

from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaReadOnly
from almaportal.usage.models import Failure
from ecollections.alma import COLLECTION
from tests.alma.redirecting import redirect_once

USERS_TEST, CONF_TEST = "/users/operation/test", "/conf/test"


def test_only_a_test_may_be_posted_and_not_where_the_portal_only_reads(gateway, emulator, settings):
    for operation in ("/users", "/conf/sets/{set_id}/test"):
        with pytest.raises(ValueError, match="test"):
            gateway.ask("POST", operation, {"set_id": "1"})
    settings.ALMA_READ_ONLY = {"users"}
    with pytest.raises(AlmaReadOnly):
        gateway.ask("POST", USERS_TEST)
    assert emulator.calls == []


def test_an_error_that_comes_as_a_success_is_an_error(gateway, emulator):
    envelope = {"errorsExist": True, "errorList": {"error": [{"errorCode": "60121", "errorMessage": "No."}]}}
    collection = emulator.collections()[0]
    emulator.put_record("collection", collection, envelope)
    with pytest.raises(AlmaError):
        gateway.ask("GET", COLLECTION, {"collection_id": collection})


def test_a_key_that_alma_repeats_in_a_header_is_masked_whichever_area_s_it_was(
    gateway, emulator, settings, monkeypatch
):
    settings.ALMA_KEYS = {"conf": "demo-conf", "users": "demo-users"}
    answer = type(emulator).__call__

    def repeating(self, environ, start_response):
        def with_key(status, headers, *others):
            return start_response(status, [*headers, ("x-who", f"a {environ['HTTP_AUTHORIZATION']} b")], *others)

        return answer(self, environ, with_key)

    monkeypatch.setattr(type(emulator), "__call__", repeating)
    redirect_once(monkeypatch, emulator, f"/almaws/v1{USERS_TEST}")
    reply = gateway.ask("GET", CONF_TEST)
    assert emulator.calls[-1].path == USERS_TEST
    assert reply.headers["X-Who"] == "a apikey *** b"


def test_a_failure_of_a_trial_is_told_to_who_tries_and_one_of_real_work_to_everybody(gateway, emulator, settings):
    settings.ALMA_KEYS = {"conf": "demo-users"}
    with pytest.raises(AlmaDenied) as caught:
        gateway.ask("GET", CONF_TEST)
    assert caught.value.said.text
    emulator.faults.add(kind="redirect")
    with pytest.raises(AlmaError):
        gateway.ask("GET", CONF_TEST)
    assert gateway.quota.state().failed_at is None
    assert list(Failure.objects.values_list("text", flat=True)) == ["", ""], "it may tell of a patron"
    with pytest.raises(AlmaDenied):
        gateway.get("/conf/libraries")
    assert gateway.quota.state().failed_kind == "denied"
    assert Failure.objects.latest("pk").text == caught.value.said.text
