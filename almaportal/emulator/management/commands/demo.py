"""`manage.py demo`: the emulator, a worker and the web server, with four sign-ins, until Ctrl-C ends them all."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandParser

from almaportal import env, serve
from almaportal.supervisor import CannotStart, Supervisor, check_port

HOST = "127.0.0.1"
LATENCY_MS = 60  # a fast day of the real Alma
DELETE_SECONDS = 3
STOP_SECONDS = 10.0
# The demo talks to its own emulator whatever the machine's environment or .env says.
CLEARED = (
    "ALMA_",
    "DATABASE_URL",
    "REDIS_URL",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "SECRET_KEY",
    "DEBUG",
)


def demo_environment(data: Path, emulator_port: int) -> dict[str, str]:
    """The environment of the demo's processes. data: its folder; emulator_port: where its Alma listens."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "almaportal.settings",
        "ALMAPORTAL_DEMO": "1",
        "ALMAPORTAL_ENV_FILE": os.devnull,
        "ALMAPORTAL_DATA": str(data),
        "ALMA_API_KEY": "demo-all",
        "ALMA_BASE_URL": f"http://{HOST}:{emulator_port}",
        "ALMA_ENVIRONMENT": "demo",
        "ALMA_CALLS_PER_DAY": "100000",
    }


class Command(BaseCommand):
    help = "Run the whole portal with an embedded Alma, for trying it out."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--emulator-port", type=int, default=8001)
        parser.add_argument("--data", default="data/demo")

    def handle(self, *args: Any, port: int, emulator_port: int, data: str, **options: Any) -> None:
        supervisor = Supervisor(STOP_SECONDS)
        try:
            os.environ["ALMAPORTAL_DATA"] = data
            folder = env.data_folder("ALMAPORTAL_DATA", Path(data))
            check_port(port, "PORT")
            check_port(emulator_port, "EMULATOR_PORT")
            if port == emulator_port:
                raise CannotStart(f"PORT and EMULATOR_PORT are both {port}: choose two.")
            _run(supervisor, port, emulator_port, folder)
        except (CannotStart, ImproperlyConfigured) as error:
            print(f"The demo stops: {str(error).replace('ALMAPORTAL_DATA', 'DATA')}", file=sys.stderr)
            sys.exit(1)
        finally:
            supervisor.end()


def _run(supervisor: Supervisor, port: int, emulator_port: int, data: Path) -> None:
    environment = demo_environment(data, emulator_port)
    emulator = serve.manage(
        "emulator",
        f"--port={emulator_port}",
        f"--database={data / 'emulator.sqlite3'}",
        f"--latency-ms={LATENCY_MS}",
        f"--delete-seconds={DELETE_SECONDS}",
    )
    supervisor.start("alma", emulator, {**environment, "DJANGO_SETTINGS_MODULE": "almaportal.emulator.settings"})
    supervisor.finish(supervisor.start("prepare", serve.manage("prepare", "--demo-sign-ins"), environment))
    if supervisor.stopping:
        return
    supervisor.start("web", serve.web(HOST, port), environment)
    supervisor.start("worker", serve.worker(), environment)
    supervisor.wait_until_well(f"http://{HOST}:{port}/healthz")
    if not supervisor.stopping:
        print(_welcome(port, emulator_port), flush=True)
    supervisor.watch()


def _welcome(port: int, emulator_port: int) -> str:
    return (
        f"\nalmaportal is ready on http://{HOST}:{port}/\n"
        "Sign in as viewer, eresources, circulation or admin; the password is demo.\n"
        f"Its Alma is the emulator on http://{HOST}:{emulator_port}/almaws/v1. Ctrl-C ends everything.\n"
    )
