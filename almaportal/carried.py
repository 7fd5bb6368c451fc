"""What a form carries from one page to the next, out of the reader's reach: packed and signed."""

from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest

SALT = "almaportal.carried."


def pack(purpose: str, data: Any) -> str:
    """JSON data as a text for a hidden field; it can be unpacked for the same purpose only."""
    return signing.dumps(data, salt=SALT + purpose, compress=True)


def unpack(purpose: str, text: str) -> Any:
    """What was packed. Raises BadRequest for anything that this portal did not pack for this purpose."""
    try:
        return signing.loads(text, salt=SALT + purpose)
    except signing.BadSignature:
        raise BadRequest("a hidden field was changed, or SECRET_KEY was") from None
