"""The words that titles are found by, in a full-text table of the database beside the table of titles.

Folding and cutting into words is done here, the same for what is kept and for what is looked for, so that accents,
case and script never matter and no database has a say in it. Han and kana have no blanks between words: they are cut
into pairs of letters.

On SQLite the table is FTS5 without content: what a row was found by must be said again to take it out, which
`document` does from the row as it was. Columns: `title`, `more` (author, publisher, identifiers), `place` (tokens of
the service and of what is filtered by, so that a search needs no look at the rows themselves). On PostgreSQL all words
are one tsvector, those of `place` with a sign before them that no other word has.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from ecollections.models import Facet, Title

TABLE = "ecollections_title_words"
NUMBER = re.compile(r"\d+", re.ASCII)
SORT_LENGTH = Title._meta.get_field("sort").max_length
FTS5 = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5(title, more, place, content='', detail=column, prefix='2 3', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co'\")"
)
TSVECTOR = f"""
CREATE TABLE {TABLE} (rowid bigint PRIMARY KEY, words tsvector NOT NULL);
CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words);
ALTER TABLE {Title._meta.db_table} ALTER COLUMN sort TYPE varchar({SORT_LENGTH}) COLLATE "C"
"""
PLACE = "="  # before words of `place`, on PostgreSQL
MOST_WORDS = 12  # of a search: what is typed beyond them is not looked at
# Letters that Unicode does not take apart.
ALIKE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h"})
UNSPACED = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
IDENTIFIER = re.compile(r"(?<![\w-])(?:\d{4}-\d{3}[\dXx]|97[89](?:-?\d){10}|\d(?:-?\d){8}-?[\dXx])(?![\w-])", re.ASCII)


def fold(text: str) -> str:
    """Without case and accents: “Żółć Straße” and “zolc strasse” are one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return unicodedata.normalize("NFKC", kept.translate(ALIKE))


def words(text: str) -> list[str]:
    """The words of a text, folded: runs of letters with their marks and digits; of what has no blanks, pairs."""
    return [part for run in _runs(fold(text)) for part in _parts(run)]


def _runs(folded: str) -> list[str]:
    """NUL would end the text for the database, and is no letter either."""
    return "".join(letter if unicodedata.category(letter)[0] in "LMN" else " " for letter in folded).split()


def _parts(run: str) -> Iterable[str]:
    last = 0
    for found in UNSPACED.finditer(run):
        if run[last : found.start()]:
            yield run[last : found.start()]
        letters = found[0]
        yield from (letters[n : n + 2] for n in range(len(letters)))
        last = found.end()
    if run[last:]:
        yield run[last:]


def sort_key(title: str) -> str:
    """What titles are sorted by: signs do not count, and 9 comes before 10."""
    return NUMBER.sub(lambda found: found[0].zfill(4), " ".join(_runs(fold(title))))[:SORT_LENGTH]


def joined(identifier: str) -> str:
    """An ISSN or ISBN as one word: without hyphens."""
    return identifier.replace("-", "").lower()


def token(kind: str, value: Any) -> str:
    """What stands for a value in the column `place`: any code as one word of plain letters."""
    return kind + str(value).encode().hex()


def document(title: Title, facet: Facet) -> tuple[str, str, str]:
    """What a row is found by: (title, more, place). The same row gives the same words."""
    about = " ".join(filter(None, (title.author, title.publisher)))
    identifiers = f"{title.issn or ''} {title.isbn or ''}"
    more = [*words(about), *(joined(one) for one in IDENTIFIER.findall(identifiers))]
    place = [f"s{title.service_id}", *(token(kind, getattr(facet, name)) for name, kind in FILTERS.items())]
    return " ".join(words(title.title)), " ".join(more), " ".join(place)


# Of Facet: what it is filtered by, and the letter that its tokens begin with.
FILTERS = {"availability": "a", "origin": "o", "library": "l", "material": "m", "override": "v", "gaps": "g"}


def put(documents: Sequence[tuple[int, tuple[str, str, str]]]) -> None:
    """Make rows findable: (number of the row, document)."""
    sql = f"INSERT INTO {TABLE}(rowid, title, more, place) VALUES (%s, %s, %s, %s)"  # noqa: S608
    rows: Sequence[tuple[int, tuple[Any, ...]]] = documents
    if is_postgresql():
        sql = f"INSERT INTO {TABLE}(rowid, words) VALUES (%s, array_to_tsvector(%s))"  # noqa: S608
        rows = [(pk, (_vector(*document),)) for pk, document in documents]
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(pk, *columns) for pk, columns in rows])


def take_out(documents: Sequence[tuple[int, tuple[str, str, str]]]) -> None:
    """The reverse, with the same documents."""
    sql = f"INSERT INTO {TABLE}({TABLE}, rowid, title, more, place) VALUES ('delete', %s, %s, %s, %s)"  # noqa: S608
    rows: Sequence[tuple[int, tuple[Any, ...]]] = documents
    if is_postgresql():
        sql, rows = f"DELETE FROM {TABLE} WHERE rowid = %s", [(pk, ()) for pk, _document in documents]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(pk, *columns) for pk, columns in rows])


def _vector(title: str, more: str, place: str) -> list[str]:
    return sorted({*title.split(), *more.split(), *(f"{PLACE}{one}" for one in place.split())})


def is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def expression(text: str, services: Sequence[int], filters: dict[str, str], is_read: bool = False) -> str:
    """What the table is asked for: all words of the text, by their beginnings, in one of these services (all for
    none), with these values of FILTERS; is_read: only titles whose whole record was read; "" for nothing at all."""
    found = [_of_text(_wanted(text))] if _wanted(text) else []
    if services:
        found.append(_in_place([f"s{pk}" for pk in services]))
    found += [_in_place([token(FILTERS[name], value)]) for name, value in filters.items()]
    if is_read:
        found.append(_in_place([token(FILTERS["override"], value) for value in ("yes", "no")]))
    return _all(found)


def of_identifiers(identifiers: Sequence[str]) -> str:
    """The table asked for any of these, as `joined` has them."""
    wanted = _any([_word(one) for one in identifiers])
    return wanted if is_postgresql() else f"more : ({wanted})"


def _of_text(wanted: str) -> str:
    return f"({wanted})" if is_postgresql() else f"{{title more}} : ({wanted})"


def _in_place(tokens: Sequence[str]) -> str:
    if is_postgresql():
        return f"({_any([_word(f'{PLACE}{one}') for one in tokens])})"
    return f"place : ({_any([_word(one) for one in tokens])})"


def _wanted(text: str) -> str:
    """An identifier is looked for as such, and as the numbers that it looks like: 1870-1995 may be years."""
    identifiers = [joined(one) for one in IDENTIFIER.findall(text)]
    split = _all([_beginning(word) for word in words(text)[:MOST_WORDS]])
    if not identifiers:
        return split
    rest = [_beginning(word) for word in words(IDENTIFIER.sub(" ", text))[:MOST_WORDS]]
    return _any([f"({_all([*map(_word, identifiers), *rest])})", f"({split})"])


def _beginning(word: str) -> str:
    """A word is met by its beginning; a single letter only by itself, but where a letter is a word's half."""
    if len(word) > 1 or UNSPACED.fullmatch(word):
        return f"'{word}':*" if is_postgresql() else f'"{word}"*'
    return _word(word)


def _word(word: str) -> str:
    """Words are letters, marks and digits, so nothing in them needs a sign before it."""
    return f"'{word}'" if is_postgresql() else f'"{word}"'


def _all(terms: Sequence[str]) -> str:
    return (" & " if is_postgresql() else " AND ").join(terms)


def _any(terms: Sequence[str]) -> str:
    return (" | " if is_postgresql() else " OR ").join(terms)
