"""The job that sorts a file's rows into groups. It changes nothing in Alma, so it starts by itself."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from io import BytesIO
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma import clock
from almaportal.jobs import control
from almaportal.jobs.kinds import Found, Line, NotYet, Outcome, register
from almaportal.jobs.models import Item, Job
from ecollections.kbart.known import SORT, compared, compared_with, last_time
from ecollections.kinds import BY_NAME
from ecollections.loading import checking, reading
from ecollections.loading.reading import Layout, Unreadable
from ecollections.loading.shapes import Sorted
from ecollections.models import Load, LoadRow
from ecollections.record_form import tables_of
from ecollections.record_job import ReadingJob

CHUNK = 1000
COLUMNS = ("load_id", "number", '"group"', "path", "title", "why", "data", "key", "is_old")
State = Item.State
Rows = Callable[[Load, IO[bytes]], Iterator[Sorted]]


class Removed(Exception):
    """There is no such file any more, or another job is to sort it."""


class SortFile(ReadingJob):
    """params: {"load": its number}. One item, the file: what a worker left half done is begun anew."""

    name, label = SORT, gettext_lazy("Read a file")
    calls = (0, 0)

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Read the file “%s”") % targets[0]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        yield [Found(f"file/{job.params['load']}", str(job.targets[0]))]

    def apply(self, job: Job, item: Item) -> Outcome:
        try:
            load = _still_there(job)
            with content(load) as file:
                counts = _store(job, load, ROWS_OF[load.form](load, file))
        except Unreadable as error:
            Load.objects.filter(pk=load.pk, job=job).update(message=str(error)[:500])
            return Outcome(State.FAILED, str(error))
        except Removed:
            return Outcome(State.SKIPPED, _("The file was removed, or is read anew by another job."))
        return Outcome(State.DONE, _("%d rows were sorted.") % sum(counts.values()))

    def lines(self, item: Item) -> list[Line]:
        return []

    def address(self, item: Item) -> str:
        return reverse("ecollections:file", args=[item.ids[-1]])


def sort(load: Load, user: Any) -> Job:
    """Have the rows of a file sorted, also once more: what was found before is forgotten."""
    with transaction.atomic():
        job = control.submit(SORT, [load.name], {"load": load.pk}, user)
        Load.objects.filter(pk=load.pk).update(job=job, counts=None, message="")
    return job


def content(load: Load) -> IO[bytes]:
    """The file as it came: on disk, and gone when it is closed."""
    file = TemporaryFile()  # noqa: SIM115 - the caller closes it
    with gzip.open(BytesIO(load.content)) as packed:
        shutil.copyfileobj(packed, file)
    file.seek(0)
    return file


def _of_a_table(load: Load, file: IO[bytes]) -> Iterator[Sorted]:
    kind = BY_NAME[load.kind]
    rows = reading.lines(file, Layout.from_json(load.layout))
    next(rows)  # the header
    loaded = [target for _header, target in load.columns]
    return checking.check(kind, rows, loaded, load.options, codes.tables(tables_of(kind)))


ROWS_OF: dict[str, Rows] = {Load.Form.ROWS: _of_a_table, Load.Form.KBART: compared}


def _store(job: Job, load: Load, found: Iterable[Sorted]) -> dict[str, int]:
    """Write the rows down, a thousand at a time; how many of each group. Raises Removed, NotYet, Unreadable."""
    before = set(load.previous.rows.exclude(key="").values_list("key", flat=True)) if load.previous else set()
    with transaction.atomic():
        _still_ours(job, load)
        load.rows.all().delete()
    rows = iter(found)
    while chunk := list(islice(rows, CHUNK)):
        with transaction.atomic():
            _still_ours(job, load)
            _write(load, chunk, before)
    counts = dict(load.rows.order_by().values_list("group").annotate(Count("pk")))
    with transaction.atomic():
        _still_ours(job, load)
        Load.objects.filter(pk=load.pk).update(counts=counts, message="")
    return counts


def _still_there(job: Job) -> Load:
    load = Load.objects.filter(pk=job.params["load"], job=job).first()
    if load is None:
        raise Removed
    return load


def _still_ours(job: Job, load: Load) -> None:
    """Raises Removed; NotYet where the job is to pause or stop, or where another worker has it by now."""
    if not Load.objects.filter(pk=load.pk, job=job).exists():
        raise Removed
    if not Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, state=Job.State.RUNNING).exists():
        raise NotYet(1, _("It is begun anew."))


def _write(load: Load, rows: Iterable[Sorted], before: set[str]) -> None:
    """Without objects in between: of 100,000 rows they would take most of the time. before: keys of the last file."""
    table, names = LoadRow._meta.db_table, ", ".join(COLUMNS)
    sql = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(load.pk, *_cells(one), one.key in before) for one in rows])


def _cells(one: Sorted) -> tuple[Any, ...]:
    data = json.dumps(one.data) if one.data else None
    return one.number, one.group, one.path[:130], one.title[:300], one.why[:500], data, one.key[:32]


def clear_old() -> None:
    """Each minute, from the sweep: files are kept as long as those of jobs; of KBART files the last one that was
    compared with a service is kept longer, for next month's shows what changed since; and so is the one before, for the
    last can be compared again."""
    before = clock.moment() - timedelta(days=settings.JOB_FILES_DAYS)
    old = Load.objects.filter(made__lt=before)
    services = old.filter(form=Load.Form.KBART).values_list("service_id", flat=True).distinct()
    latest = [found for service_id in services if (found := compared_with(service_id).first())]
    kept = {pk for load in latest for pk in (load.pk, load.previous_id) if pk}
    last_times = {load.pk for service_id in services if (load := last_time(service_id))}
    old.exclude(pk__in=kept | last_times).delete()


def register_kinds() -> None:
    register(SortFile())
