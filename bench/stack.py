"""The portal's processes on free ports of 127.0.0.1, with a data folder of their own, ended whatever happens."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from almaportal import serve
from almaportal.emulator.management.commands.demo import demo_environment

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A data folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="almaportal-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def end_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent dies, however it does; elsewhere there is nothing like it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def process(command: Sequence[str], env: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a process group of its own; what it says goes to the file `output`."""
    with output.open("wb") as file:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        try:
            yield child
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the main process, which ends its own children; kill what is left of the group after a while."""
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def wait_until(true: Callable[[], bool], child: subprocess.Popen[bytes], output: Path, seconds: float = 60) -> None:
    """Look every 10 ms. RuntimeError with the process's last words when it ends or time runs out before."""
    give_up_at = time.monotonic() + seconds
    while not true():
        if child.poll() is not None or time.monotonic() > give_up_at:
            raise RuntimeError(f"{child.args} is not well:\n{output.read_text(errors='replace')[-2000:]}")
        time.sleep(0.01)


def answers(url: str) -> bool:
    """Whether an HTTP server answers there, whatever it answers."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def emulator(data: Path, *arguments: str) -> Iterator[str]:
    """A real `manage.py emulator`; gives its address."""
    port, output = free_port(), data / "emulator.log"
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "almaportal.emulator.settings"}
    with process(serve.manage("emulator", f"--port={port}", *arguments), env, output) as child:
        wait_until(lambda: answers(f"http://{HOST}:{port}/emulator/faults"), child, output)
        yield f"http://{HOST}:{port}"


def prepared(data: Path, emulator_address: str, **more: str) -> dict[str, str]:
    """The demo's environment, after `manage.py prepare` made database, sign-ins and static files in `data`."""
    env = demo_environment(data, int(emulator_address.rpartition(":")[2])) | more
    subprocess.run(serve.manage("prepare", "--demo-sign-ins"), cwd=ROOT, env=env, check=True, timeout=120)
    return env


@contextlib.contextmanager
def web(data: Path, env: dict[str, str]) -> Iterator[str]:
    """The web server as `make run` starts it; gives its address."""
    port, output = free_port(), data / "web.log"
    with process(serve.web(HOST, port), env, output) as child:
        wait_until(lambda: answers(f"http://{HOST}:{port}/healthz"), child, output)
        yield f"http://{HOST}:{port}"


@contextlib.contextmanager
def demo(data: Path, command: Sequence[str] | None = None) -> Iterator[str]:
    """`manage.py demo`, or `make demo` as `command`, until it says that it is ready; gives its address."""
    port, output = free_port(), data.parent / f"{data.name}-demo.log"
    names = {"port": port, "emulator_port": free_port(), "data": data}
    words = [word.format(**names) for word in command or DEMO]
    try:
        with process(words, dict(os.environ), output) as child:
            wait_until(lambda: b"is ready" in output.read_bytes(), child, output, seconds=120)
            yield f"http://{HOST}:{port}"
    finally:
        output.unlink(missing_ok=True)


DEMO = serve.manage("demo", "--port={port}", "--emulator-port={emulator_port}", "--data={data}")
MAKE_DEMO = ["make", "demo", "PORT={port}", "EMULATOR_PORT={emulator_port}", "DATA={data}"]
