"""Remembering in passing where e-collections, services and portfolios are."""

from collections.abc import Sequence
from typing import Any

from almaportal.alma.records import code, dig, words
from ecollections.models import Place

Row = dict[str, Any]


def see_collections(rows: Sequence[Row]) -> None:
    """Alma's list leaves the interface out: it is remembered from the whole record, and rows without it keep it."""
    tells_interface = any(dig(row, "interface.name") for row in rows)
    seen = [
        Place(
            id=cid,
            collection_id=cid,
            name=collection_name(row),
            interface=code(dig(row, "interface.name"))[:200],
        )
        for row in rows
        if (cid := code(row.get("id")))
    ]
    _remember(seen, *(["interface"] if tells_interface else []))


def see_services(rows: Sequence[Row], collection_id: str) -> None:
    _remember(
        [
            Place(id=sid, collection_id=collection_id, service_id=sid, name=service_name(row))
            for row in rows
            if (sid := code(row.get("id")))
        ],
    )


def see_portfolios(rows: Sequence[Row], collection_id: str, service_id: str) -> None:
    """A row's own word about its place counts more than the address it was read by."""
    _remember(
        [
            Place(
                id=code(row.get("id")),
                collection_id=own_collection,
                service_id=own_service,
                name=portfolio_name(row),
            )
            for row in rows
            for own_collection, own_service in [home(row) or (collection_id, service_id)]
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


def names(*ids: str) -> dict[str, str]:
    """The remembered names of these IDs, as far as there are any."""
    return dict(Place.objects.filter(pk__in=ids).exclude(name="").values_list("pk", "name"))


def interfaces(ids: Sequence[str]) -> dict[str, str]:
    """The interface of these e-collections, as far as one has been opened and had one."""
    return dict(Place.objects.filter(pk__in=ids).exclude(interface="").values_list("pk", "interface"))


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
