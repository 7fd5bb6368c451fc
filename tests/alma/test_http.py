"""The one module that touches the network, against a small server on this machine."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from almaportal.alma import http

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
                    connection.recv(65536)
                    answer(connection)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

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


def test_tls_below_1_2_is_not_spoken():
    context = http.TlsAdapter().poolmanager.connection_pool_kw["ssl_context"]
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_REQUIRED
