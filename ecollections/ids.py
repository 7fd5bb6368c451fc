"""Alma's IDs as numbers, where a million of them are kept: everywhere else they are texts."""


def number(text: str) -> int | None:
    """An ID of Alma's as a number; None for anything else."""
    is_one = text.isascii() and text.isdigit() and len(text) <= 19 and not text.startswith("0")
    return int(text) if is_one and int(text) < 2**63 else None
