"""The rules of the gateway in front of Alma, in its order: key, area, plan, size, thresholds."""

import re

from .errors import GatewayError
from .messages import BODY_LIMIT, Request
from .options import AREAS, Key
from .thresholds import Thresholds

_WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,}")
# A sign-in is a POST that changes nothing: the only one a read-only key may send.
_SIGN_IN = re.compile(r"POST /users/[^/]+ auth")
_AREA_OF = {area: area for area in AREAS} | {"items": "bibs"}


class Gateway:
    """Lets a request through to Alma or raises the gateway's error."""

    def __init__(self, keys: tuple[Key, ...], thresholds: Thresholds) -> None:
        """Know the keys by their text."""
        self._keys = {key.name: key for key in keys}
        self._thresholds = thresholds

    def admit(self, request: Request) -> None:
        """Check one request, note its key in it, count it. Every call with a known key counts for the day."""
        key = request.key = self._key(request)
        try:
            _check_plan(key, request)
            _check_size(request)
        except GatewayError:
            self._thresholds.spend(1)
            raise
        self._thresholds.admit()

    def _key(self, request: Request) -> Key:
        text = request.query.get("apikey", "")
        scheme, _, value = request.authorization.strip().partition(" ")
        if scheme.lower() == "apikey":
            text = value.strip()
        if not text:
            message = (
                "A Gateway error has occurred - Make sure you add an appropriate apikey as a parameter or a header."
            )
            raise GatewayError(500, "GENERAL_ERROR", message)
        key = self._keys.get(text)
        if not _WELL_FORMED.fullmatch(text) or (key and not key.enabled):
            raise GatewayError(403, "INVALID_REQUEST", "Rejected by gateway due to invalid API-key.")
        area = _AREA_OF.get(request.path.split("/")[1])
        if key is None or (area and area not in key.areas):
            message = "API-key not defined or not configured to allow this API."
            raise GatewayError(400, "UNAUTHORIZED", message)
        return key


def _check_plan(key: Key, request: Request) -> None:
    signs_in = _SIGN_IN.fullmatch(f"{request.method} {request.path} {request.query.get('op', 'auth')}")
    if key.read_only and request.method != "GET" and not signs_in:
        message = "HTTP requests for this API Plan (read-only) must be GET only."
        raise GatewayError(403, "UNAUTHORIZED", message)


def _check_size(request: Request) -> None:
    if len(request.body) > BODY_LIMIT:
        message = "Rejected by gateway due to message size limit. The current size limit is 512kb."
        raise GatewayError(403, "REQUEST_TOO_LARGE", message)
