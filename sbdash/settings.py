"""Django's settings, and those of sbdash, read from the environment or a `.env` file. docs/operate.md has a table."""

import logging
import os
import secrets
from hashlib import sha256
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from sbdash.database import MONGODB, database_error, database_settings
from sbdash.environment import Environment
from sbdash.files import keep_private
from sbdash.mail import mail_settings
from sbdash.shown import shown
from sbdash.static_files import digest

ROOT = Path(__file__).resolve().parent.parent
environ.Env.read_env(ROOT / ".env")
env = Environment()


def read_or_create_secret(path: Path) -> str:
    """The secret in a file, which is created at the first call, readable by its owner alone. Safe for several processes
    at the same time."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.touch(mode=0o600)
        temporary.write_text(secrets.token_hex(32))
        try:
            os.link(temporary, path)
        except FileExistsError:
            logging.getLogger(__name__).info("%s was created by another process", path.name)
        temporary.unlink()
    return path.read_text().strip()


DATA_DIR = Path(env.str("DATA_DIR", default="") or ROOT / "var").resolve()
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DATA_DIR is {DATA_DIR}, which cannot be created: {error.strerror}") from None
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_create_secret(DATA_DIR / "secret.key")
MASTER_KEY_FILE = DATA_DIR / "master.key"
FIRST_RUN_FILE = DATA_DIR / "first-run.json"
DEMO_FILE = DATA_DIR / "demo.json"
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "monitoring.recording",  # before Django's, so that its commands override theirs
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "monitoring.journal",
    "monitoring.people",
    "monitoring.ingest",
    "monitoring.stats",
    "monitoring.security",
    "monitoring.health",
    "monitoring.alerts",
    "monitoring.operations",
    "monitoring.live",
    "monitoring.dashboard",
    "monitoring.api",
    "monitoring.pipeline",
    "demo",
]
MIDDLEWARE = [
    "monitoring.api.middleware.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "sbdash.servers.streaming.StreamFilesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sbdash.middleware.EmbedMiddleware",
    "sbdash.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sbdash.middleware.DatabaseDownMiddleware",
    "monitoring.api.middleware.RestMiddleware",
]
ROOT_URLCONF = "sbdash.urls"
ASGI_APPLICATION = "sbdash.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "monitoring.dashboard.context_processors.viewer_context",
            ]
        },
    }
]

# --- databases --------------------------------------------------------------------------------------------------------
try:
    address = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'sbdash.sqlite3'}"
    DATABASES = {"default": database_settings(address, DATA_DIR)}
except ValueError:  # such as a port that is not a number
    DATABASES = {"default": {"ENGINE": ""}}
DATABASE_ERROR = database_error(DATABASES["default"])
if DATABASE_ERROR:  # Django must start to run the check that reports the error
    DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}
keep_private(DATA_DIR, str(DATABASES["default"].get("NAME", "")) if "sqlite" in DATABASES["default"]["ENGINE"] else "")
ON_MONGODB = DATABASES["default"]["ENGINE"] == MONGODB
if ON_MONGODB:
    INSTALLED_APPS[1:4] = [f"sbdash.mongodb.apps.{name}" for name in ("Admin", "Auth", "ContentTypes")]
    MIGRATION_MODULES = {name: f"sbdash.mongodb.{name}" for name in ("admin", "auth", "contenttypes")}
DEFAULT_AUTO_FIELD = "sbdash.fields.ChosenKey" if ON_MONGODB else "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
REDIS_URL = env.str("REDIS_URL", default="")
REDIS_PREFIX = env.str("REDIS_PREFIX", default="") or f"sbdash-{sha256(SECRET_KEY.encode()).hexdigest()[:8]}"

# --- mail, and messages about alerts ----------------------------------------------------------------------------------
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL = mail_settings(
    EMAIL_URL,
    env.str("EMAIL_HOST", default=""),
    env.int("EMAIL_PORT", default=0),
    env.str("EMAIL_USER", default=""),
    env.str("EMAIL_PASSWORD", default=""),
    env.one_of("EMAIL_TLS", ("NONE", "STARTTLS", "TLS"), default="NONE"),
)
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="") or "sbdash@localhost"
ALERT_PRIVATE_RECEIVERS = env.bool("ALERT_PRIVATE_RECEIVERS", default=False)
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
ALERT_HEARTBEAT_URL = env.str("ALERT_HEARTBEAT_URL", default="")

# --- security ---------------------------------------------------------------------------------------------------------
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
EMBED_ORIGINS = env.list("EMBED_ORIGINS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SILENCED_SYSTEM_CHECKS = [] if HTTPS else ["security.W004", "security.W008", "security.W012", "security.W016"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],  # Plotly places its chart styles inline
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "object-src": ["'none'"],
    }
}

# --- pages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_DIGEST = digest(ROOT / "static")
STATIC_URL = "/static/" if DEBUG else f"/static/{STATIC_DIGEST}/"
STATIC_ROOT = (ROOT / ".static" if os.access(ROOT, os.W_OK) else DATA_DIR / "static") / STATIC_DIGEST
"""Built when a server starts (sbdash/asgi.py). Beside the code, so that all installations of a checkout share it."""
STATICFILES_DIRS = [ROOT / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "sbdash.finders.PlotlyFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = "^" if not DEBUG else "a^"

# --- ingest, pipeline and statistics ----------------------------------------------------------------------------------
INGEST_QUEUE_EVENTS = env.int("INGEST_QUEUE_EVENTS", default=100_000)
INGEST_QUEUE_BYTES = env.int("INGEST_QUEUE_BYTES", default=64 * 1024 * 1024)
INGEST_BODIES_BYTES = env.int("INGEST_BODIES_BYTES", default=128 * 1024 * 1024)
HASH_ALL_IDS = env.bool("HASH_ALL_IDS", default=False)
GEO_DATABASE = [Path(name) for name in env.list("GEO_DATABASE", default=[])]
LIVE_SOCKETS = env.int("LIVE_SOCKETS", default=10_000)
LIVE_SOCKETS_PER_USER = env.int("LIVE_SOCKETS_PER_USER", default=20)
CHAT_MONGODB_URL = env.str("CHAT_MONGODB_URL", default="")
CHAT_MONGODB_DATABASE = env.str("CHAT_MONGODB_DATABASE", default="")
FOLLOW_INSIDE = env.bool("FOLLOW_INSIDE", default=True)
CHAT_ENABLE_SESSION_STATISTICS = env.bool("CHAT_ENABLE_SESSION_STATISTICS", default=True)
STATISTICS_UPDATE_INTERVAL = env.float("STATISTICS_UPDATE_INTERVAL", default=300.0)
SECURITY_EVENT_LOGGING = env.bool("SECURITY_EVENT_LOGGING", default=True)
SESSION_IDLE_GAP = env.int("SESSION_IDLE_GAP", default=300)
SESSION_TIMEOUT = env.int("SESSION_TIMEOUT", default=1800)
ALERT_HIGH_RESPONSE_TIME = env.float("ALERT_HIGH_RESPONSE_TIME", default=10.0)
MAX_RESPONSE_TIME_ALERT = env.float("MAX_RESPONSE_TIME_ALERT", default=30.0)
ALERT_LOW_ENGAGEMENT = env.float("ALERT_LOW_ENGAGEMENT", default=0.1)
ALERT_SUSPICIOUS_ACTIVITY = env.int("ALERT_SUSPICIOUS_ACTIVITY", default=5)
MAX_SESSION_DURATION = env.int("MAX_SESSION_DURATION", default=86_400)
STATISTICS_RETENTION_DAYS = env.int("STATISTICS_RETENTION_DAYS", default=90)
ENABLE_REAL_TIME_MONITORING = env.bool("ENABLE_REAL_TIME_MONITORING", default=True)
MONITORING_UPDATE_FREQUENCY = env.float("MONITORING_UPDATE_FREQUENCY", default=60.0)
CONSISTENCY_CHECK_HOURS = env.float("CONSISTENCY_CHECK_HOURS", default=24.0)
PIPELINE_INSIDE = env.bool("PIPELINE_INSIDE", default=True)
"""The older name of the setting: false means PIPELINE=elsewhere."""
PIPELINE = env.one_of(
    "PIPELINE", ("AUTO", "INSIDE", "BESIDE", "ELSEWHERE"), default="AUTO" if PIPELINE_INSIDE else "ELSEWHERE"
)

LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), default="INFO")
SETTINGS_SHOWN = shown(env.values)
"""Every setting above, as the operations page shows it."""
SETTING_ERRORS = env.errors
"""Messages about values that could not be parsed, for the check E005."""
SETTING_NAMES_MISSPELT = env.misspelt()
"""Names in the environment that resemble a setting's, with the setting's name, for the check W002."""
LINE = "{asctime} {levelname} {name}: {message}"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"class": "sbdash.logs.LineFormatter", "format": LINE, "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
