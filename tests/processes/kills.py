"""A job whose workers are killed (SIGKILL) at random moments, in a real database, against an Alma over HTTP.

    python -m tests.processes.kills edit|delete|create [kills] [seed]

Prints one JSON object: what became of the job, its items and the records. A worker is a fork of this process, so that
twenty deaths cost seconds. The three minutes until a worker counts as dead are not waited for: its sign of life is
set back, as are its holds.
"""

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import portal
from bench.stack import HOST

ITEMS = {"edit": 400, "delete": 700, "create": 250}
LATENCY_MS = 20  # before the work, and once more after it: half of the deaths fall between deed and answer
PACE = 150
SURE_AFTER = 8 * LATENCY_MS / 1000  # instead of three minutes
NOTE = "As the job wants it"


class Run:
    """One job from the start to the end."""

    def __init__(self, what: str, kills: int, seed: int) -> None:
        self.what, self.kills, self.random = what, kills, random.Random(seed)

    def run(self, data: Path) -> dict[str, Any]:
        port = _serve_alma(self)
        address = f"http://{HOST}:{port}"
        portal.begin(portal.environment(data, ALMA_BASE_URL=address, ALMA_CALLS_PER_SECOND=str(PACE)))
        portal.prepare()
        from almaportal.jobs import control
        from ecollections import making

        making.SURE_AFTER = timedelta(seconds=SURE_AFTER)
        job = self._job()
        self._work(job)
        if job.state != "ready":
            raise RuntimeError(f"{job.state}: {job.message}")
        self.before = self._records()
        del self.emulator.calls[:]
        control.start(job)
        killed_at = [self._kill_a_worker(job) for _n in range(self.kills)]
        self._work(job)
        return self._result(job) | {"killed_at": [n for n in killed_at if n is not None]}

    def _job(self) -> Any:
        from django.contrib.auth.models import Group

        from almaportal.accounts.models import User
        from almaportal.jobs import control

        person = User.objects.create_user(username="killed")
        person.groups.add(Group.objects.get(name=portal.ROLE))
        self.service = self.emulator.a_service()
        paths = ["/".join([*self.service, pid]) for pid in self.emulator.portfolios(self.service[1], ITEMS[self.what])]
        if self.what == "edit":
            action = {"path": "public_note", "do": "set", "value": NOTE}
            return control.submit("edit-portfolios", paths, {"actions": [action]}, person)
        if self.what == "delete":
            return control.submit("delete-portfolios", paths, {"bib": "retain"}, person)
        self.other_service = self.emulator.a_service(smallest=True)
        titles = [self._mms_id(path.split("/")[-1]) for path in paths]
        rows = [{"mms_id": mms_id, "to": "/".join(self.other_service)} for mms_id in titles]
        return control.submit("create-portfolios", rows, {"set": {"availability": "11"}}, person)

    def _mms_id(self, portfolio_id: str) -> str:
        return str(self.emulator.record("portfolio", portfolio_id)["resource_metadata"]["mms_id"]["value"])

    def _work(self, job: Any) -> None:
        """As workers do, until the job is over or waits for somebody."""
        from almaportal.jobs import claims, control
        from almaportal.jobs.models import Job
        from almaportal.jobs.work import work

        job.refresh_from_db()
        while job.state in control.UNDER_WAY or job.state == Job.State.WAITING:
            if job.state == Job.State.WAITING:
                time.sleep(SURE_AFTER)
                Job.objects.filter(state=Job.State.WAITING).update(wait_until=job.created)
                claims.revive()
            work(job.pk)
            job.refresh_from_db()

    def _kill_a_worker(self, job: Any) -> int | None:
        """Fork, let it work for a moment, kill it. How many items were over by then; None when the job was."""
        from django.db import connections

        from almaportal.changes.models import Hold
        from almaportal.jobs import control
        from almaportal.jobs.models import Item, Job

        connections.close_all()
        pid = os.fork()
        if pid == 0:
            try:
                self._work(job)
            finally:
                os._exit(0)
        time.sleep(self.random.uniform(0.05, 0.9))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        time.sleep(4 * LATENCY_MS / 1000)  # what it sent arrives
        Job.objects.update(heartbeat=None, attempts=0)  # that a job is given up after three deaths is another test
        Item.objects.filter(tries__gt=1).update(tries=1)  # and so is that an item is after ten
        Hold.objects.update(until=0)
        counts = control.counts(job)
        left = counts["pending"] + counts["sent"]
        return counts["total"] - left if left else None

    def _records(self) -> dict[str, Any]:
        return {pid: self.emulator.record("portfolio", pid) for pid in self.emulator.portfolios(self.service[1], 10**6)}

    def _result(self, job: Any) -> dict[str, Any]:
        from almaportal.jobs import control

        written = Counter(
            (call.method, call.path)
            for call in self.emulator.calls
            if call.method != "GET" and call.status in (200, 204)
        )
        counts = control.counts(job)
        return {
            "state": job.state,
            "counts": {state: number for state, number in counts.items() if number},
            "troubles": sorted({item.message for item in job.items.filter(state__in=("failed", "unsure"))})[:5],
            "calls": len(self.emulator.calls),
            "wrong": getattr(self, f"_wrong_{self.what}")(job)[:5],
            "written_twice": [f"{m} {p}" for (m, p), n in written.items() if n > 1 and m != "POST"],
        }

    def _wrong_edit(self, job: Any) -> list[str]:
        """Every record of the job has the note and nothing else that it had not; the others are as they were."""
        edited = {item.ids[-1] for item in job.items.all()}
        now = self._records()
        wanted = {pid: record | ({"public_note": NOTE} if pid in edited else {}) for pid, record in self.before.items()}
        return [pid for pid in wanted if now.get(pid) != wanted[pid]]

    def _wrong_delete(self, job: Any) -> list[str]:
        """Every record of the job is gone, the others are as they were, and what went is in the log as it was."""
        from almaportal.changes.models import Change

        wanted, now = {item.ids[-1] for item in job.items.all()}, self._records()
        kept = dict(Change.objects.filter(action="delete").values_list("record_id", "record"))
        gone = [pid for pid in wanted if pid in now or not _alike(kept.get(pid), self.before[pid])]
        return gone + [pid for pid in self.before if pid not in wanted and now.get(pid) != self.before[pid]]

    def _wrong_create(self, job: Any) -> list[str]:
        """Every title of the job has one portfolio in the service: none is there twice, none is missing but where
        somebody is asked to look."""
        service = self.other_service[1]
        there = Counter(self._mms_id(pid) for pid in self.emulator.portfolios(service, 10**6))
        unsure = {item.input["mms_id"] for item in job.items.filter(state="unsure")}
        asked = [item.input["mms_id"] for item in job.items.all()]
        return [mms_id for mms_id in asked if there[mms_id] != 1 and not (mms_id in unsure and there[mms_id] == 0)]


def _alike(kept: Any, record: Any) -> bool:
    """But for the links, which have the address of the Alma that was asked."""
    return bool(kept) and {**kept, "link": ""}.keys() == {**record, "link": ""}.keys()


def _serve_alma(run: Run) -> int:
    """An Alma in a thread of this process: its port. `run.emulator` is it."""
    from almaportal.emulator.app import Emulator
    from almaportal.emulator.messages import Answer, Request
    from almaportal.emulator.options import Options
    from almaportal.emulator.server import Server

    class Slow(Emulator):
        """As slow after the deed as before it."""

        def _answer(self, request: Request) -> Answer:
            answer = super()._answer(request)
            self.sleep(LATENCY_MS / 1000)
            return answer

        def a_service(self, smallest: bool = False) -> tuple[str, str]:
            """The path of the largest service, or of the smallest."""
            order = "ASC" if smallest else "DESC"
            row = self.store.rows(f"SELECT id, collection FROM services ORDER BY portfolios {order} LIMIT 1")[0]
            return str(row["collection"]), str(row["id"])

    run.emulator = Slow(Options(portfolios=800, users=1, latency_ms=LATENCY_MS, calls_per_second=0, calls_per_day=0))
    server = Server(HOST, 0)
    threading.Thread(target=server.serve, args=(run.emulator,), daemon=True).start()
    return int(server.server_address[1])


def main() -> None:
    what, *numbers = sys.argv[1:]
    kills, seed = ([int(n) for n in numbers] + [20, int(time.time())][len(numbers) :])[:2]
    with tempfile.TemporaryDirectory(prefix="almaportal-kills-", ignore_cleanup_errors=True) as folder:
        sys.stdout.write(json.dumps({"seed": seed, **Run(what, kills, seed).run(Path(folder))}))


if __name__ == "__main__":
    main()
