"""The groups that the rows of a file are sorted into, and the job that each can become."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.templatetags.portal import number
from ecollections.field import Label
from ecollections.kbart.known import WITHOUT, jobs_made_of
from ecollections.models import Load, LoadRow

UNAVAILABLE = "10"
SAME = "same"
Row = tuple[str, str, dict[str, Any]]  # path, title, data


@dataclass(frozen=True)
class Group:
    """name: as of LoadRow; about: what its rows are, a sentence; does: names of DEEDS; look, mark: as of a status."""

    name: str
    label: Label
    about: Label
    does: tuple[str, ...] = ()
    look: str = ""
    mark: str = "○"


WRONG = Group("wrong", _("Wrong"), _("Cannot be used, and are left out: the rest goes on."), look="bad", mark="■")
GROUPS: dict[str, dict[str, Group]] = {
    Load.Form.ROWS: {
        one.name: one
        for one in (
            WRONG,
            Group("double", _("Double"), _("About a record of an earlier row, and left out."), look="warn", mark="◐"),
            Group(
                "edit", _("Changes"), _("The review reads each record, and shows what differs."), ("edit",), "good", "●"
            ),
            Group("create", _("New"), _("Portfolios to be made."), ("create",), "good", "●"),
            Group("delete", _("To be deleted"), _("The file says so."), ("delete",), "warn", "◐"),
            Group(SAME, _("Nothing to do"), _("Say nothing that could be changed.")),
        )
    },
    Load.Form.KBART: {
        one.name: one
        for one in (
            WRONG,
            Group(
                "unclear", _("Unclear"), _("Could be several portfolios, or none: decide each."), look="warn", mark="◐"
            ),
            Group("new", _("New"), _("In the file, not in the service."), ("create",), "good", "●"),
            Group(
                WITHOUT,
                _("New, without MMS ID"),
                _("In the file, not in the service; the title index does not tell which title they are."),
                look="warn",
                mark="◐",
            ),
            Group("missing", _("Missing"), _("In the service, not in the file."), ("delete", "hide"), "good", "●"),
            Group("coverage", _("Changed coverage"), _("The file says other dates."), ("edit",), "good", "●"),
            Group("url", _("Changed URL"), _("The file says another address."), ("edit",), "good", "●"),
            Group(
                "unread",
                _("Not read yet"),
                _("In both, but the portal does not know their coverage and URL: read them, then compare again."),
                ("read",),
                "warn",
                "◐",
            ),
            Group(SAME, _("The same"), _("In both, and alike.")),
        )
    },
}


@dataclass(frozen=True)
class Deed:
    """What becomes of a group. job: kind, targets and params of a job for these rows; words: of its button, for so
    many; only_reads: nothing is changed, so it begins by itself."""

    job: Callable[[Load, Iterable[Row]], tuple[str, list[Any], dict[str, Any]]]
    words: Callable[[int], str]
    only_reads: bool = False


def _edit(load: Load, rows: Iterable[Row]) -> tuple[str, list[Any], dict[str, Any]]:
    targets = [{"path": path, "title": title, "set": data["set"]} for path, title, data in rows]
    return f"load-{load.kind}s", targets, {}


def _create(load: Load, rows: Iterable[Row]) -> tuple[str, list[Any], dict[str, Any]]:
    own = f"{load.collection_id}/{load.service_id}"
    targets = [
        {"mms_id": data["mms_id"], "to": data.get("to") or own, "set": data.get("set", {})} for _path, _t, data in rows
    ]
    return "create-portfolios", targets, {}


def _delete(load: Load, rows: Iterable[Row]) -> tuple[str, list[Any], dict[str, Any]]:
    return "delete-portfolios", [path for path, *_rest in rows], {}


def _hide(load: Load, rows: Iterable[Row]) -> tuple[str, list[Any], dict[str, Any]]:
    action = {"path": "availability", "do": "set", "value": UNAVAILABLE}
    return "edit-portfolios", [path for path, *_rest in rows], {"actions": [action]}


def _read(load: Load, rows: Iterable[Row]) -> tuple[str, list[Any], dict[str, Any]]:
    return "read-portfolios", [path for path, *_rest in rows], {}


DEEDS = {
    "edit": Deed(_edit, lambda n: ngettext("Review %s change…", "Review %s changes…", n) % number(n)),
    "create": Deed(_create, lambda n: ngettext("Review %s new portfolio…", "Review %s new portfolios…", n) % number(n)),
    "delete": Deed(_delete, lambda n: ngettext("Review %s deletion…", "Review %s deletions…", n) % number(n)),
    "hide": Deed(_hide, lambda n: ngettext("Make %s unavailable…", "Make %s unavailable…", n) % number(n)),
    "read": Deed(
        _read, lambda n: ngettext("Read %s (%s call)", "Read %s (%s calls)", n) % (number(n), number(n)), True
    ),
}


def rows_of(load: Load, group: Group, with_old: bool) -> QuerySet[LoadRow]:
    """with_old: also those that the last file said the same about; where nothing is to be done, always."""
    found = load.rows.filter(group=group.name)
    return found if with_old or group.name == SAME else found.filter(is_old=False)


def make_job(load: Load, group: Group, deed: str, rows: QuerySet[LoadRow], user: Any, bib: str = "") -> Job:
    """A job for these rows; the one that does just this, while it is not over: a second click makes no second one.
    bib: what becomes of titles, where the deed is to delete. Raises control.Refused, PermissionDenied."""
    ordered = rows.order_by("number", "pk").values_list("path", "title", "data")
    found = ((path, title, data or {}) for path, title, data in ordered)
    kind, targets, params = DEEDS[deed].job(load, found)
    params |= {"load": load.pk, "file": load.name, "group": group.name, "rows": len(targets)}
    if deed == "delete":
        params["bib"] = bib
    with transaction.atomic():  # two clicks wait for each other
        now = Load.objects.select_for_update().filter(pk=load.pk).values_list("job_id", "counts").first()
        if now is None or now[0] != load.job_id or now[1] is None:
            raise control.Refused(sorted_anew())
        same = jobs_made_of(load).filter(kind=kind, params__rows=len(targets)).exclude(state__in=control.OVER)
        for there in same:
            if there.targets == targets and there.params.items() >= params.items():
                return there
        return control.submit(kind, targets, params, user, asks=not DEEDS[deed].only_reads)


def sorted_anew() -> str:
    return gettext("The file was sorted anew, or removed, since this page was shown: look at its rows once more.")
