"""A threaded HTTP/1.1 server for the emulator, on the standard library alone.

Django's and wsgiref's servers turn an exception of the application into a 500; here two of them must
close the connection or leave it silent.
"""

import io
import socket
import socketserver
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from .app import Emulator
from .faults import ConnectionDropped, NeverAnswers

# More than the gateway lets through, so that the gateway's own refusal is what the client sees.
_LARGEST_BODY = 16 * 1024 * 1024
_SILENCE_SECONDS = 600.0
_IDLE_SECONDS = 120.0


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection. OSError when the address is taken."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, verbose: bool = False) -> None:
        """Bind and listen; connections wait until `serve`."""
        self.emulator: Emulator
        self.verbose = verbose
        self.stopping = Event()
        self.busy: set[Handler] = set()
        super().__init__((host, port), Handler)

    def serve(self, emulator: Emulator) -> None:
        """Answer until an exception (a signal's) ends it; then let running requests finish, 3 s at most."""
        self.emulator = emulator
        try:
            self.serve_forever(poll_interval=0.1)
        finally:
            self.stopping.set()
            end = time.monotonic() + 3
            while self.busy and time.monotonic() < end:
                time.sleep(0.02)
            self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: request after request, until one side closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    wbufsize = -1  # headers and body leave together
    server: Server

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.send_error(411 if "Transfer-Encoding" in self.headers else 413)
            return
        body = self.rfile.read(int(length))
        self.server.busy.add(self)
        try:
            parts = self.server.emulator(self._environ(body), self._start)
            self.wfile.write(b"".join(parts))
            self.wfile.flush()
        except ConnectionDropped:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        except NeverAnswers:
            self.server.busy.discard(self)
            self.server.stopping.wait(_SILENCE_SECONDS)
            self.close_connection = True
        finally:
            self.server.busy.discard(self)
            if self.server.stopping.is_set():
                self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ = {
            "REQUEST_METHOD": self.command,
            "REQUEST_URI": self.path,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
        }
        environ.update({f"HTTP_{name.upper().replace('-', '_')}": text for name, text in self.headers.items()})
        return environ

    def _start(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, phrase = status.partition(" ")
        self.log_request(code)
        self.send_response_only(int(code), phrase)
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests go to stderr only when asked for."""
        if self.server.verbose:
            super().log_message(format, *args)
