"""Reading the environment strictly: a wrong value stops the start and says what is accepted.

Every function takes the variable's name and raises ImproperlyConfigured with that name and the accepted values.
A secret may come from a file instead: ``NAME_FILE=/run/secrets/name``.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.crypto import get_random_string

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Secret(str):
    """A text that shows itself nowhere: not in a traceback's variables, not in a log of them."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<SECRET>"


def text(name: str, default: str = "") -> str:
    """The variable's value without surrounding blanks; empty counts as not set."""
    return os.environ.get(name, "").strip() or default


def secret(name: str) -> Secret:
    """A secret, from ``NAME`` or from the file that ``NAME_FILE`` names."""
    file = text(f"{name}_FILE")
    if not file:
        return Secret(text(name))
    try:
        return Secret(Path(file).read_text().strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE={file}: cannot be read ({error}).") from error


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value in ("", "0", "1"):
        return value == "1" if value else default
    raise ImproperlyConfigured(f"{name}={value}: accepted are 1 (on) and 0 (off).")


def number(name: str, default: float | None = None, low: float = 0, high: float = 10**9) -> float | None:
    value = text(name)
    if not value:
        return default
    try:
        result = float(value)
    except ValueError:
        result = float("nan")
    if low <= result <= high:
        return result
    raise ImproperlyConfigured(f"{name}={value}: accepted is a number from {low:g} to {high:g}.")


def choice(name: str, accepted: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value in accepted:
        return value
    raise ImproperlyConfigured(f"{name}={value}: accepted are {', '.join(accepted)}.")


def language(name: str) -> str:
    """Two letters, as Alma's `lang` parameter takes them; empty leaves the choice to Alma."""
    value = text(name).lower()
    if not value or (len(value) == 2 and value.isascii() and value.isalpha()):
        return value
    raise ImproperlyConfigured(f"{name}={value}: accepted are two letters such as de, or nothing.")


def words(name: str, accepted: Sequence[str] = ()) -> list[str]:
    """A list divided by commas or blanks; with `accepted`, each word must be one of them."""
    found = text(name).replace(",", " ").split()
    for word in found:
        if accepted and word not in accepted:
            raise ImproperlyConfigured(f"{name}={word}: accepted are {', '.join(accepted)}.")
    return found


def share(name: str, default: str) -> tuple[float, bool]:
    """``20%`` → (0.2, True), a share of the day; ``5000`` → (5000, False), a number of calls."""
    value = text(name, default)
    if (found := as_share(value)) is not None:
        return found
    raise ImproperlyConfigured(f"{name}={value}: accepted are a share such as 20% or a number of calls such as 5000.")


def as_share(value: str) -> tuple[float, bool] | None:
    """What `share` makes of a text; None when it is neither."""
    digits, percent = (value[:-1], True) if value.endswith("%") else (value, False)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?" if percent else "[0-9]+", digits):  # 5.000 calls: five, or 5,000?
        return None
    amount = float(digits)
    if amount <= (100 if percent else 10**9):
        return (amount / 100, True) if percent else (amount, False)
    return None


def gateway_url(name: str, default: str) -> str:
    """An Alma gateway root without a trailing slash: https, or http on this machine only."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        bare = not (parts.query or parts.fragment or parts.username or parts.password)
        if safe and bare and parts.hostname and (parts.port is None or parts.port):
            return value
    except ValueError:  # no address at all, such as https://[::1 or a port beyond 65535
        pass
    raise ImproperlyConfigured(
        f"{name}={value}: accepted is an https address such as https://api-eu.hosted.exlibrisgroup.com "
        "(http only for this machine, such as http://127.0.0.1:8001)."
    )


def data_folder(name: str, default: Path) -> Path:
    """The folder for database, cache and uploads: made when missing, readable by its owner only."""
    folder = Path(text(name, str(default))).expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name}={folder}: this folder cannot be written ({error.strerror}). Name another folder."
        ) from error
    return folder


def kept_secret(folder: Path) -> str:
    """A secret made once and kept in the data folder: for the demo and for development, so that sessions last."""
    file = folder / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(get_random_string(64))
    return file.read_text().strip()
