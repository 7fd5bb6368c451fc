"""The emulator in the same process, in the place of the network: what the gateway's one seam takes in tests."""

import io
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.util import setup_testing_defaults

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import NewConnectionError

from almaportal.emulator.app import Emulator
from almaportal.emulator.faults import ConnectionDropped, NeverAnswers


class EmulatorAdapter(BaseAdapter):
    """Answers requests from `emulator`; `unplugged` makes every connection fail before anything is sent."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self.emulator = emulator
        self.unplugged = False
        self.sent: list[requests.PreparedRequest] = []
        self.timeouts: list[Any] = []

    def send(self, request: requests.PreparedRequest, timeout: Any = None, **kwargs: Any) -> requests.Response:
        if self.unplugged:
            reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]
            raise requests.ConnectionError(type("MaxRetryError", (Exception,), {"reason": reason})())
        self.sent.append(request)
        self.timeouts.append(timeout)
        try:
            status, headers, body = self._call(request)
        except ConnectionDropped:
            raise requests.ConnectionError("dropped") from None
        except NeverAnswers:
            raise requests.ReadTimeout("timed out") from None
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response.raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        pass

    def _call(self, request: requests.PreparedRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        parts = urlsplit(request.url or "")
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else bytes(body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": _wsgi_path(parts.path),
            "RAW_URI": f"{parts.path}?{parts.query}",
            "QUERY_STRING": parts.query,
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.input": io.BytesIO(data),
            "wsgi.url_scheme": parts.scheme,
            "HTTP_HOST": parts.netloc,
        }
        setup_testing_defaults(environ)
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer["status"], answer["headers"] = int(status.split()[0]), headers

        content = b"".join(self.emulator(environ, start_response))
        return answer["status"], answer["headers"], content


def _wsgi_path(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")
