"""Codes and what they mean: Alma's code tables, libraries and proxies, for drop-downs and words (facts 7).

They are read from the Configuration area once a day. A key without that area is usual: then there is nothing to choose
from, and people type codes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.core.cache import cache

from almaportal.alma.call import Ids, Params
from almaportal.alma.caller import calling, current
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaNotFound, AlmaRejected
from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import code, rows

FRESH_SECONDS = 24 * 3600
DENIED_SECONDS = 15 * 60  # how long what was refused is not asked for again
ENOUGH_SECONDS = 6  # for what the page needs besides
DENIED = "codes:denied:"


@dataclass(frozen=True)
class Table:
    """options: code → words, in Alma's order; error: why there are none, else None."""

    options: dict[str, str] = field(default_factory=dict)
    error: AlmaError | None = None


@dataclass(frozen=True)
class _Source:
    """Where a table stands: the read, the name of its rows, and the key of the words in a row."""

    operation: str
    row: str
    words: str
    ids: Ids | None = None
    params: Params | None = None

    def options(self, answer: Answer) -> dict[str, str]:
        """Code → words of the rows that are in use; `enabled` may be missing."""
        used = [row for row in rows(answer.data, self.row) if code(row.get("enabled")) != "false"]
        named = {code(row.get("code")): code(row.get(self.words)) for row in used}
        return {value: words or value for value, words in named.items() if value}


def _source(name: str) -> _Source:
    if name == "libraries":
        return _Source("/conf/libraries", "library", "name")
    if name == "proxies":
        params: Params = {"type": "PROXY_DEFINITION", "limit": 100}
        return _Source("/conf/integration-profiles", "integration_profile", "name", params=params)
    return _Source("/conf/code-tables/{name}", "row", "description", ids={"name": name})


def tables(names: Iterable[str]) -> dict[str, Table]:
    """The tables of these names, "libraries" and "proxies" among them. Never raises: a table may come without options.

    One call for each that is not kept. Once Alma refused the key or did not answer, the others come from what is
    kept, however old, and what was refused is not asked for again for a quarter of an hour.
    """
    found: dict[str, Table] = {}
    trouble: AlmaError | None = None
    with calling(replace(current(), read_again=False, keeps=True)):  # those two are about the record
        for name in dict.fromkeys(names):
            found[name], trouble = _table(name, trouble)
    return found


def _table(name: str, trouble: AlmaError | None) -> tuple[Table, AlmaError | None]:
    """The table, and the trouble that spares asking for the next ones."""
    source = _source(name)
    if current().seconds_left() < ENOUGH_SECONDS:
        trouble = trouble or AlmaError()
    denied: AlmaError | None = AlmaDenied(area="conf") if cache.get_many([DENIED, DENIED + name]) else None
    if trouble or denied:
        kept = alma().kept(source.operation, source.ids, source.params)
        return (Table(source.options(kept)) if kept else Table(error=trouble or denied)), trouble
    try:
        answer = alma().get(source.operation, source.ids, source.params, FRESH_SECONDS)
    except (AlmaRejected, AlmaNotFound) as error:  # this table is none of this Alma's
        return Table(error=error), None
    except AlmaError as error:
        if isinstance(error, AlmaDenied):
            whole_area = error.said.code == "UNAUTHORIZED"  # else it is about this list alone
            cache.set(DENIED + ("" if whole_area else name), True, DENIED_SECONDS)
        return Table(error=error), error
    return Table(source.options(answer)), answer.old
