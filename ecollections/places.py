"""Remembering in passing where e-collections and services are; where portfolios are, the title index knows."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from almaportal.alma.records import code, dig, words
from ecollections.ids import number
from ecollections.models import Place, Title

Row = dict[str, Any]
STEPS = ("collection", "service", "portfolio")


def see_collections(rows: Sequence[Row]) -> None:
    """Rows of a list, which leaves the interface out."""
    _remember([_collection(row) for row in rows])


def see_collection(record: Row) -> None:
    """A whole record: the interface, also that there is none, is known from now on."""
    place = _collection(record)
    place.interface = code(dig(record, "interface.name"))[:200]
    _remember([place], "interface")


def _collection(row: Row) -> Place:
    cid = code(row.get("id"))
    return Place(id=cid, collection_id=cid, name=collection_name(row))


def see_services(rows: Sequence[Row], collection_id: str) -> None:
    _remember(
        [
            Place(id=sid, collection_id=collection_id, service_id=sid, name=service_name(row))
            for row in rows
            if (sid := code(row.get("id")))
        ],
    )


def home(portfolio: Row) -> tuple[str, str] | None:
    """The IDs of its e-collection and service, as the portfolio itself says; None when it says nothing sensible."""
    ids = [code(dig(portfolio, f"electronic_collection.{part}")) for part in ("id", "service")]
    return (ids[0], ids[1]) if all(one.isalnum() for one in ids) else None


def collection_name(record: Row) -> str:
    """The library's own name for it, where it gave one."""
    return code(record.get("public_name_override")) or code(record.get("public_name"))


def service_name(record: Row) -> str:
    description = code(record.get("public_description_override")) or code(record.get("public_description"))
    return description or words(record.get("type"))


def portfolio_name(record: Row) -> str:
    return code(dig(record, "resource_metadata.title"))


def seen(ids: Sequence[str]) -> dict[str, Place]:
    """Where these e-collections, services and portfolios were last seen, by ID; portfolios from the title index."""
    found = Place.objects.in_bulk(ids)
    numbers = [pk for one in ids if one not in found and (pk := number(one))]
    titles = Title.objects.filter(alma_id__in=numbers) if numbers else Title.objects.none()
    columns = ("alma_id", "service__collection_id", "service__service_id", "title")
    for alma_id, collection_id, service_id, title in titles.values_list(*columns):
        found[str(alma_id)] = Place(str(alma_id), collection_id, service_id, title[:300])
    return found


def names(*ids: str) -> dict[str, str]:
    """The remembered names of these IDs, as far as there are any."""
    return {pk: place.name for pk, place in seen(ids).items() if place.name}


def interfaces(ids: Sequence[str]) -> dict[str, str]:
    """The interface, "" for none, of those of these e-collections that were read whole."""
    known = Place.objects.filter(pk__in=ids, interface__isnull=False).values_list("pk", "interface")
    return {pk: interface or "" for pk, interface in known}


def _remember(places: list[Place], *more_fields: str) -> None:
    """An ID longer than ours is none of Alma's."""
    unique = {place.pk: place for place in places if 0 < len(place.pk) <= 40}
    if not unique:
        return
    for place in unique.values():
        place.name = place.name[:300]
    Place.objects.bulk_create(
        unique.values(),
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["collection_id", "service_id", "name", *more_fields],
    )


def crumbs(ids: Sequence[str], title: str = "") -> list[tuple[str, str]]:
    """(words, address) of each step down to the record: the list first. title: of the record itself, where known."""
    known = names(*ids) | ({ids[-1]: title} if title else {})
    addresses = [reverse(f"ecollections:{name}", args=ids[: n + 1]) for n, name in enumerate(STEPS[: len(ids)])]
    steps = [(known.get(alma_id, alma_id), address) for alma_id, address in zip(ids, addresses, strict=True)]
    return [(_("E-collections"), reverse("ecollections:collections")), *steps]


def forget(alma_id: str) -> None:
    """A record that is gone."""
    Place.objects.filter(pk=alma_id).delete()
