"""What every answer carries, and what no page holds: nothing inline, nothing from elsewhere, nothing kept."""

import pytest
from django.test import Client

from tests.portal.addresses import IDS
from tests.portal.reading import read

CSP = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}
COLLECTION = f"/ecollections/{IDS['collection_id']}/"
SERVICE = f"{COLLECTION}services/{IDS['service_id']}/"
# what is asked for → the status that is meant
SIGNED_IN = {
    "/": 200,
    "/ecollections/": 200,
    "/ecollections/?q=%21": 200,
    COLLECTION: 200,
    SERVICE: 200,
    f"{SERVICE}portfolios/{IDS['portfolio_id']}/": 200,
    "/usage/": 200,
    "/find/?q=99": 302,
    "/find/?q=99100000000004711": 404,
    "/nowhere/": 404,
    "/ecollections/61999/": 404,
    "/accounts/logout/": 405,
    "/accounts/login/": 302,
    "/healthz": 200,
}
SIGNED_OUT = {
    "/": 302,
    "/ecollections": 301,
    "/accounts/login/": 200,
    "/nowhere/": 404,
    "/accounts/logout/": 302,
    "/healthz": 200,
}
PAGES = [address for address, status in SIGNED_IN.items() if status in (200, 404) and address != "/healthz"]


def check_headers(response):
    said = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert said == CSP
    assert "camera=()" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(("address", "status"), SIGNED_IN.items())
def test_every_answer_to_somebody_signed_in_is_guarded_and_never_kept(admin, address, status):
    response = admin.get(address)
    assert response.status_code == status
    check_headers(response)
    for word in ("no-store", "private", "no-cache", "must-revalidate", "max-age=0"):
        assert word in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "status"), SIGNED_OUT.items())
def test_every_other_answer_is_guarded(client, address, status):
    response = client.get(address)
    assert response.status_code == status
    check_headers(response)


def test_a_page_cannot_be_framed_by_old_browsers_either(viewer):
    assert viewer.get("/")["X-Frame-Options"] == "DENY"


def test_a_refusal_is_guarded_and_never_kept(viewer):
    response = viewer.get("/usage/")
    assert response.status_code == 403
    check_headers(response)
    assert "no-store" in response["Cache-Control"]


def test_a_failure_of_alma_is_guarded_and_never_kept(viewer, emulator):
    emulator.faults.add(kind="500", count=None)
    response = viewer.get("/ecollections/")
    assert response.status_code == 502
    check_headers(response)
    assert "no-store" in response["Cache-Control"]


def test_a_fault_of_the_portal_is_guarded_and_shows_no_traceback(viewer, monkeypatch):
    def broken(*args):
        raise RuntimeError("secret words")

    monkeypatch.setattr("almaportal.views.find_page", broken)
    viewer.raise_request_exception = False
    response = viewer.get("/find/?q=99100000000004711")
    assert response.status_code == 500
    check_headers(response)
    assert "no-store" in response["Cache-Control"]
    page = read(response)
    assert page.one("h1").text == "Something went wrong in the portal"
    assert page.links == {"Home": "/"}
    assert "secret words" not in response.content.decode()
    assert "Traceback" not in response.content.decode()


def test_a_form_without_its_token_is_refused_and_guarded(viewer):
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = viewer.cookies
    response = strict.post("/ecollections/", {"read_again": "1"})
    page = read(response)
    assert response.status_code == 403
    check_headers(response)
    assert page.one("h1").text == "This form is too old"
    assert "Nothing was changed" in page.text
    assert page.links == {"Home": "/"}


def test_a_request_nobody_can_understand_is_guarded_and_says_so(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]
    response = client.get("/accounts/login/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    check_headers(response)
    assert read(response).one("h1").text == "The portal does not understand this request"
    assert b"evil.example" not in response.content


@pytest.mark.parametrize("file", ["portal.css", "portal.js", "icon.svg", "django_htmx/htmx-2.min.js"])
def test_static_files_are_served_by_the_portal_itself_and_guarded(client, settings, file):
    settings.WHITENOISE_USE_FINDERS = True
    response = client.get(f"/static/{file}")
    assert response.status_code == 200
    assert b"".join(response)
    check_headers(response)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_clean_and_holds_nothing_inline_or_from_elsewhere(admin, address):
    page = read(admin.get(address))
    assert page.all("style") == []
    for one in page:
        assert "style" not in one.attrs
        assert [name for name in one.attrs if name.startswith(("on", "hx-on"))] == []
        if one.tag in ("script", "link", "img", "iframe", "form"):
            for address in filter(None, (one.attrs.get(name) for name in ("src", "href", "action"))):
                assert address.startswith("/")
                assert not address.startswith("//")
        if one.tag == "script":
            assert one.attrs["src"]
            assert one.text == ""
    check_ids(page)


def check_ids(page):
    """No ID twice, every label has its field, every form its token."""
    ids = [one.attrs["id"] for one in page if "id" in one.attrs]
    assert len(ids) == len(set(ids))
    assert {one.attrs["for"] for one in page.all("label") if "for" in one.attrs} <= set(ids)
    for form in page.all("form", method="post"):
        assert form.one("input", name="csrfmiddlewaretoken").attrs["value"]
