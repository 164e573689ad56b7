"""Settings of Xinheng. Everything that differs between machines comes from the environment; see README."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import dj_database_url
from django.urls import reverse_lazy

from accounts import ciphers
from audit import canonical, running
from backoffice.theme import UNFOLD  # the theme looks for its settings here
from config import embedded_postgres, environment, mail, single_sign_on, upper_platform

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

PRODUCTION = environment.flag("XINHENG_PRODUCTION", default=False)
if not PRODUCTION:
    # Development and demo: keys are made once and kept beside the data they protect.
    environment.load_development_keys(VAR_DIR / "development.env")

DEMO = environment.flag("XINHENG_DEMO", default=False)
DEBUG = environment.flag("XINHENG_DEBUG", default=False)
SECRET_KEY = environment.secret("XINHENG_SECRET_KEY", "a long random text that signs sessions")
# Personal numbers: the first key seals, the others still open (ADR 18). The search index has a key of its own; while none is
# given it is made from the oldest key.
_field_keys = environment.field_keys("XINHENG_FIELD_KEYS")
FIELD_KEYS = {hashlib.sha256(key).hexdigest()[:8]: key for key in _field_keys}
_index_key = environment.one_key("XINHENG_INDEX_KEY")
INDEX_KEY = _index_key or hmac.digest(_field_keys[-1], b"xinheng blind index", "sha256")
INDEX_KEY_FROM = "" if _index_key else list(FIELD_KEYS)[-1]
_field_cipher = environment.choice("XINHENG_FIELD_CIPHER", tuple(ciphers.NAMES), default="aes")
if not ciphers.offered(_field_cipher):
    environment.fail(
        "XINHENG_FIELD_CIPHER", f"{_field_cipher} is not offered by this machine's OpenSSL; expected aes"
    )
FIELD_CIPHER = ciphers.NAMES[_field_cipher]
# Full numbers of people: how many one person may look at in a day, and how many within ten minutes (ADR 18).
REVEALS_A_DAY = environment.whole_number("XINHENG_REVEALS_A_DAY", default=20)
REVEALS_AT_ONCE = environment.whole_number("XINHENG_REVEALS_AT_ONCE", default=5)
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
    "guardian",  # its tables stay empty: rights are the rooms' own (docs/adr/0016)
    "axes",  # counts failed sign-ins; its own admin stays closed
    "audit",
    "accounts",
    "signin",
    "backoffice",
    "worktime",
    "credit_records",
    "exchange",
    "casework",
    "commitments",
    "objections",
    "repair",
    "breaches",
    "oversight",
    "supervision",
]

MIDDLEWARE = [
    "signin.middleware.TrustedProxy",
    "audit.context.OriginMiddleware",
    "audit.afterwards.AfterwardsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "signin.middleware.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "backoffice.searching.SearchByNumber",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "backoffice.middleware.NulRefusal",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "signin.middleware.SignInRules",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
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
# Accounts without a sign-in for so many days are listed for the review of accounts (账号权限复核).
XINHENG_DORMANT_DAYS = environment.whole_number("XINHENG_DORMANT_DAYS", default=90)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "signin.validators.MixedValidator"},
    {"NAME": "signin.validators.NamesValidator"},
    {"NAME": "signin.validators.ReuseValidator"},
]
# Days after which a password must be changed (0: never, as for the demo, whose passwords are published), and how many are remembered.
PASSWORD_DAYS = environment.whole_number("XINHENG_PASSWORD_DAYS", default=0 if DEMO else 90)
PASSWORD_WARN_DAYS = 7
# Days that a password chosen by oneself stays at least: otherwise the remembered ones are pushed out in a minute, and the old one comes back.
PASSWORD_LEAST_DAYS = environment.whole_number("XINHENG_PASSWORD_LEAST_DAYS", default=0 if DEMO else 1)
environment.refuse_together(
    0 < PASSWORD_DAYS < PASSWORD_LEAST_DAYS,
    "XINHENG_PASSWORD_LEAST_DAYS is more than XINHENG_PASSWORD_DAYS: nobody could change a password in time",
)
PASSWORDS_REMEMBERED = 5

# Sessions: minutes without a request, hours altogether (docs/adr/0017).
SIGN_IN_IDLE_MINUTES = environment.whole_number("XINHENG_IDLE_MINUTES", default=30)
SIGN_IN_LONGEST_HOURS = environment.whole_number("XINHENG_SESSION_HOURS", default=12)
SIGN_INS_KEPT_DAYS = 200

# Failed sign-ins: of one address for one account, and for one account from everywhere, until it is locked for some minutes.
AXES_FAILURE_LIMIT = environment.whole_number("XINHENG_SIGN_IN_FAILURES", default=5)
SIGN_IN_FAILURES_ANYWHERE = 4 * AXES_FAILURE_LIMIT
SIGN_IN_LOCK_MINUTES = environment.whole_number("XINHENG_LOCK_MINUTES", default=15)
AXES_HANDLER = "signin.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = ["username", ["username", "ip_address"]]
AXES_COOLOFF_TIME = timedelta(minutes=SIGN_IN_LOCK_MINUTES)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "signin.lockout.answer"
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# Proxies whose X-Forwarded-For is believed: addresses or networks. Empty: the address that connects counts.
TRUSTED_PROXIES = environment.networks("XINHENG_TRUSTED_PROXIES")

# Two factors: which roles need them as shipped; the security administrator adds others and lifts some (signin.TwoFactorDemand).
TWO_FACTOR = environment.flag("XINHENG_TWO_FACTOR", default=PRODUCTION)
if TWO_FACTOR:
    UNFOLD = {
        **UNFOLD,
        "ACCOUNT": {"navigation": [{"title": "两步验证", "link": reverse_lazy("signin:mine")}]},
    }
TWO_FACTOR_ROLES = ("sysadmin", "secadmin", "auditor", "approver", "officer")

# The government's single sign-on: without XINHENG_OIDC_CLIENT_ID there is none.
_provider = single_sign_on.addresses()
OIDC_RP_CLIENT_ID = environment.optional("XINHENG_OIDC_CLIENT_ID") or ""
OIDC_RP_CLIENT_SECRET = (
    environment.required("XINHENG_OIDC_CLIENT_SECRET", "the secret that the provider gave with the client id")
    if _provider
    else ""
)
OIDC_ISSUER = _provider.get("ISSUER", "")
OIDC_OP_AUTHORIZATION_ENDPOINT = _provider.get("AUTHORIZATION_URL", "")
OIDC_OP_TOKEN_ENDPOINT = _provider.get("TOKEN_URL", "")
OIDC_OP_USER_ENDPOINT = _provider.get("USERINFO_URL", "")
OIDC_OP_JWKS_ENDPOINT = _provider.get("JWKS_URL", "")
OIDC_CLAIM = environment.optional("XINHENG_OIDC_CLAIM") or "preferred_username"
OIDC_ASKS_TWO_FACTORS = environment.flag("XINHENG_OIDC_ASKS_TWO_FACTORS", default=False)
OIDC_ONLY = environment.flag("XINHENG_OIDC_ONLY", default=False)
environment.refuse_together(
    OIDC_ONLY and not _provider, "XINHENG_OIDC_ONLY needs XINHENG_OIDC_CLIENT_ID: nobody else could sign in"
)
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = environment.optional("XINHENG_OIDC_SCOPES") or "openid profile"
OIDC_USE_PKCE = True
OIDC_CREATE_USER = False
OIDC_TIMEOUT = 10
OIDC_AUTHENTICATE_CLASS = "signin.oidc.Begin"
OIDC_CALLBACK_CLASS = "backoffice.single_sign_on.Landing"

AUTHENTICATION_BACKENDS = [
    "signin.lockout.Gate",
    "accounts.backends.AccountBackend",
    *(["signin.oidc.Backend"] if _provider else []),
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_FAILURE_VIEW = "audit.csrf.csrf_failure"
# What a job was refused is told of when it is over.
PROCRASTINATE_WORKER_DEFAULTS = {"task_middleware": [running.job]}

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
# Forms without files: 2.5 MB of text is more than any page of ours asks for. Files have limits by kind where they are taken in
# (credit_records.intake, casework evidence); what is larger than this lies in a temporary file of this process's user alone.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 50
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

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

# With `__Host-` the browser takes the cookie over HTTPS only, for this host alone.
SESSION_COOKIE_NAME = "__Host-xinheng" if PRODUCTION else "xinheng_session"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
# The browsers' preload list binds every system under the domain for years: the domain's owner says so, not one of its systems.
SECURE_HSTS_PRELOAD = environment.flag("XINHENG_HSTS_PRELOAD", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(),"
    " microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()"
)
# The theme runs on Alpine, which evaluates its attributes: the one relaxation (docs/adr/0005).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "frame-src": ["'none'"],
        "worker-src": ["'none'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
    }
}

# Rights come from our policies alone: no backend of guardian's, no anonymous account, no methods put on users and groups.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
# Longer work on the data of others is a matter for the rules (roles, offices), not for an exception.
GRANT_LONGEST_DAYS = 90

SIMPLE_HISTORY_DATE_INDEX = False
SIMPLE_HISTORY_REVERT_DISABLED = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # that its backend is not used, which is meant
    *([] if SECURE_HSTS_PRELOAD else ["security.W021"]),  # decided, see above
]
