"""`manage.py demo` as a newcomer runs it: what it says, and that nothing is left behind however it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent.parent


class Demo:
    """A running demo; `said` is what it has printed so far."""

    def __init__(self, folder: Path, **ports: int) -> None:
        self.log = folder / "log.txt"
        self.port, self.emulator_port = ports["port"], ports["emulator_port"]
        command = [sys.executable, "manage.py", "demo", f"--data={folder / 'data'}"]
        command += [f"--port={self.port}", f"--emulator-port={self.emulator_port}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ALMA", "DJANGO"))}
        # What the machine's environment says must not lead the demo to a real Alma.
        environment |= {"ALMA_API_KEY": "a-real-key-0123", "ALMA_REGION": "nowhere"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def until(self, condition: Callable[[], bool], seconds: float = 40) -> None:
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, (self.said, self.children())
            time.sleep(0.1)

    def until_ready(self) -> "Demo":
        self.until(lambda: "almaportal is ready" in self.said or self.process.poll() is not None)
        return self

    def children(self) -> dict[str, int]:
        """The processes below it, by a word of their command lines."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_text().replace("\0", " ")
                data = f"ALMAPORTAL_DATA={self.log.parent / 'data'}" in (entry / "environ").read_text()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if data and state != "Z" and int(entry.name) != self.process.pid:
                words = ("qcluster", "gunicorn", "emulator")
                found[next((word for word in words if word in command), command) + entry.name] = int(entry.name)
        return found

    def child(self, word: str) -> int:
        """The main process of one kind: the one that the others of its kind were forked from."""
        return min(pid for name, pid in self.children().items() if name.startswith(word))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    """demo() starts one on free ports; it and everything below it ends with the test."""
    started: list[Demo] = []

    def start(**ports: int) -> Demo:
        free = {name: _free_port() for name in ("port", "emulator_port")}
        started.append(Demo(tmp_path, **(free | ports)))
        return started[-1]

    yield start
    for one in started:
        one.process.terminate()
        try:
            one.process.wait(30)
        except subprocess.TimeoutExpired:
            one.process.kill()
        for pid in one.children().values():
            os.kill(pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_it_says_where_it_is_and_how_to_sign_in_once_it_is_well(demo):
    running = demo().until_ready()
    assert f"almaportal is ready on http://127.0.0.1:{running.port}/" in running.said
    assert "viewer, eresources, circulation or admin; the password is demo" in running.said
    with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/healthz", timeout=5) as answer:
        assert answer.status == 200
    assert {name.rstrip("0123456789") for name in running.children()} >= {"qcluster", "gunicorn", "emulator"}
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert running.children() == {}
    assert "Traceback" not in running.said


def test_its_worker_sweeps(demo):
    running = demo().until_ready()
    url = f"http://127.0.0.1:{running.port}/healthz"

    def worker_is_ok() -> bool:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return b'"worker": "ok"' in answer.read()

    running.until(worker_is_ok, seconds=70)
    running.process.terminate()
    assert running.process.wait(30) == 0
    assert running.children() == {}


@pytest.mark.parametrize("killer", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_behind_when_its_own_process_is_killed(demo, killer):
    running = demo().until_ready()
    assert len(running.children()) >= 3
    running.process.send_signal(killer)
    running.process.wait(30)
    running.until(lambda: running.children() == {}, seconds=30)


@pytest.mark.parametrize(("kind", "name"), [("emulator", "alma"), ("gunicorn", "web"), ("qcluster", "worker")])
def test_all_end_when_one_of_them_dies_and_its_last_lines_are_shown(demo, kind, name):
    running = demo().until_ready()
    os.kill(running.child(kind), signal.SIGKILL)
    assert running.process.wait(30) == 1
    assert f"The {name} process ended with code -9. Its last lines:" in running.said
    running.until(lambda: running.children() == {}, seconds=10)


@pytest.mark.parametrize("which", ["port", "emulator_port"])
def test_a_taken_port_is_one_clear_sentence(demo, which):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = demo(**{which: port})
        assert running.process.wait(30) == 1
    assert running.said.strip().count("\n") == 0
    assert f"Port {port} cannot be used" in running.said
    assert f"{which.upper()}=" in running.said


def test_an_unwritable_folder_is_one_clear_sentence(tmp_path):
    (tmp_path / "file").touch()
    command = [sys.executable, "manage.py", "demo", f"--data={tmp_path / 'file' / 'data'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert "cannot be written" in done.stderr


def test_a_database_that_cannot_be_prepared_is_said_and_ends_all(demo, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "almaportal.sqlite3").write_text("this is no database, whatever its name says " * 50)
    running = demo()
    assert running.process.wait(30) == 1
    assert "The prepare process ended with code 1. Its last lines:" in running.said
    assert "file is not a database" in running.said
    running.until(lambda: running.children() == {}, seconds=10)


@pytest.mark.skipif(not (ROOT / ".venv" / ".ready").exists(), reason="make would first make its environment")
def test_nothing_stays_behind_when_make_is_killed(tmp_path):
    port, emulator_port = _free_port(), _free_port()
    log = tmp_path / "log.txt"
    command = ["make", "demo", f"PORT={port}", f"EMULATOR_PORT={emulator_port}", f"DATA={tmp_path / 'data'}"]
    with log.open("w") as output:
        make = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    running = Demo.__new__(Demo)
    running.log, running.process = log, make
    running.until_ready()
    make.kill()
    make.wait(10)
    running.until(lambda: running.children() == {}, seconds=40)
