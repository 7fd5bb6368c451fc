"""English dates as libraries write them: 1 Mar 2026, 14:05 (the rest is Django's)."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
