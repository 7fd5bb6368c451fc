"""The pace is one for all processes and threads: no slot is given twice."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.alone]
ROOT = Path(__file__).resolve().parent.parent.parent
RESERVE = """
import django; django.setup()
from concurrent.futures import ThreadPoolExecutor
from almaportal.alma.caller import Caller
from almaportal.alma.quota import Quota
with ThreadPoolExecutor(4) as threads:
    for slot, late in threads.map(lambda _: Quota()._reserve(Caller()), range(60)):
        print(f"{slot:.6f}", late)
"""


def test_two_processes_of_four_threads_get_120_slots_each_its_own(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ALMA", "DJANGO"))}
    environment |= {
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "almaportal.settings",
        "ALMAPORTAL_DATA": str(tmp_path),
        "ALMAPORTAL_ENV_FILE": os.devnull,
        "ALMA_CALLS_PER_SECOND": "200",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True, timeout=60)
    workers = [
        subprocess.Popen([sys.executable, "-c", RESERVE], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    lines = [line.split() for worker in workers for line in worker.communicate(timeout=60)[0].splitlines()]
    slots = sorted(float(slot) for slot, _late in lines)
    assert len(slots) == 120
    assert all(float(late) > float(slot) for slot, late in lines)  # each has one
    assert all(later - earlier >= 0.0049 for earlier, later in pairwise(slots))
