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
PERSONAL = frozenset({"requests", "loans", "fees", "users", "booking-availability", "request-options"})


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
    kept = cache.get(key)
    return kept if isinstance(kept, Kept) else None


def save(key: str, data: dict[str, Any], generation: str) -> None:
    try:
        cache.set(key, Kept(data, clock.now(), generation), KEEP_SECONDS)
    except OSError as error:  # a full disk must not take the page with it
        logger.error("An answer could not be kept: %s", error.strerror)


def forget(key: str) -> None:
    cache.delete(key)


def generation(area: str) -> str:
    key = f"alma:generation:{area}"
    return str(cache.get(key) or cache.get_or_set(key, lambda: get_random_string(12), None))


def drop(area: str) -> None:
    """After a write: nothing kept of the area is fresh any more."""
    cache.set(f"alma:generation:{area}", get_random_string(12), None)
