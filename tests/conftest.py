"""Every test has its own Alma (a copy of a small institution), its own clock and no network."""

import gc
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client

from almaportal.alma import clock as alma_clock
from almaportal.alma import http
from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options
from tests.transport import EmulatorAdapter


def pytest_collection_finish() -> None:
    """As in a web process (almaportal/wsgi.py): what is loaded by now is not looked through for garbage again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, start: float) -> None:
        self.start = self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time - self.start

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture(scope="session")
def institution() -> Emulator:
    """Sixty e-collections as in the demo, but the largest with 130 portfolios."""
    return Emulator(Options(portfolios=130, users=40))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Noon GMT of an ordinary day."""
    own = Clock(start=1_800_014_400.0)
    for name in ("now", "monotonic", "sleep"):
        monkeypatch.setattr(alma_clock, name, getattr(own, name))
    return own


@pytest.fixture
def emulator(institution: Emulator, clock: Clock) -> Emulator:
    """An Alma of one's own; `emulator.calls` is what it was asked."""
    own = institution.copy()
    own.now, own.sleep = clock.now, clock.sleep
    return own


@pytest.fixture
def transport(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> EmulatorAdapter:
    adapter = EmulatorAdapter(emulator)
    monkeypatch.setattr(http, "make_adapter", lambda: adapter)
    return adapter


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Only tests that are marked may open a connection, and those only to this machine."""
    allowed = {"browser", "slow"} & {marker.name for marker in request.node.iter_markers()}
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family == socket.AF_UNIX or (allowed and address[0] in ("127.0.0.1", "::1")):
            return connect(self, address)
        raise AssertionError(f"a test wanted to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def sign_in(db: None, transport: EmulatorAdapter, django_user_model: Any) -> Callable[..., Client]:
    """sign_in("viewer", "circulation") → a browser of somebody with these roles."""

    def make(*roles: str) -> Client:
        user = django_user_model.objects.create_user(username="-".join(roles) or "nobody")
        user.groups.set(Group.objects.filter(name__in=roles))
        return _signed_in(user)

    return make


def _signed_in(user: Any) -> Client:
    """As Client.force_login, without the login's own dozen of queries: most tests begin with it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["used"] = int(alma_clock.now())
    session.create()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def viewer(sign_in: Callable[..., Client]) -> Client:
    return sign_in("viewer")


@pytest.fixture
def admin(sign_in: Callable[..., Client]) -> Client:
    return sign_in("administrator")
