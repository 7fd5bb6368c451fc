"""Where a redirect leads the gateway, and where not."""

import pytest

from almaportal.alma.call import make_call, redirected
from almaportal.alma.errors import AlmaError, AlmaUnreachable
from almaportal.usage.models import Bucket, Failure, Series
from ecollections.alma import COLLECTIONS as LIST
from tests.alma.redirecting import redirect_once


@pytest.fixture
def cid(emulator):
    return emulator.collections()[0]


def test_a_redirect_within_the_gateway_is_followed_authorised_and_counted(
    gateway, transport, emulator, cid, monkeypatch
):
    redirect_once(monkeypatch, emulator, f"/almaws/v1/electronic/e-collections/{cid}")
    assert gateway.get(LIST).data["id"] == cid
    assert [r.headers["Authorization"] for r in transport.sent] == ["apikey demo-all"] * 2
    assert dict(Bucket.objects.values_list("series__operation", "calls")) == {
        LIST: 1,
        "/electronic/e-collections/{id}": 1,
    }


@pytest.mark.parametrize(
    "location",
    [
        "https://elsewhere.example/almaws/v1/electronic/e-collections",
        "http://alma.invalid/almaws/v1/electronic/e-collections",
        "//elsewhere.example/almaws/v1/conf/libraries",
        "https://alma.invalid:8443/almaws/v1/conf/libraries",
        "https://alma.invalid/elsewhere",
        "https://alma.invalid/almaws/v1/../secrets",
        "/almaws/v1/%2e%2E/secrets",
        "/almaws/v1/x/..%5csecrets",
        "/almaws/v1/x\\..\\secrets",
        "https://alma.invalid@elsewhere.example/almaws/v1/",
        "",
    ],
)
def test_a_redirect_out_of_the_gateway_is_not_followed(gateway, transport, emulator, monkeypatch, location):
    redirect_once(monkeypatch, emulator, location)
    with pytest.raises(AlmaUnreachable):
        gateway.get(LIST)
    assert len(transport.sent) == 1


def test_redirects_in_a_circle_end(gateway, transport, emulator, monkeypatch):
    redirect_once(monkeypatch, emulator, "/almaws/v1/electronic/e-collections", times=99)
    with pytest.raises(AlmaUnreachable):
        gateway.get(LIST)
    assert len(transport.sent) == 4


def test_a_redirect_to_a_person_is_counted_in_their_area_without_the_id():
    """By its area an error's text is known to name somebody."""
    call = redirected(make_call("GET", "/items", None), "/almaws/v1/users/s100001/loans/77")
    assert (call.operation, call.area) == ("/users/{id}/loans/{id}", "users")


def test_a_redirected_write_is_not_followed_and_stays_unknown(gateway, emulator, transport, monkeypatch):
    redirect_once(monkeypatch, emulator, "/almaws/v1/electronic/e-collections", times=99)
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.post(LIST, None, {})
    assert caught.value.unknown_outcome
    assert len(transport.sent) == 1


def test_a_redirect_that_is_not_followed_is_a_failure_on_record(gateway, emulator, monkeypatch):
    redirect_once(monkeypatch, emulator, "https://elsewhere.example/")
    with pytest.raises(AlmaUnreachable):
        gateway.get(LIST)
    assert Failure.objects.get().series.outcome == "unreadable"
    assert list(Bucket.objects.values_list("series__outcome", flat=True)) == ["unreadable"]


def test_a_redirect_to_a_person_leaves_no_name_in_the_books(gateway, emulator, settings, monkeypatch):
    redirect_once(monkeypatch, emulator, "/almaws/v1/users/jane.doe@example.edu")
    with pytest.raises(AlmaError):
        gateway.get(LIST)
    assert "jane" not in repr(list(Series.objects.values())) + repr(list(Failure.objects.values()))
