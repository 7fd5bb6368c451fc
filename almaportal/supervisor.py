"""Several processes run as one: started together, ended together, with a reason said when one of them dies.

Every child leads its own process group, and only its main process gets the signal to stop: a django-q2 cluster whose
whole group is signalled at once hangs. A guard, a process of its own, ends the children when this one is killed.
"""

import contextlib
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

LAST_LINES = 15


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


def end_groups(groups: set[int], seconds: float) -> None:
    """SIGTERM to the leaders of these process groups; SIGKILL to all that is left of them after so many seconds.

    What a dead leader left behind is killed at once: nobody is there to end it (a django-q2 cluster would work on).
    """
    for group in groups:
        try:
            os.kill(group, signal.SIGTERM)
        except ProcessLookupError:
            _kill(group)
    give_up_at = time.monotonic() + seconds
    while any(map(_is_alive, groups)) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    for group in groups:
        _kill(group)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _is_alive(group: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(group, os.WNOHANG)  # a dead child that nobody asked about would count as alive
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def start_guard(stop_seconds: float) -> int:
    """Fork a process that learns of process groups through a pipe, and ends them when the pipe breaks.

    Returns the pipe's end to write to: a line "123" for a group to watch over, "-123" for one that has ended. It breaks
    when this process is gone, whatever ended it.
    """
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(read_end)
        return write_end
    os.close(write_end)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    with os.fdopen(read_end) as pipe:
        for told in map(int, pipe):
            (groups.add if told > 0 else groups.discard)(abs(told))
    end_groups(groups, stop_seconds)
    os._exit(0)


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
        )
        self.reader = threading.Thread(target=self._copy_output, daemon=True)
        self.reader.start()

    def _copy_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.last_lines.append(line.rstrip())
            with contextlib.suppress(OSError):  # nobody listens any more; the child's pipe must be emptied all the same
                sys.stdout.write(f"{self.name:>8} | {line}")
                sys.stdout.flush()


class Supervisor:
    """Starts children, waits until they are well, and ends them all when one dies or when told to stop.

    stop_seconds: how long they have to end by themselves.
    """

    def __init__(self, stop_seconds: float) -> None:
        self.stop_seconds = stop_seconds
        self.children: list[Child] = []
        self.stopping = False
        self.parent = os.getppid()
        self.guard = start_guard(stop_seconds)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, name: str, command: Sequence[str], env: dict[str, str]) -> Child:
        child = Child(name, command, env)
        self._tell_guard(child.process.pid)
        self.children.append(child)
        return child

    def finish(self, child: Child) -> None:
        """Wait for a child that has one thing to do. Raises CannotStart with its last lines when it fails."""
        while child.process.poll() is None and not self.stopping:
            time.sleep(0.05)
        if child.process.poll() is not None:
            self.children.remove(child)
            self._tell_guard(-child.process.pid)
            if child.process.returncode:
                raise CannotStart(_obituary(child))

    def wait_until_well(self, url: str, seconds: float = 60) -> None:
        """Wait for `url` to answer 200. Raises CannotStart when a child dies meanwhile or time runs out."""
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy is not for the machine itself
        give_up_at = time.monotonic() + seconds
        while not self.stopping:
            self._check()
            with contextlib.suppress(OSError), straight.open(url, timeout=2) as answer:
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
        if "MAKELEVEL" in os.environ and os.getppid() != self.parent:  # make was killed outright
            self.stopping = True
            return
        for child in self.children:
            if child.process.poll() is not None:
                raise CannotStart(_obituary(child))

    def end(self) -> None:
        """End all children; those that do not end in time are killed."""
        end_groups({child.process.pid for child in self.children}, self.stop_seconds)
        for child in self.children:
            self._tell_guard(-child.process.pid)
            child.reader.join(1)

    def _tell_guard(self, number: int) -> None:
        os.write(self.guard, f"{number}\n".encode())


def _obituary(child: Child) -> str:
    child.reader.join(1)
    last = "\n".join(f"  {line}" for line in child.last_lines) or "  (it said nothing)"
    return f"The {child.name} process ended with code {child.process.returncode}. Its last lines:\n{last}"
