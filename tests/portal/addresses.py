"""Every address of the portal, found in its own table."""

from collections.abc import Iterator

from django.urls import URLPattern, get_resolver, reverse

IDS = {
    "collection_id": "61100000000004711",
    "service_id": "62100000000004711",
    "portfolio_id": "53100000000004711",
    "user_id": "s100008",
    "key": "0123456789abcdef",
    "mms_id": "99300000000004711",
    "item_id": "23800000000004711",
    "request_id": "83400000000004711",
    "number": "1",
    "name": "review.csv",
}


def _named(patterns: list, namespace: str = "") -> Iterator[tuple[str, list[str]]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", list(pattern.pattern.converters)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _named(pattern.url_patterns, inner)


def addresses() -> dict[str, str]:
    """URL name → address, with the IDs of the first records of the emulated institution."""
    found = _named(get_resolver().url_patterns)
    return {name: reverse(name, kwargs={key: IDS[key] for key in keys}) for name, keys in found}


NAMES = [name for name, _ in _named(get_resolver().url_patterns)]
