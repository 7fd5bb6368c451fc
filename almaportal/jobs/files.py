"""The files of a job: its review as it was when it was started, its results, the records it deleted."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import TypeVar

from almaportal.alma import clock
from almaportal.jobs import exports
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job, JobFile

REVIEW, RESULTS, RECORDS, TARGETS = "review.csv", "results.csv", "records.jsonl", "targets.txt"
BLOCK = 64 * 1024
FEW = 50  # whole records at a time
BEAT_ROWS = 1000
Beat = Callable[[], object]
T = TypeVar("T")


def keep_review(job: Job, beat: Beat = lambda: None) -> None:
    """Write the review down as a file: the run writes over the items' messages.

    beat: called every thousand rows, for many take longer than a worker may be silent.
    """
    _keep_items(job, REVIEW, beat)
    _keep_records(job, beat)


def keep_results(job: Job, beat: Beat = lambda: None) -> None:
    """Write down what became of each item. beat: as of `keep_review`."""
    _keep_items(job, RESULTS, beat)
    _keep_records(job, beat)


def _keep_items(job: Job, name: str, beat: Beat) -> None:
    items = job.items.all()
    rows = _beating(exports.rows(items, KINDS.get(job.kind)), beat)
    _keep(job, name, exports.csv_of(rows), items.count())


def _keep_records(job: Job, beat: Beat) -> None:
    """The records as the review read them, one a line, where the kind of the job keeps them."""
    kept = job.items.filter(kept__isnull=False)
    if count := kept.count():
        lines = (_line(item) for chunk in exports.chunks(kept, FEW) for item in chunk)
        _keep(job, RECORDS, _beating(lines, beat), count)


def _beating(rows: Iterable[T], beat: Beat) -> Iterator[T]:
    for number, row in enumerate(rows, 1):
        yield row
        if not number % BEAT_ROWS:
            beat()


def _line(item: Item) -> str:
    facts = {"path": item.path, "title": item.title, "state": item.state, "record": item.kept}
    return f"{json.dumps(facts, ensure_ascii=False)}\n"


def _keep(job: Job, name: str, texts: Iterable[str], rows: int) -> None:
    packed = BytesIO()
    with gzip.open(packed, "wt", encoding="utf-8", newline="") as out:
        out.writelines(texts)
    fields = {"made": clock.moment(), "rows": rows, "content": packed.getvalue()}
    JobFile.objects.update_or_create(job=job, name=name, defaults=fields)


def content(file: JobFile) -> Iterator[bytes]:
    """What stands in a file, a block at a time."""
    with gzip.open(BytesIO(file.content)) as packed:
        while block := packed.read(BLOCK):
            yield block


def targets(job: Job) -> Iterator[str]:
    """What the job was asked to do it to, one a line: paths as they are, what is more than a path as JSON."""
    for target in job.targets:
        yield f"{target if isinstance(target, str) else json.dumps(target, ensure_ascii=False)}\n"
