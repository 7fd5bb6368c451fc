"""Files in: reading, mapping and checking 100,000 rows, and a KBART list of 100,000 against as many portfolios.

Each part runs in a process of its own, whose largest memory is told (all of the portal included). The rows are sorted
by the same job as the pages start, which also writes them into the database.
"""

import csv
import io
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from bench import portal, stack
from bench.table import Line, main

PARTS = ("csv", "xlsx", "kbart")
ROWS = 100_000
COLLECTION, SERVICE = "61100000004711", "62100000004711"
HEAD = (
    "Portfolio ID",
    "Title",
    "Availability",
    "Library",
    "Static URL",
    "Local coverage",
    "Public note",
    "Activation date",
)
KBART = (
    "publication_title", "print_identifier", "online_identifier", "date_first_issue_online", "num_first_vol_online",
    "num_first_issue_online", "date_last_issue_online", "num_last_vol_online", "num_last_issue_online", "title_url",
    "first_author", "title_id", "embargo_info", "coverage_depth", "notes", "publisher_name", "publication_type",
    "date_monograph_published_print", "date_monograph_published_online", "monograph_volume", "monograph_edition",
    "first_editor", "parent_publication_title_id", "preceding_publication_title_id", "access_type",
)  # fmt: skip
PROMISED = {"csv": "≤ 15 s, ≤ 250 MB", "xlsx": "≤ 40 s", "kbart": "≤ 30 s"}
WHAT = {
    "csv": "a CSV of 100,000 rows × 8 columns read, mapped, checked, its rows written down",
    "xlsx": "the same as XLSX",
    "kbart": "a KBART list of 100,000 rows compared with 100,000 portfolios, the differences written down",
}


def measure(parts: Sequence[str]) -> list[Line]:
    return [_line(part) for part in parts]


def _line(part: str) -> Line:
    done = subprocess.run([sys.executable, "-m", "bench.files", part, "--here"], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    counts = ", ".join(f"{n:,} {group}" for group, n in sorted(found["counts"].items()))
    measured = f"{found['seconds']:.1f} s, {found['memory']:.0f} MB ({counts})"
    return Line(WHAT[part], PROMISED[part], measured, f"bench.files {part}")


def _here(part: str) -> dict[str, object]:
    """Make the file in another process, for its memory is none of ours, then sort it in this one."""
    with stack.folder() as data:
        portal.begin(portal.environment(data))
        portal.prepare()
        portal.plug_in()
        portal.signed_in()
        path = data / f"file.{part}"
        subprocess.run([sys.executable, "-m", "bench.files", part, f"--make={path}"], check=True)
        if part == "kbart":
            _index()
        load = _load(part, path)
        started = time.perf_counter()
        counts = _sorted(load)
        seconds = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "memory": memory, "counts": counts}


def _load(part: str, path):
    from django.utils import timezone

    from ecollections.loading import load_forms
    from ecollections.models import Load

    with path.open("rb") as file:
        if part == "kbart":
            from ecollections.loading.reading import opened

            fields = {"form": Load.Form.KBART, "layout": opened(file)[0].as_json()}
        else:
            fields = {"form": Load.Form.ROWS, **load_forms.found_out("portfolio", file)}
    import gzip

    return Load.objects.create(
        name=path.name,
        content=gzip.compress(path.read_bytes(), 5),
        made=timezone.now(),
        collection_id=COLLECTION,
        service_id=SERVICE,
        **fields,
    )


def _sorted(load) -> dict[str, int]:
    from django.contrib.auth import get_user_model

    from almaportal.jobs import control
    from almaportal.jobs.work import work
    from ecollections.loading import load_jobs

    job = load_jobs.sort(load, get_user_model().objects.get(username="bench"))
    while job.state not in control.OVER:
        work(job.pk)
        job.refresh_from_db()
    load.refresh_from_db()
    return load.counts or {"failed": 1}


def _index() -> None:
    """100,000 portfolios that were read whole."""
    from django.utils import timezone

    from ecollections.models import IndexedService
    from ecollections.titles import index

    for start in range(0, ROWS, 2000):
        index.see((_record(n), (COLLECTION, SERVICE)) for n in range(start, start + 2000))
    IndexedService.objects.update(built=timezone.now(), total=ROWS)


def _record(n: int):
    coverage = [{"from_year": str(1950 + n % 50), "from_volume": "1", "from_issue": "1"}]
    return {
        "id": f"53{n:012}",
        "is_local": True,
        "availability": {"value": "11"},
        "resource_metadata": {"title": _title(n), "mms_id": {"value": f"99{n:012}"}, "issn": _issn(n), "isbn": ""},
        "linking_details": {"static_url": f"jkey=https://content.example.net/{n}", "url_type": {"value": "static"}},
        "coverage_details": {"coverage_in_use": {"value": "0"}, "local_date_coverage_parameters": coverage},
    }  # fmt: skip


def _title(n: int) -> str:
    from almaportal.emulator import bibs

    return f"{bibs.title(bibs.FIRST_NUMBER + n, n // 60_000)} {n}"


def _issn(n: int) -> str:
    return f"{n // 1000:04}-{n % 1000:03}X"


def _rows(part: str) -> Iterator[Sequence[str]]:
    if part != "kbart":
        yield HEAD
        for n in range(ROWS):
            url = f"https://content.example.net/{n}"
            coverage = f"{1950 + n % 50}-01 v.1 i.{n % 9} – {2001 + n % 20}"
            yield f"53{n:015}", _title(n), "11", "", url, coverage, f"Note {n % 100}", "2024-03-01"
        return
    yield KBART
    for n in range(ROWS):
        yield _kbart(n)


def _kbart(n: int) -> Sequence[str]:
    """Of a hundred rows two are new, two have other coverage, two another URL; two portfolios are not in the file."""
    cells = dict.fromkeys(KBART, "")
    kind, number = n % 100, n if n % 100 not in (0, 1) else ROWS + n
    cells |= {
        "publication_title": _title(number),
        "online_identifier": _issn(number) if number < ROWS else f"A{number:09}",
        "date_first_issue_online": str(1950 + n % 50 + (1 if kind in (10, 11) else 0)),
        "num_first_vol_online": "1",
        "num_first_issue_online": "1",
        "title_url": f"https://{'moved' if kind in (20, 21) else 'content'}.example.net/{number}",
        "title_id": f"T{number}",
        "publication_type": "serial",
        "access_type": "P",
    }
    return list(cells.values())


def _make(part: str, path: str) -> None:
    if part == "xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("Rows")
        for row in _rows(part):
            sheet.append(row)
        book.save(path)
        return
    text = io.StringIO()
    csv.writer(text, delimiter="\t" if part == "kbart" else ",").writerows(_rows(part))
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())


if __name__ == "__main__":
    options = {word.partition("=")[0]: word.partition("=")[2] for word in sys.argv[2:]}
    if "--make" in options:
        _make(sys.argv[1], options["--make"])
    elif "--here" in options:
        print(json.dumps(_here(sys.argv[1])))
    else:
        main(PARTS, measure)
