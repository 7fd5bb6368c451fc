"""`manage.py serve`: web server and worker against the Alma of the environment, until Ctrl-C."""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from almaportal import serve
from almaportal.supervisor import CannotStart, Supervisor, check_port

STOP_SECONDS = 35.0  # more than the web server gives its pages


class Command(BaseCommand):
    help = "Run the web server and a worker, until Ctrl-C ends both."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, port: int, host: str, **options: Any) -> None:
        supervisor = Supervisor(STOP_SECONDS)
        try:
            check_port(port, "PORT")
            supervisor.finish(supervisor.start("prepare", serve.manage("prepare"), dict(os.environ)))
            supervisor.start("web", serve.web(host, port), dict(os.environ))
            supervisor.start("worker", serve.worker(), dict(os.environ))
            listening = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
            supervisor.wait_until_well(f"http://{listening}:{port}/healthz")
            if not supervisor.stopping:
                print(_welcome(host, port), flush=True)
            supervisor.watch()
        except CannotStart as error:
            print(f"almaportal stops: {error}", file=sys.stderr)
            sys.exit(1)
        finally:
            supervisor.end()


def _welcome(host: str, port: int) -> str:
    if settings.PLAIN_HTTP:
        return f"almaportal is ready on http://{host}:{port}/ (Alma: {settings.ALMA_BASE_URL})"
    return (
        f"almaportal is ready behind {host}:{port} (Alma: {settings.ALMA_BASE_URL}). The server before it speaks TLS "
        "and sends X-Forwarded-Proto: https; for a try on this machine over plain HTTP set DEBUG=1."
    )
