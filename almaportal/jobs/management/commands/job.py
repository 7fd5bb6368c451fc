"""`manage.py job`: what the job pages do, for scripts and cron, with the same rules.

Exit codes: 0 done, or shown; 1 refused, nothing was started; 2 over, and not all was done; 3 not over, or stopped.
"""

import getpass
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from almaportal.accounts.roles import VIEW_ALL_JOBS
from almaportal.alma import clock
from almaportal.jobs import claims, control
from almaportal.jobs.forms import tonight
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job
from almaportal.jobs.price import price
from almaportal.jobs.work import work_a_slice
from almaportal.usage import spent

S = Job.State
USER = "on whose behalf: their roles decide"
COMMAND_LINE = "command line"
PATIENCE = timedelta(minutes=15)  # that --wait has with a job that waits
SHOWN = 20  # lines of a review that are printed


class Words(CommandParser):
    """Words that make no sense are refused like everything else."""

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{self.format_usage()}{message}", returncode=1)


class Command(BaseCommand):
    help = "Submit jobs, look at them, pause, resume, stop, retry and undo them."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=Words)
        submit = actions.add_parser("submit", help="Review a job; with --yes also start it.")
        submit.add_argument("kind", choices=sorted(name for name, kind in KINDS.items() if kind.takes is not None))
        submit.add_argument("--target", action="append", default=[], metavar="PATH", help="Alma IDs: C, C/S or C/S/P")
        submit.add_argument("--file", help="more targets, or the rows to create, one a line; - for standard input")
        submit.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE")
        submit.add_argument("--clear", action="append", default=[], metavar="FIELD")
        submit.add_argument("--append", action="append", default=[], metavar="FIELD=VALUE")
        submit.add_argument("--replace", action="append", default=[], nargs=3, metavar=("FIELD", "FIND", "VALUE"))
        submit.add_argument("--how", choices=("exact", "ignore case", "pattern"), default="exact")
        submit.add_argument(
            "--only",
            action="append",
            default=[],
            nargs="+",
            metavar=("FIELD", "TEST"),
            help="only records where: FIELD is|is-not|contains|does-not-contain VALUE, FIELD is-empty|is-not-empty",
        )
        submit.add_argument("--bib", choices=("retain", "suppress", "delete"), help="titles left without inventory")
        submit.add_argument("--to", metavar="C/S", help="the service that portfolios are moved into")
        submit.add_argument("--identifiers", action="store_true", help="index-titles: with ISSN, ISBN and the like")
        submit.add_argument("--reason", default="")
        submit.add_argument("--sample", type=int, help="review this many records only")
        self._common(submit)
        for name in ("show", "pause", "resume", "stop", "retry"):
            one = actions.add_parser(name)
            one.add_argument("id", type=int)
            one.add_argument("--user", help=USER)
            one.add_argument("--json", action="store_true")
        undo = actions.add_parser("undo", help="Review taking a job back; with --yes also start it.")
        undo.add_argument("id", type=int)
        self._common(undo)
        actions.add_parser("list").add_argument("--json", action="store_true")

    @staticmethod
    def _common(parser: CommandParser) -> None:
        parser.add_argument("--user", help=USER)
        parser.add_argument("--yes", action="store_true", help="start it after the review")
        parser.add_argument("--at", help="with --yes: now, tonight, or a time such as 2026-03-31T20:00")
        parser.add_argument("--wait", action="store_true", help="until it is over")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, action: str, **options: Any) -> None:
        try:
            getattr(self, f"_{action}")(**options)
        except control.Refused as refused:
            raise CommandError("\n".join(refused.sentences), returncode=1) from None
        except PermissionDenied:
            raise CommandError("This person's roles do not allow it. Nothing was started.", returncode=1) from None

    def _submit(self, kind: str, user: str | None, reason: str, sample: int | None, **options: Any) -> None:
        person = _person(user)
        try:
            targets = KINDS[kind].given(options["target"], _lines(options["file"]))
            starts_at(options["at"])
        except ValueError as wrong:
            raise CommandError(str(wrong), returncode=1) from None
        params = _params(kind, options)
        if KINDS[kind].only_reads:
            self._read(kind, targets, params, person, reason, options)
        else:
            self._reviewed(control.submit(kind, targets, params, person, reason, sample), options)

    def _read(
        self, kind: str, targets: list[Any], params: dict[str, Any], person: Any, reason: str, options: dict[str, Any]
    ) -> None:
        """A job that changes nothing has no review: it starts when that was said."""
        if not options["yes"] or options["at"]:
            text = f"{kind} only reads, so there is no review: say --yes, without --at. Nothing was started."
            raise CommandError(text, returncode=1)
        job = control.submit(kind, targets, params, person, reason)
        if options["wait"]:
            _drive(job, waits=True)
        self._show(job.pk, options["json"])
        if options["wait"]:
            sys.exit(_exit_code(job))

    def _undo(self, id: int, user: str | None, **options: Any) -> None:
        self._reviewed(control.undo(_job(id), _person(user)), options)

    def _reviewed(self, job: Job, options: dict[str, Any]) -> None:
        """Wait for the review, print it; start the job when that was said."""
        _drive(job)
        if not options["json"]:
            self._print_review(job, starts_at(options["at"]))
        if options["yes"] and job.state == S.READY:
            control.start(job, starts_at(options["at"]), job.who)
            if options["wait"]:
                _drive(job, waits=True)
        self._show(job.pk, options["json"])
        if job.message:
            self.stderr.write(job.message)
        if options["yes"] and options["wait"]:
            sys.exit(_exit_code(job))
        if job.state in (S.PAUSED, S.WAITING, S.FAILED) and job.phase != Job.Phase.RUN:
            sys.exit(3)

    def _print_review(self, job: Job, at: datetime | None) -> None:
        found = control.verdicts(job)
        self.stdout.write(
            f"{found['changes']} would change, {found['same']} need no change, {found['left']} left alone, "
            f"{found['refused']} refused, {found['missing']} not found, {found['unseen']} not looked at"
        )
        for sentence in KINDS[job.kind].warnings(job):
            self.stdout.write(f"! {sentence}")
        for item in job.items.exclude(verdict__in=("", "same")).order_by("position")[:SHOWN]:
            named = dict.fromkeys(("/".join(item.ids), item.title, item.message))
            self.stdout.write("  ".join(["", *filter(None, named)]))
            for line in KINDS[job.kind].lines(item):
                self.stdout.write(f"    {line.label}: {line.before or '–'} → {line.after or '–'}")
        cost = price(job, at)
        share = f", {cost.share:.1%} of what jobs may use today" if cost.share is not None else ""
        ends = f"ends at {timezone.localtime(cost.ends_at):%H:%M}"
        if cost.goes_on:
            ends = f"goes on after {cost.goes_on:%H:%M} GMT"
        self.stdout.write(f"{cost.calls} calls, about {cost.seconds / 60:.0f} min{share}, {ends}")

    def _show(self, id: int, json: bool, **_options: Any) -> None:
        self._print(_facts(_job(id)), json)

    def _list(self, json: bool, **_options: Any) -> None:
        self._print([_facts(job) for job in Job.objects.order_by("-pk")[:100]], json)

    def _pause(self, **options: Any) -> None:
        self._do(control.pause, **options)

    def _resume(self, **options: Any) -> None:
        self._do(_go_on, **options)

    def _stop(self, **options: Any) -> None:
        self._do(control.stop, **options)

    def _retry(self, **options: Any) -> None:
        self._do(control.retry, **options)

    def _do(self, act: Callable[[Job, str], None], id: int, user: str | None, json: bool, **_options: Any) -> None:
        """For a person that was named as the pages do: the job's owner or an administrator, who may start one of its
        kind. Else for whoever may run this command."""
        job, who = _job(id), COMMAND_LINE
        if user:
            person = _person(user)
            who, is_own = person.get_username(), job.user_id == person.pk
            may = person.has_perm(KINDS[job.kind].may) and (is_own or person.has_perm(VIEW_ALL_JOBS))
            if not may or (job.state == S.READY and not is_own and act is _go_on):
                raise PermissionDenied
        act(job, who)
        self._show(id, json)

    def _print(self, found: Any, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for facts in found if isinstance(found, list) else [found]:
            self.stdout.write("  ".join(f"{name} {value}" for name, value in facts.items() if value not in (None, "")))


def _exit_code(job: Job) -> int:
    """0 only when all was done that was asked: what the conditions left alone was not asked."""
    if job.state not in control.OVER or job.state == S.STOPPED:
        return 3
    left_out = job.items.filter(state=Item.State.SKIPPED).exclude(verdict=Item.Verdict.LEFT)
    return 0 if job.state == S.DONE and not left_out.exists() else 2


def _go_on(job: Job, who: str) -> None:
    """Start a job that is ready, resume another."""
    if job.state == S.READY:
        control.start(job, who=who)
    else:
        control.resume(job, who)


def _drive(job: Job, waits: bool = False) -> None:
    """Work the job here, slice after slice, beside whatever worker is up, until it is over or waits for somebody.

    waits: also while it waits for Alma, unless that lasts long.
    """
    job.refresh_from_db()
    while job.state in control.UNDER_WAY or (waits and _waits_shortly(job)):
        work_a_slice(job.pk)
        claims.revive()
        job.refresh_from_db()
        if job.state == S.WAITING or (job.state in control.UNDER_WAY and job.claimed_by):  # a worker has it
            clock.sleep(1)
            job.refresh_from_db()


def _waits_shortly(job: Job) -> bool:
    return job.state == S.WAITING and job.wait_until is not None and job.wait_until < clock.moment() + PATIENCE


def _facts(job: Job) -> dict[str, Any]:
    times = {name: getattr(job, name) for name in ("created", "started", "finished")}
    return {
        "id": job.pk,
        "kind": job.kind,
        "state": job.state,
        **control.counts(job),
        "calls": max(job.calls, spent.by_job(job.pk)[0]),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def _job(number: int) -> Job:
    found = Job.objects.filter(pk=number).first()
    if found is None:
        raise CommandError(f"There is no job {number}.", returncode=1)
    return found


def _person(name: str | None) -> Any:
    """Who it is done for: named, or of the name that is signed in to the machine, or else the one administrator."""
    active = get_user_model().objects.filter(is_active=True)
    found = active.filter(username=name or getpass.getuser()).first()
    if found is None and name:
        raise CommandError(f"There is nobody of the user name “{name}”.", returncode=1)
    administrators = list(active.filter(groups__name="administrator")[:2])
    if found is None and len(administrators) != 1:
        raise CommandError("Say on whose behalf: --user NAME.", returncode=1)
    return found or administrators[0]


def _lines(file: str | None) -> list[str]:
    """The lines of a file that say something. Raises ValueError."""
    if not file:
        return []
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read: {error}.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _params(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the kind takes of the options. What it does not take is refused: nobody shall believe that it was heeded."""
    takes = KINDS[kind].takes or frozenset()
    asked: dict[str, Any] = {"actions": _actions(options), "only": [_condition(words) for words in options["only"]]}
    asked |= {"bib": options["bib"], "to": options["to"], "identifiers": options["identifiers"]}
    if "set" in takes:
        asked |= {"set": {one["path"]: one["value"] for one in asked["actions"] if one["do"] == "set"}}
        asked["actions"] = [one for one in asked["actions"] if one["do"] != "set"]
    params = {name: value for name, value in asked.items() if value}
    if unheard := sorted(params.keys() - takes):
        raise CommandError(f"{kind} does not take: {', '.join(unheard)}.", returncode=1)
    return params


def _condition(words: list[str]) -> dict[str, str]:
    if len(words) < 2 or len(words) > 3:
        raise CommandError("--only takes FIELD TEST, or FIELD TEST VALUE.", returncode=1)
    field, test, *value = words
    return {"path": field, "is": test.replace("-", " "), "value": value[0] if value else ""}


def _actions(options: dict[str, Any]) -> list[dict[str, str]]:
    found = [{"path": path, "do": "clear"} for path in options["clear"]]
    for do in ("set", "append"):
        for text in options[do]:
            path, equals, value = text.partition("=")
            if not equals:
                raise CommandError(f"--{do} {text}: say FIELD=VALUE.", returncode=1)
            found.append({"path": path, "do": do, "value": value})
    for path, find, value in options["replace"]:
        found.append({"path": path, "do": "replace", "find": find, "value": value, "how": options["how"]})
    return found


def starts_at(said: str | None) -> datetime | None:
    """When it is to start; None for now. Raises ValueError, a sentence."""
    if said in (None, "", "now"):
        return None
    if said == "tonight":
        return tonight()
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        raise ValueError(f"--at {said}: say now, tonight, or a time such as 2026-03-31T20:00.") from None
    return at if timezone.is_aware(at) else timezone.make_aware(at)
