"""Every page can be reached by following links from Home."""

import pytest
from django.urls import resolve

from ecollections.models import IndexedService
from ecollections.titles import index
from tests.circulation.lending import begin
from tests.ecollections.bringing import bring, csv, sort
from tests.ecollections.filling import fill
from tests.jobs.making import NOON, make
from tests.portal.addresses import NAMES, addresses
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

NOT_BY_LINKS = {"healthz", "metrics", "find", "accounts:login", "accounts:logout", "changes:look"}  # monitors'; forms
NOT_BY_LINKS |= {"ecollections:titles_counts"}  # a part of a page
BY_FORMS = {f"ecollections:bulk_edit_{kind}" for kind in ("collection", "service", "portfolio")}
BY_FORMS |= {"ecollections:bulk_delete", "ecollections:recipe"}
BY_FORMS |= {f"ecollections:file_{act}" for act in ("job", "decisions", "again", "remove")}
BY_FORMS |= {f"jobs:{act}" for act in ("review", "start", "pause", "resume", "stop", "retry", "undo", "dismiss")}
BY_FORMS |= {
    "usage:test_keys",
    "jobs:dismiss_all",
    "patrons:renew",
    "circulation:step",
    "circulation:note",
    "circulation:cancelled",
}
DOWNLOADS = {f"ecollections:{name}" for name in ("titles_export", "file_template", "file_rows_csv", "kbart_out")}
DOWNLOADS |= {"jobs:items_csv", "jobs:items_xlsx", "jobs:file", "patrons:access_csv", "usage:csv"}
PORTFOLIO_PATH = "61100000000004711/62100000000004711/53100000000004711"
PORTFOLIO = "/ecollections/61100000000004711/services/62100000000004711/portfolios/53100000000004711/"


def test_every_page_is_led_to_from_another(admin, emulator, django_user_model):
    fill(admin, f"{PORTFOLIO}edit/", {"portfolio-public_note": "x"})  # a change to be seen and undone
    sort(admin, bring(admin, csv(["Path", "Public note"], [PORTFOLIO_PATH, "y"])))
    index.see([({"id": "53100000000004711"}, ("61100000000004711", "62100000000004711"))])
    IndexedService.objects.update(built=NOON)
    make(django_user_model.objects.get(), "ready", "review", [{"verdict": "changes"}])
    admin.get(addresses()["patrons:person"])  # an ID scanned: the record of accesses leads there
    begin()  # a transaction of direct borrowing
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
                waiting += [] if match.view_name in DOWNLOADS else [target]
    assert seen | NOT_BY_LINKS | BY_FORMS == set(NAMES)
