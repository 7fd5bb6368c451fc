"""A real Chromium before the whole portal, with the emulator in the same process in the place of Alma."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, Request, sync_playwright

from almaportal.accounts.roles import make_groups
from almaportal.alma import http
from almaportal.alma.models import Pace
from ecollections.titles.words import TABLE, is_postgresql
from tests.jobs.test_faults import work_off_the_queue
from tests.transport import EmulatorAdapter

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps an event loop in the tests' thread

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW, ZOOMED = 1360, 390, 340
PASSWORD = "right horse"
OLD = "Old words"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if not path:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def _what_migrations_made() -> None:
    """A test with real transactions ends by emptying every table that has a model: that of words has none."""
    with connection.cursor() as cursor:
        empty = f"DELETE FROM {TABLE}" if is_postgresql() else f"INSERT INTO {TABLE}({TABLE}) VALUES ('delete-all')"
        cursor.execute(empty)
    Pace.objects.get_or_create(pk=1)
    make_groups()


@pytest.fixture(scope="package", autouse=True)
def _leave_the_database_as_it_was(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    yield
    with django_db_blocker.unblock():
        _what_migrations_made()


@pytest.fixture
def site(transactional_db: None, live_server: Any, transport: EmulatorAdapter) -> str:
    """The address of the portal."""
    _what_migrations_made()
    return str(live_server.url)


class Watch:
    """What no page may do: say anything to the console, fail in a script, ask another host."""

    def __init__(self, site: str) -> None:
        self.site, self.seen = site, []
        self.allowed = ["^info: Autofocus processing was blocked"]  # somebody was quicker than the page

    def attach(self, page: Page) -> None:
        page.on("console", lambda message: self.seen.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.site}/", "data:", "blob:")):
            self.seen.append(f"request to {request.url}")

    def allow(self, pattern: str) -> None:
        """A failed answer is always said to the console: that is the browser, not the page."""
        self.allowed.append(pattern)

    def complaints(self) -> list[str]:
        return [one for one in self.seen if not any(re.search(pattern, one) for pattern in self.allowed)]


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    watch = Watch(site)
    yield watch
    assert watch.complaints() == []


@pytest.fixture
def person(site: str, django_user_model: Any) -> Any:
    """Ada, an administrator."""
    ada = django_user_model.objects.create_user(username="Ada", password=PASSWORD)
    ada.groups.set(Group.objects.filter(name="administrator"))
    return ada


@pytest.fixture
def grace(site: str, django_user_model: Any) -> Any:
    """Another administrator."""
    grace = django_user_model.objects.create_user(username="Grace")
    grace.groups.set(Group.objects.filter(name="administrator"))
    return grace


@pytest.fixture
def open_tab(chromium: Browser, site: str, watch: Watch, person: Any) -> Iterator[Callable[..., Page]]:
    """open_tab(width=…, user=…) → an empty tab of a browser in which that person, or for None nobody, is signed in."""
    contexts = []

    def make(width: int = WIDE, user: Any = person, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, base_url=site, **options)
        contexts.append(context)
        if user:
            client = Client()
            client.force_login(user)
            context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
        context.set_default_timeout(5000)
        page = context.new_page()
        watch.attach(page)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def tab(request: pytest.FixtureRequest, open_tab: Callable[..., Page]) -> Page:
    """Ada's tab, on a desk and on a phone."""
    return open_tab(width=request.param)


@pytest.fixture
def wide(open_tab: Callable[..., Page]) -> Page:
    return open_tab()


class Worker:
    """The worker of the jobs, in the tests' own thread: it works when the test says so, and pages wait meanwhile, since
    the database of the tests has but one connection."""

    def __init__(self) -> None:
        self.turn = Lock()

    def slice(self) -> None:
        """The next job of the queue gets its minute."""
        with self.turn:
            work_off_the_queue(most=1)

    def all(self) -> None:
        """Until the queue is empty."""
        with self.turn:
            work_off_the_queue()

    def slice_in_which(self, act: Callable[[], object], nth: int = 3) -> None:
        """A slice that stands still before its nth write, while `act` does something in the browser."""
        send, writes = http.send, []

        def stand_still(method: str, *others: Any) -> Any:
            if method != "GET":
                writes.append(method)
                if len(writes) == nth:
                    self.turn.release()
                    act()
                    self.turn.acquire()
            return send(method, *others)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(http, "send", stand_still)
            self.slice()
        assert len(writes) >= nth, f"the slice had {len(writes)} writes"


@pytest.fixture
def worker(site: str) -> Iterator[Worker]:
    own = Worker()

    def take(**_signal: Any) -> None:
        own.turn.acquire()

    def give(**_signal: Any) -> None:
        own.turn.release()

    request_started.connect(take)
    request_finished.connect(give)
    yield own
    request_started.disconnect(take)
    request_finished.disconnect(give)


@pytest.fixture
def addresses(emulator: Any) -> dict[str, str]:
    """Kind of page → address, of the largest e-collection."""
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    portfolio = emulator.portfolios(service)[0]
    found = {"list": "/ecollections/", "collection": f"/ecollections/{collection}/"}
    found["service"] = f"{found['collection']}services/{service}/"
    found["portfolio"] = f"{found['service']}portfolios/{portfolio}/"
    return found


@pytest.fixture
def ids(emulator: Any, addresses: dict[str, str]) -> list[str]:
    """The portfolios of a service's first two pages of 20, each with a public note: “Old words 0” and so on."""
    found: list[str] = emulator.portfolios(addresses["service"].rstrip("/").rpartition("/")[2], 40)
    for n, one in enumerate(found):
        emulator.put_record("portfolio", one, emulator.record("portfolio", one) | {"public_note": f"{OLD} {n}"})
    return found


@pytest.fixture
def note(emulator: Any) -> Callable[[str], str]:
    """note(ID of a portfolio) → its public note in Alma."""
    return lambda one: str(emulator.record("portfolio", one)["public_note"])
