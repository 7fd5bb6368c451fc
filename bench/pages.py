"""The server's time for a warm page (ms, in this process, so on one core), and the calls to Alma that a page costs.

The institution has 55,900 portfolios. The bare Django page of bench.bare is measured in turn with the portal's pages.
"""

import time
from collections.abc import Sequence

from bench import portal, stack
from bench.bare import MIDDLEWARE
from bench.table import Line, main, ms, percentile

ROUNDS = 300
WARM_UP = 20
PROMISED_MS = 15
PAGES = {
    "list": "List of 50 e-collections",
    "collection": "An e-collection",
    "service": "A service, 50 of 55,900 portfolios",
    "portfolio": "A portfolio",
    "home": "Home",
}
CALLS = {"list": 1, "collection": 2, "service": 2, "portfolio": 1, "home": 0}
PARTS = (*PAGES, "calls")


def measure(parts: Sequence[str]) -> list[Line]:
    with stack.folder() as data:
        portal.begin(portal.environment(data))
        portal.prepare()
        emulator = portal.plug_in().emulator
        browser, bare = _browsers()
        addresses = _addresses(emulator)
        calls = _calls(browser, emulator, addresses) if "calls" in parts else []
        timed = [name for name in PAGES if name in parts]
        return (_times(browser, bare, {n: addresses[n] for n in timed}) if timed else []) + calls


def _browsers():
    """Two signed-in clients: one of the portal with all its middleware, one of the bare page with its own."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.test import Client, override_settings

    user = get_user_model().objects.create_user(username="bench")
    user.groups.add(Group.objects.get(name=portal.ROLE))
    browser, bare = Client(), Client()
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        bare.handler.load_middleware()
    for client in (browser, bare):
        client.force_login(user)
    return browser, bare


def _addresses(emulator) -> dict[str, str]:
    """The pages' addresses: the largest e-collection, its service, that one's first portfolio."""
    collection = emulator.collections()[0]
    service = emulator.services(collection)[0]
    portfolio = emulator.portfolios(service, 1)[0]
    top = f"/ecollections/{collection}/"
    return {
        "home": "/",
        "list": "/ecollections/",
        "collection": top,
        "service": f"{top}services/{service}/",
        "portfolio": f"{top}services/{service}/portfolios/{portfolio}/",
    }


def _get(client, address: str) -> tuple[float, float]:
    """Seconds for one page, by the clock and of the processor. RuntimeError unless it is a page."""
    started, worked = time.perf_counter(), time.thread_time()
    response = client.get(address, secure=True)
    seconds = time.perf_counter() - started, time.thread_time() - worked
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return seconds


def _times(browser, bare, addresses: dict[str, str]) -> list[Line]:
    """All pages and the bare one in turn, so that a busy machine is as busy for each."""
    turns = {name: (browser, address) for name, address in addresses.items()} | {"bare": (bare, "/")}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
    for turn in range(WARM_UP + ROUNDS):
        for name, (client, address) in turns.items():
            took = _get(client, address)
            if turn >= WARM_UP:
                seconds[name].append(took)
    base = percentile([worked for _took, worked in seconds["bare"]], 50)
    promise = f"p95 ≤ {PROMISED_MS} ms"
    lines = [
        Line(
            f"{PAGES[n]}, warm: time of the server, {ROUNDS} times",
            promise,
            _words(seconds[n], base),
            f"bench.pages {n}",
        )
        for n in addresses
    ]
    what = "For comparison: a bare Django page of 50 rows with session and sign-in"
    return [*lines, Line(what, "–", _words(seconds["bare"], base), "bench.pages list")]


def _words(seconds: list[tuple[float, float]], base: float) -> str:
    """By the clock; of the processor, which a busy machine changes less; and how many bare pages that is."""
    took, worked = ([pair[which] for pair in seconds] for which in (0, 1))
    clock = f"p50 {ms(percentile(took, 50))}, p95 {ms(percentile(took, 95))}"
    processor = f"p50 {ms(percentile(worked, 50))}, p95 {ms(percentile(worked, 95))}"
    return f"{clock}; processor alone {processor} = {percentile(worked, 50) / base:.1f} bare pages"


def _calls(browser, emulator, addresses: dict[str, str]) -> list[Line]:
    """Calls to Alma for each page with nothing kept, and for the same page again."""
    from django.core.cache import cache

    cold, warm = {}, {}
    for name, address in addresses.items():
        cache.clear()
        for counts in (cold, warm):
            before = len(emulator.calls)
            _get(browser, address)
            counts[name] = len(emulator.calls) - before
    return [
        Line("Calls to Alma for a page, cold", _each(CALLS), _each(cold), "bench.pages calls"),
        Line("Calls to Alma for a page, warm", _each(dict.fromkeys(CALLS, 0)), _each(warm), "bench.pages calls"),
    ]


def _each(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in CALLS)


if __name__ == "__main__":
    main(PARTS, measure)
