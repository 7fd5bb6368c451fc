"""The two thresholds of an institution: calls a second and calls a day."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from .errors import GatewayError

SECONDS_A_DAY = 86_400


class Thresholds:
    """Counts the institution's calls. `load` and `save` keep the day's count between two runs."""

    def __init__(
        self,
        per_second: int,
        per_day: int,
        now: Callable[[], float],
        load: Callable[[], tuple[int, int]],
        save: Callable[[int, int], None],
    ) -> None:
        """`load` returns (day number since 1970 in GMT, calls of that day); `save` takes the same."""
        self.per_second, self.per_day = per_second, per_day
        self._now, self._save = now, save
        self._day, self._used = load()
        self._accepted: deque[float] = deque()
        self._lock = Lock()

    def admit(self) -> None:
        """Count one call, or raise the 429 that refuses it. A refused call occupies no slot of the second."""
        with self._lock:
            now = self._now()
            self._turn_day(now)
            if self.per_day and self._used >= self.per_day:
                raise day_error()
            while self._accepted and self._accepted[0] <= now - 1.0:
                self._accepted.popleft()
            if self.per_second and len(self._accepted) >= self.per_second:
                raise second_error()
            self._accepted.append(now)
            self._spend(1)

    def spend(self, calls: int) -> None:
        """Count calls for the day only."""
        with self._lock:
            self._turn_day(self._now())
            self._spend(calls)

    def remaining(self) -> int | None:
        """Calls left today, None without a daily threshold."""
        with self._lock:
            self._turn_day(self._now())
            return max(0, self.per_day - self._used) if self.per_day else None

    def _turn_day(self, now: float) -> None:
        """Begin a new count at 00:00 GMT."""
        day = int(now // SECONDS_A_DAY)
        if day != self._day:
            self._day, self._used = day, 0

    def _spend(self, calls: int) -> None:
        self._used += calls
        self._save(self._day, self._used)


def second_error() -> GatewayError:
    """The refusal of a call above the threshold of a second (its text ends in a blank, as Alma's does)."""
    message = "HTTP requests are more than allowed per second. See https://goo.gl/2x1c1M "
    return GatewayError(429, "PER_SECOND_THRESHOLD", message, tracked=False)


def day_error() -> GatewayError:
    """The refusal of every call after the day's last one."""
    message = (
        "Daily API Request Threshold has been reached. "
        "For details see: https://developers.exlibrisgroup.com/alma/apis#threshold"
    )
    return GatewayError(429, "DAILY_THRESHOLD", message, tracked=False)
