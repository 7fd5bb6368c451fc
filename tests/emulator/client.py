"""A client that calls the emulator in the same process: no sockets."""

import gzip
import io
import json
from dataclasses import dataclass
from typing import Any

from almaportal.emulator.app import Emulator

COLLECTIONS = "/electronic/e-collections"
# A bib of the small institution of these tests.
MMS = "99100000100004711"


class Clock:
    """A clock that only moves when told to, and remembers the naps it took."""

    def __init__(self) -> None:
        self.time = 1_750_000_000.0  # 2025-06-15 15:06:40 GMT
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.time += seconds


def with_clock(emulator: Emulator, clock: Clock) -> Emulator:
    emulator.now, emulator.sleep = lambda: clock.time, clock.sleep
    return emulator


@dataclass
class Place:
    """Paths of one collection, its service and a portfolio of it."""

    collection: str
    service: str = ""
    portfolio: str = ""


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


class Response:
    """What came back: status, headers by lower-case name, and the body unpacked."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = int(status.split()[0])
        self.headers = {name.lower(): text for name, text in headers}
        self.body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Alma's error code, "" when the answer is none."""
        if self.text.startswith("<"):
            return self.text.partition("<errorCode>")[2].partition("<")[0]
        error = self.json.get("errorList", {}).get("error", [{}])
        return str(error[0].get("errorCode", ""))

    @property
    def message(self) -> str:
        return str(self.json["errorList"]["error"][0]["errorMessage"])


class Client:
    """Sends requests with one key; JSON unless told otherwise."""

    def __init__(self, emulator: Emulator, key: str = "demo-all") -> None:
        self.emulator, self.key = emulator, key

    def __call__(
        self, method: str, path: str, data: Any = None, *, base: str = "/almaws/v1", **environ: str
    ) -> Response:
        """`data`: a record sent as JSON, or bytes as they are; `environ` replaces entries of WSGI's."""
        path, _, query = path.partition("?")
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data).encode()
        defaults = {
            "REQUEST_METHOD": method,
            "PATH_INFO": base + path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json" if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "alma.test",
            "SERVER_PORT": "80",
            "HTTP_HOST": "alma.test",
            "HTTP_ACCEPT": "application/json",
            "HTTP_AUTHORIZATION": f"apikey {self.key}" if self.key else "",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }
        begun: list[Any] = []
        parts = self.emulator({**defaults, **environ}, lambda status, headers: begun.extend([status, headers]))
        return Response(*begun, b"".join(parts))

    def get(self, path: str, **environ: str) -> Response:
        return self("GET", path, **environ)

    def put(self, path: str, data: Any = None, **environ: str) -> Response:
        return self("PUT", path, data, **environ)

    def post(self, path: str, data: Any = None, **environ: str) -> Response:
        return self("POST", path, data, **environ)

    def delete(self, path: str, **environ: str) -> Response:
        return self("DELETE", path, **environ)
