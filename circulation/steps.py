"""One call of a direct borrowing: written down before it leaves, sent once, and looked for when no answer came."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaError, AlmaHeld
from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.models import Change
from almaportal.people.creating import LONGEST
from circulation.models import Step, Transaction

TOKEN = re.compile(r"direct-(\d+)-(\w+)-(\d+)")
State = Step.State


class StillUnknown(AlmaError):
    """Alma has nothing of what was sent, which it may still be working on."""

    kind = "unsure"
    page_status = 409
    title = gettext_lazy("It was sent, and Alma has nothing of it yet")

    def __init__(self) -> None:
        text = _("It may still be working: look again in a minute.")
        super().__init__(text, unknown_outcome=True)


@dataclass(frozen=True)
class Act:
    """A call. name: of Step.name; method, path: as people see them; send(token): makes it, with its row in the log of
    changes, and returns Alma's answer; ids(answer): down to the record; keep(ids, answer): writes them into the
    transaction, the answer is {} where nobody has it any more; look(): what there is of it in Alma, None for
    nothing; without look it only reads; patience: until then what a look does not find may still come;
    told(answer): what the step's row says of it, {} for nothing but that Alma did it."""

    name: str
    method: str
    path: str
    send: Callable[[str], Record]
    ids: Callable[[Record], Sequence[str]]
    keep: Callable[[Sequence[str], Record], None]
    look: Callable[[], Record | None] | None = None
    patience: timedelta = LONGEST
    told: Callable[[Record], dict[str, Any]] = lambda _answer: {}


def was_done(one: Transaction, name: str) -> bool:
    return any(step.name == name and step.state == State.DONE for step in one.steps.all())


def undecided(one: Transaction, name: str = "") -> Step | None:
    """The try of this call, or of any that writes, whose outcome nobody knows: only the latest of a name can be."""
    latest = {step.name: step for step in one.steps.all()}
    found = (step for step in latest.values() if step.is_undecided and step.method != "GET")
    return next((step for step in found if name in ("", step.name)), None)


def run(one: Transaction, act: Act) -> Record:
    """Make the call, or find what a try before it left in Alma. Returns Alma's record, {} where only its IDs are known.

    Whoever calls holds the transaction. Raises AlmaError; StillUnknown where it must not be sent again yet.
    """
    before = undecided(one, act.name)
    if before and (found := settle(before, act)) is not None:
        return found
    step = _begin(one, act)
    try:
        answer = act.send(step.token)
    except AlmaError as error:
        _refused(step, error)
        if error.unknown_outcome and (found := _seen_at_once(step, act)) is not None:
            return found
        error.unknown_outcome = step.is_undecided  # a look may have told by now that Alma did not do it
        raise
    _decided(step, State.DONE, **act.told(answer))
    act.keep(act.ids(answer), answer)
    return answer


def _begin(one: Transaction, act: Act) -> Step:
    attempt = one.steps.filter(name=act.name).count() + 1
    who = get_user_model().objects.filter(pk=current().user_id).first()
    try:
        with transaction.atomic():
            return one.steps.create(
                name=act.name,
                attempt=attempt,
                method=act.method,
                path=act.path[:600],
                at=clock.moment(),
                who=who.get_username() if who else "",
            )
    except IntegrityError:  # somebody else's, whose hold was longer than ours
        raise AlmaHeld from None


def _refused(step: Step, error: AlmaError) -> None:
    state = State.UNSURE if error.unknown_outcome else State.FAILED
    said = {"http": error.status, "code": error.said.code[:60], "tracking_id": error.said.tracking_id[:100]}
    text = error.text_to_keep or error.detail or str(error.title)
    _decided(step, state, text=text[: log.TEXT_KEPT], **said)


def _decided(step: Step, state: str, **fields: object) -> None:
    for name, value in {"state": state, **fields}.items():
        setattr(step, name, value)
    step.save()


def _seen_at_once(step: Step, act: Act) -> Record | None:
    """What a look finds right after the answer was lost; None where nobody can tell yet."""
    try:
        return settle(step, act)
    except AlmaError:
        return None


def settle(step: Step, act: Act) -> Record | None:
    """Find out what became of a try whose outcome nobody knows. Returns what is in Alma; None: nothing was made, and
    the step says so. Raises StillUnknown, AlmaError: nobody knows yet."""
    change = Change.objects.filter(token=step.token).first()
    if act.look is None or change is None or change.state == Change.State.FAILED:
        _decided(step, State.FAILED, text=change.text if change else _("Nothing was sent: the portal stopped before."))
        return None
    if change.state == Change.State.DONE and change.record_id:
        return _found(step, act, change.ids, {})
    found = act.look()
    if found is not None:
        ids = list(act.ids(found))
        log.done(change, ids=ids, record_id=ids[-1], looked=None, look_at=None, code="", text="", tracking_id="")
        return _found(step, act, ids, found)
    if step.method == "POST" and clock.moment() - step.at <= act.patience:
        raise StillUnknown
    text = _("Asked: Alma did not do it.")
    log.done(change, state=Change.State.FAILED, text=text, looked=None, look_at=None)
    _decided(step, State.FAILED, text=text)
    return None


def _found(step: Step, act: Act, ids: Sequence[str], answer: Record) -> Record:
    _decided(step, State.DONE, http=None, code="", text=_("Looked for and found."), tracking_id="")
    act.keep(ids, answer)
    return answer


def of_change(change: Change) -> Step | None:
    """The try that a row of the log of changes belongs to."""
    found = TOKEN.fullmatch(change.token or "")
    if not found:
        return None
    number, name, attempt = found.groups()
    tries = Step.objects.filter(transaction_id=number, name=name, attempt=attempt)
    return tries.select_related("transaction").first()
