"""Codes and what they mean: Alma's code tables, libraries and proxies, for drop-downs and words (facts 7).

They are read from the Configuration area once a day. A key without that area is usual: then there is nothing to choose
from, and people type codes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.core.cache import cache

from almaportal.alma.caller import calling, current
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaNotFound, AlmaRejected
from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import code, rows

FRESH_SECONDS = 24 * 3600
DENIED_SECONDS = 15 * 60  # how long a refused key is not tried again
ENOUGH_SECONDS = 6  # for what the page needs besides
DENIED = "codes:denied"


@dataclass(frozen=True)
class Table:
    """options: code → words, in Alma's order; error: why there are none, else None."""

    options: dict[str, str] = field(default_factory=dict)
    error: AlmaError | None = None


def tables(names: Iterable[str]) -> dict[str, Table]:
    """The tables of these names, "libraries" and "proxies" among them. Never raises: a table may come without options.

    One call for each that is not kept. When Alma refuses the key, or does not answer, the others are not asked for.
    """
    found: dict[str, Table] = {}
    trouble: AlmaError | None = AlmaDenied(area="conf") if cache.get(DENIED) else None
    with calling(replace(current(), read_again=False)):  # "Read again" is about the record
        for name in dict.fromkeys(names):
            if trouble or current().seconds_left() < ENOUGH_SECONDS:
                found[name] = Table(error=trouble or AlmaError())
                continue
            try:
                found[name] = Table(_options(name))
            except (AlmaRejected, AlmaNotFound) as error:  # this table is none of this Alma's
                found[name] = Table(error=error)
            except AlmaError as error:
                found[name], trouble = Table(error=error), error
                if isinstance(error, AlmaDenied):
                    cache.set(DENIED, True, DENIED_SECONDS)
    return found


def _options(name: str) -> dict[str, str]:
    if name == "libraries":
        return _named(_get("/conf/libraries"), "library", "name")
    if name == "proxies":
        profiles = _get("/conf/integration-profiles", type="PROXY_DEFINITION", limit=100)
        return _named(profiles, "integration_profile", "name")
    found = alma().get("/conf/code-tables/{name}", {"name": name}, fresh_for=FRESH_SECONDS)
    return _named(found, "row", "description")


def _get(operation: str, **params: str | int) -> Answer:
    return alma().get(operation, params=params, fresh_for=FRESH_SECONDS)


def _named(answer: Answer, row_name: str, words: str) -> dict[str, str]:
    """Code → words of the rows that are in use; `enabled` may be missing."""
    found = (row for row in rows(answer.data, row_name) if code(row.get("enabled")) != "false")
    return {
        code(row.get("code")): code(row.get(words)) or code(row.get("code")) for row in found if code(row.get("code"))
    }
