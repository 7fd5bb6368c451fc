"""A transaction of direct borrowing, and its buttons pressed."""

from datetime import date
from typing import Any

from django.contrib.auth import get_user_model

from almaportal.alma import clock
from almaportal.emulator.app import Call, Emulator
from circulation import rolling_back
from circulation.models import Transaction

FORM = {
    "number": "DCB-4711",
    "partner": "Harbour College",
    "patron": "hc-900001",
    "group": "STUDENT",
    "until": "2030-01-31",
    "is_virtual": "yes",
    "barcode": "HC-0001",
    "title": "Lichen & <walls>",
    "author": "Okoro, A.",
    "material": "BOOK",
    "policy": "",
    "library": "MAIN",
    "desk": "DEFAULT_CIRC_DESK",
    "location": "STACKS",
    "pickup_library": "SCI",
    "pickup_desk": "",
}
NAMES = {"last_name": "Quorning", "first_name": "Ida"}
CHAIN = ("patron", "item", "hold", "sent", "loan", "back", "close")


def begin(**said: Any) -> Transaction:
    """A transaction as the form makes it."""
    fields = FORM | {"is_virtual": True, "until": date(2030, 1, 31)} | said
    user = get_user_model().objects.first()
    return Transaction.objects.create(**fields, user=user, who="circulation", created=clock.moment())


def page_of(one: Transaction) -> str:
    return f"/circulation/direct/{one.pk}/"


def press(client: Any, one: Transaction, name: str, **typed: str) -> Any:
    """Press the button of a step."""
    answer = client.post(f"{page_of(one)}{name}/", NAMES | typed if name == "patron" else typed)
    one.refresh_from_db()
    return answer


def run(client: Any, one: Transaction, until: str) -> None:
    """All steps down to this one, none refused."""
    for name in CHAIN[: CHAIN.index(until) + 1]:
        answer = press(client, one, name)
        assert answer.status_code == 302, (name, answer.content.decode())


def roll_back(client: Any, one: Transaction) -> Any:
    typed = {"reason": "CannotBeFulfilled", "plan": rolling_back.plan(one).key}
    answer = client.post(f"{page_of(one)}roll-back/", typed)
    one.refresh_from_db()
    return answer


def spent(emulator: Emulator) -> list[Call]:
    """The calls but for those to the lists of codes."""
    return [call for call in emulator.calls if not call.path.startswith("/conf/")]


def sent(emulator: Emulator) -> list[str]:
    """The writes as "POST bibs", by the last word of their path that is no ID."""
    found = []
    for call in emulator.calls:
        if call.method != "GET":
            words = [word for word in call.path.strip("/").split("/") if word.isalpha()]
            found.append(f"{call.method} {words[-1]}")
    return found


def stock(emulator: Emulator) -> dict[str, int]:
    """How many of each there are that nobody seeded."""
    tables = {"bibs": "bibs_kept WHERE mms NOT IN (SELECT mms FROM bibs_left WHERE action = 'delete')"}
    tables |= {"holdings": "holdings WHERE record IS NOT NULL", "items": "items WHERE record IS NOT NULL"}
    tables |= {"requests": "requests WHERE id >= 90000000 AND state != 'HISTORY' AND person IS NOT NULL"}
    tables |= {"people": "people"}
    return {name: emulator.store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for name, table in tables.items()}
