"""Every setting of the portal, read from the environment (`.env` too, where there is one). README lists them."""

from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv

from almaportal import env

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(env.text("ALMAPORTAL_ENV_FILE", str(BASE_DIR / ".env")))

# --- Where it runs -------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
DEMO = env.flag("ALMAPORTAL_DEMO")  # set by `manage.py demo` alone
PLAIN_HTTP = DEBUG or DEMO
DATA = env.data_folder("ALMAPORTAL_DATA", BASE_DIR / "data")
SECRET_KEY = env.secret("SECRET_KEY") or (env.kept_secret(DATA) if PLAIN_HTTP else "")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (["localhost", "127.0.0.1", "[::1]"] if PLAIN_HTTP else [])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
for _name, _value in {"SECRET_KEY": SECRET_KEY, "ALLOWED_HOSTS": ALLOWED_HOSTS}.items():
    if not _value:
        raise ImproperlyConfigured(
            f"{_name} is not set. Production needs it; for development on this machine set DEBUG=1 instead."
        )

# --- Alma ----------------------------------------------------------------------------------------------------------
ALMA_HOSTS = {
    "na": "https://api-na.hosted.exlibrisgroup.com",
    "eu": "https://api-eu.hosted.exlibrisgroup.com",
    "ap": "https://api-ap.hosted.exlibrisgroup.com",
    "ca": "https://api-ca.hosted.exlibrisgroup.com",
    "cn": "https://api-cn.hosted.exlibrisgroup.com.cn",
}
ALMA_AREAS = ("electronic", "users", "bibs", "conf")


def _key(area: str) -> tuple[str, str]:
    """The variable that the area's key stands in, and the key; "" for none."""
    names = (f"ALMA_API_KEY_{area.upper().replace('-', '_')}", "ALMA_API_KEY")
    return next(((name, key) for name in names if (key := env.secret(name))), ("", ""))


# The last for one list only; without it people name requests by their numbers.
_keys = {area: _key(area) for area in (*ALMA_AREAS, "task-lists")}
ALMA_KEY_NAMES = {area: name for area, (name, _secret) in _keys.items()}
ALMA_KEYS = {area: key for area, (_name, key) in _keys.items()}
_read_only = env.words("ALMA_READ_ONLY", ("all", *ALMA_AREAS))
ALMA_READ_ONLY = set(ALMA_AREAS) if "all" in _read_only else set(_read_only)
ALMA_BASE_URL = env.gateway_url(
    "ALMA_BASE_URL", ALMA_HOSTS[env.choice("ALMA_REGION", tuple(ALMA_HOSTS), "na")]
).removesuffix("/almaws/v1")
ALMA_ENVIRONMENT = env.choice("ALMA_ENVIRONMENT", ("production", "sandbox", "demo"), "production")
ALMA_CALLS_PER_SECOND = env.number("ALMA_CALLS_PER_SECOND", low=0.1, high=1000) or 20
ALMA_CALLS_PER_DAY = env.number("ALMA_CALLS_PER_DAY", low=1)
ALMA_RESERVE = env.share("ALMA_RESERVE", "20%")
ALMA_LANG = env.language("ALMA_LANG")
ALMA_PAGE_SECONDS = 20  # a page that needs Alma gives up after this long and says so

# --- Django --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "template_partials",
    "almaportal",
    "almaportal.accounts",
    "almaportal.alma",
    "almaportal.changes",
    "almaportal.emulator",
    "almaportal.jobs",
    "almaportal.people",
    "almaportal.usage",
    "ecollections",
    "circulation",
    "patrons",
]
MIDDLEWARE = [
    "almaportal.middleware.security_headers",
    "almaportal.middleware.request_size",
    "django.middleware.security.SecurityMiddleware",
    "almaportal.middleware.monitors",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "almaportal.middleware.in_use",
    "almaportal.middleware.LoginRequired",
    "almaportal.middleware.AlmaCalls",
]
ROOT_URLCONF = "almaportal.urls"
WSGI_APPLICATION = "almaportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "almaportal.shell.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.contrib.humanize.templatetags.humanize",
                "template_partials.templatetags.partials",
                "almaportal.templatetags.portal",
            ],
        },
    }
]


def _database_file() -> str:
    """`sqlite:///relative/path` or `sqlite:////absolute/path`; without DATABASE_URL a file in the data folder."""
    url = env.text("DATABASE_URL")
    kind = url.partition(":")[0]
    if not url:
        return str(DATA / "almaportal.sqlite3")
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        raise ImproperlyConfigured(
            f"DATABASE_URL={kind}:…: accepted is sqlite:///folder/file.sqlite3; no other database is supported yet."
        )
    return path


# `BEGIN IMMEDIATE` is what keeps concurrent writers waiting their turn instead of failing at once.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _database_file(),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if env.text("REDIS_URL"):
    raise ImproperlyConfigured("REDIS_URL is set, but Redis is not supported yet: unset it.")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA / "cache",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}
Q_CLUSTER: dict[str, Any] = {
    "name": "almaportal",
    "orm": "default",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 240,
    "retry": 640,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "recycle": 200,
    "save_limit": 50,
    "guard_cycle": 1,
    "poll": 1,
}

# --- Sign-in and security ------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
AUTHENTICATION_BACKENDS = ["almaportal.accounts.roles.RolesBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
SESSION_IDLE_MINUTES = int(env.number("SESSION_IDLE_MINUTES", default=60, low=5, high=1440) or 0)
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60  # begins anew with each use (almaportal/middleware.py)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not PLAIN_HTTP
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # the latter refuses plain HTTP itself
SECURE_HSTS_SECONDS = 0 if PLAIN_HTTP else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PLAIN_HTTP
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
METRICS_TOKEN = env.secret("METRICS_TOKEN")  # without one there is no /metrics

# --- Mail ----------------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")  # without one no mail is offered
EMAIL_PORT = int(env.number("EMAIL_PORT", default=25, low=1, high=65535) or 0)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 20  # seconds: a worker waits for the mail server
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST and not DEMO else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "almaportal@localhost")
PORTAL_URL = env.gateway_url("PORTAL_URL", "") if env.text("PORTAL_URL") else ""

# --- Words, dates, static files ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
FORMAT_MODULE_PATH = "almaportal.formats"
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")
if TIME_ZONE not in available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE={TIME_ZONE}: accepted are names such as Europe/Zurich or America/New_York.")
# A record of 512 kB stands in a form twice more, packed: as it was read, and as it shall be.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
MOST_REQUEST_BYTES = 52 * 1024 * 1024  # a file of 50 MB and its form; more is refused before it is received
JOB_THREADS = 40  # of one worker, at most: it takes as many as the pace needs
JOB_FILES_DAYS = int(env.number("JOB_FILES_DAYS", default=30, low=1, high=3650) or 0)
LIFTED_BLOCKS = env.choice("LIFTED_BLOCKS", ("inactive", "removed"), "inactive")
WATCH_NIGHTLY = env.flag("WATCH_NIGHTLY", default=True)
ACCESS_RECORD_DAYS = int(env.number("ACCESS_RECORD_DAYS", default=180, low=1, high=3650) or 0)
FORM_RENDERER = "almaportal.widgets.QuickRenderer"
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = 3600
_static_storage = "django.contrib.staticfiles.storage.StaticFilesStorage"
if not DEBUG:
    _static_storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static_storage},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "almaportal.logs.Formatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Set up here, else django-q2 adds a handler of its own and every line stands twice.
    "loggers": {
        # A mistyped address or a page that somebody may not see is no news for the log; a fault of ours is.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        # Addresses of calls to Alma are what these talk of, and searches for patrons stand in them.
        "urllib3": {"level": "ERROR"},
        "requests": {"level": "ERROR"},
        "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
