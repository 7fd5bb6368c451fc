"""Threads of one process that call Alma through the gateway, nothing kept, as bench.pace starts them."""

import importlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench import portal


@dataclass(frozen=True)
class Crew:
    """Threads of one process. number: unlike any other crew's; every: seconds from call to call, 0 for no rest."""

    number: int
    lane: str
    threads: int
    every: float = 0


@dataclass(frozen=True)
class Made:
    """A call: when its answer was there (epoch), seconds it waited for its slot, the error's kind or ""."""

    lane: str
    answered_at: float
    waited: float
    error: str


def work(crew: Crew, env: dict[str, str], start_at: float, seconds: float) -> list[Made]:
    """Call from `start_at` (epoch) for so many seconds; returns when the last answer is there."""
    portal.begin(env)
    importlib.import_module("almaportal.alma.gateway")
    with ThreadPoolExecutor(crew.threads) as threads:
        results = [threads.submit(_call, crew, number, start_at, seconds) for number in range(crew.threads)]
        return [one for result in results for one in result.result()]


def _call(crew: Crew, number: int, start_at: float, seconds: float) -> list[Made]:
    from django.db import connection

    from almaportal.alma.caller import Caller, calling

    made: list[Made] = []
    connection.ensure_connection()
    time.sleep(max(0.0, start_at - time.time()))
    offset, next_at = (crew.number * 100 + number) * 10_000, time.time()
    with calling(Caller(lane=crew.lane)):
        while time.time() < start_at + seconds:
            offset += 1
            made.append(_one(crew.lane, offset))
            next_at += crew.every
            time.sleep(max(0.0, next_at - time.time()) if crew.every else 0)
    connection.close()
    return made


def _one(lane: str, offset: int) -> Made:
    from almaportal.alma.errors import AlmaError
    from almaportal.alma.gateway import Gateway

    gateway, waits, error = Gateway(), [], ""
    wait = gateway.quota.wait
    gateway.quota.wait = lambda caller: waits.append(wait(caller)) or waits[-1]
    try:
        gateway.get("/electronic/e-collections", params={"limit": 1, "offset": offset})
    except AlmaError as trouble:
        error = trouble.kind
    return Made(lane, time.time(), sum(waits), error)


def costs(env: dict[str, str], times: int) -> dict[str, Sequence[float]]:
    """Seconds of each of so many reservations, calls counted, and kept answers counted; nobody waits for a slot."""
    portal.begin(env)
    from almaportal.alma.call import Call
    from almaportal.alma.caller import current
    from almaportal.alma.gateway import Gateway, Times
    from almaportal.alma.http import Reply
    from almaportal.usage import meter

    gateway = Gateway()
    call = Call("GET", "/electronic/e-collections", "/electronic/e-collections")
    reply = Reply(200, {"X-Exl-Api-Remaining": "99000"}, b"{}")
    what = {
        "reservation": lambda: gateway.quota._reserve(current()),  # Quota.wait without its waiting
        "count": lambda: gateway._record(call, reply, None, Times(0.1, time.time(), 0.5)),
        "saved": lambda: meter.saved(call.area, call.operation),
    }
    return {name: [_timed(act) for _time in range(times)] for name, act in what.items()}


def _timed(act) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
