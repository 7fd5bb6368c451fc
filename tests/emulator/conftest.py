"""One small institution for all tests; each test gets its own copy, with a clock it can set."""

from dataclasses import dataclass

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options

from .client import Client

COLLECTIONS = "/electronic/e-collections"


class Clock:
    """A clock that only moves when told to, and remembers the naps it took."""

    def __init__(self) -> None:
        self.time = 1_750_000_000.0  # 2025-06-15 15:06:40 GMT
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.time += seconds


@dataclass
class Place:
    """Paths of one collection, its service and a portfolio of it."""

    collection: str
    service: str = ""
    portfolio: str = ""


@pytest.fixture(scope="session")
def template() -> Emulator:
    return Emulator(Options(collections=14, portfolios=300, calls_per_second=0))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(template: Emulator, clock: Clock) -> Emulator:
    return with_clock(template.copy(), clock)


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator)


def with_clock(emulator: Emulator, clock: Clock) -> Emulator:
    emulator.now, emulator.sleep = lambda: clock.time, clock.sleep
    return emulator


def place(emulator: Emulator, index: int) -> Place:
    """Collection number `index`, with its first service and portfolio where it has them."""
    collection = emulator.collections()[index]
    found = Place(f"{COLLECTIONS}/{collection}")
    services = emulator.services(collection)
    if services:
        found.service = f"{found.collection}/e-services/{services[0]}"
        portfolios = emulator.portfolios(services[0], limit=1)
        found.portfolio = f"{found.service}/portfolios/{portfolios[0]}" if portfolios else ""
    return found


@pytest.fixture
def big(emulator: Emulator) -> Place:
    """The largest collection, of the Community Zone."""
    return place(emulator, 0)


@pytest.fixture
def local(emulator: Emulator) -> Place:
    """A local collection whose service has one portfolio more or less."""
    return place(emulator, 6)


@pytest.fixture
def empty(emulator: Emulator) -> Place:
    """A local collection with a service and no portfolio."""
    return place(emulator, 2)


@pytest.fixture
def database(emulator: Emulator) -> Place:
    """A database: no service."""
    return place(emulator, 3)


@pytest.fixture
def new(client: Client) -> Place:
    """A local collection of our own with a service and a portfolio, all just made."""
    made = client.post(COLLECTIONS, {"public_name": "New", "type": {"value": "0"}}).json
    found = Place(f"{COLLECTIONS}/{made['id']}")
    service = client.post(f"{found.collection}/e-services", {"type": {"value": "getFullTxt"}}).json
    found.service = f"{found.collection}/e-services/{service['id']}"
    portfolio = client.post(f"{found.service}/portfolios/", {"resource_metadata": {"mms_id": {"value": MMS}}})
    found.portfolio = f"{found.service}/portfolios/{portfolio.json['id']}"
    return found


MMS = "99100000100004711"
