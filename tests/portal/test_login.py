"""Signing in and out."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.portal.reading import read

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def person():
    return get_user_model().objects.create_user(username="Ada", password="right horse")


def sign_in(client, **changes):
    return client.post(LOGIN, {"username": "Ada", "password": "right horse", "next": ""} | changes)


def test_the_right_password_leads_home(client, person):
    assert sign_in(client)["Location"] == "/"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("changes", [{"password": "wrong"}, {"username": "ada"}, {"username": "Bob"}, {"password": ""}])
def test_a_wrong_password_says_so_and_keeps_the_typed_name(client, person, changes):
    response = sign_in(client, **changes)
    page = read(response)
    assert response.status_code == 200
    assert "User name and password do not match" in page.one("section", role="alert").text
    assert page.by_id("id_username").attrs["value"] == changes.get("username", "Ada")
    assert "value" not in page.by_id("id_password").attrs
    assert "autofocus" in page.by_id("id_password").attrs
    assert client.get("/").status_code == 302


def test_nothing_is_said_to_be_wrong_before_anything_was_typed(client):
    page = read(client.get(LOGIN))
    assert page.all("section", role="alert") == []
    assert "autofocus" in page.by_id("id_username").attrs
    assert page.one("h1").text == "Sign in"


def test_who_may_not_sign_in_any_more_is_told_the_same(client, person):
    person.is_active = False
    person.save()
    assert "do not match" in read(sign_in(client)).text


def test_what_was_typed_as_a_name_is_only_text(client):
    response = sign_in(client, username='"><script>alert(1)</script>')
    assert b"<script>alert" not in response.content
    assert read(response).by_id("id_username").attrs["value"] == '"><script>alert(1)</script>'


def test_signing_in_leads_to_the_page_that_was_wanted(client, person):
    wanted = "/ecollections/?q=law&page=2"
    asked = client.get(wanted)
    form = read(client.get(asked["Location"]))
    assert form.one("input", name="next").attrs["value"] == wanted
    assert sign_in(client, next=wanted)["Location"] == wanted


def test_a_wrong_password_keeps_the_page_that_was_wanted(client, person):
    page = read(sign_in(client, password="wrong", next="/usage/"))
    assert page.one("input", name="next").attrs["value"] == "/usage/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        " https://evil.example",
        "https:evil.example",
    ],
)
def test_signing_in_never_leads_to_another_host(client, person, elsewhere):
    assert read(client.get(LOGIN, {"next": elsewhere})).one("input", name="next").attrs["value"] == ""
    assert sign_in(client, next=elsewhere)["Location"] == "/"


def test_a_signed_in_person_has_no_use_for_the_form(viewer):
    assert viewer.get(LOGIN)["Location"] == "/"
    assert viewer.get(LOGIN, {"next": "/ecollections/"})["Location"] == "/ecollections/"


def test_signing_out_ends_the_session(viewer):
    assert viewer.post("/accounts/logout/")["Location"] == LOGIN
    assert viewer.get("/")["Location"] == f"{LOGIN}?next=/"


def test_a_link_cannot_sign_anybody_out(viewer):
    assert viewer.get("/accounts/logout/").status_code == 405
    assert viewer.get("/").status_code == 200


def test_a_form_of_another_site_cannot_sign_in(person):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    assert client.get("/").status_code == 302


def test_the_session_gets_a_new_id_at_sign_in(client, person):
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
