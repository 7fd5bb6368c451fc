"""What administrators set about the calls to Alma; where they set nothing, the settings hold.

They stand in the one row that every call goes through (models.Pace): all processes keep them from the next call on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from almaportal.alma.caller import Caller

WARN_AT = (80, 90, 100)  # percent of a budget


@dataclass(frozen=True)
class Rules:
    """pace: calls a second at most; reserve: calls that jobs leave for people: (0.2, True) for a share of the day's,
    (5000, False) for a number; budgets: "role:<role>" (its people's pages) or "kind:<kind of job>" → calls a day;
    quiet: (from, to) in the library's time, when jobs rest, on the days of quiet_days (0 is Monday, the day that the
    hours begin on), or None; warn_at: percents at which administrators are warned; warn_of_end: also when the calls
    would run out at the present pace."""

    pace: float
    reserve: tuple[float, bool]
    budgets: dict[str, int]
    quiet: tuple[time, time] | None
    quiet_days: frozenset[int]
    warn_at: tuple[int, ...]
    warn_of_end: bool

    def reserved(self, limit: float) -> float:
        """Of a day's `limit` of calls those that jobs leave."""
        amount, is_share = self.reserve
        return amount * limit if is_share else amount

    def next_quiet(self, now: float) -> tuple[float, float] | None:
        """Beginning and end of the quiet hours of now, or else of the next ones; epoch seconds."""
        if self.quiet is None:
            return None
        zone = ZoneInfo(settings.TIME_ZONE)
        today = datetime.fromtimestamp(now, zone).date()
        for days in range(-1, 9):  # those of yesterday may last until now
            day = today + timedelta(days=days)
            begin, end = (datetime.combine(day, at, zone) for at in self.quiet)
            if end <= begin:  # over midnight
                end += timedelta(days=1)
            if day.weekday() in self.quiet_days and end.timestamp() > now:
                return begin.timestamp(), end.timestamp()
        return None

    def quiet_until(self, now: float) -> float | None:
        """In quiet hours their end, epoch seconds; else None."""
        found = self.next_quiet(now)
        return found[1] if found and found[0] <= now else None


def budget_of(caller: Caller) -> str:
    """The name of the budget that the caller spends."""
    return f"kind:{caller.feature}" if caller.lane == "jobs" else f"role:{caller.role}"


def rules_of(stored: dict[str, Any]) -> Rules:
    """stored: what administrators set, as `stored_as` writes it; a key that is missing is not set."""
    quiet = stored.get("quiet")
    return Rules(
        pace=stored.get("pace", settings.ALMA_CALLS_PER_SECOND),
        reserve=tuple(stored["reserve"]) if "reserve" in stored else settings.ALMA_RESERVE,
        budgets=stored.get("budgets", {}),
        quiet=(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])) if quiet else None,
        quiet_days=frozenset(stored.get("quiet_days", range(7))),
        warn_at=tuple(stored.get("warn_at", WARN_AT)),
        warn_of_end=stored.get("warn_of_end", True),
    )


def stored_as(
    *,
    pace: float | None = None,
    reserve: tuple[float, bool] | None = None,
    budgets: Mapping[str, int] | None = None,
    quiet: tuple[time, time] | None = None,
    quiet_days: Iterable[int] = range(7),
    warn_at: Iterable[int] = WARN_AT,
    warn_of_end: bool = True,
) -> dict[str, Any]:
    """Of Rules what administrators set, as JSON, without what would hold anyway. None: not set."""
    found: dict[str, Any] = {
        "pace": pace,
        "reserve": list(reserve) if reserve else None,
        "budgets": dict(budgets) if budgets else None,
        "quiet": [at.isoformat("minutes") for at in quiet] if quiet else None,
        "quiet_days": sorted(quiet_days) if quiet and len(set(quiet_days)) < 7 else None,
        "warn_at": sorted(warn_at) if set(warn_at) != set(WARN_AT) else None,
        "warn_of_end": None if warn_of_end else False,
    }
    return {name: value for name, value in found.items() if value is not None}
