"""The portal in this process as in production: its settings, database and cache on disk; an Alma without a network."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from almaportal.emulator.management.commands.demo import CLEARED
from bench.stack import end_with_parent

if TYPE_CHECKING:
    from tests.transport import EmulatorAdapter

ROLE = "e-resources"


def environment(data: Path, **more: str) -> dict[str, str]:
    """Production's environment, nothing taken from this machine's; `more` stands above."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "almaportal.settings",
        "ALMAPORTAL_ENV_FILE": os.devnull,
        "ALMAPORTAL_DATA": str(data),
        "SECRET_KEY": "x" * 64,
        "ALLOWED_HOSTS": "testserver",
        "ALMA_API_KEY": "demo-all",
        "ALMA_BASE_URL": "https://alma.invalid",
        **more,
    }


def begin(env: dict[str, str]) -> None:
    """Django in this process, in this environment."""
    import django

    os.environ.clear()
    os.environ.update(env)
    django.setup()


def elsewhere(function: Callable[..., Any], env: dict[str, str], *arguments: Any) -> Any:
    """Call it in a process of its own, with Django in that environment."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=end_with_parent) as pool:
        return pool.submit(_begun, function, env, *arguments).result()


def _begun(function: Callable[..., Any], env: dict[str, str], *arguments: Any) -> Any:
    begin(env)
    return function(*arguments)


def prepare() -> None:
    """Database and static files, as `manage.py prepare` makes them."""
    from django.core.management import call_command

    call_command("prepare")


def signed_in():
    """A browser of somebody who may edit e-resources."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.test import Client

    user, _made = get_user_model().objects.get_or_create(username="bench")
    user.groups.add(Group.objects.get(name=ROLE))
    browser = Client()
    browser.force_login(user)
    return browser


def plug_in() -> "EmulatorAdapter":
    """The institution of the default options, with 55,900 portfolios in its largest collection, in Alma's place."""
    import_module("almaportal.wsgi")  # what a web server does to the process, it does here too
    from almaportal.alma import http
    from almaportal.emulator.app import Emulator
    from almaportal.emulator.options import Options
    from tests.transport import EmulatorAdapter

    adapter = EmulatorAdapter(Emulator(Options()))
    http.make_adapter = lambda: adapter
    return adapter
