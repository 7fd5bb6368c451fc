"""`manage.py prepare`: everything that must be done before the portal starts; doing it again does no harm."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from almaportal.accounts.models import User
from almaportal.accounts.people import give_roles
from almaportal.alma.models import Pace

DEMO_PASSWORD = "demo"  # noqa: S105
DEMO_SIGN_INS = {
    "viewer": "viewer",
    "eresources": "e-resources",
    "circulation": "circulation",
    "admin": "administrator",
}


class Command(BaseCommand):
    help = "Bring the database up to date and collect the static files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo-sign-ins", action="store_true", help="one sign-in for each role; in the demo only")

    def handle(self, *args: Any, demo_sign_ins: bool, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo_sign_ins:
            if not settings.DEMO:
                raise CommandError("Sign-ins with a known password are made in the demo only.")
            make_demo_sign_ins()
            # A day that was used up for showing ends with a new start: the emulator says again what is left.
            Pace.objects.filter(pk=1).update(blocked_until=0, remaining=None)


def make_demo_sign_ins() -> None:
    """One sign-in for each role, all with the password `demo`."""
    for name, role in DEMO_SIGN_INS.items():
        if not User.objects.filter(username=name).exists():
            give_roles(name, [role], DEMO_PASSWORD)
