"""Several processes run as one: started together, ended together, with a reason said when one of them dies.

Every child leads its own process group and is told to end when this process dies, whatever killed it (Linux). Only a
child's main process gets the signal to stop: a django-q2 cluster whose whole group is signalled at once hangs.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Sequence
from types import FrameType

STOP_SECONDS = 15.0
LAST_LINES = 15
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """One sentence for the person who started it."""


def check_port(port: int, name: str) -> None:
    """Raises CannotStart when something else listens on the port of this machine's loopback address."""
    if not 1 <= port <= 65535:
        raise CannotStart(f"{name}={port}: accepted is a port from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} cannot be used ({error.strerror}). Choose another: {name}=… or end what uses it."
            ) from None


def end_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent process dies; elsewhere there is nothing like it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One process; its output goes to ours line by line, with its name in front."""

    def __init__(self, name: str, command: Sequence[str], env: dict[str, str]) -> None:
        self.name = name
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self.process = subprocess.Popen(  # noqa: S603
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        self.reader = threading.Thread(target=self._copy_output, daemon=True)
        self.reader.start()

    def _copy_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.last_lines.append(line.rstrip())
            sys.stdout.write(f"{self.name:>8} | {line}")
            sys.stdout.flush()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Whatever is left of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Starts children, waits until they are well, and ends them all when one dies or when told to stop."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, name: str, command: Sequence[str], env: dict[str, str]) -> Child:
        child = Child(name, command, env)
        self.children.append(child)
        return child

    def finish(self, child: Child) -> None:
        """Wait for a child that has one thing to do. Raises CannotStart with its last lines when it fails."""
        while child.process.poll() is None and not self.stopping:
            time.sleep(0.05)
        if child.process.poll() is not None:
            self.children.remove(child)
            if child.process.returncode:
                raise CannotStart(_obituary(child))

    def wait_until_well(self, url: str, host: str, seconds: float = 60) -> None:
        """Wait for `url` to answer 200. Raises CannotStart when a child dies meanwhile or time runs out."""
        request = urllib.request.Request(url, headers={"Host": host})  # noqa: S310
        give_up_at = time.monotonic() + seconds
        while not self.stopping:
            self._check()
            with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
            if time.monotonic() > give_up_at:
                raise CannotStart(f"{url} did not answer within {seconds:.0f} seconds.")
            time.sleep(0.1)

    def watch(self) -> None:
        """Until told to stop. Raises CannotStart when a child dies."""
        while not self.stopping:
            self._check()
            time.sleep(0.2)

    def _check(self) -> None:
        for child in self.children:
            if child.process.poll() is not None:
                raise CannotStart(_obituary(child))

    def end(self) -> None:
        """End all children, the last started first; those that do not end in time are killed."""
        for child in reversed(self.children):
            child.stop()
        give_up_at = time.monotonic() + STOP_SECONDS
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.1, give_up_at - time.monotonic()))
            child.kill()
            child.reader.join(1)


def _obituary(child: Child) -> str:
    child.reader.join(1)
    last = "\n".join(f"  {line}" for line in child.last_lines) or "  (it said nothing)"
    return f"The {child.name} process ended with code {child.process.returncode}. Its last lines:\n{last}"
