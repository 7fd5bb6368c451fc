"""One HTTP request to the Alma gateway: the only module that imports requests.

It knows nothing of keys' areas, pace or retries. Redirects are not followed here and cookies are not kept: Alma's
session cookies tie a client to one of its servers (facts 1).
"""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from almaportal import __version__
from almaportal.alma import clock

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0


@dataclass(frozen=True)
class Reply:
    """Alma's answer: HTTP status, headers (names in any case), body in bytes, seconds it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class NotSent(Exception):
    """The request never reached Alma: no connection. Safe to repeat, whatever it was."""


class NoAnswer(Exception):
    """The request left and no whole answer came back: a write may have taken effect or not."""


class TlsAdapter(HTTPAdapter):
    """TLS 1.2 or newer, as the vendor asks for."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(
            *args, ssl_context=create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2), **kwargs
        )


# The one seam: tests put an adapter here that answers from the emulator in the same process.
make_adapter: Callable[[], BaseAdapter] = TlsAdapter

_local = threading.local()


def _session() -> requests.Session:
    """One session a thread, made anew when the seam changes."""
    if getattr(_local, "made_by", None) is not make_adapter:
        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.headers["User-Agent"] = f"almaportal/{__version__}"
        session.mount("https://", make_adapter())
        session.mount("http://", make_adapter())
        _local.session, _local.made_by = session, make_adapter
    session = _local.session
    assert isinstance(session, requests.Session)
    return session


class _KeyInHeader(requests.auth.AuthBase):
    """As an auth object, so that a .netrc on the machine cannot put another Authorization in its place."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"apikey {self.key}"
        return request


def send(method: str, url: str, key: str, body: bytes | None, content_type: str, seconds: float) -> Reply:
    """Send one request and read the whole answer within `seconds` (float("inf") for no limit but the read timeout).

    Raises NotSent or NoAnswer. Neither carries the address or the key.
    """
    started = clock.monotonic()
    headers = {"Accept": "application/json"} | ({"Content-Type": content_type} if body is not None else {})
    wait = max(0.05, min(READ_SECONDS, seconds))
    try:
        response = _session().request(
            method,
            url,
            data=body,
            headers=headers,
            auth=_KeyInHeader(key),
            timeout=(min(CONNECT_SECONDS, wait), wait),
            allow_redirects=False,
            stream=True,
        )
        with response:
            content = _read(response, started + seconds)
            return Reply(response.status_code, response.headers, content, clock.monotonic() - started)
    except requests.ConnectionError as error:
        raise (NotSent if _never_connected(error) else NoAnswer)(type(error).__name__) from None
    except (requests.RequestException, HTTPError, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


def _read(response: requests.Response, give_up_at: float) -> bytes:
    """The whole body, piece by piece, so that an answer that trickles in cannot hold a page for ever."""
    pieces = []
    while piece := response.raw.read1(65536, decode_content=True):
        pieces.append(piece)
        if clock.monotonic() > give_up_at:
            raise NoAnswer("too slow")
    return b"".join(pieces)


def _never_connected(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
