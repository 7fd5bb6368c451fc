"""The management command and its server, over real sockets."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": "apikey demo-all", "Accept": "application/json"}

pytestmark = pytest.mark.slow


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "emulator", *arguments]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running emulator and its port."""
    arguments = ("--port", "0", "--collections", "4", "--portfolios", "20", "--calls-per-second", "0")
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        found = re.match(r"Emulator ready on http://127\.0\.0\.1:(\d+)/almaws/v1 \(4 collections, .*demo-all", line)
        assert found, line
        yield process, int(found[1])
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_it_keeps_connections_open_and_survives_every_fault(server: tuple[object, int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=5)

    def call(method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        connection.request(method, path, body, HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read()

    assert call("GET", "/almaws/v1/conf/test")[0] == 200
    first = connection.sock
    assert call("GET", "/almaws/v1/electronic/e-collections?limit=100")[0] == 200
    assert call("DELETE", "/almaws/v1/electronic/e-collections/61100000030004711") == (204, b"")
    assert call("GET", "/almaws/v1/nowhere")[0] == 404
    assert connection.sock is first
    assert call("POST", "/emulator/faults", json.dumps({"kind": "drop"}))[0] == 200
    with pytest.raises(http.client.RemoteDisconnected):
        call("GET", "/almaws/v1/conf/test")
    assert call("GET", "/almaws/v1/conf/test")[0] == 200
    assert call("POST", "/emulator/faults", json.dumps({"kind": "timeout"}))[0] == 200
    connection.close()
    silent = http.client.HTTPConnection("127.0.0.1", server[1], timeout=0.3)
    silent.request("GET", "/almaws/v1/conf/test", headers=HEADERS)
    with pytest.raises(TimeoutError):
        silent.getresponse()
    silent.close()
    assert call("GET", "/almaws/v1/conf/test")[0] == 200
    connection.close()


def test_it_answers_64_connections_at_once(server: tuple[object, int]) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server[1], timeout=10) for _ in range(64)]

    def call(connection: http.client.HTTPConnection) -> int:
        statuses = set()
        for _ in range(3):
            connection.request("GET", "/almaws/v1/electronic/e-collections", headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            statuses.add(answer.status)
        return statuses.pop() if len(statuses) == 1 else 0

    for connection in connections:
        connection.connect()
    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(call, connections)) == [200] * 64
    for connection in connections:
        connection.close()


def test_an_encoded_slash_stays_in_its_segment(server: tuple[object, int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server[1], timeout=5)
    connection.request("GET", "/almaws/v1/electronic/e-collections/a%2Fb", headers=HEADERS)
    assert connection.getresponse().status == 400
    connection.close()


def test_a_body_without_a_length_or_too_large_for_any_gateway_is_refused(server: tuple[object, int]) -> None:
    for header, status in (("Transfer-Encoding: chunked", 411), ("Content-Length: 99999999", 413)):
        with socket.create_connection(("127.0.0.1", server[1]), timeout=5) as raw:
            raw.sendall(f"POST /almaws/v1/conf/test HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
            assert f" {status} ".encode() in raw.recv(100)


def test_a_taken_port_is_one_sentence_and_exit_code_1(server: tuple[object, int]) -> None:
    result = subprocess.run(command("--port", str(server[1])), capture_output=True, text=True, timeout=20)
    assert result.returncode == 1
    assert result.stderr.strip().count("\n") == 0
    assert f"cannot listen on 127.0.0.1:{server[1]}" in result.stderr
    assert result.stdout == ""


def test_a_foreign_database_file_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("my notes " * 200)
    arguments = command("--port", "0", "--database", str(file))
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=20)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert file.read_text() == "my notes " * 200
