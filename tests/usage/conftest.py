"""The usage page and its files, as an administrator asks for them."""

import csv
from urllib.parse import urlencode

import pytest

from tests.portal.reading import read


@pytest.fixture
def usage(admin):
    def show(address="", **query):
        query = {word.rstrip("_"): value for word, value in query.items()}
        response = admin.get(f"/usage/{address or '?' + urlencode(query)}")
        assert response.status_code == 200
        return read(response)

    return show


@pytest.fixture
def download(admin):
    def get(part, **query):
        response = admin.get("/usage/csv/", {"part": part, **query})
        text = b"".join(response).decode("utf-8-sig")
        return response, list(csv.DictReader(text.splitlines()))

    return get
