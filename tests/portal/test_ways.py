"""Every page can be reached by following links from Home."""

from django.urls import resolve

from tests.ecollections.filling import fill
from tests.portal.addresses import NAMES
from tests.portal.reading import read

NOT_BY_LINKS = {"healthz", "find", "accounts:login", "accounts:logout", "changes:look"}  # a monitor's; forms
PORTFOLIO = "/ecollections/61100000000004711/services/62100000000004711/portfolios/53100000000004711/"


def test_every_page_is_led_to_from_another(admin, emulator):
    fill(admin, f"{PORTFOLIO}edit/", {"portfolio-public_note": "x"})  # a change to be seen and undone
    seen, waiting = {"home"}, ["/"]
    while waiting:
        address = waiting.pop(0)
        page = read(admin.get(address))
        for link in page.all("a"):
            target = link.attrs["href"].partition("?")[0].partition("#")[0]
            if not target or "://" in target:
                continue
            target = target if target.startswith("/") else f"{address.partition('?')[0]}{target}"
            match = resolve(target)
            if match.view_name not in seen:
                seen.add(match.view_name)
                waiting.append(target)
    assert seen | NOT_BY_LINKS == set(NAMES)
