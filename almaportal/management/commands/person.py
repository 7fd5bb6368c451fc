"""`manage.py person NAME --role ROLE …`: make somebody who may sign in, or change their roles."""

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from almaportal.accounts.models import User
from almaportal.accounts.people import give_roles
from almaportal.accounts.roles import ROLES


class Command(BaseCommand):
    help = "Make a person who may sign in (asks for a password), or set the roles of one there is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name to sign in with")
        parser.add_argument("--role", action="append", choices=tuple(ROLES), default=[], help="may be given again")
        parser.add_argument("--new-password", action="store_true", help="also for a person there is")

    def handle(self, *args: Any, name: str, role: list[str], new_password: bool, **options: Any) -> None:
        user = User(username=name)
        try:
            user.clean_fields(exclude=["password"])
            is_new = not User.objects.filter(username=name).exists()
            password = _ask_for_password(user) if is_new or new_password else None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages) + " Nothing was changed.") from None
        give_roles(name, role, password)
        print(f"{name} may sign in; roles: {', '.join(role) or 'none'}.")


def _ask_for_password(user: User) -> str:
    """From the terminal, unseen; from a pipe when there is no terminal."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    validate_password(password, user)
    return password
