"""What an emulator can be told when it is made."""

from dataclasses import dataclass

AREAS = ("electronic", "users", "bibs", "conf", "task-lists")


@dataclass(frozen=True)
class Key:
    """An API key. The emulator's keys are no secrets, so the name is the key itself."""

    name: str
    areas: tuple[str, ...] = AREAS
    read_only: bool = False
    enabled: bool = True


DEFAULT_KEYS = (
    Key("demo-all"),
    Key("demo-readonly", read_only=True),
    *(Key(f"demo-{area}", areas=(area,)) for area in AREAS),
)


@dataclass(frozen=True)
class Options:
    """Size, limits and behaviour of the emulated institution.

    `portfolios` sizes the largest collection only. `calls_per_second` and `calls_per_day` are the
    institution's thresholds, 0 switches one off. `delete_seconds` is how long the delete of a service or
    portfolio stays in process. `request_history` keeps requests that are over. `database` is a file or ":memory:".
    """

    collections: int = 60
    portfolios: int = 55_900
    users: int = 5_000
    latency_ms: int = 0
    calls_per_second: int = 25
    calls_per_day: int = 100_000
    seed: int = 1
    delete_seconds: float = 0.0
    request_history: bool = False
    database: str = ":memory:"
    keys: tuple[Key, ...] = DEFAULT_KEYS
