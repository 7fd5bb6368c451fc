"""Forms without drop-downs."""

import pytest


@pytest.fixture(autouse=True)
def _no_code_tables(settings):
    """A key without Configuration: no calls but those that these tests are about."""
    settings.ALMA_KEYS = {"electronic": "demo-all", "bibs": "demo-all"}
