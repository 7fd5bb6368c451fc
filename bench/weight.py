"""The first view of the list, with an empty browser cache: bytes of the bodies on the wire (kB = 1000 bytes).

A real gunicorn sends the page and every static file that it, or a style sheet of its own, names; the client takes gzip.
"""

import gzip
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

from bench import stack
from bench.table import Line, main

PARTS = ("bytes", "hosts")
PROMISED_KB = 60
LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("use", "href"), ("iframe", "src")}


class Names(HTMLParser):
    """The addresses that a page names: `loaded` by itself, and `all`, those behind links and forms too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.all: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("href", "src", "action", "formaction", "srcset") or name.startswith("hx-")):
                self.all.append(value)
            if value and (tag, name) in LOADED:
                self.loaded.append(value)


def measure(parts: Sequence[str]) -> list[Line]:
    with stack.folder() as data, stack.emulator(data) as alma:
        env = stack.prepared(data, alma)
        with stack.web(data, env) as address, _signed_in(address) as session:
            return _lines(session, f"{address}/ecollections/", parts)


def _signed_in(address: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    login = f"{address}/accounts/login/"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', session.get(login, timeout=30).text)
    if not token:
        raise RuntimeError("The sign-in page has no form.")
    form = {"csrfmiddlewaretoken": token[1], "username": "viewer", "password": "demo"}
    session.post(login, data=form, headers={"Referer": login}, timeout=30).raise_for_status()
    return session


def _lines(session: requests.Session, address: str, parts: Sequence[str]) -> list[Line]:
    sent, html = _fetch(session, address)
    names = Names(html)
    static, foreign = 0, [name for name in names.all if _is_foreign(name, address)]
    wanted = [urljoin(address, name) for name in names.loaded]
    for file in (wanted := list(dict.fromkeys(wanted))):
        if _is_foreign(file, address):
            continue
        weight, text = _fetch(session, file)
        static += weight
        for name in _named_in_css(text) if file.endswith(".css") else ():
            foreign += [name] if _is_foreign(name, file) else []
            wanted += [urljoin(file, name)] if urljoin(file, name) not in wanted else []
    packed = len(gzip.compress(html.encode(), 6))
    kb = [f"{number / 1000:.1f} kB" for number in (sent + static, static, sent, packed, packed + static)]
    weight = f"{kb[0]}: {len(wanted)} static files {kb[1]}, HTML {kb[2]} as sent (gzipped {kb[3]}, in all {kb[4]})"
    lines = {
        "bytes": Line("First view of the list: bytes on the wire", f"≤ {PROMISED_KB} kB", weight, "bench.weight bytes"),
        "hosts": Line("First view: addresses of other hosts", "0", _hosts(foreign), "bench.weight hosts"),
    }
    return [lines[part] for part in parts]


def _fetch(session: requests.Session, address: str) -> tuple[int, str]:
    """Bytes of the body as sent, and its text."""
    with session.get(address, headers={"Accept-Encoding": "gzip"}, timeout=30, stream=True) as response:
        response.raise_for_status()
        body = response.raw.read(decode_content=False)
        is_packed = response.headers.get("Content-Encoding") == "gzip"
        return len(body), (gzip.decompress(body) if is_packed else body).decode()


def _named_in_css(text: str) -> Iterator[str]:
    for found in re.finditer(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""", text):
        yield found[1] or found[2]


def _is_foreign(name: str, address: str) -> bool:
    parts = urlsplit(urljoin(address, name))
    return parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != urlsplit(address).netloc


def _hosts(foreign: list[str]) -> str:
    return f"{len(foreign)}: {', '.join(foreign)}" if foreign else "0"


if __name__ == "__main__":
    main(PARTS, measure)
