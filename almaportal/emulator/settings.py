"""Settings for `manage.py emulator` and `manage.py demo`: neither needs a database, a secret or a key."""

INSTALLED_APPS = ["almaportal.emulator"]
SECRET_KEY = "not used for anything"  # noqa: S105
USE_TZ = True
