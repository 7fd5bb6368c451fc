"""Workers that are killed (SIGKILL) at twenty random moments of a job (kills.py): what must come out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 20


def killed(what, *more):
    command = [sys.executable, "-m", "tests.processes.kills", what, str(KILLS), *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ALMA", "DJANGO"))}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("what", ["edit", "delete", "create"])
def test_every_record_ends_right_and_none_is_written_or_made_twice(what):
    found = killed(what)
    assert found["state"] == "done", found
    assert found["counts"] == {"done": found["counts"]["total"], "total": found["counts"]["total"]}, found
    assert (found["wrong"], found["written_twice"]) == ([], []), found
    assert len(found["killed_at"]) > KILLS / 2, found
