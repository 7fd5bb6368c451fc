"""A request as Alma sees it, and an answer on its way out."""

import gzip
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import xml_format
from .errors import AlmaError, GatewayError, json_body, tracking_id, xml_body
from .options import Key

BASE_PATH = "/almaws/v1"
BODY_LIMIT = 512 * 1024
# Links in stored records begin with this; the answer gets the address the client used in its place.
LINK_BASE = "almaws:"

Record = dict[str, Any]
Environ = dict[str, Any]
StartResponse = Callable[..., Any]


@dataclass
class Request:
    """One HTTP request. `path` is as sent, still percent-encoded; `base` is the address of /almaws/v1.

    `user_password` is the header Exl-User-Pw, percent-encoded too.
    """

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    content_type: str
    authorization: str
    accept: str
    accepts_gzip: bool
    base: str
    user_password: str = ""
    key: Key | None = None
    data: Record = field(default_factory=dict)

    @property
    def wants_json(self) -> bool:
        """XML is the default; `format=` wins over the Accept header."""
        chosen = self.query.get("format")
        return chosen == "json" if chosen else "application/json" in self.accept

    @property
    def lang(self) -> str:
        """The two letters of `lang=`, English by default."""
        return self.query.get("lang", "en")[:2].lower()


@dataclass
class Answer:
    """One HTTP answer. `reached` says whether Alma itself answered, and so the remaining calls are told."""

    status: int
    body: bytes = b""
    content_type: str = ""
    reached: bool = True
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Reply:
    """What an operation returns: a record, and the name of its root element in XML. No record is a 204.

    With a `location`, a link of ours, it is a redirect there. `is_xml`: whatever the client asked for.
    """

    record: Record | None = None
    root: str = ""
    location: str = ""
    is_xml: bool = False


def read_request(environ: Environ) -> Request:
    """The request of a WSGI environment. Reads no more of the body than shows that it is too large."""
    length = environ.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdigit() else 0
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=_path(environ),
        query=dict(reversed(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))),
        body=environ["wsgi.input"].read(min(size, BODY_LIMIT + 1)) if size else b"",
        content_type=environ.get("CONTENT_TYPE", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        accept=environ.get("HTTP_ACCEPT", ""),
        accepts_gzip="gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""),
        base=f"{environ['wsgi.url_scheme']}://{host}{BASE_PATH}",
        user_password=environ.get("HTTP_EXL_USER_PW", ""),
    )


def _path(environ: Environ) -> str:
    """The path as sent, where the server tells it: a %2F inside an ID must not divide the path."""
    raw = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw:
        return str(raw).partition("?")[0]
    path: str = environ.get("PATH_INFO", "")
    return path.encode("latin-1", "replace").decode("utf-8", "replace").replace("%", "%25")


def segment(text: str) -> str:
    """A decoded segment of a request's path."""
    return unquote(text)


def read_body(request: Request) -> Record:
    """The body as a record, {} when there is none. Raises the gateway's or Alma's error for a bad one."""
    if not request.body.strip():
        return {}
    kind = request.content_type.partition(";")[0].strip().lower()
    if kind in ("application/xml", "text/xml"):
        try:
            return xml_format.read(request.body)
        except ValueError:
            message = "A Gateway error has occurred: XML is not well-formed"
            raise GatewayError(400, "GENERAL_ERROR", message) from None
    if request.body.lstrip().startswith(b"<"):
        message = "A Gateway error: XML was received but content-type header was not set to: application/xml"
        raise GatewayError(400, "GENERAL_ERROR", message)
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        data = None
    if kind != "application/json" or not isinstance(data, dict):
        raise AlmaError("60101")
    return data


def required_body(request: Request) -> Record:
    """The body of a PUT or POST that cannot be without one."""
    if not request.body.strip():
        raise AlmaError("60101")
    return request.data


def render(reply: Reply, request: Request) -> Answer:
    """The answer of an operation in the format the client asked for, links with the host it used."""
    if reply.location:
        return Answer(302, headers={"Location": reply.location.replace(LINK_BASE, request.base, 1)})
    if reply.record is None:
        return Answer(204)
    if request.wants_json and not reply.is_xml:
        text, kind = json.dumps(reply.record, ensure_ascii=False), "application/json"
    else:
        text, kind = xml_format.write(reply.root, reply.record), "application/xml"
    body = text.replace(f"{LINK_BASE}/", f"{request.base}/").encode("utf-8", "replace")
    return Answer(200, body, f"{kind};charset=UTF-8")


def render_error(error: AlmaError, request: Request) -> Answer:
    """The answer for an error: of Alma in the format asked for, of the gateway always in XML."""
    if isinstance(error, GatewayError):
        tracking = tracking_id() if error.tracked else None
        body = xml_body(error.code, error.message, tracking)
        return Answer(error.status, body, "application/xml;charset=UTF-8", reached=False)
    message = error.text(request.lang)
    tracking = "unknown" if error.code == "NOT_FOUND" else tracking_id()
    if request.wants_json:
        body = json_body(error.code, message, tracking)
        return Answer(error.status, body, "application/json;charset=UTF-8")
    return Answer(error.status, xml_body(error.code, message, tracking), "application/xml;charset=UTF-8")


def send(answer: Answer, request: Request, start_response: StartResponse) -> Iterable[bytes]:
    """Write the answer to the WSGI server, compressed when the client takes that."""
    body = answer.body
    headers = {
        "Server": "Layer7-API-Gateway",
        "X-Request-ID": secrets.token_hex(12),
        "Set-Cookie": f"JSESSIONID={secrets.token_hex(16).upper()}; Path=/almaws; HttpOnly",
        **answer.headers,
    }
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    if request.accepts_gzip and len(body) > 200:
        body = gzip.compress(body, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    if answer.status != 204:
        headers["Content-Length"] = str(len(body))
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(headers.items()))
    return [body]
