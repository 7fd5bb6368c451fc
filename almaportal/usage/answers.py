"""Alma's own answer to a call that somebody tries: to be looked at, and whom it tells of."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

NOBODY = {"GUEST", "ALL", "ME"}  # stand in the place of a user's ID
OF_PEOPLE = {"primary_id", "user_primary_id", "user_id", "user_name", "requester"}
_LINK = re.compile(r"/almaws/v1/users/([^/?]+)")
_PART = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"{}\[\],:]+|\S', re.DOTALL
)  # of JSON: a text, another value, or a sign


def read(body: bytes) -> tuple[str, Any]:
    """An answer as text, JSON indented with each value as Alma wrote it; and as data, None when it cannot be read.

    In the data numbers are texts.
    """
    text = body.decode(errors="replace")
    try:
        data = json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return text, None
    return "".join(_indented(text)), data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name only one would be looked at."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _indented(text: str) -> Iterator[str]:
    depth, before = 0, ""
    for part in _PART.findall(text):
        closes = part in ("}", "]")
        depth -= closes
        if before == "," or (before in ("{", "[") and not closes) or (closes and before not in ("{", "[")):
            yield "\n" + "  " * depth
        yield ": " if part == ":" else part
        depth += part in ("{", "[")
        before = part


def people(data: Any) -> list[str]:
    """The primary IDs of everybody whom an answer tells of, wherever it does, each once."""
    return list(dict.fromkeys(one.encode(errors="replace").decode() for one in _people(data)))


def _people(data: Any) -> Iterator[str]:
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        if not isinstance(one, dict):
            continue
        waiting += reversed(one.values())
        for name in OF_PEOPLE & one.keys():
            value = one[name].get("value") if isinstance(one[name], dict) else one[name]
            if isinstance(value, str) and value:
                yield value
        link = one.get("link")
        if isinstance(link, str) and (user := _LINK.search(link)) and user[1].upper() not in NOBODY:
            yield unquote(user[1])
