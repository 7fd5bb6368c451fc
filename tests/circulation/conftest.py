import pytest


@pytest.fixture
def desk(sign_in):
    """Somebody of the circulation desk."""
    return sign_in("circulation")
