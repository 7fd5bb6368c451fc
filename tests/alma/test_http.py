"""The one module that touches the network, against a small server on this machine."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from almaportal.alma import http
from almaportal.env import Secret

Answer = Callable[[socket.socket], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    """serve(answer) → the address of a server that gives each connection to `answer`, once its request has come."""
    servers = []

    def start(answer: Answer) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def run() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                with connection:
                    start.asked.append(connection.recv(65536))
                    answer(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    start.asked = []
    yield start
    for server in servers:
        server.close()


def get(url: str, seconds: float = 5) -> http.Reply:
    return http.send("GET", url, "key", None, "application/json", seconds)


@pytest.mark.slow
def test_an_answer_comes_whole_unzipped_and_with_its_headers(serve):
    body = gzip.compress(b'{"total_record_count": 7}' * 5000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-Exl-Api-Remaining: 5\r\nContent-Length: {len(body)}\r\n\r\n"
    reply = get(serve(lambda connection: connection.sendall(head.encode() + body)))
    assert reply.status == 200
    assert reply.headers["x-exl-api-remaining"] == "5"
    assert reply.body == b'{"total_record_count": 7}' * 5000


@pytest.mark.slow
def test_half_an_answer_is_no_answer(serve):
    url = serve(lambda connection: connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"half": '))
    with pytest.raises(http.NoAnswer):
        get(url)


@pytest.mark.slow
def test_a_dropped_connection_is_no_answer(serve):
    with pytest.raises(http.NoAnswer):
        get(serve(lambda connection: None))


@pytest.mark.slow
def test_nobody_listening_means_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(http.NotSent):
        get(f"http://127.0.0.1:{port}/")


@pytest.mark.slow
def test_an_answer_that_trickles_in_is_given_up(serve):
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        for _ in range(500):
            try:
                connection.sendall(b" ")
            except OSError:
                return
            time.sleep(0.02)

    with pytest.raises(http.NoAnswer):
        get(serve(trickle), seconds=0.2)


@pytest.mark.slow
def test_silence_is_given_up(serve):
    silence = threading.Event()
    url = serve(lambda connection: silence.wait(5) and None)
    try:
        with pytest.raises(http.NoAnswer):
            get(url, seconds=0.1)
    finally:
        silence.set()


@pytest.mark.slow
def test_trouble_tells_neither_address_nor_key(serve):
    with pytest.raises(http.NoAnswer) as caught:
        get(serve(lambda connection: None))
    assert str(caught.value) == "ConnectionError"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.slow
def test_headers_that_trickle_in_are_given_up(serve):
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(100):
            try:
                connection.sendall(b"a")
            except OSError:
                return
            time.sleep(0.02)

    started = time.monotonic()
    with pytest.raises(http.NoAnswer):
        get(serve(trickle), seconds=0.3)
    assert time.monotonic() - started < 1.5


@pytest.mark.slow
def test_cookies_are_not_kept(serve):
    answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=1; Path=/\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
    url = serve(lambda connection: connection.sendall(answer))
    for _ in range(2):
        get(url, seconds=float("inf"))
    assert len(serve.asked) == 2
    assert b"Cookie" not in b"".join(serve.asked)


@pytest.mark.slow
def test_a_machine_s_proxy_is_not_for_the_machine_itself(serve, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    assert get(serve(lambda connection: connection.sendall(head))).body == b"{}"


def test_the_key_shows_itself_in_no_variable():
    assert repr(Secret("l7xx")) == "<SECRET>"
    assert f"apikey {Secret('l7xx')}" == "apikey l7xx"


def test_tls_below_1_2_is_not_spoken():
    adapter = http.TlsAdapter()
    proxied = adapter.proxy_manager_for("http://proxy.example:3128")
    for manager in (adapter.poolmanager, proxied):
        context = manager.connection_pool_kw["ssl_context"]
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.verify_mode == ssl.CERT_REQUIRED
