"""What the title index keeps of a portfolio that Alma sent: little from a list's row, more from the whole record."""

from dataclasses import dataclass
from typing import Any

from almaportal.alma.records import Record, code, dig, normal
from ecollections.ids import number
from ecollections.kinds import PORTFOLIO
from ecollections.places import portfolio_name
from ecollections.titles import words
from ecollections.values import meant, raw

LINKING, COVERAGE = "linking_details.", "coverage_details."
OVERRIDES = tuple(f"{LINKING}{kind}_override" for kind in ("static_url", "dynamic_url"))
URLS = (
    f"{LINKING}static_url_override",
    f"{LINKING}dynamic_url_override",
    f"{LINKING}static_url",
    f"{LINKING}dynamic_url",
)
# The fields of a whole record whose values are kept, where they have something in them.
PATHS = (
    "material_type",
    f"{LINKING}url_type",
    f"{LINKING}static_url",
    f"{LINKING}url_type_override",
    f"{LINKING}static_url_override",
    f"{COVERAGE}coverage_in_use",
    f"{COVERAGE}global_date_coverage_parameters",
    f"{COVERAGE}global_embargo_information",
    f"{COVERAGE}local_date_coverage_parameters",
    f"{COVERAGE}local_embargo_information",
)
LONGEST_URL = 2000  # letters: what PostgreSQL can have in an index


@dataclass(frozen=True)
class Facts:
    """Of one portfolio. row, facet: values of Title and of Facet by name, as far as this answer tells them."""

    alma_id: int
    row: dict[str, Any]
    facet: dict[str, str]


def of(record: Record) -> Facts | None:
    """None for what has no ID of Alma's shape."""
    alma_id = number(code(record.get("id")))
    if alma_id is None:
        return None
    title = portfolio_name(record)
    row: dict[str, Any] = {
        "title": title,
        "sort": words.sort_key(title),
        "mms_id": number(code(dig(record, "resource_metadata.mms_id"))),
    }
    local = record.get("is_local")
    facet = {
        "availability": code(record.get("availability"))[:40],
        "origin": {True: "local", False: "zone"}.get(local, "") if isinstance(local, bool) else "",
        "library": code(record.get("library"))[:100],
    }
    if is_whole(record):
        _add_whole(record, row, facet)
    return Facts(alma_id, row, facet)


def is_whole(record: Record) -> bool:
    """Whether this is more than a list's row (facts 2.4)."""
    return "linking_details" in record or "coverage_details" in record


def _add_whole(record: Record, row: dict[str, Any], facet: dict[str, str]) -> None:
    about = record.get("resource_metadata")
    for name in ("issn", "isbn", "author", "publisher"):
        if isinstance(about, dict) and name in about:
            row[name] = code(about[name])
    values = {path: kept(path, record) for path in PATHS}
    row["facts"] = {path: value for path, value in values.items() if value not in ("", None)}
    row["url"] = url(record)
    facet["material"] = code(record.get("material_type"))[:40]
    facet["override"] = "yes" if any(code(dig(record, path)) for path in OVERRIDES) else "no"
    facet["gaps"] = "yes" if len(coverage_in_force(row["facts"])) > 1 else "no"


def kept(path: str, record: Record) -> Any:
    """A field's value as text; of coverage and embargo its rows, without what is empty in them."""
    one = PORTFOLIO.fields[path]
    if one.kind in ("coverage", "embargo"):
        return normal(raw(one, record))
    return meant(one, raw(one, record))


def url(record: Record) -> str:
    """The web address in force, as the record tells it, its beginning; "" where the service makes it."""
    found = next((text for path in URLS if (text := code(dig(record, path)).removeprefix("jkey="))), "")
    return found[:LONGEST_URL]


def coverage_in_force(facts: dict[str, Any]) -> list[Record]:
    """The rows of date coverage that readers see, by “Coverage in use” (facts 2.4; all but "0" unverified)."""
    local, other = (facts.get(f"{COVERAGE}{side}_date_coverage_parameters") or [] for side in ("local", "global"))
    match facts.get(f"{COVERAGE}coverage_in_use"):
        case "1":
            found = other
        case "2":
            found = local or other
        case "3":
            found = [*local, *other]
        case _:
            found = local
    return [row for row in found if isinstance(row, dict)]
