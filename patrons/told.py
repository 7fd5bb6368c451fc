"""Changes of patrons in words: for the log of changes, jobs and the pages of blocks."""

from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.records import code, words
from almaportal.people import writing
from patrons import blocks
from patrons.blocks import PATH, Row

LABELS = {
    PATH: gettext_lazy("Block"),
    writing.IDENTIFIERS: gettext_lazy("Identifier"),
    writing.ROLES: gettext_lazy("Roles"),
    "contact_info": gettext_lazy("Contacts"),
    "user_note": gettext_lazy("Notes"),
    "user_statistic": gettext_lazy("Statistics"),
    "user_group": gettext_lazy("User group"),
}


def describe(path: str, value: Any) -> tuple[str, str]:
    """The label of a field, and what stands there in words; "" for what the log does not hold."""
    label = str(LABELS.get(path, path.replace("_", " ")))
    if not isinstance(value, dict):
        return label, ""
    return label, block_words(value) if path == PATH else _identifier_words(value)


def block_words(row: Row) -> str:
    """A block in one line: “Card reported lost (LOAN), active, until 31 March 2027: found in the tram”."""
    name = words(row.get("block_description")) or _("a block without a name")
    kind, note, last = code(row.get("block_type")), code(row.get("block_note")), blocks.last_day(row)
    parts = [f"{name} ({kind})" if kind else name]
    parts.append(_("active") if blocks.status(row) == blocks.ACTIVE else _("inactive"))
    if last:
        parts.append(_("until %(day)s") % {"day": date_format(last)})
    return ", ".join(parts) + (f": {note}" if note else "")


def _identifier_words(row: Row) -> str:
    text = " ".join(filter(None, (words(row.get("id_type")), code(row.get("value")))))
    return _("%(identifier)s (inactive; Alma refuses it beside the same one)") % {"identifier": text}
