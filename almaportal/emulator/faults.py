"""Failures on demand: what gateways, networks and web servers do to a client, for tests and for showing."""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from .errors import MESSAGES, AlmaError, GatewayError, xml_body
from .messages import Answer, Request, render_error
from .thresholds import day_error, second_error


class ConnectionDropped(Exception):
    """Raised out of the WSGI callable: the server closes the connection without an answer."""


class NeverAnswers(Exception):
    """Raised out of the WSGI callable: the server stays silent until the client gives up."""


@dataclass
class Fault:
    """One planned failure. `path` is an fnmatch pattern for the path below /almaws/v1; `count` None: always.

    `kind` is one of `KINDS`, or an error code with which Alma refuses.
    `when` "before": the request has no effect. "after": it takes full effect and its answer is lost.
    """

    kind: str
    path: str = "*"
    method: str = "*"
    count: int | None = 1
    when: str = "before"
    seconds: float = 5.0


_REJECTED = (
    "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
    "Please consult with your administrator.<br><br>Your support ID is: 4711471147114711<br><br>"
    "<a href='javascript:history.back();'>[Go Back]</a></body></html>"
)
_TOMCAT = (
    '<!doctype html><html lang="en"><head><title>HTTP Status 401 – Unauthorized</title></head><body>'
    '<h1>HTTP Status 401 – Unauthorized</h1><hr class="line" /><h3>Apache Tomcat</h3></body></html>'
)
_UNAVAILABLE = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>"
_BROKEN_XML = xml_body("GENERAL_ERROR", "@@", "unknown").replace(b"@@", b"Bad URL: /almaws/v1?a=1&b=2").decode()
_CUT = b'{"electronic_collection":[{"id":"61100000000004711","public_name":"Quillm'


def _page(status: int, text: str, kind: str = "text/html;charset=UTF-8") -> Callable[..., Answer]:
    return lambda request, answer: Answer(status, text.encode(), kind, reached=False)


def _error(make: Callable[[], GatewayError]) -> Callable[..., Answer]:
    return lambda request, answer: render_error(make(), request)


def _internal() -> GatewayError:
    message = "The web server encountered an unexpected condition that prevented it from fulfilling the request."
    return GatewayError(500, "INTERNAL_SERVER_ERROR", message)


def _routing() -> GatewayError:
    return GatewayError(503, "ROUTING_ERROR", "No response from Alma: emulator (down for maintenance)")


def _malformed(request: Request, answer: Answer | None) -> Answer:
    body = answer.body[: len(answer.body) // 2] if answer and answer.body else _CUT
    return Answer(200, body, "application/json;charset=UTF-8")


def _redirect(request: Request, answer: Answer | None) -> Answer:
    headers = {"Location": f"https://elsewhere.example.org/almaws/v1{request.path}"}
    return Answer(302, reached=False, headers=headers)


def _drop(request: Request, answer: Answer | None) -> Answer:
    raise ConnectionDropped(request.path)


def _silence(request: Request, answer: Answer | None) -> Answer:
    raise NeverAnswers(request.path)


# kind → what the client gets; "slow" is played by the emulator itself, which has the clock.
_PLAYS: dict[str, Callable[..., Answer]] = {
    "500": _error(_internal),
    "500text": _page(500, "Internal Server Error", "text/plain"),
    "503": _error(_routing),
    "503html": _page(503, _UNAVAILABLE),
    "429": _error(second_error),
    "429day": _error(day_error),
    "403html": _page(403, _REJECTED),
    "401html": _page(401, _TOMCAT),
    "malformed": _malformed,
    "brokenxml": _page(400, _BROKEN_XML, "application/xml"),
    "empty": lambda request, answer: Answer(200),
    "redirect": _redirect,
    "drop": _drop,
    "timeout": _silence,
}
KINDS = (*_PLAYS, "slow")


class Faults:
    """The planned failures, first come first served."""

    def __init__(self) -> None:
        """None planned."""
        self._planned: list[Fault] = []
        self._lock = Lock()

    def add(self, **fault: Any) -> None:
        """Plan a failure, with the arguments of `Fault`. ValueError says what is wrong with them."""
        try:
            planned = Fault(**fault)
        except TypeError:
            known = ", ".join(Fault.__dataclass_fields__)
            raise ValueError(f"A fault needs a kind and knows: {known}.") from None
        _check(planned)
        with self._lock:
            self._planned.append(planned)

    def clear(self) -> None:
        """Plan no failures any more."""
        with self._lock:
            self._planned.clear()

    def planned(self) -> list[Fault]:
        """The failures still to come."""
        with self._lock:
            return list(self._planned)

    def take(self, method: str, path: str) -> Fault | None:
        """The failure for this request, used up by one; None lets the request live."""
        with self._lock:
            for fault in self._planned:
                if fault.method in ("*", method) and fnmatchcase(path, fault.path):
                    if fault.count is not None:
                        fault.count -= 1
                        if fault.count <= 0:
                            self._planned.remove(fault)
                    return fault
        return None


def play(fault: Fault, request: Request, answer: Answer | None) -> Answer:
    """What the client gets in place of `answer`, which is None when the request had no effect."""
    if fault.kind in MESSAGES:
        return render_error(AlmaError(fault.kind), request)
    return _PLAYS[fault.kind](request, answer)


def _check(fault: Fault) -> None:
    if not isinstance(fault.kind, str) or fault.kind not in (*KINDS, *MESSAGES):
        raise ValueError(f"kind is an error code of Alma's or one of: {', '.join(KINDS)}.")
    if fault.when not in ("before", "after"):
        raise ValueError("when is before or after.")
    if not isinstance(fault.path, str) or not isinstance(fault.method, str):
        raise ValueError("path and method are texts.")
    whole = isinstance(fault.count, int) and not isinstance(fault.count, bool)
    if fault.count is not None and not (whole and fault.count > 0):
        raise ValueError("count is a number above 0, or null for ever.")
    if isinstance(fault.seconds, bool) or not isinstance(fault.seconds, (int, float)) or fault.seconds < 0:
        raise ValueError("seconds is a number, 0 or more.")
