"""What writing costs: the calls to Alma of a form, a save, a delete; and the server's time for the first two (ms)."""

import time
from collections.abc import Sequence
from itertools import pairwise

from bench import portal, stack
from bench.pages import _addresses, _browsers
from bench.table import Line, main, ms, percentile

ROUNDS = 60
PARTS = ("writes",)
PROMISED = {"form cold": 1, "form warm": 0, "save": 2, "save without a change": 1, "delete of a portfolio": 2}


def measure(parts: Sequence[str]) -> list[Line]:
    with stack.folder() as data:
        portal.begin(portal.environment(data))
        portal.prepare()
        emulator = portal.plug_in().emulator
        browser, _bare = _browsers()
        first = _addresses(emulator)["portfolio"]
        service = first.split("/")[4]
        second = first.replace(first.split("/")[6], emulator.portfolios(service, 2)[1])
        return [_calls(browser, emulator, first), *_times(browser, second)]


def _calls(browser, emulator, address: str) -> Line:
    """Calls to Alma of each step, with the code tables kept and nothing else."""
    from django.core.cache import cache

    from almaportal import codes
    from ecollections.kinds import PORTFOLIO
    from ecollections.record_form import tables_of

    cache.clear()
    codes.tables(tables_of(PORTFOLIO))
    marks = [len(emulator.calls)]
    _page(browser, f"{address}edit/")
    marks.append(len(emulator.calls))
    form = _page(browser, f"{address}edit/")
    marks.append(len(emulator.calls))
    _send(browser, f"{address}edit/", form | {"portfolio-public_note": "bench"})
    marks.append(len(emulator.calls))
    form = _page(browser, f"{address}edit/")
    _send(browser, f"{address}edit/", form)
    marks.append(len(emulator.calls))
    form = _page(browser, f"{address}delete/")  # from what is kept
    _send(browser, f"{address}delete/", form)
    marks.append(len(emulator.calls))
    counted = dict(zip(PROMISED, (after - before for before, after in pairwise(marks)), strict=True))
    return Line("Calls to Alma, the code tables kept", _each(PROMISED), _each(counted), "bench.writes")


def _times(browser, address: str) -> list[Line]:
    forms, saves = [], []
    for turn in range(ROUNDS):
        started = time.perf_counter()
        browser.get(f"{address}edit/", secure=True)
        forms.append(time.perf_counter() - started)
        form = _page(browser, f"{address}edit/")
        started = time.perf_counter()
        _send(browser, f"{address}edit/", form | {"portfolio-public_note": f"turn {turn}"})
        saves.append(time.perf_counter() - started)
    return [
        Line(f"The form of a portfolio, warm, {ROUNDS} times", "–", _words(forms), "bench.writes"),
        Line("Saving it, the emulator's work for both calls included", "–", _words(saves), "bench.writes"),
    ]


def _page(browser, address: str) -> dict[str, str]:
    """What the page's form would send untouched."""
    from tests.ecollections.filling import form_of, values

    response = browser.get(address, secure=True)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return values(form_of(response))


def _send(browser, address: str, data: dict[str, str]) -> None:
    response = browser.post(address, data, secure=True)
    if response.status_code != 302:
        raise RuntimeError(f"{address} answered {response.status_code}")


def _words(seconds: list[float]) -> str:
    return f"p50 {ms(percentile(seconds, 50))}, p95 {ms(percentile(seconds, 95))}"


def _each(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in PROMISED)


if __name__ == "__main__":
    main(PARTS, measure)
