"""Somebody who owns jobs, and their browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from almaportal.jobs.models import Job
from tests.portal.reading import Element, read


@pytest.fixture
def editor(sign_in: Any) -> Client:
    return sign_in("e-resources")


@pytest.fixture
def owner(editor: Client, django_user_model: Any) -> Any:
    return django_user_model.objects.get(username="e-resources")


@pytest.fixture
def show(editor: Client, clock: Any) -> Callable[[Job], Element]:
    """show(job) → its page."""
    return lambda job: read(editor.get(f"/jobs/{job.pk}/"))
