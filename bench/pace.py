"""The pace that several processes keep together against a strict gateway of 25 calls a second that takes 500 ms a call.

Calls a second, refusals (429), the most calls in any second as the emulator saw them, the wait of a person's call for
its slot beside jobs, and what the pace's own books cost (ms). No answer is kept; the database is a real SQLite file.
"""

import contextlib
import json
import multiprocessing
import sqlite3
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from bench import stack
from bench.callers import Crew, Made, costs, work
from bench.table import Line, main, ms, percentile

LIMIT, PACE, LATENCY_MS = 25, 24, 500
PROMISED_SHARE = 96
GET_READY_SECONDS = 3.0
COSTS_TIMES = 500
PERSON = Crew(9, "people", 1, every=0.7)
JOBS = (Crew(1, "jobs", 6), Crew(2, "jobs", 6))
PARTS = ("people", "jobs", "mixed", "cost")


class Watch:
    """The calls as the emulator wrote them down. It shows the last hundred, so it is asked every second."""

    def __init__(self, address: str) -> None:
        self.url, self.ended = f"{address}/emulator/calls", threading.Event()
        self.seen: dict[tuple[float, str], int] = {}
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _look(self) -> None:
        with contextlib.suppress(OSError), urllib.request.urlopen(self.url, timeout=5) as answer:
            for call in json.load(answer):
                self.seen[call["at"], call["query"].get("offset", "")] = call["status"]

    def _run(self) -> None:
        while not self.ended.wait(1):
            self._look()

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.thread.join()
        self._look()

    @property
    def refused(self) -> int:
        return sum(status == 429 for status in self.seen.values())

    @property
    def most_in_a_second(self) -> int:
        """In any window of one second, refused calls too."""
        at = sorted(moment for moment, _offset in self.seen)
        counts = (sum(first <= moment < first + 1 for moment in at[n : n + 60]) for n, first in enumerate(at))
        return max(counts, default=0)


@contextlib.contextmanager
def _alma() -> Iterator[tuple[Path, str, dict[str, str]]]:
    """A strict emulator and an empty database: the data folder, the emulator's address, the processes' environment."""
    limits = (f"--latency-ms={LATENCY_MS}", f"--calls-per-second={LIMIT}")
    with stack.folder() as data, stack.emulator(data, *limits) as address:
        yield data, address, stack.prepared(data, address, ALMA_CALLS_PER_SECOND=str(PACE))


def _run(crews: Sequence[Crew], seconds: float) -> tuple[list[Made], Watch, int]:
    """All crews at once, each in a process: the calls made, what the emulator saw, the 429s in the usage buckets."""
    with _alma() as (data, address, env), Watch(address) as watch, _processes(len(crews)) as pool:
        start_at = time.time() + GET_READY_SECONDS
        results = [pool.submit(work, crew, env, start_at, seconds) for crew in crews]
        made = [one for result in results for one in result.result(timeout=seconds + 60)]
        counted = _counted(data / "almaportal.sqlite3", "too_fast")
    return made, watch, counted


def _processes(number: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(number, multiprocessing.get_context("spawn"), initializer=stack.end_with_parent)


def _counted(database: Path, outcome: str) -> int:
    with contextlib.closing(sqlite3.connect(database)) as rows:
        sql = (
            "SELECT coalesce(sum(calls), 0) FROM usage_bucket "
            "JOIN usage_series ON usage_series.id = series_id WHERE span = 0 AND outcome = ?"
        )
        return int(rows.execute(sql, [outcome]).fetchone()[0])


def measure(parts: Sequence[str]) -> list[Line]:
    makers = {"people": _people, "jobs": _jobs, "mixed": _mixed, "cost": _cost}
    return [line for part in parts for line in makers[part]()]


def _people() -> list[Line]:
    made, watch, counted = _run([Crew(1, "people", 16), Crew(2, "people", 16)], 30)
    setting = f"2 processes × 16 threads, pace {PACE} of {LIMIT}/s, {LATENCY_MS} ms a call, {len(made)} calls"
    refused = f"{watch.refused} seen by the emulator, {counted} counted by the portal"
    failed = sum(bool(one.error) for one in made)
    where = "bench.pace people"
    return [
        Line(f"Calls a second: {setting}", f"≥ {PROMISED_SHARE} % of {LIMIT}/s", _speed(made), where),
        Line("The same: calls refused with 429", "0", refused + (f"; {failed} calls failed" if failed else ""), where),
        Line(
            "The same: most calls in any one second, at the emulator", f"≤ {LIMIT}", f"{watch.most_in_a_second}", where
        ),
    ]


def _jobs() -> list[Line]:
    made, watch, counted = _run([Crew(1, "jobs", 16), Crew(2, "jobs", 16)], 20)
    measured = f"{_speed(made)}; {watch.refused + counted} refused; at most {watch.most_in_a_second} in any second"
    return [Line(f"Calls a second, everybody in the jobs' lane, {len(made)} calls", "–", measured, "bench.pace jobs")]


def _mixed() -> list[Line]:
    alone = [one.waited for one in _run([PERSON], 12)[0]]
    made, watch, counted = _run([*JOBS, PERSON], 30)
    beside = [one.waited for one in made if one.lane == "people"]
    jobs = [one for one in made if one.lane == "jobs"]
    measured = f"{_waits(beside)}; alone {_waits(alone)}; the jobs {_speed(jobs)}; {watch.refused + counted} refused"
    what = f"Wait of a person's call for its slot beside 12 threads of jobs, {len(beside)} calls"
    return [Line(what, "a slot or two (≤ 83 ms)", measured, "bench.pace mixed")]


def _cost() -> list[Line]:
    with stack.folder() as data, _processes(1) as pool:
        env = stack.prepared(data, f"http://{stack.HOST}:9")
        spent = pool.submit(costs, env, COSTS_TIMES).result(timeout=60)
    words = {"reservation": "reserving a slot", "count": "counting a call", "saved": "counting a kept answer"}
    measured = ", ".join(f"{words[name]} {ms(median(seconds))}" for name, seconds in spent.items())
    what = f"What the books of a call cost, one process, median of {COSTS_TIMES}"
    return [Line(what, "–", measured, "bench.pace cost")]


def _speed(made: Sequence[Made]) -> str:
    """Calls a second between the first answer and the last."""
    at = [one.answered_at for one in made]
    speed = (len(at) - 1) / (max(at) - min(at))
    return f"{speed:.2f}/s = {100 * speed / LIMIT:.1f} % of {LIMIT}/s"


def _waits(seconds: Sequence[float]) -> str:
    return f"p50 {ms(percentile(seconds, 50))}, p95 {ms(percentile(seconds, 95))}"


if __name__ == "__main__":
    main(PARTS, measure)
