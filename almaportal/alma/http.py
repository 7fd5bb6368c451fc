"""One HTTP request to the Alma gateway: the only module that imports requests.

It knows nothing of keys' areas, pace or retries. Redirects are not followed here and cookies are not kept: Alma's
session cookies tie a client to one of its servers (facts 1).
"""

import os
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from almaportal import __version__
from almaportal.alma import clock
from almaportal.env import LOOPBACK

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
NO_PROXY: dict[str, Any] = {"http": None, "https": None}  # a machine's proxy is not for the machine itself

_threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="alma")


@dataclass(frozen=True)
class Reply:
    """Alma's answer: HTTP status, headers (names in any case), body in bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def masked(self, key: str) -> "Reply":
        """The same without the key, for some repeat what they refuse; names of headers Like-This."""
        headers = {name.title(): value.replace(key, "***") for name, value in self.headers.items()}
        return Reply(self.status, headers, self.body.replace(key.encode(), b"***"))


class NotSent(Exception):
    """The request never reached Alma: no connection. Safe to repeat, whatever it was."""


class NoAnswer(Exception):
    """The request left and no whole answer came back: a write may have taken effect or not."""


def _tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, as the vendor asks for."""
    return create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)


class TlsAdapter(HTTPAdapter):
    """Straight to Alma or through the machine's proxy: both ways with our TLS."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_tls(), **kwargs)


# The one seam: tests put an adapter here that answers from the emulator in the same process.
make_adapter: Callable[[], BaseAdapter] = TlsAdapter

_local = threading.local()


def _begin_anew() -> None:
    """In a fork: its parent's threads do not exist there, and its parent's connections are not its own."""
    global _threads, _local
    _threads, _local = ThreadPoolExecutor(max_workers=64, thread_name_prefix="alma"), threading.local()


os.register_at_fork(after_in_child=_begin_anew)


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
    """Send one request and read the whole answer within `seconds` (float("inf"): as long as the timeouts let it).

    Raises NotSent or NoAnswer. Neither carries the address or the key. With a limit the request is made in a thread of
    its own, for neither looking up a name nor headers that trickle in know of one; a thread left behind ends by itself.
    """
    if seconds == float("inf"):
        return _send(method, url, key, body, content_type, seconds)
    sending = _threads.submit(_send, method, url, key, body, content_type, seconds)
    try:
        return sending.result(timeout=max(0.0, seconds))
    except TimeoutError:
        raise (NotSent if sending.cancel() else NoAnswer)("too slow") from None


def _send(method: str, url: str, key: str, body: bytes | None, content_type: str, seconds: float) -> Reply:
    give_up_at = clock.monotonic() + seconds
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
            proxies=NO_PROXY if urlsplit(url).hostname in LOOPBACK else None,
        )
        with response:
            return Reply(response.status_code, response.headers, _read(response, give_up_at))
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
