"""One small institution for all tests; each test gets its own copy, with a clock it can set."""

import pytest

from almaportal.emulator.app import Emulator
from almaportal.emulator.options import Options
from tests.emulator.client import COLLECTIONS, MMS, Client, Clock, Place, place, with_clock


@pytest.fixture(scope="session")
def template() -> Emulator:
    return Emulator(Options(collections=14, portfolios=300, users=40, calls_per_second=0))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(template: Emulator, clock: Clock) -> Emulator:
    return with_clock(template.copy(), clock)


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return Client(emulator)


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
