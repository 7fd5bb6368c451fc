"""Finding titles in the index: by words, by what they are filtered by, sorted, counted, all of them or a page.

What is looked for with words goes through the full-text table alone, filters and services too, so that its size hardly
matters; sorting and counting by facet look at each row found, so beyond MOST of them rows come as the index has them,
and counts by facet are asked for apart.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from ecollections.ids import number
from ecollections.models import Facet, IndexedService, Title
from ecollections.titles import words

MOST = 10_000  # titles that are sorted, and counted by facet, at once
CHUNK = 500
NONE = "-"  # in the place of a filter's value: the titles that have none
SORTS = {
    "title": "t.sort, t.id",
    "-title": "t.sort DESC, t.id DESC",
    "changed": "t.changed DESC, t.id",
    "url": "t.url IS NULL, t.url, t.id",
    "id": "t.alma_id",
}
AS_THE_INDEX_HAS_THEM = "t.service_id, t.sort, t.id"
BY_DAY = "t.service_id, t.changed, t.facet_id, t.id"  # as its index has them
TITLES, WORDS = Title._meta.db_table, words.TABLE


@dataclass(frozen=True)
class Query:
    """What is looked for. text: words, or an ID; within: (), (e-collection,), (e-collection, service); availability,
    origin, library, material, override, gaps: values of Facet, "" for any, NONE for its ""; url: what the address
    contains; since: of the last change, YYYY-MM-DD; sort: one of SORTS."""

    text: str = ""
    within: tuple[str, ...] = ()
    availability: str = ""
    origin: str = ""
    library: str = ""
    material: str = ""
    override: str = ""
    gaps: str = ""
    url: str = ""
    since: str = ""
    sort: str = "title"

    def as_json(self) -> dict[str, Any]:
        """What is not as it is by default, for addresses and jobs."""
        return {name: value for name, value in asdict(self).items() if value != getattr(Query, name)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Query":
        return cls(**{**found, "within": tuple(found.get("within", ()))})

    @property
    def filters(self) -> dict[str, str]:
        """Those by facet that are set, with the values of Facet."""
        return {name: "" if value == NONE else value for name in words.FILTERS if (value := getattr(self, name))}


@dataclass(frozen=True)
class Results:
    """A page. titles: with service and facet; total: of all that match; is_sorted: as asked, not as the index has
    them; by_facet: of all that match, {row of Facet: titles}, or None when they are more than MOST."""

    titles: list[Title]
    total: int
    is_sorted: bool
    by_facet: dict[int, int] | None


@dataclass(frozen=True)
class _Sql:
    """tables and where: of a SELECT of rows `t`; params: of it; all_in_words: the table of words says it all."""

    tables: str
    where: list[str]
    params: list[Any]
    all_in_words: bool = False

    def select(self, columns: str, more: str = "") -> str:
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        return f"SELECT {columns} FROM {self.tables}{where} {more}"  # noqa: S608

    def numbers(self, column: str, more: str = "") -> str:
        """A SELECT of the rows' numbers, or of how many: without a look at the rows where the words say it all."""
        if self.all_in_words:
            return _Sql(WORDS, self.where, self.params).select(column.replace("t.id", f"{WORDS}.rowid"), more)
        return self.select(column, more)


def search(query: Query, offset: int = 0, limit: int = 50) -> Results:
    """A page of what matches, and how many do. Raises nothing: an unknown service or facet matches nothing."""
    sql = _sql(query)
    if sql is None:
        return Results([], 0, True, {})
    order = SORTS.get(query.sort, SORTS["title"])
    few = _few(sql, order)
    if few is not None:
        page = [pk for pk, _facet in few[offset : offset + limit]]
        return Results(_titles(page), len(few), True, Counter(facet for _pk, facet in few))
    is_sorted = _goes_along_the_index(query) and query.sort in ("title", "-title")
    by = order if is_sorted else _unsorted(query, sql)
    found = _run(sql.select("t.id", f"ORDER BY {by} LIMIT %s OFFSET %s"), [*sql.params, limit, offset])
    return Results(_titles([pk for (pk,) in found]), _total(sql), is_sorted, None)


def _few(sql: _Sql, order: str) -> list[tuple[int, int]] | None:
    """All rows in their order with that of their facet; None when they are more than MOST. What matches is asked for
    once, and each row looked at once: both cost more than anything else here."""
    found = _run(sql.numbers("t.id", "LIMIT %s"), [*sql.params, MOST + 1])
    if len(found) > MOST:
        return None
    numbers = ", ".join(str(pk) for (pk,) in found) or "NULL"
    return _run(f"SELECT t.id, t.facet_id FROM {TITLES} t WHERE t.id IN ({numbers}) ORDER BY {order}", [])  # noqa: S608


def facets(
    query: Query, by_facet: dict[int, int] | None = None, most: int | None = None
) -> dict[str, list[tuple[str, int]]]:
    """How many titles match with each value of each facet: {name: [(value, titles), …]}, most first. Of a facet that is
    filtered by, all its values are counted as if it were not; where these would be more titles than `most`, it is left
    out. by_facet: of the results, where it is known already."""
    rest = _by_facet(query) if by_facet is None else by_facet
    counts = {name: rest for name in words.FILTERS if name not in query.filters}
    for name in query.filters:
        others = _without(query, name)
        if most is None or count(others, most + 1) <= most:
            counts[name] = _by_facet(others)
    found = Facet.objects.in_bulk({pk for one in counts.values() for pk in one})
    return {name: _by_value(name, one, found) for name, one in counts.items()}


def _without(query: Query, name: str) -> Query:
    return Query.from_json({**query.as_json(), name: ""})


def every(query: Query) -> Iterator[list[Title]]:
    """All that match, some hundred at a time, as the index has them: what changes meanwhile is in it or not."""
    sql = _sql(query)
    if sql is None:
        return
    with connection.cursor() as cursor:  # once for all of them: a million numbers are 8 MB
        cursor.execute(sql.select("t.id", "ORDER BY t.id"), sql.params)
        found = array("q", (pk for (pk,) in cursor))
    for start in range(0, len(found), CHUNK):
        if titles := _titles(found[start : start + CHUNK]):
            yield titles


def count(query: Query, most: int | None = None) -> int:
    """How many titles match; most: counting ends there."""
    sql = _sql(query)
    return _total(sql, most) if sql else 0


def of_identifiers(identifiers: Sequence[str]) -> list[int]:
    """The rows of titles with any of these ISSNs and ISBNs, some hundred at most, in any spelling of hyphens."""
    wanted = [words.joined(one) for one in identifiers if words.IDENTIFIER.fullmatch(one)]
    if not wanted:
        return []
    sql = f"SELECT rowid FROM {WORDS} WHERE {_matches()}"  # noqa: S608
    return [pk for (pk,) in _run(sql, [words.of_identifiers(wanted)])]


def path(title: Title) -> str:
    """Its Alma IDs: “C/S/P”."""
    return f"{title.service.collection_id}/{title.service.service_id}/{title.alma_id}"


def _sql(query: Query, by_rows: bool = False) -> _Sql | None:
    """None when nothing can match. by_rows: by the table of words only where there are words to look for."""
    services = _services(query.within)
    if services is not None and not services:
        return None
    where, params = _own_conditions(query)
    if (alma_id := _alma_id(query.text)) is not None:
        where.append("(t.alma_id = %s OR t.mms_id = %s)")
        params += [alma_id, alma_id]
    elif query.text or (query.filters and services is None and not query.since and not by_rows):
        wanted = words.expression(query.text, services or (), query.filters, is_read=bool(query.url))
        if query.text and not words.words(query.text):
            return None
        tables = f"{WORDS} {_join()} {TITLES} t ON t.id = {WORDS}.rowid"
        return _Sql(tables, [_matches(), *where], [wanted, *params], all_in_words=not where)
    if services is not None:
        where.append(f"t.service_id IN ({', '.join(['%s'] * len(services))})")
        params += services
    elif query.since:  # for the index of days, which begins with the service
        where.append(f"t.service_id IN (SELECT id FROM {IndexedService._meta.db_table})")  # noqa: S608
    if query.filters:
        # Without the sign the database may take the index of facets where that of the service is the better one.
        chosen = list(Facet.objects.filter(**query.filters).values_list("pk", flat=True))
        where.append(f"{'+' if services else ''}t.facet_id IN ({', '.join(['%s'] * len(chosen)) or 'NULL'})")
        params += chosen
    return _Sql(f"{TITLES} t", where, params)


def _join() -> str:
    """SQLite goes through the tables in this order, else it may ask the table of words for each title."""
    return "JOIN" if words.is_postgresql() else "CROSS JOIN"


def _matches() -> str:
    return f"{WORDS}.words @@ %s::tsquery" if words.is_postgresql() else f"{WORDS} MATCH %s"


def _services(within: Sequence[str]) -> list[int] | None:
    """The rows of the services that are searched; None for all."""
    if not within:
        return None
    names = dict(zip(("collection_id", "service_id"), within, strict=False))
    return list(IndexedService.objects.filter(**names).values_list("pk", flat=True))


def _own_conditions(query: Query) -> tuple[list[str], list[Any]]:
    """Those that only the rows themselves can tell."""
    where: list[str] = []
    params: list[Any] = []
    if query.url:
        like = "ILIKE" if words.is_postgresql() else "LIKE"  # both without case
        where.append(f"t.url IS NOT NULL AND t.url {like} %s ESCAPE '~'")
        params.append(f"%{_for_like(query.url)}%")
    if query.since:
        begin = timezone.make_aware(datetime.fromisoformat(query.since))
        where.append("t.changed >= %s")
        params.append(int(begin.timestamp()))
    return where, params


def _for_like(text: str) -> str:
    return "".join(f"~{letter}" if letter in "~%_" else letter for letter in text)


def _alma_id(text: str) -> int | None:
    """An ID of a portfolio or a title, typed or pasted into the search."""
    whole = "".join(text.split())
    return number(whole) if len(whole) >= 14 else None


def _goes_along_the_index(query: Query) -> bool:
    """Whether the index of a service's titles by their sort key gives them in order."""
    return len(query.within) == 2 and not query.text and not query.url


def _unsorted(query: Query, sql: _Sql) -> str:
    if WORDS in sql.tables:
        return f"{WORDS}.rowid"
    return BY_DAY if query.since else AS_THE_INDEX_HAS_THEM


def _total(sql: _Sql, most: int | None = None) -> int:
    if most is None:
        return int(_run(sql.numbers("COUNT(*)"), sql.params)[0][0])
    some = f"SELECT COUNT(*) FROM ({sql.numbers('t.id', 'LIMIT %s')}) found"  # noqa: S608
    return int(_run(some, [*sql.params, most])[0][0])


def _by_facet(query: Query) -> dict[int, int]:
    sql = _sql(query, by_rows=True)
    if sql is None:
        return {}
    # Without the sign SQLite goes along the index of facets, with a look at each title.
    sign = "+" if (query.url or query.since) and not words.is_postgresql() else ""
    return dict(_run(sql.select("t.facet_id, COUNT(*)", f"GROUP BY {sign}t.facet_id"), sql.params))


def _by_value(name: str, counts: dict[int, int], known: dict[int, Facet]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for pk, n in counts.items():
        value = getattr(known[pk], name)
        found[value] = found.get(value, 0) + n
    return sorted(found.items(), key=lambda one: (-one[1], one[0]))


def _titles(pks: Sequence[int]) -> list[Title]:
    found = Title.objects.select_related("service", "facet").in_bulk(list(pks))
    return [found[pk] for pk in pks if pk in found]


def _run(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
