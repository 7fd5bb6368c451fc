"""The emulator: Alma's gateway and APIs as one WSGI application.

emulator = Emulator(Options(collections=5, portfolios=200))
wsgiref.simple_server.make_server("127.0.0.1", 8001, emulator).serve_forever()
"""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from . import (
    control,
    faults,
    handles,
    item_records,
    items,
    people,
    request_records,
    requests,
    routes,
    user_seed,
)
from .errors import AlmaError, GatewayError
from .gateway import Gateway
from .messages import (
    BASE_PATH,
    Answer,
    Environ,
    Record,
    Request,
    StartResponse,
    read_body,
    read_request,
    render,
    render_error,
    send,
)
from .options import Options
from .store import PREFIXES, Store
from .thresholds import Thresholds

KEPT_CALLS = 10_000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One request below /almaws/v1, its `path` from there on; `status` 0 is a connection never answered."""

    at: float
    method: str
    path: str
    query: dict[str, str]
    status: int
    key_name: str
    body: bytes


class Emulator:
    """One emulated institution. Tests may replace `now` (epoch seconds) and `sleep`."""

    def __init__(self, options: Options | None = None) -> None:
        """Open or seed the database of the options. ValueError when its file is not the emulator's."""
        options = options or Options()
        self._begin(options, Store(options, lambda: self.now()))

    def _begin(self, options: Options, store: Store) -> None:
        self.options, self.store = options, store
        self.now: Callable[[], float] = time.time
        self.sleep: Callable[[float], None] = time.sleep
        self.faults = faults.Faults()
        self.calls: list[Call] = []
        self._thresholds = Thresholds(
            options.calls_per_second,
            options.calls_per_day,
            now=lambda: self.now(),
            load=lambda: tuple(store.meta("calls", (0, 0))),
            save=lambda day, used: store.set_meta("calls", (day, used)),
        )
        self._gateway = Gateway(options.keys, self._thresholds)

    def copy(self, **changes: Any) -> "Emulator":
        """A new emulator with the same data in memory; its counters, faults, calls and clock are fresh.

        `changes` are options to change, of those that do not shape the data: `copy(calls_per_second=3)`.
        """
        options = replace(self.options, database=":memory:", **changes)
        twin = Emulator.__new__(Emulator)
        twin._begin(options, self.store.copy(options, lambda: twin.now()))
        return twin

    # WSGI

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. Raises ConnectionDropped or NeverAnswers for the faults of those kinds."""
        request = read_request(environ)
        if request.path.startswith("/emulator/"):
            answer = control.answer(self, request)
        elif request.path.startswith(f"{BASE_PATH}/"):
            request.path = request.path.removeprefix(BASE_PATH)
            answer = self._recorded(request)
        else:
            answer = Answer(404, b"<h1>404 Not Found</h1>", "text/html;charset=UTF-8", reached=False)
        return send(answer, request, start_response)

    def _recorded(self, request: Request) -> Answer:
        """Answer a request to Alma and write down the call."""
        at, status = self.now(), 0
        try:
            answer = self._answer(request)
            status = answer.status
        finally:
            query = {name: value for name, value in request.query.items() if name != "apikey"}
            key_name = request.key.name if request.key else ""
            self.calls.append(Call(at, request.method, request.path, query, status, key_name, request.body))
            del self.calls[:-KEPT_CALLS]
        remaining = self.remaining()
        if answer.reached and remaining is not None:
            answer.headers["X-Exl-Api-Remaining"] = str(remaining)
        return answer

    def _answer(self, request: Request) -> Answer:
        """The gateway's rules, the latency, a planned fault, the work."""
        try:
            self._gateway.admit(request)
        except GatewayError as error:
            return render_error(error, request)
        if self.options.latency_ms:
            self.sleep(self.options.latency_ms / 1000)
        fault = self.faults.take(request.method, request.path)
        if fault is None:
            return self._work(request)
        if fault.kind == "slow":
            self.sleep(fault.seconds)
            return self._work(request)
        return faults.play(fault, request, self._work(request) if fault.when == "after" else None)

    def _work(self, request: Request) -> Answer:
        """Find and run the operation: whole or, after an error, not at all."""
        try:
            operation, ids = routes.match(request)
            request.data = read_body(request)
            with self.store.transaction():
                self.store.settle()
                reply = operation(self.store, request, *ids)
            return render(reply, request)
        except AlmaError as error:
            return render_error(error, request)
        except Exception:
            log.exception("The emulator failed at %s %s", request.method, request.path)
            return faults.play(faults.Fault("500"), request, None)

    # what tests and the control requests use

    def remaining(self) -> int | None:
        """Calls left today, None without a daily threshold."""
        return self._thresholds.remaining()

    def spend(self, calls: int) -> None:
        """Another program of the institution uses this many of today's calls."""
        self._thresholds.spend(calls)

    def collections(self) -> list[str]:
        """The IDs of all collections in list order."""
        return [str(row["id"]) for row in self.store.rows("SELECT id FROM collections ORDER BY position")]

    def services(self, collection: str) -> list[str]:
        """The IDs of a collection's services."""
        self._settle()
        sql = "SELECT id FROM services WHERE collection = ? ORDER BY id"
        return [str(row["id"]) for row in self.store.rows(sql, int(collection))]

    def portfolios(self, service: str, limit: int = 100) -> list[str]:
        """The IDs of a service's first portfolios."""
        self._settle()
        sql = "SELECT id FROM portfolios WHERE service = ? ORDER BY position LIMIT ?"
        return [str(row["id"]) for row in self.store.rows(sql, int(service), limit)]

    def record(self, kind: str, record_id: str) -> Record:
        """The stored record of a collection, service or portfolio. KeyError if there is none.

        Links begin with `almaws:`; an answer has the address of the client's request in its place.
        """
        _check_kind(kind)
        self._settle()
        record = self.store.record(kind, record_id)
        if record is None:
            raise KeyError(record_id)
        return record

    def put_record(self, kind: str, record_id: str, record: Record) -> None:
        """Put any JSON record in the place of an existing one, unchecked."""
        _check_kind(kind)
        with self.store.transaction():
            self.store.put_record(kind, record_id, record)

    def people(self, kind: str = "", count: int | None = None) -> list[str]:
        """The primary IDs of the first seeded people, all or those of a kind of `user_kinds.KINDS`."""
        rows = self.store.rows("SELECT * FROM people WHERE NOT hidden ORDER BY number")
        rows = [row for row in rows if row["number"] < self.options.users]
        found = [row for row in rows if not kind or user_seed.kind_of(row["number"]) == kind]
        return [str(people.record(self.store, row).get("primary_id")) for row in found[:count]]

    def person(self, primary_id: str) -> Record:
        """The record of a person. KeyError if there is none."""
        row = people.find(self.store, primary_id, people.PRIMARY)
        if row is None:
            raise KeyError(primary_id)
        return people.record(self.store, row)

    def set_person(self, record: Record) -> None:
        """Put any JSON record in the place of the person with its primary ID, or add it, unchecked."""
        with self.store.transaction():
            row = people.find(self.store, str(record["primary_id"]), people.PRIMARY)
            if row is None:
                people.add(self.store, record)
            else:
                people.put(self.store, row["number"], record)

    def titles(self, kind: str = "", count: int | None = None) -> list[str]:
        """The MMS IDs of the first physical titles, all or those of a kind of `titles.KINDS`.

        Three more kinds follow from loans and requests: "ordinary", "on_loan", "requested" (by several).
        """
        return handles.title_ids(self.store, kind, count)

    def items(self, mms: str) -> list[str]:
        """The IDs of a bib's items."""
        return [one.item_id for one in items.of_bib(self.store, mms)]

    def item(self, item_id: str) -> Record:
        """The record of an item as it is now. KeyError if there is none."""
        one = items.by_id(self.store, item_id)
        if one is None:
            raise KeyError(item_id)
        return item_records.record(self.store, one)

    def set_item(self, item_id: str, record: Record) -> None:
        """Answer with any JSON record in the place of an item's, unchecked. KeyError if there is none."""
        one = items.by_id(self.store, item_id)
        if one is None:
            raise KeyError(item_id)
        with self.store.transaction():
            items.put(self.store, one, record, raw=True)

    def requests(self, kind: str = "", count: int | None = None) -> list[str]:
        """The IDs of the first requests: all active ones, "many" of one person, or a kind of `REQUEST_KINDS`."""
        return handles.request_ids(self.store, kind, count)

    def request(self, request_id: str) -> Record:
        """The record of a request as it is now. KeyError if there is none."""
        row = requests.find(self.store, request_id)
        if row is None:
            raise KeyError(request_id)
        return request_records.record(self.store, row)

    def set_request(self, request_id: str, record: Record) -> None:
        """Answer with any JSON record in the place of a request's, unchecked. KeyError if there is none."""
        row = requests.find(self.store, request_id)
        if row is None:
            raise KeyError(request_id)
        with self.store.transaction():
            self.store.run("UPDATE requests SET record = ?, raw = 1 WHERE id = ?", json.dumps(record), row["id"])

    def in_house_uses(self, item_id: str) -> int:
        """How often an item was counted as used in the house."""
        return int(self.store.meta("in_house_uses", {}).get(item_id, 0))

    @property
    def mails(self) -> list[Record]:
        """What would have been sent: `to`, `letter`, `request_id`, and for a cancelled request `reason`, `note`."""
        return self.store.mails

    def _settle(self) -> None:
        with self.store.transaction():
            self.store.settle()


def _check_kind(kind: str) -> None:
    if kind not in PREFIXES:
        raise ValueError(f"kind is one of: {', '.join(PREFIXES)}.")
