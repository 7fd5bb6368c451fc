"""Answers of Alma kept for a while: fresh ones spare a call, older ones stand in when Alma is down.

Each area has a generation, a random word; a write in the area changes it, and what was kept before counts as not fresh
any more. The generation is taken before the call, so that an answer overtaken by a write is never taken for fresh.
Patron data is never kept: `may_keep` is the only gate.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.crypto import get_random_string

from almaportal.alma import clock

logger = logging.getLogger(__name__)

KEEP_SECONDS = 30 * 24 * 3600
PERSONAL = frozenset({"requests", "loans", "fees", "users", "booking-availability", "request-options", "task-lists"})


@dataclass(frozen=True)
class Kept:
    """data: the answer; read_at: epoch seconds; generation: the area's word when it was asked for."""

    data: dict[str, Any]
    read_at: float
    generation: str


def may_keep(operation: str) -> bool:
    """Nothing about a person is ever kept: no users, and nothing that names one."""
    return PERSONAL.isdisjoint(operation.strip("/").split("/"))


def address(*parts: Any) -> str:
    """A cache key for one read: whatever tells two reads apart."""
    return "alma:" + hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def load(key: str) -> Kept | None:
    kept = get(key)
    return Kept(*kept) if isinstance(kept, tuple) and len(kept) == 3 else None


def save(key: str, data: dict[str, Any], generation: str) -> None:
    put(key, (data, clock.now(), generation), KEEP_SECONDS)


def forget(key: str) -> None:
    try:
        cache.delete(key)
    except OSError as error:
        logger.error("A kept answer could not be removed: %s", error.strerror)


def generation(area: str) -> str:
    """The area's word; made when missing. Where it cannot be kept it is new each time: then nothing is fresh."""
    key = _generation_key(area)
    found = get(key)
    if not isinstance(found, str):
        put(key, found := get_random_string(12), None)
    return found


def drop(area: str) -> str:
    """Around a write: nothing kept of the area is fresh any more. Returns the new generation."""
    new = get_random_string(12)
    put(_generation_key(area), new, None)
    return new


def _generation_key(area: str) -> str:
    return f"alma:generation:{area}"


def get(key: str) -> Any:
    """What is kept there, None for nothing: a cache that fails is an empty one."""
    try:
        return cache.get(key)
    except Exception as error:  # a damaged file raises anything, and is as good as none
        logger.error("A kept answer could not be read: %s", type(error).__name__)
        return None


def put(key: str, value: Any, seconds: float | None) -> None:
    """Keep it so long, None for ever."""
    try:
        cache.set(key, value, seconds)
    except OSError as error:  # a full disk must not take the page with it, let alone the outcome of a write
        logger.error("An answer could not be kept: %s", error.strerror)
