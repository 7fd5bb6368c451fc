"""Somebody who owns jobs, and their browser."""

from typing import Any

import pytest
from django.test import Client


@pytest.fixture
def editor(sign_in: Any) -> Client:
    return sign_in("e-resources")


@pytest.fixture
def owner(editor: Client, django_user_model: Any) -> Any:
    return django_user_model.objects.get(username="e-resources")
