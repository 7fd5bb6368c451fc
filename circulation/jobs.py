"""Cancelling many requests, and reading the watch list anew.

An item's path is the request's number. Items hold that, the MMS ID and the state, and nothing of whom it is for or what
is read: their titles are looked up for those who look at them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal import codes
from almaportal.accounts.roles import CHANGE_REQUESTS, VIEW_REQUESTS
from almaportal.alma.errors import AlmaError, AlmaNotFound, AlmaRejected
from almaportal.alma.records import Record, code, dig, rows, words
from almaportal.changes import log
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Line, NotYet, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from almaportal.jobs.ordinary import OrdinaryJob, settled
from almaportal.people import access
from almaportal.people.alma import place
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import alma, cancelling, narrowing, record, watching
from circulation.cancelling import REASONS, Words
from circulation.models import Watched
from circulation.watching import REFRESH

CANCEL = "cancel-requests"
PAGE = 100
BETWEEN = " · "  # the number and the MMS ID in the title of an item
LAST = 1  # stage of what is looked at again after the others
STATE = "request_status"
SAID = ("reason", "note", "notify", *narrowing.FILTERS)
NOTE_LIMIT = 1000
LISTS = {"title": 2, "patron": 2, "picklist": 3}  # the first word of a target → its parts
State = Item.State


def is_target(text: str) -> bool:
    """Whether it is a request's number, "title/<MMS ID>", "patron/<ID>", "picklist/<library>/<desk>" or "watch"."""
    if watching.is_number(text) or text == "watch":
        return True
    name = text.partition("/")[0]
    parts = text.split("/", LISTS[name] - 1) if name in LISTS else []
    if name == "title" and not parts[-1].isdigit():
        return False
    return bool(parts) and len(parts) == LISTS[name] and all(parts)


class RequestJob(OrdinaryJob):
    """A kind of job whose items are requests."""

    may_view = VIEW_REQUESTS
    may = CHANGE_REQUESTS

    def address(self, item: Item) -> str:
        return reverse("circulation:request", args=item.ids) if watching.is_number(item.path) else ""

    def seen(self, request: Request, items: Iterable[Item]) -> None:
        """The items of a page get the titles of their bibs: a call for each hundred that is not kept."""
        if not isinstance(items, list):  # a file of all: nobody waits for thousands of titles
            return
        numbers = {item: item.title.partition(BETWEEN)[2] for item in items}
        with suppress(AlmaError):
            found = alma.titles(filter(None, numbers.values()))
            for item, mms_id in numbers.items():
                if title := words(found.get(mms_id, {}).get("title")):
                    item.title = title


class CancelRequests(RequestJob):
    """targets: as of `is_target`; params: {"set": the texts of SAID}."""

    name, label = CANCEL, gettext_lazy("Cancel requests")
    calls = (1, 3)
    keeps_given = False
    takes = frozenset({"set"})
    words: Mapping[str, Any] = {
        Item.Verdict.CHANGES: gettext_lazy("will be cancelled"),
        Item.Verdict.REFUSED: gettext_lazy("cannot be cancelled"),
        Item.Verdict.MISSING: gettext_lazy("over, or not there"),
    }

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        said = params.get("set", {})
        odd = [one for one in targets if not is_target(str(one))]
        wrong = [_("“%(text)s” is neither a request's number nor a list of requests.") % {"text": o} for o in odd[:10]]
        named = (one for one in said if one not in SAID)
        wrong += [_("%(name)s is none of: %(all)s") % {"name": one, "all": ", ".join(SAID)} for one in named]
        return [*super().check(targets, params), *wrong, *_reason_problems(said), *narrowing.problems(said)]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Cancel %(which)s; reason: %(reason)s") % {"which": _which(targets), "reason": _reason(params)}

    def does(self, params: dict[str, Any]) -> list[str]:
        said = params["set"]
        note = [_("Note to the person: %(note)s") % {"note": said["note"]}] if said.get("note") else []
        mail = _("Alma mails each person.") if _words(params).notify else _("Alma mails nobody.")
        if note and not _words(params).notify:
            mail = _("Alma mails nobody, so the note goes nowhere.")
        return [_("Reason: %(reason)s") % {"reason": _reason(params)}, *note, mail, *narrowing.sentences(said)]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        """All pages of the lists; a request that stands in several is there once."""
        seen: set[str] = set()
        for number, page in self._pages(job):
            if isinstance(page, AlmaNotFound | AlmaRejected):
                where = _("List %d") % number
                yield [Found(f"#{number}", where, missing=page.text_to_keep or page.hint)]
                continue
            new = {one: mms_id for one, mms_id in page if one not in seen}
            seen.update(new)
            yield [Found(one, _named(one, mms_id)) for one, mms_id in new.items()]

    def _pages(self, job: Job) -> Iterator[tuple[int, Any]]:
        """(number of the target, page): pairs of request ID and MMS ID; Alma's refusal where there is no such list."""
        targets = list(dict.fromkeys(map(str, job.targets)))
        numbers = [one for one in targets if watching.is_number(one)]
        for start in range(0, len(numbers), PAGE):
            yield 0, [(one, "") for one in numbers[start : start + PAGE]]
        for number, target in enumerate((one for one in targets if not watching.is_number(one)), 1):
            try:
                for page in _listed(job, target):
                    yield number, page
            except (AlmaNotFound, AlmaRejected) as error:
                yield number, error

    def review(self, job: Job, item: Item) -> Verdict:
        try:
            found = alma.request(item.ids[0])
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Verdict(Item.Verdict.MISSING, error.hint, error.said.code)
        title = _named(item.ids[0], code(found.get("mms_id")))
        if why := cancelling.why_not(found):
            return Verdict(Item.Verdict.REFUSED, why, title=title)
        if why := narrowing.why_left(found, job.params["set"]):
            return Verdict(Item.Verdict.LEFT, why, title=title)
        state = record.status(found)
        text = _("It stands on the hold shelf: the person may have been told.") if state == record.ON_SHELF else ""
        return Verdict(Item.Verdict.CHANGES, text, before={STATE: state}, after={STATE: "CANCELLED"}, title=title)

    def apply(self, job: Job, item: Item) -> Outcome:
        if outcome := _earlier(job, item):
            return outcome
        try:
            found = record.named(alma.request(item.ids[0]), item.ids[0])
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Outcome(State.SKIPPED, error.hint, error.said.code, error.said.tracking_id)
        if why := _why_not_now(found, job, item):
            return Outcome(State.SKIPPED, why)
        if own := record.person(found):
            access.note(job.user_id or 0, job.who, own, Access.Action.CANCEL)
        done = cancelling.cancel(found, _words(job.params), Why(job.reason))
        if done.after == "over" and done.error:
            said = done.error.said
            return Outcome(State.SKIPPED, done.error.hint, said.code, said.tracking_id, change=done.change.pk)
        if done.error:  # no answer: the next slice looks what became of it
            raise done.error
        return _outcome(done.change, done.after)

    def settle(self, job: Job, item: Item) -> Outcome | None:
        """None leads back to `apply`, which begins with `_earlier`; what may still be under way waits behind the
        others."""
        try:
            return _earlier(job, item)
        except NotYet as too_early:
            if job.state == Job.State.STOPPING:
                return Outcome(State.UNSURE, too_early.text, is_final=False)
            Item.objects.filter(pk=item.pk).update(stage=LAST)
            return None

    def lines(self, item: Item) -> list[Line]:
        before = (item.before or {}).get(STATE)
        return [Line(_("State"), record.status_words(before), _("cancelled"))] if before else []

    def warnings(self, job: Job) -> list[str]:
        found = [_("Nothing takes this back: a cancelled request has lost its place in the queue.")]
        ready = job.items.filter(verdict=Item.Verdict.CHANGES, before__request_status=record.ON_SHELF).count()
        if ready:
            text = ngettext(
                "%d of them stands on the hold shelf: the person may be on the way to fetch it.",
                "%d of them stand on the hold shelf: the people may be on the way to fetch them.",
                ready,
            )
            found.append(text % ready)
        return [*found, _("Alma mails each person.")] if _words(job.params).notify else found


def _earlier(job: Job, item: Item) -> Outcome | None:
    """What became of an earlier try, None where there was none or it did nothing. The row in the log of changes is made
    before the request leaves, so without one nothing left. Raises NotYet while it may be under way, AlmaError."""
    change = Change.objects.filter(job_id=job.pk, record_id=item.ids[0]).order_by("-pk").first()
    if change is None:
        return None
    if change.state == Change.State.GOING:
        if not cancelling.is_over(item.ids[0]):
            return _outcome(change, "there")
        log.done(change, look_at=None)
    found = settled(change)
    still = cancelling.seconds_left(change)
    if found and found.state == State.UNSURE and still:
        text = _("No answer came, and the request is still there: the portal looks again before it goes on.")
        raise NotYet(still, text)
    return found


def _words(params: dict[str, Any]) -> Words:
    """Mails are sent unless somebody said no, as Alma does by itself."""
    said = params["set"]
    return Words(said["reason"], said.get("note", ""), said.get("notify") != "false")


def _reason(params: dict[str, Any]) -> str:
    said: str = params["set"]["reason"]
    return codes.tables([REASONS])[REASONS].options.get(said, said)


def _reason_problems(said: dict[str, str]) -> list[str]:
    wrong = []
    known = codes.tables([REASONS])[REASONS].options
    if not code(said.get("reason")):
        wrong.append(_("Why? Say reason=… with a code of Alma's table RequestCancellationReasons."))
    elif known and said["reason"] not in known:
        all_known = ", ".join(list(known)[:30])
        wrong.append(_("Alma knows no reason %(code)s: %(all)s") % {"code": said["reason"], "all": all_known})
    if len(said.get("note", "")) > NOTE_LIMIT:
        wrong.append(_("The note is longer than 1,000 characters."))
    if said.get("notify", "true") not in ("true", "false"):
        wrong.append(_("notify is true or false: whether Alma mails the people."))
    return wrong


def _named(request_id: str, mms_id: str) -> str:
    return BETWEEN.join(filter(None, (request_id, mms_id)))


def _which(targets: list[Any]) -> str:
    """What a job is about, and nobody's ID: its title stays."""
    if all(map(watching.is_number, targets)):
        return ngettext("%d request", "%d requests", len(targets)) % len(targets)
    if len(targets) > 1:
        return _("the requests of several lists")
    name, _slash, rest = targets[0].partition("/")
    return {
        "title": _("the requests of the title %(id)s") % {"id": rest},
        "patron": _("the requests of one person"),
        "watch": _("the requests of the watch list"),
        "picklist": _("the pick list of %(desk)s") % {"desk": desk_words(rest) if name == "picklist" else ""},
    }[name]


def desk_words(library_and_desk: str) -> str:
    """A desk by the names that Alma has, as far as they can be read; they are kept from when it was chosen."""
    library, _slash, desk = library_and_desk.partition("/")
    name = codes.tables([narrowing.LIBRARIES])[narrowing.LIBRARIES].options.get(library, library)
    with suppress(AlmaError):
        desk = dict(alma.desks(library)).get(desk) or desk
    return f"{desk}{BETWEEN}{name}"


def _why_not_now(found: Record, job: Job, item: Item) -> str:
    """Why it is left alone although the review said otherwise."""
    if why := cancelling.why_not(found) or narrowing.why_left(found, job.params["set"]):
        return why
    before = (item.before or {}).get(STATE)
    if before not in (None, record.ON_SHELF) and record.status(found) == record.ON_SHELF:
        return _("Since the review it came onto the hold shelf.")
    return ""


def _outcome(change: Change, after: str) -> Outcome:
    if after in cancelling.IS_OVER:
        return Outcome(State.DONE, _("Alma keeps it as over.") if after == "history" else "", change=change.pk)
    text = {
        "there": _("Alma said yes, and still has the request."),
        "unread": _("Alma said yes, and nobody could look whether the request is gone."),
    }[after]
    return Outcome(State.UNSURE, text, is_final=False, change=change.pk)


# what stands in a list


def _listed(job: Job, target: str) -> Iterator[list[tuple[str, str]]]:
    """(request ID, MMS ID) of a list's rows, a page at a time. Raises AlmaError."""
    name, _slash, rest = target.partition("/")
    if name == "watch":
        yield list(Watched.objects.filter(ending="").order_by("pk").values_list("request_id", "mms_id"))
    elif name == "title":
        yield [_ids(one) for one in alma.of_title(rest)]
    elif name == "patron":
        own = place(rest)
        for page in _paged(lambda offset: alma.of_person(own, offset), "user_request"):
            for primary_id in set(map(record.person, page)):
                access.note(job.user_id or 0, job.who, primary_id, Access.Action.REQUESTS)
            yield [_ids(one) for one in page]
    else:
        library, _slash, desk = rest.partition("/")
        for page in _paged(lambda offset: alma.pick_list(library, desk, offset), "requested_resource"):
            yield [pair for one in page for pair in _of_resource(one)]


def _paged(read: Callable[[int], Record], name: str) -> Iterator[list[Record]]:
    """The pages of a list; a count that lies is usual, so an empty page ends it too."""
    offset = 0
    while True:
        data = read(offset)
        page, total = rows(data, name), alma.total(data)
        yield page
        offset += len(page)
        if not page or (total is not None and offset >= total) or (total is None and len(page) < alma.MOST):
            return


def _ids(request: Record) -> tuple[str, str]:
    return record.request_id(request), code(request.get("mms_id"))


def _of_resource(resource: Record) -> list[tuple[str, str]]:
    """The requests that are to be filled with what one row of a pick list names."""
    mms_id = code(dig(resource, "resource_metadata.mms_id"))
    return [(own, mms_id) for one in rows(resource, "request") if (own := code(one.get("id")))]


class RefreshWatched(RequestJob):
    """Looks at all on the watch list that goes on, one call each; two for one that is over and kept as history.

    params: {"night": the day that it was started for by itself}.
    """

    name, label = REFRESH, gettext_lazy("Read the watch list again")
    calls = (1, 2)
    review_calls = 0
    only_reads = True
    takes = frozenset[str]()

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        there = Watched.objects.filter(ending="").exists()
        return [] if there else [_("Nothing on the watch list goes on: there is nothing to read.")]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        found = Watched.objects.filter(ending="").order_by("pk").values_list("request_id", "mms_id")
        yield [Found(one, _named(one, mms_id)) for one, mms_id in found]

    def review(self, job: Job, item: Item) -> Verdict:
        raise AssertionError("a job that only reads goes from its plan to its run")

    def apply(self, job: Job, item: Item) -> Outcome:
        watched = Watched.objects.filter(request_id=item.path).first()
        if watched is None:
            return Outcome(State.SKIPPED, _("It is on the watch list no more."))
        said = watching.look(watched)
        return Outcome(State.DONE if said else State.UNCHANGED, said)

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return None

    def lines(self, item: Item) -> list[Line]:
        return []


def register_kinds() -> None:
    for kind in (CancelRequests(), RefreshWatched()):
        register(kind)
