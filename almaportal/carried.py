"""What a form carries from one page to the next, out of the reader's reach: packed and signed."""

from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest

SALT = "almaportal.carried"


def pack(data: Any) -> str:
    """JSON data as a text for a hidden field."""
    return signing.dumps(data, salt=SALT, compress=True)


def unpack(text: str) -> Any:
    """What was packed. Raises BadRequest for anything that this portal did not pack."""
    try:
        return signing.loads(text, salt=SALT)
    except signing.BadSignature:
        raise BadRequest("a hidden field was changed, or SECRET_KEY was") from None
