import pytest

from almaportal.alma.caller import Caller, calling
from almaportal.alma.gateway import Gateway


@pytest.fixture
def gateway(db, transport) -> Gateway:
    """The gateway, connected to the test's own Alma."""
    return Gateway()


@pytest.fixture
def as_job():
    with calling(Caller(lane="jobs", job_id=7)):
        yield
