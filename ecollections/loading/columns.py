"""The columns of a file: what each is loaded into, and what exported columns are called.

A target of a column is the path of a field, or one of ID, COLLECTION_ID, SERVICE_ID, DO; "" is not loaded.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ecollections.field import Field, Label
from ecollections.kinds import BY_NAME, KINDS, PORTFOLIO, SERVICE, Kind
from ecollections.loading.cells import EMPTY, NOT_CARRIED, spoken

ID, COLLECTION_ID, SERVICE_ID, DO = "@id", "@collection", "@service", "@do"  # ID: also the whole path
MMS_ID = "resource_metadata.mms_id"
NOTHING = "-"  # in the column DO: nothing is done with the row
Choices = list[tuple[str, list[tuple[str, str]]]]

# The fields that a file may carry: kind → path → field.
LOADED: dict[str, dict[str, Field]] = {
    kind.name: {
        path: one
        for path, one in kind.fields.items()
        if one.settable in ("always", "local") and one.kind not in NOT_CARRIED
    }
    for kind in KINDS
}

# How people, Alma and other tools call them; the first is the header of exports.
NAMES_OF_IDS: dict[str, tuple[Label, ...]] = {
    "collection": (
        gettext_lazy("Collection ID"),
        "E-collection ID",
        "Electronic collection ID",
        "Collection PID",
        "Electronic collection PID",
        "electronic_collection.id",
    ),
    "service": (
        gettext_lazy("Service ID"),
        "Electronic service ID",
        "E-service ID",
        "Service PID",
        "Electronic service PID",
        "electronic_collection.service",
    ),
    "portfolio": (gettext_lazy("Portfolio ID"), "Portfolio PID", "Electronic portfolio ID"),
}
NAMES_OF_ANY_ID = ("ID", "PID", "Path", "Alma ID")
NAMES_OF_DO: tuple[Label, ...] = (gettext_lazy("Action"), "Do", "What to do", "Operation")
# Alma's reports name the kind before the field: "Portfolio Public Note".
ANALYTICS = {"collection": "Electronic collection", "service": "Electronic service", "portfolio": "Portfolio"}
OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "public_name": ("Name", "Collection name", "Electronic collection name"),
    "url": ("URL", "Link"),
    "interface.name": ("Interface name",),
    "public_description": ("Description", "Service name"),
    MMS_ID: ("MMS", "Bib MMS ID", "Bib ID"),
    "availability": ("Availability status",),
    "library": ("Library code", "Owning library", "Available for library"),
    "license": ("License code", "Licence", "Licence code"),
    "po_line": ("POL", "POL number", "PO line number", "PO line reference"),
    "linking_details.static_url": ("URL", "Link", "Title URL"),
    "linking_details.static_url_override": ("URL override", "Override URL", "Local URL"),
    "linking_details.proxy_enabled": ("Enable proxy", "Proxy enable"),
    "linking_details.proxy": ("Proxy profile", "Proxy selected"),
    "coverage_details.local_date_coverage_parameters": ("Coverage", "Coverage statement", "Local coverage statement"),
    "coverage_details.local_embargo_information": ("Embargo",),
    "public_note": ("Coverage notes",),
}

EXAMPLES: dict[str, str] = {
    ID: "53123456780004711",
    SERVICE_ID: "62123456780004711",
    COLLECTION_ID: "61123456780004711",
    MMS_ID: "991234567804711",
    "url": "https://www.example.org/",
    "date": "2026-03-31",
    "flag": "true",
    "coverage": "1997-01-15 v.12 i.3 – 2004-12 v.20 ; 2010 –",
    "embargo": ">1Y6M",
    "BooleanYesNo": "true",
    "BooleanYesNoNumericCode": "0",
    "IsFree": "0",
    "ElectronicBaseStatus": "11",
}


def guess(kind: Kind, headers: Sequence[str]) -> list[str]:
    """What each column is loaded into, by its header: a path, a label, or a name that is usual. Each target once."""
    folded = [_folded(one) for one in headers]
    found = [""] * len(folded)
    for names in _names(kind.name, get_language()):
        for n, header in enumerate(folded):
            target = names.get(header, "")
            if target and not found[n] and target not in found:
                found[n] = target
    return found


def choices(kind: Kind) -> Choices:
    """(label of the group, [(target, label)]) of all that a column can be loaded into."""
    loaded = LOADED[kind.name]
    groups = [(str(group.label), [one for one in group.fields if one.path in loaded]) for group in kind.groups]
    specials = [(target, str(label)) for target, label in _specials(kind)]
    return [
        (_("Which record, and what to do with it"), specials),
        *((label, [(one.path, str(one.label)) for one in fields]) for label, fields in groups if fields),
    ]


def problems(kind: Kind, columns: Sequence[str]) -> list[str]:
    """What is wrong with what the columns are loaded into, in sentences."""
    labels = {target: label for _group, pairs in choices(kind) for target, label in pairs}
    found = [
        _("“%s” is nothing that a column can be loaded into.") % one for one in columns if one not in {*labels, ""}
    ]
    twice = dict.fromkeys(one for one in columns if one in labels and columns.count(one) > 1)
    found += [_("%s: two columns are loaded into it. Choose one.") % labels[one] for one in twice]
    if ID not in columns and not (kind is PORTFOLIO and MMS_ID in columns):
        sentence = _("No column says which record a row is about: choose the one of “%s”.")
        found.append(sentence % str(NAMES_OF_IDS[kind.name][0]))
    if not LOADED[kind.name].keys() & set(columns) and not (kind is PORTFOLIO and DO in columns):
        found.append(_("No column is loaded into a field: there is nothing to change."))
    return found


def headers(kind: Kind) -> list[tuple[str, str]]:
    """(target, header) of all columns of an export or a template: `guess` brings them back."""
    named = [*_specials(kind, is_header=True), *((path, one.label) for path, one in LOADED[kind.name].items())]
    return [(target, str(label) if guess(kind, [str(label)]) == [target] else target) for target, label in named]


def template(kind: Kind) -> list[list[str]]:
    """The header, and a row of examples; it is marked, so that nothing comes of it when it is loaded."""
    columns = headers(kind)
    return [[header for _target, header in columns], [_example(kind, target) for target, _header in columns]]


def _example(kind: Kind, target: str) -> str:
    if target == DO:
        return NOTHING
    if target == ID:
        return EXAMPLES[(COLLECTION_ID, SERVICE_ID, ID)[kind.depth - 1]]
    one = kind.fields.get(target)
    known = EXAMPLES.get(target) or (one and (EXAMPLES.get(one.kind) or EXAMPLES.get(one.table)))
    if known or one is None:
        return known or ""
    if one.choices:
        return one.choices[0][0]
    return _("any text; %s clears the field") % EMPTY if one.kind == "long" else ""


def _specials(kind: Kind, is_header: bool = False) -> list[tuple[str, Label]]:
    """(target, label) of what is no field of its records."""
    found: list[tuple[str, Label]] = [(DO, NAMES_OF_DO[0]), (ID, NAMES_OF_IDS[kind.name][0])]
    if kind.depth > 1:
        found.append((COLLECTION_ID, NAMES_OF_IDS["collection"][0]))
    if kind.depth > SERVICE.depth:
        found.append((SERVICE_ID, NAMES_OF_IDS["service"][0]))
        mms_id = kind.fields[MMS_ID].label
        found.append((MMS_ID, mms_id if is_header else _("%s of a new portfolio") % mms_id))
    return found


@cache
def _names(kind_name: str, _language: str | None) -> tuple[dict[str, str], ...]:
    """Folded name → target, the surest first: the paths and labels; other names; the ends of paths."""
    kind = BY_NAME[kind_name]
    others = _unambiguous(_other_names(kind))
    ends = _unambiguous((path.rpartition(".")[2], path) for path in LOADED[kind_name])
    return _unambiguous(_own_names(kind)), others, {name: ends[name] for name in ends.keys() - others.keys()}


def _own_names(kind: Kind) -> Iterator[tuple[Label, str]]:
    for target, label in _specials(kind, is_header=True):
        yield from ((target, target), (label, target))
    for path, one in LOADED[kind.name].items():
        yield from ((path, path), (f"{path}.value", path), (one.label, path))
        yield from ((f"{ANALYTICS[kind.name]} {name}", path) for name in spoken(one.label))


def _other_names(kind: Kind) -> Iterator[tuple[Label, str]]:
    names: dict[str, Sequence[Label]] = {
        DO: NAMES_OF_DO,
        COLLECTION_ID: NAMES_OF_IDS["collection"],
        SERVICE_ID: NAMES_OF_IDS["service"],
        ID: (*NAMES_OF_IDS[kind.name], *NAMES_OF_ANY_ID),
    }
    targets = [target for target, _label in _specials(kind)]
    for target in [*targets, *LOADED[kind.name]]:
        for name in (*names.get(target, ()), *OTHER_NAMES.get(target, ())):
            yield name, target


def _unambiguous(pairs: Iterable[tuple[Label, str]]) -> dict[str, str]:
    """Without the names of two targets."""
    found = defaultdict[str, set[str]](set)
    for label, target in pairs:
        for name in spoken(label):
            found[_folded(name)].add(target)
    return {name: next(iter(targets)) for name, targets in found.items() if len(targets) == 1}


def _folded(header: str) -> str:
    """Whatever the case, and whether blanks, hyphens, dots or underscores."""
    return re.sub(r"(?:[^\w@]|_)+", " ", header.casefold()).strip()
