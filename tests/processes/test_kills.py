"""Workers that are killed (SIGKILL) at twenty random moments of a job (kills.py): what must come out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.alone]
ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 20


WHAT = ("edit", "delete", "create")


@pytest.fixture(scope="module")
def jobs():
    """What became of the three, which run at the same time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ALMA", "DJANGO"))}
    command = [sys.executable, "-m", "tests.processes.kills"]
    running = {
        what: subprocess.Popen(
            [*command, what, str(KILLS)],
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for what in WHAT
    }
    return {what: (*one.communicate(timeout=200), one.returncode) for what, one in running.items()}


@pytest.mark.parametrize("what", WHAT)
def test_every_record_ends_right_and_none_is_written_or_made_twice(jobs, what):
    said, trouble, code = jobs[what]
    assert code == 0, trouble[-3000:]
    found = json.loads(said.splitlines()[-1])
    assert found["state"] == "done", found
    assert found["counts"] == {"done": found["counts"]["total"], "total": found["counts"]["total"]}, found
    assert (found["wrong"], found["written_twice"]) == ([], []), found
    assert len(found["killed_at"]) > KILLS / 2, found
