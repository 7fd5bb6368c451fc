"""One request to Alma: its path and body, where a redirect leads it, and what its answer amounts to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from almaportal.alma import http
from almaportal.alma.errors import (
    AlmaError,
    AlmaNotFound,
    AlmaSlow,
    AlmaUnreachable,
    AlmaUnreadable,
    error_for,
    read_error,
)

Record = dict[str, Any]
Ids = Mapping[str, str]
Params = Mapping[str, str | int]

BASE_PATH = "/almaws/v1"
# The first word of a path → the area whose key is used.
AREAS = {one: one for one in ("electronic", "users", "bibs", "conf", "task-lists")} | {"items": "bibs"}
# Area → the operation that only tells what its key may do: GET reads, POST writes, and neither changes anything.
TESTS = {"users": "/users/operation/test", "bibs": "/bibs/test", "conf": "/conf/test"}
# What may stand in a redirect's path without naming anything: all else is an id.
PATH_WORDS = {
    "bibs",
    "holdings",
    "items",
    "electronic",
    "e-collections",
    "e-services",
    "portfolios",
    "conf",
    "libraries",
    "users",
    "loans",
    "fees",
    "requests",
}


@dataclass(frozen=True)
class Call:
    """One request to make. path and query are percent-encoded; body None for none; is_xml: its body is, for Alma takes
    bibs and holdings in no other form (facts 6.3, 60105); as_is: somebody wants to see Alma's own answer: a success
    need not be a JSON object, and a failure is told to them alone."""

    method: str
    operation: str
    path: str
    query: str = ""
    body: bytes | None = None
    is_xml: bool = False
    as_is: bool = False

    @property
    def url(self) -> str:
        return f"{settings.ALMA_BASE_URL}{BASE_PATH}{self.path}{'?' if self.query else ''}{self.query}"

    @property
    def area(self) -> str:
        return AREAS.get(self.operation.strip("/").split("/")[0], "")


def make_call(
    method: str, operation: str, ids: Ids | None, params: Params | None = None, body: Record | str | None = None
) -> Call:
    """The call with its body as JSON; a text is XML and goes as it is."""
    path = operation.format_map({name: _segment(value) for name, value in (ids or {}).items()})
    query = dict(params or {})
    if settings.ALMA_LANG:
        query.setdefault("lang", settings.ALMA_LANG)
    text = json.dumps(body, ensure_ascii=False) if isinstance(body, dict) else body
    data = None if text is None else text.encode()
    return Call(method, operation, path, urlencode(query, quote_via=quote), data, isinstance(body, str))


def _segment(value: str) -> str:
    """One id as one path segment. "." and ".." would change the path itself, whatever their encoding."""
    if value in ("", ".", "..") or any(ord(letter) < 32 for letter in value):
        raise AlmaNotFound(_("“%(id)s” is not an ID.") % {"id": value.strip()[:100]})
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:  # half of a surrogate pair: no text, so no ID
        raise AlmaNotFound(_("This is not an ID.")) from None


def error_in(call: Call, reply: http.Reply) -> AlmaError | None:
    """The error that an answer stands for; None for a redirect to follow and for a success that can be read."""
    if 300 <= reply.status < 400:
        try:
            redirected(call, reply.headers.get("Location", ""))
        except AlmaError as error:
            return error
        return None
    if reply.status < 300 and _readable(call, reply):
        return None
    return error_for(reply.status, reply.body, write=call.method != "GET", area=call.area)


def _readable(call: Call, reply: http.Reply) -> bool:
    """A JSON object that reports no error; nothing at all only where Alma answers so (facts 1: 204, deletes)."""
    if not reply.body.strip():
        return call.as_is or reply.status == 204 or call.method == "DELETE"
    try:
        data = json.loads(reply.body)
    except (ValueError, RecursionError):
        return call.as_is and not read_error(reply.body).code
    if not isinstance(data, dict):
        return call.as_is
    inner = data.get("web_service_result")
    return not (inner if isinstance(inner, dict) else data).get("errorsExist")


def decoded(reply: http.Reply) -> Record:
    """Half a letter, left where Alma cut a text, can neither be shown nor sent: U+FFFD replaces it."""
    if not reply.body.strip():
        return {}
    data: Record = json.loads(reply.body)
    if rb"\ud" in reply.body.lower():
        text = json.dumps(data, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        data = json.loads(text)
    return data


def redirected(call: Call, location: str) -> Call:
    """The call a redirect leads to. Another host, or a path outside the API, would be shown the key: refused.

    Whatever sends the request may decode dots and turn backslashes: ".." is looked for as it would stand then.
    """
    base = f"{settings.ALMA_BASE_URL}{BASE_PATH}/"
    target = urljoin(f"{settings.ALMA_BASE_URL}{BASE_PATH}{call.path}", location)
    leaves = not target.startswith(base) or "/.." in unquote(target).replace("\\", "/")
    if call.method != "GET" or not location or leaves:
        raise elsewhere(call, _("Alma redirected to another address, which was not followed."))
    parts = urlsplit(target)
    path = parts.path.removeprefix(urlsplit(base).path.rstrip("/"))
    words = (word if word in PATH_WORDS else "{id}" for word in path.strip("/").split("/"))
    return Call("GET", "/" + "/".join(words), path, parts.query, as_is=call.as_is)


def elsewhere(call: Call, text: str) -> AlmaError:
    error = AlmaUnreadable(text, unknown_outcome=call.method != "GET", area=call.area)
    error.retryable = False
    return error


def no_answer(call: Call, trouble: Exception, given_up: bool) -> AlmaError:
    unknown = call.method != "GET" and isinstance(trouble, http.NoAnswer)
    kind = AlmaSlow if given_up else AlmaUnreachable
    return kind(_("No answer came."), unknown_outcome=unknown, area=call.area)
