"""Settings of Xinheng. Everything that differs between machines comes from the environment; see README."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import dj_database_url

from audit import canonical
from backoffice.theme import UNFOLD  # noqa: F401  # the theme looks for its settings here
from config import embedded_postgres, environment, mail, upper_platform

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

PRODUCTION = environment.flag("XINHENG_PRODUCTION", default=False)
if not PRODUCTION:
    # Development and demo: keys are made once and kept beside the data they protect.
    environment.load_development_keys(VAR_DIR / "development.env")

DEMO = environment.flag("XINHENG_DEMO", default=False)
DEBUG = environment.flag("XINHENG_DEBUG", default=False)
SECRET_KEY = environment.secret("XINHENG_SECRET_KEY", "a long random text that signs sessions")
# Personal numbers: the first key seals, the others still open; the oldest also makes the search index.
_field_keys = environment.field_keys("XINHENG_FIELD_KEYS")
FIELD_KEYS = {hashlib.sha256(key).hexdigest()[:8]: key for key in _field_keys}
INDEX_KEY = hmac.digest(_field_keys[-1], b"xinheng blind index", "sha256")
# The journal: the first key makes marks and signs heads, the others still check; without one marks are plain digests.
AUDIT_KEYS = {
    hashlib.sha256(key).hexdigest()[:8]: key for key in environment.optional_keys("XINHENG_AUDIT_KEYS")
}
AUDIT_HASH = environment.choice(
    "XINHENG_AUDIT_HASH", canonical.ALGORITHMS, default=canonical.DEFAULT_ALGORITHM
)
if not canonical.offered(AUDIT_HASH):
    environment.fail(
        "XINHENG_AUDIT_HASH", f"{AUDIT_HASH} is not offered by this machine's OpenSSL; expected sha256"
    )
ALLOWED_HOSTS = environment.items(
    "XINHENG_ALLOWED_HOSTS", default=None if PRODUCTION else ["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = environment.items("XINHENG_CSRF_TRUSTED_ORIGINS", default=[])
environment.refuse_together(
    PRODUCTION and (DEMO or DEBUG), "XINHENG_PRODUCTION excludes XINHENG_DEMO and XINHENG_DEBUG"
)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # without the theme's own site: ours is `backoffice.site`
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.admin.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "simple_history",
    "import_export",
    "procrastinate.contrib.django",
    "audit",
    "accounts",
    "backoffice",
    "worktime",
    "credit_records",
    "exchange",
    "casework",
    "commitments",
    "objections",
    "repair",
    "breaches",
]

MIDDLEWARE = [
    "audit.context.OriginMiddleware",
    "audit.afterwards.AfterwardsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backoffice.middleware.NulRefusal",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "backoffice.middleware.OwnPasswordFirst",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE_URL = environment.optional("DATABASE_URL")
if DATABASE_URL is None and not PRODUCTION:
    DATABASE_URL = embedded_postgres.ensure_running(VAR_DIR / "postgres").url
elif DATABASE_URL is None:
    environment.required("DATABASE_URL", "postgresql://user:password@host:5432/name")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
DATABASES["default"]["TEST"] = {"NAME": environment.optional("XINHENG_TEST_DB")}
if "postgresql" not in DATABASES["default"]["ENGINE"]:
    environment.fail("DATABASE_URL", "must name a PostgreSQL server, 15 or later")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["backoffice.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(environment.optional("XINHENG_FILES") or VAR_DIR / "files")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Without EMAIL_URL no mail is sent: notices then stand on the workbench alone (docs/operations.md).
_mail = mail.settings_from("EMAIL_URL")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"]
DEFAULT_FROM_EMAIL = mail.sender("XINHENG_EMAIL_FROM", needed=bool(EMAIL_HOST))
XINHENG_SITE_URL = mail.site("XINHENG_SITE_URL", needed=bool(EMAIL_HOST))

# Without UPPER_PLATFORM_URL decisions wait in the outbox, and the office reports them by hand (docs/adr/0011).
UPPER_PLATFORM_URL = upper_platform.address("UPPER_PLATFORM_URL")
UPPER_PLATFORM_KEY = upper_platform.key("UPPER_PLATFORM_KEY", needed=bool(UPPER_PLATFORM_URL))
UPPER_PLATFORM_CA = upper_platform.authorities("UPPER_PLATFORM_CA")
environment.refuse_together(
    DEMO and bool(UPPER_PLATFORM_URL) and not upper_platform.is_at_home(UPPER_PLATFORM_URL),
    "XINHENG_DEMO excludes a UPPER_PLATFORM_URL on another machine: invented decisions would be reported",
)

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The theme runs on Alpine, which evaluates its attributes: the one relaxation (docs/adr/0005).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
    }
}

SIMPLE_HISTORY_DATE_INDEX = False
SIMPLE_HISTORY_REVERT_DISABLED = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
