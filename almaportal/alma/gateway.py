"""The only way to Alma: key → cache → pace → send → meter → decode.

An *operation* is a path template below /almaws/v1, such as "/electronic/e-collections/{collection_id}": it is what
calls are counted by, and its first word is the area whose key is used. Ids are put in percent-encoded.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from threading import BoundedSemaphore
from typing import Literal

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from almaportal.alma import cache, clock, http
from almaportal.alma.call import (
    TESTS,
    Call,
    Ids,
    Params,
    Record,
    decoded,
    elsewhere,
    error_in,
    make_call,
    no_answer,
    redirected,
)
from almaportal.alma.caller import Caller, calling, current
from almaportal.alma.errors import (
    AlmaDenied,
    AlmaError,
    AlmaNoKey,
    AlmaNotFound,
    AlmaQuotaSpent,
    AlmaReadOnly,
    AlmaRejected,
    AlmaSlow,
    AlmaTooFast,
    AlmaUnreachable,
    Said,
)
from almaportal.alma.quota import Quota
from almaportal.serve import WAITING_PAGES
from almaportal.usage import meter

TRIES = 4
REDIRECTS = 3
SECONDS_WITH_A_COPY = 8
SECONDS_FOR_A_PLACE = 2
BODY_LIMIT = 512 * 1024  # bytes (facts 1)
_places = BoundedSemaphore(WAITING_PAGES)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """data: what Alma sent, a dict; read_at: when; kept: whether it came from the cache; old: why this is only the kept
    copy although a fresh one was wanted, else None."""

    data: Record
    read_at: datetime
    kept: bool = False
    old: AlmaError | None = None


@dataclass(frozen=True)
class Times:
    """waited: seconds for the slot; sent_at: epoch seconds; seconds: how long Alma took; arrived: False when the
    request certainly never reached Alma."""

    waited: float
    sent_at: float
    seconds: float
    arrived: bool


class Gateway:
    """Alma as four verbs."""

    def __init__(self) -> None:
        self.quota = Quota()

    def get(
        self,
        operation: str,
        ids: Ids | None = None,
        params: Params | None = None,
        fresh_for: float = 0,
        lives_at: Callable[[Record], Ids | None] | None = None,
    ) -> Answer:
        """Read. An answer kept less than `fresh_for` seconds ago (0: never kept) spares the call.

        lives_at: the ids under which the record itself says that it lives; it is kept for that address too.
        Raises AlmaError; but when Alma cannot answer and a copy is kept, that copy comes with the reason in `old`.
        """
        call = make_call("GET", operation, ids, params)
        if fresh_for <= 0 or not cache.may_keep(operation):
            return Answer(self._repeat(call), clock.moment())
        generation, kept = cache.generation(call.area), cache.load(_address(call))
        is_fresh = kept and kept.generation == generation and _age(kept) <= fresh_for
        if kept and not current().read_again and (is_fresh or kept.read_at >= current().since):
            return _from_cache(call, kept)
        try:
            with calling(_patience(kept)):
                data = self._repeat(call)
        except AlmaNotFound as error:
            if error.is_gone:
                cache.forget(_address(call))
            raise
        except AlmaRejected:
            raise
        except AlmaError as error:
            if kept:
                return _from_cache(call, kept, error)
            raise
        if not current().keeps:
            return Answer(data, clock.moment())
        cache.save(_address(call), data, generation)
        if home := lives_at and lives_at(data):
            cache.save(_address(make_call("GET", operation, home, params)), data, generation)
        return Answer(data, clock.moment())

    def ask(
        self, method: Literal["GET", "POST"], operation: str, ids: Ids | None = None, params: Params | None = None
    ) -> http.Reply:
        """One call as it is, for those who want to see Alma's own answer: nothing is taken from the cache, kept or
        dropped, nothing is tried again, and of a failure home says nothing. POST only for TESTS, else ValueError.

        Returns the answer of a success, whatever its body is, the key masked in it, names of headers Like-This. Raises
        AlmaError.
        """
        if method != "GET" and operation not in TESTS.values():
            raise ValueError("Only a test may be posted.")
        call = replace(make_call(method, operation, ids, params), as_is=True)
        if method == "POST" and call.area in settings.ALMA_READ_ONLY:
            raise AlmaReadOnly(area=call.area)
        return self._follow(call)

    def kept(self, operation: str, ids: Ids | None = None, params: Params | None = None) -> Answer | None:
        """The answer that is kept of a read, however old; no call is made. None when there is none."""
        call = make_call("GET", operation, ids, params)
        found = cache.load(_address(call)) if cache.may_keep(operation) else None
        return _from_cache(call, found) if found else None

    def moved(self, area: str) -> None:
        """Something in the area is another than it was, as one has just seen: nothing kept is fresh any more."""
        cache.drop(area)

    def put(
        self,
        operation: str,
        ids: Ids | None,
        body: Record,
        params: Params | None = None,
        before: Record | None = None,
        took: Callable[[Record], bool] | None = None,
    ) -> Record:
        """Write a whole record and return Alma's answer, which is kept as the record from now on.

        before: the record as read just before; took: whether a record holds what this write asks for. When a try's
        outcome stays unknown, the record is read again: still the same as `before`, it is written again; holding what
        was asked, it is the answer; anything else is somebody else's write, and the outcome stays unknown. Without
        `before` it is never written twice on a guess.
        """
        call = make_call("PUT", operation, ids, params, body)
        read = make_call("GET", operation, ids)

        def settle(error: AlmaError) -> Record | None:
            now = self._look(operation, ids, error) if before is not None else None
            if now is None or (now != before and not (took and took(now))):
                raise error
            if now == before and error.status:  # Alma answered, and did nothing: known after all
                error.unknown_outcome = False
            return None if now == before else now

        return self._write(call, settle, keep_as=_address(read) if cache.may_keep(operation) else "")

    def post(self, operation: str, ids: Ids | None, body: Record | str, params: Params | None = None) -> Record:
        """Create or act, sent once: repeated only when it certainly never reached Alma or was refused for speed.

        body: a record, or XML as text.
        """

        def settle(error: AlmaError) -> Record | None:
            raise error

        return self._write(make_call("POST", operation, ids, params, body), settle)

    def delete(self, operation: str, ids: Ids, params: Params | None = None) -> None:
        """Delete. An unknown outcome is settled by a read: not there any more means done."""

        def settle(error: AlmaError) -> Record | None:
            if self._look(operation, ids, error) is None:
                return {}
            raise error

        self._write(make_call("DELETE", operation, ids, params), settle)

    def _look(self, operation: str, ids: Ids | None, error: AlmaError) -> Record | None:
        """The record as it is after a write whose outcome is unknown; None when it is gone. Else `error` stays true."""
        try:
            with calling(replace(current(), settles=True)):
                return self._repeat(make_call("GET", operation, ids))
        except AlmaError as trouble:
            if isinstance(trouble, AlmaNotFound) and trouble.is_gone:
                return None
            raise error from None

    def _write(self, call: Call, settle: Callable[[AlmaError], Record | None], keep_as: str = "") -> Record:
        """keep_as: the cache key of the read whose answer this write's answer is, or "".

        It is kept only when nobody else wrote in the area meanwhile: theirs may be the newer word about the record.
        """
        if call.area in settings.ALMA_READ_ONLY:
            raise AlmaReadOnly(area=call.area)
        if len(call.body or b"") > BODY_LIMIT:
            raise AlmaRejected(_("Nothing was sent."), said=Said("REQUEST_TOO_LARGE"), area=call.area)
        before = cache.drop(call.area)  # also before: nobody may be left to do it afterwards
        alone = False
        try:
            answer = self._repeat(call, settle)
            alone = cache.generation(call.area) == before
        finally:
            after = cache.drop(call.area)
        if keep_as and not current().keeps:
            cache.forget(keep_as)
        elif alone and keep_as and answer:
            cache.save(keep_as, answer, after)
        return answer

    def _repeat(self, call: Call, settle: Callable[[AlmaError], Record | None] | None = None) -> Record:
        """The one loop that tries again: what is retryable, at most TRIES times, with growing waits and jitter.

        A write whose outcome is unknown goes to `settle`: a record from there is the answer, None means: send it again.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return decoded(self._follow(call))
            except AlmaError as error:
                if error.unknown_outcome and settle and (settled := settle(error)) is not None:
                    return settled
                pause = 0.5 * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311
                if not error.retryable or attempt == TRIES or pause >= current().seconds_left():
                    raise
                if not isinstance(error, AlmaTooFast):  # then the pace itself makes everybody wait
                    clock.sleep(pause)
        raise AssertionError("the loop ends by returning or raising")

    def _follow(self, call: Call) -> http.Reply:
        """Send, and follow redirects that stay within the gateway: authorised again and counted as calls (facts 1)."""
        for _hop in range(REDIRECTS + 1):
            reply = self._send(call)
            if not 300 <= reply.status < 400:
                return reply
            call = redirected(call, reply.headers.get("Location", ""))
        raise elsewhere(call, _("Alma redirects in circles."))

    def _send(self, call: Call) -> http.Reply:
        """One request in its slot, counted whatever becomes of it. Returns a redirect or a readable success."""
        key = settings.ALMA_KEYS.get(call.area, "")
        if not key:
            raise AlmaNoKey(area=call.area)
        with _place(call):
            waited = self._wait(call)
            sent_at, started = clock.now(), clock.monotonic()
            reply, error, arrived = None, None, True
            try:
                content_type = "application/xml" if call.is_xml else "application/json"
                sent = http.send(call.method, call.url, key, call.body, content_type, current().seconds_left())
                reply = sent.masked(key)
                error = error_in(call, reply)
            except (http.NotSent, http.NoAnswer) as trouble:
                arrived = isinstance(trouble, http.NoAnswer)
                error = no_answer(call, trouble, given_up=current().seconds_left() <= 0.1)
        self._record(call, reply, error, Times(waited, sent_at, clock.monotonic() - started, arrived))
        if error or reply is None:
            raise error or AlmaUnreachable(area=call.area)
        return reply

    def _wait(self, call: Call) -> float:
        """Wait for the call's slot; what the day's end refuses is counted too, as a call that was not made."""
        try:
            waited = self.quota.wait(current())
        except AlmaQuotaSpent as error:
            _note(call, partial(meter.not_sent, call, error))
            raise
        if current().seconds_left() <= 0:
            self.quota.not_counted(current())
            raise AlmaSlow(area=call.area)
        return waited

    def _record(self, call: Call, reply: http.Reply | None, error: AlmaError | None, times: Times) -> None:
        """Count the call, and note what the answer says about the day's calls and the pace."""

        def counted() -> None:
            meter.called(call, error, waited=times.waited, seconds=times.seconds, arrived=times.arrived)
            if isinstance(error, AlmaTooFast):
                self.quota.refused_for_speed()
                self.quota.not_counted(current())
            elif isinstance(error, AlmaQuotaSpent):
                if self.quota.refused_for_the_day(times.sent_at):
                    meter.left(0)
            elif reply is None or isinstance(error, AlmaUnreachable | AlmaDenied):
                if not call.as_is:
                    self.quota.failed(error.kind if error else "")
                if not times.arrived:
                    self.quota.not_counted(current())
            elif noted := self.quota.answered(reply.headers.get("X-Exl-Api-Remaining"), times.sent_at):
                meter.left(noted.left, noted.given, begins=noted.begins)

        _note(call, counted)


def _note(call: Call, note: Callable[[], None]) -> None:
    """The books must not cost what they are about: when the database fails, the outcome of the call still counts."""
    try:
        with transaction.atomic():
            note()
    except DatabaseError:
        logger.exception("A call to Alma could not be counted: %s %s", call.method, call.operation)


def alma() -> Gateway:
    """The gateway of the settings as they are."""
    return Gateway()


def _address(call: Call) -> str:
    return cache.address(settings.ALMA_BASE_URL, call.path, call.query)


def _age(kept: cache.Kept) -> float:
    return clock.now() - kept.read_at


def _from_cache(call: Call, kept: cache.Kept, old: AlmaError | None = None) -> Answer:
    """old: why it stands in for a fresh one, which was asked for in vain: then it spared no call."""
    if old is None:
        _note(call, partial(meter.saved, call.area, call.operation))
    return Answer(kept.data, datetime.fromtimestamp(kept.read_at, UTC), kept=True, old=old)


def _patience(kept: cache.Kept | None) -> Caller:
    """Who can be shown a kept copy does not wait for a silent Alma as long as who would get nothing."""
    caller = current()
    if not kept or caller.give_up_at is None:
        return caller
    return replace(caller, give_up_at=min(caller.give_up_at, clock.monotonic() + SECONDS_WITH_A_COPY))


@contextmanager
def _place(call: Call) -> Iterator[None]:
    """One of the places for pages that wait for Alma: a silent Alma must not take all threads of the web server."""
    if current().give_up_at is None or current().lane == "jobs":
        yield
        return
    if not _places.acquire(timeout=SECONDS_FOR_A_PLACE):
        raise AlmaSlow(_("Too many pages are waiting for Alma."), area=call.area)
    try:
        yield
    finally:
        _places.release()
