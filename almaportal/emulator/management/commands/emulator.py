"""`manage.py emulator`: the embedded Alma on an address of its own."""

import signal
from argparse import ArgumentParser
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError

from almaportal.emulator.app import Emulator
from almaportal.emulator.messages import BASE_PATH
from almaportal.emulator.options import Options
from almaportal.emulator.server import Server

_NUMBERS = {
    "collections": "number of e-collections",
    "portfolios": "number of portfolios of the largest collection",
    "users": "number of people",
    "latency_ms": "milliseconds each call takes",
    "calls_per_second": "threshold of the institution, 0: none",
    "calls_per_day": "threshold of the institution, 0: none",
    "seed": "another number makes other titles",
}


class Command(BaseCommand):
    """Serve the emulator until SIGTERM or Ctrl-C. It needs neither Django's database nor settings of ours."""

    help = "Run a stand-in for the Alma REST gateway (see docs/emulator.md)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of `Options`, and the address."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        for name, text in _NUMBERS.items():
            default = getattr(Options, name)
            flag = f"--{name.replace('_', '-')}"
            parser.add_argument(flag, type=_whole, default=default, help=f"{text} ({default})")
        text = "seconds that the delete of a service or portfolio stays in process (0)"
        parser.add_argument("--delete-seconds", type=float, default=0.0, help=text)
        text = "keep requests that are over (should_anonymize_requests is false)"
        parser.add_argument("--request-history", action="store_true", help=text)
        parser.add_argument("--database", default=":memory:", help="file that keeps the edits (none)")
        parser.add_argument("--verbose", action="store_true", help="log every request on stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        """Bind first: a taken port must not rebuild the database that the other emulator is using."""
        host, port = options["host"], options["port"]
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            server = Server(host, port, options["verbose"])
        except (OSError, OverflowError) as error:
            raise CommandError(f"The emulator cannot listen on {host}:{port}: {error}.") from None
        names = (*_NUMBERS, "delete_seconds", "request_history", "database")
        try:
            emulator = Emulator(Options(**{name: options[name] for name in names}))
        except ValueError as error:
            raise CommandError(str(error)) from None
        self._say_ready(emulator, f"http://{host}:{server.server_address[1]}")
        server.serve(emulator)

    def _say_ready(self, emulator: Emulator, address: str) -> None:
        if emulator.store.notice:
            self.stdout.write(emulator.store.notice)
        collections = len(emulator.collections())
        portfolios = emulator.store.rows("SELECT coalesce(sum(portfolios), 0) AS n FROM services")[0]["n"]
        people = emulator.options.users
        keys = ", ".join(key.name for key in emulator.options.keys)
        self.stdout.write(
            f"Emulator ready on {address}{BASE_PATH} "
            f"({collections:,} collections, {portfolios:,} portfolios, {people:,} people; keys: {keys})"
        )
        self.stdout.flush()


def _whole(text: str) -> int:
    """A number of 0 or more."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def _stop(signum: int, frame: Any) -> NoReturn:
    """End the serving loop in the main thread; the command then ends with exit code 0."""
    raise SystemExit(0)
