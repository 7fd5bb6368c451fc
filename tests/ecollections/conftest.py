"""The largest e-collection of the emulated institution, and an Alma that says what one wants."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache

from tests.portal.quick import _quick_pages as _quick_pages
from tests.transport import EmulatorAdapter


@dataclass(frozen=True)
class Tree:
    """The IDs and the addresses of one e-collection, its service and its first portfolio."""

    collection_id: str
    service_id: str
    portfolio_id: str
    list = "/ecollections/"

    @property
    def collection(self) -> str:
        return f"/ecollections/{self.collection_id}/"

    @property
    def service(self) -> str:
        return f"{self.collection}services/{self.service_id}/"

    @property
    def portfolio(self) -> str:
        return f"{self.service}portfolios/{self.portfolio_id}/"

    def __getitem__(self, kind: str) -> str:
        address: str = getattr(self, kind)
        return address

    def id_of(self, kind: str) -> str:
        return {"collection": self.collection_id, "service": self.service_id, "portfolio": self.portfolio_id}[kind]


@pytest.fixture
def tree(emulator: Any) -> Tree:
    """Its service has 130 portfolios."""
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    return Tree(collection, service, emulator.portfolios(service)[0])


@pytest.fixture
def alma_says(transport: EmulatorAdapter, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """alma_says("/electronic/e-collections", {...}): that path's answer from now on; no copy stays."""
    answers: dict[str, bytes] = {}
    ask_emulator = transport._call

    def call(request: Any) -> tuple[int, list[tuple[str, str]], bytes]:
        path = request.url.partition("/almaws/v1")[2].partition("?")[0]
        if path in answers:
            return 200, [("Content-Type", "application/json")], answers[path]
        return ask_emulator(request)

    monkeypatch.setattr(transport, "_call", call)

    def say(path: str, data: Any) -> None:
        answers[path] = json.dumps(data).encode()
        cache.clear()

    return say


@pytest.fixture
def put(emulator: Any, tree: Tree) -> Callable[..., None]:
    """put("collection", public_name="x"): the record in Alma is changed, and nothing is kept of before."""

    def change(kind: str, **keys: Any) -> None:
        record = emulator.record(kind, tree.id_of(kind)) | keys
        emulator.put_record(kind, tree.id_of(kind), record)
        cache.clear()

    return change
