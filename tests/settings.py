"""The portal's settings for tests: nothing from the machine's environment, no key that works anywhere, quick parts."""

import os
import tempfile

OURS = (
    "ALMA",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CSRF_",
    "TIME_ZONE",
    "EMAIL_",
    "PORTAL_URL",
    "ACCESS_RECORD_DAYS",
    "LIFTED_BLOCKS",
    "SESSION_IDLE_MINUTES",
    "WATCH_NIGHTLY",
    "METRICS_TOKEN",
)
for name in list(os.environ):
    if name.startswith((*OURS, "DEFAULT_FROM_EMAIL", "JOB_FILES_DAYS")):
        del os.environ[name]
_folder = tempfile.TemporaryDirectory(prefix="almaportal-tests-")
os.environ |= {
    "DEBUG": "1",
    "ALMAPORTAL_DATA": _folder.name,
    "ALMAPORTAL_ENV_FILE": os.devnull,
    "ALMA_API_KEY": "demo-all",
    "ALMA_BASE_URL": "https://alma.invalid",
    "ALMA_ENVIRONMENT": "sandbox",
}

from almaportal.settings import *  # noqa: E402, F403

DEBUG = False
WHITENOISE_USE_FINDERS = False
STATIC_ROOT.mkdir()  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING = {"version": 1, "disable_existing_loggers": False}
JOB_THREADS = 0
