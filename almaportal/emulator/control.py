"""The emulator's own controls over HTTP, below /emulator/: faults, spent calls, the calls it answered.

No key, no thresholds: these are not Alma's and never count as calls.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .messages import Answer, Request

if TYPE_CHECKING:
    from .app import Emulator

SHOWN_CALLS = 100


def answer(emulator: "Emulator", request: Request) -> Answer:
    """Carry out one control request: JSON in, JSON out, 400 with `error` for bad input."""
    try:
        status, data = _act(emulator, request)
    except ValueError as error:
        status, data = 400, {"error": str(error)}
    text = json.dumps(data, ensure_ascii=False)
    return Answer(status, text.encode("utf-8", "replace"), "application/json;charset=UTF-8", reached=False)


def _act(emulator: "Emulator", request: Request) -> tuple[int, Any]:
    match request.method, request.path.removeprefix("/emulator/").rstrip("/"):
        case "GET", "faults":
            pass
        case "POST", "faults":
            emulator.faults.add(**_body(request))
        case "DELETE", "faults":
            emulator.faults.clear()
        case "POST", "spend":
            return 200, {"remaining": _spend(emulator, request)}
        case "GET", "calls":
            return 200, [_shown(call) for call in emulator.calls[-SHOWN_CALLS:]]
        case _:
            return 404, {"error": "Known: GET POST DELETE /emulator/faults, POST /emulator/spend, GET /emulator/calls."}
    return 200, [asdict(fault) for fault in emulator.faults.planned()]


def _body(request: Request) -> dict[str, Any]:
    try:
        data = json.loads(request.body or b"null")
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ValueError("The body is a JSON object.")
    return data


def _spend(emulator: "Emulator", request: Request) -> int | None:
    calls = _body(request).get("calls")
    if isinstance(calls, bool) or not isinstance(calls, int) or calls < 0:
        raise ValueError("calls is a number, 0 or more.")
    emulator.spend(calls)
    return emulator.remaining()


def _shown(call: Any) -> dict[str, Any]:
    return {**asdict(call), "body": call.body.decode("utf-8", "replace")}
