"""Nothing but the sign-in form and the answer to a monitor is shown to somebody not signed in."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.portal.addresses import NAMES, addresses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("transport")]
PUBLIC = {"healthz", "metrics", "accounts:login"}
PRIVATE = [name for name in NAMES if name not in PUBLIC]


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize("name", PRIVATE)
def test_every_page_needs_a_sign_in(client, emulator, name, method):
    address = addresses()[name]
    response = getattr(client, method)(f"{address}?page=2")
    assert response.status_code == 302
    location = urlsplit(response["Location"])
    assert location.path == "/accounts/login/"
    assert parse_qs(location.query)["next"] == [f"{address}?page=2"]
    assert emulator.calls == []


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_these_need_none(client, name):
    assert client.get(addresses()[name]).status_code in (200, 404, 503)


def htmx(client, address, current):
    return client.get(address, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{current}"})


@pytest.mark.parametrize("name", PRIVATE)
def test_an_expired_session_under_htmx_sends_the_whole_page_to_sign_in(client, emulator, name):
    response = htmx(client, addresses()[name], "/ecollections/")
    assert response.status_code == 200
    assert response.content == b""
    target = urlsplit(response["HX-Redirect"])
    assert target.path == "/accounts/login/"
    assert parse_qs(target.query)["next"] == ["/ecollections/"]
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("asked", "current"),
    [
        ("/ecollections/?page=3", "/ecollections/"),
        ("/ecollections/?page=3", "/ecollections/?page=2"),
        ("/ecollections/?q=x", "/ecollections/?q=law+%26+order&page=2&size=20"),
        ("/ecollections/?q=x", "/ecollections/?q=%C3%BCber&page=2"),
        ("/ecollections/?q=x", "/ecollections/61/services/62/?page=2"),
    ],
)
def test_after_an_expired_session_one_comes_back_to_the_page_one_was_on(client, asked, current):
    target = urlsplit(htmx(client, asked, current)["HX-Redirect"])
    assert parse_qs(target.query)["next"] == [current]


def test_a_foreign_page_is_never_where_one_comes_back_to(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/ecollections/?page=2"}
    target = urlsplit(client.get("/ecollections/", headers=headers)["HX-Redirect"])
    assert target.netloc == ""
    assert parse_qs(target.query)["next"] == ["/"]
