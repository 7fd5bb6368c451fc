"""A day at one Alma: twenty people, five jobs, another program, and the truth about it, noted where the calls arrive.

Nothing of the truth comes from the portal's own counting. Shared by test_day.py and bench/usage.py.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import requests

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaError, AlmaQuotaSpent, AlmaReserve
from almaportal.alma.gateway import Gateway
from almaportal.emulator.app import Emulator
from almaportal.usage import figures
from almaportal.usage.models import TOOK_AT_MOST
from tests.transport import EmulatorAdapter

COLLECTIONS = "/electronic/e-collections"
COLLECTION = f"{COLLECTIONS}/{{collection_id}}"
PORTFOLIO = f"{COLLECTION}/e-services/{{service_id}}/portfolios/{{portfolio_id}}"
USER = "/users/{user_id}"
LIBRARIES = "/conf/libraries"
OPERATIONS = {re.sub(r"{\w+}", "[^/]+", one): one for one in (COLLECTIONS, COLLECTION, PORTFOLIO, USER, LIBRARIES)}

ROLES = ("viewer", "e-resources", "circulation", "administrator")
PARTS = ("ecollections", "ecollections", "patrons", "usage")
PEOPLE = tuple(Caller(user_id=n + 1, role=ROLES[n % 4], feature=PARTS[n % 4]) for n in range(20))
KINDS = ("edit-portfolios", "load-kbart", "edit-portfolios", "delete-portfolios", "lift-blocks")
JOBS = tuple(
    Caller("jobs", n + 1, 101 + n, keeps=False, role=ROLES[n % 4], feature=kind) for n, kind in enumerate(KINDS)
)
NOBODY = Caller()
JOB_HOURS = {2: 0, 9: 1, 10: 1, 13: 2, 15: 3, 19: 4}  # hour → the job that does a third of its calls
WEIGHTS = (0, 1, 6, 0, 0, 1, 2, 4, 8, 12, 13, 12, 10, 12, 13, 12, 10, 8, 5, 6, 3, 2, 2, 1)  # calls of the hours, GMT
FAULTS = ("500", "503", "503html", "drop", "timeout", "malformed", "403html", "slow")


@dataclass(frozen=True)
class Seen:
    """A call as it arrived at Alma, a read that was spared (saved), or a call that never left (refused)."""

    at: float
    caller: Caller
    method: str
    operation: str
    outcome: str
    code: str = ""
    seconds: float = 0.0
    calls: int = 1
    saved: int = 0
    refused: int = 0

    @property
    def of(self) -> dict[str, Any]:
        """Word of figures.DIMENSIONS → value."""
        return {
            "person": self.caller.user_id,
            "role": self.caller.role,
            "job": self.caller.job_id,
            "feature": self.caller.feature,
            "area": self.operation.split("/")[1],
            "operation": f"{self.method} {self.operation}",
            "method": self.method,
            "outcome": self.outcome,
            "key": "ALMA_API_KEY",
            "lane": self.caller.lane,
            "code": self.code,
        }


class Wire(EmulatorAdapter):
    """The network, which takes its time, and notes who called what and what came of it."""

    def __init__(self, emulator: Emulator, pick: random.Random) -> None:
        super().__init__(emulator)
        self.pick, self.caller = pick, NOBODY
        self.seen: list[Seen] = []
        self.made = 0

    def _call(self, request: requests.PreparedRequest) -> Any:
        self.sent.clear()
        request.headers.pop("Accept-Encoding", None)  # packing costs more time than it saves here
        began, outcome, code = self.emulator.now(), "unreachable", ""
        self.emulator.sleep(self.pick.choice((0.03, 0.03, 0.06, 0.06, 0.12, 0.17, 0.25, 0.6)))
        try:
            status, _headers, body = answer = super()._call(request)
            outcome, code = meaning(status, body)
            return answer
        finally:
            path = (request.url or "").partition("/almaws/v1")[2].partition("?")[0]
            operation = next(known for form, known in OPERATIONS.items() if re.fullmatch(form, path))
            now, method = self.emulator.now(), request.method or ""
            self.seen.append(Seen(now, self.caller, method, operation, outcome, code, now - began))
            self.made += 1


def meaning(status: int, body: bytes) -> tuple[str, str]:
    """Outcome and code of an answer, as the usage page has to tell them."""
    said = re.search(rb'errorCode(?:>|":\s*")(\w+)', body)
    code = said[1].decode() if said else ""
    if status == 200:
        return ("ok" if _is_json(body) else "unreadable"), ""
    by_status = {400: "not_found", 404: "not_found", 403: "denied", 500: "unreachable", 503: "unreachable"}
    return {"PER_SECOND_THRESHOLD": "too_fast", "DAILY_THRESHOLD": "quota_spent"}.get(code) or by_status[status], code


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


@dataclass
class Day:
    """calls: about so many are made until 24:00 GMT; others: calls that the other program makes until then; clock: of
    tests/conftest.py, at 00:00 GMT."""

    emulator: Emulator
    clock: Any
    calls: int
    others: int
    pick: random.Random = field(default_factory=lambda: random.Random(8))
    left_at: dict[datetime, int] = field(default_factory=dict)  # end of ten minutes → calls left then, as Alma knows
    theirs: Counter[datetime] = field(default_factory=Counter)  # ten minutes → calls of the other program

    def __post_init__(self) -> None:
        self.wire = Wire(self.emulator, self.pick)
        self.gateway = Gateway()
        self.midnight = self.clock.time
        self.collections = self.emulator.collections()[:12]
        first = self.emulator.collections()[0]
        (service,) = self.emulator.services(first)[:1]
        self.portfolios = [
            {"collection_id": first, "service_id": service, "portfolio_id": one}
            for one in self.emulator.portfolios(service, 60)
        ]
        self.users = self.emulator.people(count=20)

    @property
    def seen(self) -> list[Seen]:
        return self.wire.seen

    def live(self, first: int, last: int) -> None:
        """Let hours `first` to before `last` pass; in each ten minutes with calls Alma's last word is the portal's."""
        for ten in range(first * 6, last * 6):
            self._ten_minutes(ten // 6, self.midnight + ten * 600)

    def _ten_minutes(self, hour: int, begin: float) -> None:
        wanted = round(self.calls * WEIGHTS[hour] / sum(WEIGHTS) / 6)
        before, theirs = self.wire.made, [self.others // 144 // 4] * 4
        while (done := self.wire.made - before) < wanted:
            self._until(begin + 560 * done / wanted)
            if done * 4 >= wanted * (4 - len(theirs)):
                self._spend(theirs.pop(), begin)
            self._work(
                JOBS[JOB_HOURS[hour]] if hour in JOB_HOURS and self.pick.random() < 0.6 else self._person(), begin
            )
        self._until(begin + 570)
        self._spend(sum(theirs), begin)
        if wanted:
            self.read_a_list()
        self._until(begin + 600)
        self.left_at[_moment(begin + 600)] = self.emulator.remaining() or 0

    def read_a_list(self) -> None:
        """A call of the portal by itself, which Alma answers."""
        self.emulator.faults.clear()
        self._get(NOBODY, COLLECTIONS, None, {"limit": 1})

    def run_out(self) -> None:
        """The other program takes all that is left but a few calls; the portal meets the day's threshold."""
        begin = self.clock.time // 600 * 600
        self._spend((self.emulator.remaining() or 0) - 5, begin)
        self.read_a_list()
        for caller in (*JOBS, *PEOPLE[:8]):
            self._get(caller, USER, {"user_id": self.users[0]})

    def _until(self, moment: float) -> None:
        self.clock.time = max(self.clock.time, moment)

    def _spend(self, calls: int, begin: float) -> None:
        self.emulator.spend(calls)
        self.theirs[_moment(begin)] += calls

    def _crowd(self, begin: float) -> None:
        """The other program makes so many calls at once that the second has none left."""
        before = self.emulator.remaining() or 0
        request = requests.Request("GET", "https://alma.invalid/almaws/v1/conf/libraries").prepare()
        request.headers["Authorization"] = "apikey demo-conf"
        for _n in range(25):
            with suppress(requests.RequestException):  # Alma is not well for others either
                EmulatorAdapter(self.emulator).send(request)
        self.theirs[_moment(begin)] += before - (self.emulator.remaining() or 0)

    def _person(self) -> Caller:
        return self.pick.choice(PEOPLE)

    def _work(self, caller: Caller, begin: float) -> None:
        """One thing that the person or the job does; now and then Alma is not well."""
        if self.pick.random() < 0.002:
            self._crowd(begin)
        if self.pick.random() < 0.02:
            self.emulator.faults.add(kind=self.pick.choice(FAULTS), seconds=self.pick.choice((1.2, 4.2, 12.5)))
        pick = self.pick.random()
        if caller.lane == "jobs" or pick < 0.05:
            self._edit(caller)
        elif pick < 0.4:
            self._get(caller, COLLECTION, {"collection_id": self.pick.choice(self.collections)}, None, fresh_for=600)
        elif pick < 0.6:
            self._get(caller, COLLECTIONS, None, {"limit": 1, "offset": self.pick.randrange(50)})
        elif pick < 0.85:
            self._get(caller, USER, {"user_id": self.pick.choice(self.users)})
        elif pick < 0.9:
            self._get(caller, COLLECTION, {"collection_id": "nothing"})
        else:
            self._get(caller, LIBRARIES, None, None, fresh_for=3600)

    def _edit(self, caller: Caller) -> None:
        ids = self.pick.choice(self.portfolios)
        record = self._get(caller, PORTFOLIO, ids)
        if record is not None:
            wanted = record | {"public_note": f"note {self.pick.randrange(1000)}"}
            self._do(caller, "PUT", PORTFOLIO, lambda: self.gateway.put(PORTFOLIO, ids, wanted, before=record))

    def _get(self, caller: Caller, operation: str, ids: Any = None, params: Any = None, fresh_for: float = 0) -> Any:
        answer = self._do(caller, "GET", operation, lambda: self.gateway.get(operation, ids, params, fresh_for))
        if answer and answer.kept and answer.old is None:
            self.seen.append(Seen(self.clock.now(), caller, "GET", operation, "ok", calls=0, saved=1))
        return answer and answer.data

    def _do(self, caller: Caller, method: str, operation: str, act: Callable[[], Any]) -> Any:
        self.wire.caller, before = caller, len(self.seen)
        try:
            with calling(caller):
                return act()
        except AlmaQuotaSpent as error:
            if len(self.seen) == before or self.seen[-1].outcome != "quota_spent":
                kind = "reserve" if isinstance(error, AlmaReserve) else "quota_spent"
                self.seen.append(Seen(self.clock.now(), caller, method, operation, kind, calls=0, refused=1))
        except AlmaError:
            pass
        return None


def differences(name: str, day: Day, seen: Sequence[Seen], others: int, folded: bool = False) -> list[str]:
    """Where the portal's figures of a period are others than the truth; seen, others: what belongs to the period."""
    over = figures.period(name, _moment(day.clock.now()))
    parts = figures.read(over, {})
    found = [
        _unlike(f"{name} by {by}", _truth(seen, by, jobless=folded and name == "13m"), figures.table(parts, by))
        for by in figures.DIMENSIONS
    ]
    sums = figures.total(parts)
    told = {
        "others": sum(figures.others(over).values()),
        "bars": sum(calls for bar in figures.bars(over, "lane", {}).values() for calls in bar.values()),
        "429": sums.throttled,
        "took": sums.took,
        "seconds": round(sums.seconds, 3),
    }
    true = {
        "others": others,
        "bars": sum(one.calls for one in seen) + others,
        "429": sum(one.outcome == "too_fast" for one in seen),
        "took": [sum(one.calls for one in seen if _class(one) == n) for n in range(len(TOOK_AT_MOST) + 1)],
        "seconds": round(sum(one.seconds for one in seen), 3),
    }
    return [
        *chain(*found),
        *(f"{name} {word}: {told[word]} told, {true[word]} true" for word in told if told[word] != true[word]),
    ]


def _truth(seen: Sequence[Seen], by: str, jobless: bool) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for one in seen:
        sums = found.setdefault(0 if by == "job" and jobless else one.of[by], [0, 0, 0])
        for n, amount in enumerate((one.calls, one.saved, one.refused)):
            sums[n] += amount
    return found


def _unlike(what: str, true: dict[Any, list[int]], told: dict[Any, figures.Sums]) -> list[str]:
    counted = {value: [sums.calls, sums.saved, sums.refused] for value, sums in told.items()}
    return [
        f"{what} {value}: {counted.get(value)} told, {true.get(value)} true"
        for value in {**true, **counted}
        if counted.get(value) != true.get(value)
    ]


def _class(one: Seen) -> int:
    return sum(one.seconds > most for most in TOOK_AT_MOST)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
