"""What is too large is refused before it is received."""

import pytest
from django.conf import settings

from ecollections.loading.reading import MOST_BYTES
from tests.portal.reading import read

GIGABYTES = 2 * 1024**3


class Endless:
    """A body that must not be read."""

    def read(self, *_size):
        raise AssertionError("it was read")

    close = readline = read


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/ecollections/files/", "/accounts/login/"])
def test_it_is_refused_by_its_length_alone(client, address):
    response = client.generic("POST", address, CONTENT_LENGTH=str(GIGABYTES), **{"wsgi.input": Endless()})
    assert response.status_code == 413
    assert response["Connection"] == "close"
    assert "may have 52 MB: divide the file" in read(response).one("main").text
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_the_largest_file_fits_with_its_form():
    assert MOST_BYTES + 1024 * 1024 < settings.MOST_REQUEST_BYTES


def test_text_that_is_too_long_is_told_to_come_as_a_file(sign_in, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    response = sign_in("e-resources").post("/ecollections/files/", {"cells": "x" * 1024 * 1025})
    assert response.status_code == 413
    assert "1 MB in all: save it as a file" in read(response).one("main").text


def test_another_request_that_makes_no_sense_is_told_so(admin):
    response = admin.post("/ecollections/bulk/portfolios/", {"about": "nonsense"})
    assert response.status_code == 400
    assert "does not understand this request" in read(response).text


@pytest.mark.parametrize("length", ["", "nonsense", "-1"])
def test_a_length_that_is_none_is_no_matter(client, db, length):
    assert client.generic("POST", "/accounts/login/", CONTENT_LENGTH=length).status_code in (200, 403, 302)
