"""Blocks for many people: added, lifted, and taken back, by the same write road as the form.

An item's path is the primary ID, percent-encoded; until that is known, "#" and its number, and what was given stands in
its input. Of a person items hold IDs and blocks alone: what was given is forgotten once Alma was asked.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.accounts.roles import CHANGE_BLOCK, VIEW_PATRONS
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, code
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Line, Outcome, Verdict, register
from almaportal.jobs.models import PATH_LENGTH, Item, Job
from almaportal.jobs.ordinary import OrdinaryJob, settled
from almaportal.people import access, alma, person, verdict, writing
from almaportal.people.models import Access
from almaportal.request import Request
from patrons import blocks, saving, told
from patrons.block_forms import DESCRIPTIONS, TYPES
from patrons.blocks import NOTE_LIMIT, PATH, Changed, Row

ADD, LIFT, UNDO = "add-blocks", "lift-blocks", "undo-blocks"
PAGE = 100
NUMBERED = "#"  # how the path of an item begins whose primary ID nobody knows yet
LONGEST_ID = 255
State = Item.State


class Left(Exception):
    """Why the person is left alone, in a sentence."""


class BlockJob(OrdinaryJob):
    """A kind of job whose items are people. `change` makes of a person's newest record what is wanted."""

    may_view = VIEW_PATRONS
    may = CHANGE_BLOCK
    keeps_given = False

    def change(self, job: Job, item: Item, record: Record) -> Record:
        """The record with it done. Raises Left, Changed."""
        raise NotImplementedError

    def plan(self, job: Job) -> Iterator[list[Found]]:
        ids = list({one.lower(): one for one in job.targets}.values())
        for start in range(0, len(ids), PAGE):
            yield [_given(n, one) for n, one in enumerate(ids[start : start + PAGE], start + 1)]

    def more_calls(self, job: Job) -> int:
        """Whom the review did not read is read once more, for the primary ID. One with "/" is searched for before each
        read (alma.find_one), and its other ID is tried before the write."""
        done = ("", Item.Verdict.CHANGES, Item.Verdict.UNREAD)
        pending = job.items.filter(state=State.PENDING, verdict__in=done)
        return pending.filter(path__startswith=NUMBERED).count() + 2 * pending.filter(title__contains="/").count()

    def review(self, job: Job, item: Item) -> Verdict:
        try:
            record = alma.find_one(_id_of(item))
        except AlmaNotFound as error:
            return Verdict(Item.Verdict.MISSING, error.hint, error.said.code, title=_nobodys(item))
        own = person.primary_id(record)
        if not own or len(quote(own, safe="")) > PATH_LENGTH:
            return Verdict(Item.Verdict.MISSING, _refusal(own), title=_nobodys(item))
        access.note(job.user_id or 0, job.who, own, Access.Action.VIEW)
        where: dict[str, Any] = {"path": quote(own, safe=""), "title": own}
        try:
            saving.check_blocks(record)
            pairs = blocks.difference(record, self.change(job, item, record))
        except Left as left:
            return Verdict(Item.Verdict.LEFT, str(left), **where)
        except saving.BlocksUnreadable as unreadable:
            return Verdict(Item.Verdict.REFUSED, unreadable.hint, **where)
        except Changed:
            return Verdict(Item.Verdict.REFUSED, _("The block was changed again since."), **where)
        if not pairs:
            return Verdict(Item.Verdict.SAME, **where)
        before, after = [pair.before for pair in pairs], [pair.after for pair in pairs]
        gone = writing.doubles(record)
        told_too = _("Of identifiers that stand there twice the inactive ones go.") if gone else ""
        return Verdict(Item.Verdict.CHANGES, told_too, before={PATH: before}, after={PATH: after}, **where)

    def apply(self, job: Job, item: Item) -> Outcome:
        try:
            own = self._resolved(item) if item.path.startswith(NUMBERED) else _id_of(item)
            saved = saving.save(own, lambda record: self.change(job, item, record), self.why(job, item))
        except Left as left:
            return Outcome(State.SKIPPED, str(left))
        except Changed:
            return Outcome(State.SKIPPED, _("The block was changed in Alma since."))
        if saved.change is None:
            return Outcome(State.UNCHANGED)
        access.note(job.user_id or 0, job.who, own, Access.Action.BLOCK)
        text = _("Alma answered as if all was well, and did not take it.") if saved.ignored else ""
        return Outcome(State.DONE, text, change=saved.change.pk)

    def why(self, job: Job, item: Item) -> Why:
        return Why(job.reason)

    def _resolved(self, item: Item) -> str:
        """The primary ID of who was not looked at, under which the log of changes will know them: one call more."""
        numbered = Item.objects.filter(pk=item.pk)
        try:
            own = person.primary_id(alma.find_one(_id_of(item)))
        except AlmaNotFound:
            numbered.update(title=_nobodys(item), input=None)
            raise
        path = quote(own, safe="")
        if not own or len(path) > PATH_LENGTH:
            numbered.update(title=_nobodys(item), input=None)
            raise Left(_refusal(own))
        try:
            with transaction.atomic():
                numbered.update(path=path, title=own, input=None)
        except IntegrityError:
            numbered.update(title=own, input=None)
            raise Left(_("This person is on the list already.")) from None
        return own

    def settle(self, job: Job, item: Item) -> Outcome | None:
        """The row in the log of changes is made before the request leaves, so without one nothing left."""
        change = Change.objects.filter(job_id=job.pk, record_id=_id_of(item)).order_by("-pk").first()
        return settled(change) if change else None

    def lines(self, item: Item) -> list[Line]:
        pairs = zip((item.before or {}).get(PATH, []), (item.after or {}).get(PATH, []), strict=False)
        return [Line(*told.describe(PATH, before), told.describe(PATH, after)[1]) for before, after in pairs]

    def address(self, item: Item) -> str:
        return "" if item.path.startswith(NUMBERED) else reverse("patrons:person", args=[_id_of(item)])

    def seen(self, request: Request, items: Iterable[Item]) -> None:
        with transaction.atomic():
            for item in items:
                if not item.path.startswith(NUMBERED):
                    access.seen(request, _id_of(item), Access.Action.VIEW)

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return (UNDO, [], {"job": job.pk}) if edits_of(job.pk).exists() else None


class Add(BlockJob):
    """A block for each. targets: IDs; params: {"set": {"type", "description", "note", "expiry": YYYY-MM-DD}}."""

    name, label = ADD, gettext_lazy("Add blocks")
    takes = frozenset({"set"})

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        said = params.get("set", {})
        wrong = [*super().check(targets, params), *_problems(said, ("type", "description", "note", "expiry"))]
        if not code(said.get("note")):
            wrong.append(_("A block needs a note: say note=…"))
        elif len(said["note"]) > NOTE_LIMIT:
            wrong.append(_("The note is longer than the 2,000 characters that Alma takes."))
        last = _day(said)
        if said.get("expiry") and (last is None or not 2000 <= last.year <= 2999):
            wrong.append(_("The expiry is a day such as 2027-03-31."))
        elif last and last < verdict.today():
            wrong.append(_("The expiry lies behind."))
        return wrong

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Add block: %(description)s") % {"description": _description(params)}

    def does(self, params: dict[str, Any]) -> list[str]:
        said, last = params["set"], _day(params["set"])
        ends = _("until %(day)s") % {"day": date_format(last)} if last else _("until it is lifted")
        return [f"{_description(params)} ({said.get('type', 'GENERAL')}), {ends}: {said['note']}"]

    def change(self, job: Job, item: Item, record: Record) -> Record:
        said = job.params["set"]
        kind, description = said.get("type", "GENERAL"), said["description"]
        if "called" not in job.memo:
            job.memo["called"] = _description(job.params)
        changed = blocks.add(
            record, blocks.new(kind, description, said["note"], _day(said), job.who, job.memo["called"])
        )
        like = [] if changed is record else matching(record, {"type": kind, "description": description})
        if like:
            raise Left(_("Has such a block already: %(block)s") % {"block": told.block_words(like[0])})
        return changed


class Lift(BlockJob):
    """Lifts all active blocks of a description. targets: IDs; params: {"set": {"description", "type"?}}."""

    name, label = LIFT, gettext_lazy("Lift blocks")
    takes = frozenset({"set"})

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return [*super().check(targets, params), *_problems(params.get("set", {}), ("type", "description"))]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Lift block: %(description)s") % {"description": _description(params)}

    def change(self, job: Job, item: Item, record: Record) -> Record:
        """What the review saw is lifted, and nothing that came since."""
        rows = (item.before or {}).get(PATH, []) if _was_seen(item) else matching(record, job.params["set"])
        for row in rows:
            record = blocks.replace(record, row, blocks.lifted(row, settings.LIFTED_BLOCKS))
        return record


class Undo(BlockJob):
    """Takes the changes of a job back, each as from the log. params: {"job": its number}."""

    name, label = UNDO, gettext_lazy("Undo of blocks")

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return [] if edits_of(params["job"]).exists() else [_("There is nothing to take back.")]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Undo of job %d") % params["job"]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        ids = list(dict.fromkeys(edits_of(job.params["job"]).order_by("pk").values_list("record_id", flat=True)))
        for start in range(0, len(ids), PAGE):
            yield [Found(quote(one, safe=""), one) for one in ids[start : start + PAGE]]

    def change(self, job: Job, item: Item, record: Record) -> Record:
        return blocks.taken_back(record, saving.pairs_of(self._change(job, person.primary_id(record))))

    def why(self, job: Job, item: Item) -> Why:
        return Why(job.reason, self._change(job, _id_of(item)))

    @staticmethod
    def _change(job: Job, primary_id: str) -> Change:
        return edits_of(job.params["job"]).filter(record_id=primary_id).latest("pk")


def _was_seen(item: Item) -> bool:
    """Whether the review read the person's blocks."""
    return item.verdict in (Item.Verdict.CHANGES, Item.Verdict.SAME)


def edits_of(job_id: int) -> QuerySet[Change]:
    return Change.objects.filter(job_id=job_id, kind=saving.KIND, action=Change.Action.EDIT, state=Change.State.DONE)


def matching(record: Record, said: dict[str, str]) -> list[Row]:
    """The active blocks of this description, and of this type where one is said."""
    return [
        row
        for row in blocks.of(record)
        if verdict.stops(row)
        and code(row.get("block_description")) == said["description"]
        and said.get("type") in (None, code(row.get("block_type")) or "GENERAL")
    ]


def _given(number: int, one: str) -> Found:
    if len(one) > LONGEST_ID:
        return Found(f"{NUMBERED}{number}", _entry(number), missing=_("No ID is as long as this."))
    return Found(f"{NUMBERED}{number}", input=one)


def _id_of(item: Item) -> str:
    """The primary ID, or what was given as an ID until it is known."""
    return item.input or item.title if item.path.startswith(NUMBERED) else unquote(item.path)


def _nobodys(item: Item) -> str:
    """What is kept of an ID that nobody has: itself, unless it may be a name or an address; IDs have digits."""
    given = _id_of(item)
    is_id = any(one.isdigit() for one in given) and not set(given) & set(" ,@")
    return given if is_id else _entry(item.position + 1)


def _entry(number: int) -> str:
    return _("Entry %d (what stood there is not kept: it may be a name)") % number


def _refusal(primary_id: str) -> str:
    if primary_id:
        return _("A job cannot hold an ID as long as this.")
    return _("A contact without a primary ID: Alma keeps no blocks for it.")


def _day(said: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(said.get("expiry") or "")
    except ValueError:
        return None


def _description(params: dict[str, Any]) -> str:
    said: str = params["set"]["description"]
    return codes.tables([DESCRIPTIONS])[DESCRIPTIONS].options.get(said, said)


def _problems(said: dict[str, str], accepted: tuple[str, ...]) -> list[str]:
    odd = (one for one in said if one not in accepted)
    wrong = [_("%(name)s is none of: %(all)s") % {"name": one, "all": ", ".join(accepted)} for one in odd]
    if not code(said.get("description")):
        wrong.append(_("Which block? Say description=… with a code of Alma's table UserBlockDescription."))
    tables = codes.tables((TYPES, DESCRIPTIONS))
    for name, table in (("type", tables[TYPES]), ("description", tables[DESCRIPTIONS])):
        if said.get(name) and table.options and said[name] not in table.options:
            known = ", ".join(list(table.options)[:30])
            wrong.append(
                _("Alma knows no %(name)s %(code)s: %(all)s") % {"name": name, "code": said[name], "all": known}
            )
    return wrong


def register_kinds() -> None:
    for kind in (Add(), Lift(), Undo()):
        register(kind)
