"""The emulated institution in SQLite: one connection, one lock, IDs as integers inside and strings outside.

Seeded portfolios are rows of four numbers; `portfolio_records` makes their record on demand, `people` that of
persons. Only records that a PUT or POST touched keep their JSON.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Any

from . import bibs, holdings, items, loans, people, requests, seed, titles
from .messages import Record
from .options import Options
from .portfolio_records import seeded_record

VERSION = 3
Row = sqlite3.Row

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE collections (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, record TEXT NOT NULL);
CREATE TABLE services (
    id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, local INTEGER NOT NULL, record TEXT NOT NULL,
    portfolios INTEGER NOT NULL DEFAULT 0,     -- how many there are
    next_position INTEGER NOT NULL DEFAULT 0,  -- of the next portfolio; more than `portfolios` after deletes
    library TEXT,                              -- of all seeded portfolios, once the collection's was set
    deleted_at REAL                            -- when a delete in process ends
);
CREATE TABLE portfolios (
    id INTEGER PRIMARY KEY, service INTEGER NOT NULL, position INTEGER NOT NULL, mms INTEGER NOT NULL,
    record TEXT, bib TEXT, deleted_at REAL);
CREATE TABLE bibs_left (mms INTEGER PRIMARY KEY, action TEXT NOT NULL);
CREATE TABLE bibs_kept (mms INTEGER PRIMARY KEY, record TEXT NOT NULL);
"""
_INDEXES = """
CREATE INDEX services_collection ON services (collection);
CREATE UNIQUE INDEX portfolios_order ON portfolios (service, position);
CREATE INDEX portfolios_mms ON portfolios (mms);
CREATE INDEX portfolios_deleted ON portfolios (deleted_at) WHERE deleted_at IS NOT NULL;
"""

TABLES = {"collection": "collections", "service": "services", "portfolio": "portfolios"}
PREFIXES = {"collection": "61", "service": "62", "portfolio": "53"}


def as_number(text: str) -> int:
    """The integer of an ID, 0 for anything that cannot be one."""
    plain = text.isascii() and text.isdigit() and len(text) <= 18 and not text.startswith("0")
    return int(text) if plain else 0


class Store:
    """All state of the institution. `notice` says in a sentence what was done about a database file."""

    def __init__(self, options: Options, now: Callable[[], float]) -> None:
        """Open the database of the options: make and seed it, or take an existing file as it stands."""
        self.options, self.now = options, now
        self.first_day: date | None = None
        self.mails: list[Record] = []  # what would have been sent
        self.lock = RLock()
        self.notice = ""
        if options.database != ":memory:":
            self.notice = _prepare_file(options)
        self._connection = _connect(options.database)
        if not self.rows("SELECT name FROM sqlite_master WHERE name = 'meta'"):
            self._build()

    def copy(self, options: Options, now: Callable[[], float]) -> "Store":
        """The same data in memory, independent of this store."""
        twin = Store.__new__(Store)
        twin.options, twin.now, twin.lock, twin.notice = options, now, RLock(), ""
        twin.first_day, twin.mails = None, []
        twin._connection = _connect(":memory:")
        with self.lock:
            self._connection.backup(twin._connection)
        twin.run("DELETE FROM meta WHERE name = 'calls'")
        return twin

    def _build(self) -> None:
        with self.transaction():
            others = (people, loans, items, holdings, requests)
            for statement in (_SCHEMA + "".join(one.SCHEMA for one in others)).split(";\n"):
                self.run(statement)
            seed.fill(self)
            people.fill(self)
            requests.fill(self)
            for statement in (_INDEXES + "".join(one.INDEXES for one in others)).split(";\n"):
                self.run(statement)
            self.set_meta("made", _made(self.options))

    # SQL

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a query."""
        with self.lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query, None without one."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: Any) -> int:
        """Run a statement; the number of rows it changed."""
        with self.lock:
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, values: Iterator[tuple[Any, ...]]) -> None:
        """Run one statement for many rows."""
        with self.lock:
            self._connection.executemany(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; keep all changes or, after an exception, none."""
        with self.lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    # numbers and notes

    def meta(self, name: str, default: Any = None) -> Any:
        """A stored note."""
        found = self.row("SELECT value FROM meta WHERE name = ?", name)
        return json.loads(found["value"]) if found else default

    def set_meta(self, name: str, value: Any) -> None:
        """Store a note: anything JSON can hold."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, json.dumps(value))

    def new_id(self, kind: str) -> int:
        """An ID that was never used, deleted records included."""
        number = self.meta(f"next_{kind}")
        self.set_meta(f"next_{kind}", number + 1)
        return int(bibs.make_id(PREFIXES[kind], number))

    def bib(self, mms_id: str) -> bibs.Bib | None:
        """A bib, None when the institution has no such bib (any more)."""
        number = bibs.number_of(mms_id)
        if number < 0:
            return None
        left = self.row("SELECT action FROM bibs_left WHERE mms = ?", int(mms_id))
        action = left["action"] if left else ""
        if action == "delete":
            return None
        kept = self.row("SELECT record FROM bibs_kept WHERE mms = ?", int(mms_id))
        if kept:
            found = bibs.Bib(**json.loads(kept["record"]))
            return found._replace(suppressed=found.suppressed or action == "suppress")
        title = titles.title_of(mms_id)
        if title is not None:
            action = action or ("suppress" if titles.is_suppressed(title) else "")
        elif not bibs.FIRST_NUMBER <= number < self.meta("bibs_end"):
            return None
        return self._seeded_bib(mms_id, number, action == "suppress")

    def _seeded_bib(self, mms_id: str, number: int, suppressed: bool) -> bibs.Bib:
        name = seed.collection_title(number, self.options)
        if name is not None:
            return bibs.Bib(mms_id, name, "", {}, suppressed)
        title = bibs.title(number, self.options.seed)
        return bibs.Bib(mms_id, title, bibs.author(number), bibs.identifier(number), suppressed)

    # records

    def record(self, kind: str, record_id: str) -> Record | None:
        """The full record, None when there is none. Counts of portfolios are up to date."""
        table = TABLES[kind]
        if kind == "portfolio":
            found = self.portfolio_rows("p.id = ?", as_number(record_id))
            return self.portfolio(found[0]) if found else None
        row = self.row(f"SELECT * FROM {table} WHERE id = ?", as_number(record_id))
        return self.counted(kind, row) if row else None

    def put_record(self, kind: str, record_id: str, record: Record) -> None:
        """Replace the JSON of a record that exists, unchecked. KeyError when it does not."""
        sql = f"UPDATE {TABLES[kind]} SET record = ? WHERE id = ?"
        if not self.run(sql, json.dumps(record), as_number(record_id)):
            raise KeyError(record_id)

    def counted(self, kind: str, row: Row) -> Record:
        """The record of a collection's or service's row, with the number of its portfolios as it is now."""
        record: Record = json.loads(row["record"])
        if kind == "service":
            count = row["portfolios"]
        else:
            sql = "SELECT coalesce(sum(portfolios), 0) AS n FROM services WHERE collection = ?"
            count = self.rows(sql, row["id"])[0]["n"]
        if isinstance(record.get("portfolios"), dict):
            record["portfolios"]["value"] = count
        return record

    def portfolio_rows(self, condition: str, *values: Any) -> list[Row]:
        """Rows of portfolios with what their record needs of the service."""
        sql = (
            "SELECT p.*, s.collection, s.local, s.library FROM portfolios p"
            f" JOIN services s ON s.id = p.service WHERE {condition}"
        )
        return self.rows(sql, *values)

    def portfolio(self, row: Row) -> Record:
        """The record of a portfolio's row: its own JSON, or made on demand."""
        if row["record"]:
            record: Record = json.loads(row["record"])
            return record
        return seeded_record(row, self.options.seed)

    def settle(self) -> None:
        """Carry out the deletes whose time in process is over."""
        if self.options.delete_seconds:
            now = self.now()
            for row in self.rows("SELECT id, bib FROM portfolios WHERE deleted_at <= ?", now):
                self.remove_portfolio(row["id"], row["bib"])
            self.run("DELETE FROM services WHERE deleted_at <= ?", now)

    def remove_portfolio(self, number: int, bib: str) -> None:
        """Delete a portfolio now; remember what shall become of a bib that has no other. Suppressed stays so."""
        row = self.rows("SELECT service, mms FROM portfolios WHERE id = ?", number)[0]
        self.run("DELETE FROM portfolios WHERE id = ?", number)
        self.run("UPDATE services SET portfolios = portfolios - 1 WHERE id = ?", row["service"])
        if not self.row("SELECT 1 FROM portfolios WHERE mms = ?", row["mms"]):
            conflict = "IGNORE" if bib == "retain" else "REPLACE"
            self.run(f"INSERT OR {conflict} INTO bibs_left VALUES (?, ?)", row["mms"], bib)


def _connect(database: str) -> sqlite3.Connection:
    connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    connection.row_factory = sqlite3.Row
    # Edits survive the end of the process, not a power cut: good enough for a stand-in, and fast.
    connection.execute("PRAGMA synchronous = OFF")
    if database != ":memory:":
        connection.execute("PRAGMA journal_mode = WAL")
    return connection


def _made(options: Options) -> dict[str, int]:
    """What a database file must have been made with to be used again."""
    return {
        "version": VERSION,
        "collections": options.collections,
        "portfolios": options.portfolios,
        "users": options.users,
        "seed": options.seed,
    }


def _prepare_file(options: Options) -> str:
    """Keep a file made with the same options, remove another one of ours; ValueError for a foreign file."""
    path = Path(options.database)
    if not path.parent.is_dir():
        raise ValueError(f"There is no folder {path.parent} for the database.")
    if not path.exists() or not path.stat().st_size:
        return f"New database {path}."
    try:
        with closing(sqlite3.connect(path)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                return f"New database {path}."  # its first making was interrupted
            found = connection.execute("SELECT value FROM meta WHERE name = 'made'").fetchone()
        made = json.loads(found[0])
    except (sqlite3.DatabaseError, TypeError, ValueError):
        raise ValueError(f"{path} is no database of the emulator; it was left as it is.") from None
    if made == _made(options):
        return f"Database {path} is used as it stands."
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    return f"Database {path} was made with {made}, not {_made(options)}: it was made anew, its edits are gone."
