"""Filling in a page's form as a browser would: all its controls are sent, those one touched with what one typed."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from tests.portal.reading import Element, read


def values(form: Element) -> dict[str, str]:
    """What the form sends when nobody touches it; no button."""
    found: dict[str, str] = {}
    for one in form:
        name = one.attrs.get("name")
        if not name or "disabled" in one.attrs:
            continue
        if one.tag == "input":
            kind = one.attrs.get("type", "text")
            if kind not in ("radio", "checkbox") or "checked" in one.attrs:
                found[name] = one.attrs.get("value", "")
        elif one.tag == "textarea":
            found[name] = one._raw().strip("\n ")
        elif one.tag == "select":
            options = one.all("option")
            chosen = [option for option in options if "selected" in option.attrs] or options[:1]
            found[name] = chosen[0].attrs.get("value", chosen[0].text) if chosen else ""
    return found


def form_of(response: HttpResponse | Any) -> Element:
    """The page's form that changes something: not the search, not "Read again", not "Sign out"."""
    forms = [
        one
        for one in read(response).all("form", method="post")
        if "inline" not in one.attrs.get("class", "") and one.attrs.get("action") != "/accounts/logout/"
    ]
    assert len(forms) == 1, f"{len(forms)} forms"
    return forms[0]


def send(client: Client, response: HttpResponse | Any, address: str = "", **typed: str) -> Any:
    """Send the form of this page, with what was typed; names may be given with "__" for "-" and "." as they are."""
    form = form_of(response)
    data = values(form) | typed
    data.pop("csrfmiddlewaretoken", None)
    return client.post(form.attrs.get("action") or address or response.request["PATH_INFO"], data)


def fill(client: Client, address: str, typed: dict[str, str]) -> Any:
    """Open the form at the address and save it with what was typed."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return send(client, page, address, **typed)
