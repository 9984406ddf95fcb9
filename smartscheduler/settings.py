"""Django settings, read from environment variables. .env.example lists all variables with their defaults."""

import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pghistory
from celery.schedules import crontab

from recommendations.llm import config as llm
from smartscheduler import BASE_DIR, __version__
from smartscheduler.adminsite import theme
from smartscheduler.core.db import connection_options
from smartscheduler.core.env import Environment
from smartscheduler.core.geo.map_tiles import tile_origin
from smartscheduler.core.http.api_headers import REQUEST_HEADERS, RESPONSE_HEADERS
from smartscheduler.core.observability.logging import configure_structlog, logging_config
from smartscheduler.travel import config as roads

env = Environment()
env.read_env(BASE_DIR / ".env")
# Variables that could not be parsed; with any of these, smartscheduler.ops.checks refuses to start.
ENVIRONMENT_PROBLEMS = env.problems

DEBUG = env.flag("DEBUG", default=True)
# The default is for development; smartscheduler.ops.checks rejects it when DEBUG is off.
INSECURE_SECRET_KEY = "insecure-development-key-change-me-before-production-use"  # noqa: S105
SECRET_KEY = env.text("SECRET_KEY", default=INSECURE_SECRET_KEY)
# Previous keys: values that they signed remain valid.
SECRET_KEY_FALLBACKS = env.comma_list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.comma_list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.comma_list("CSRF_TRUSTED_ORIGINS", default=[])
# Proxies whose forwarded headers are trusted for the client address and the scheme (smartscheduler.asgi).
TRUSTED_PROXIES = env.comma_list("TRUSTED_PROXIES", default=[])
# Other origins whose pages may call the API and open the socket, with tokens and never with session cookies.
CORS_ALLOWED_ORIGINS = env.comma_list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = [name.lower() for name in REQUEST_HEADERS]
CORS_EXPOSE_HEADERS = list(RESPONSE_HEADERS)
CORS_PREFLIGHT_MAX_AGE = 3600
DATA_DIR = Path(env.text("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
PORT = env.whole("PORT", default=8000)
# Half of the cores; the others are for PostgreSQL, the worker, and the relay.
WEB_WORKERS = env.whole("WEB_WORKERS", default=max(1, (os.cpu_count() or 1) // 2))
DEMO = env.flag("DEMO", default=True)
DEMO_PASSWORD = env.text("DEMO_PASSWORD", default="smartscheduler-demo")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # without its admin site, which smartscheduler.adminsite replaces
    "unfold.contrib.filters",
    "smartscheduler.adminsite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "channels",
    "corsheaders",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "smartscheduler",
    "smartscheduler.history",
    "smartscheduler.audit",
    "smartscheduler.accounts",
    "smartscheduler.events",
    "smartscheduler.rules",
    "smartscheduler.adminsite",
    "smartscheduler.idempotency",
    "smartscheduler.leases",
    "smartscheduler.notifications",
    "smartscheduler.geocoding",
    "smartscheduler.imports",
    "smartscheduler.travel",
    "smartscheduler.ops",
    "smartscheduler.dashboard",
    "smartscheduler.backoffice",
    "contractors",
    "customers",
    "jobs",
    "assignments",
    "recommendations",
    "recommendations.planning",
    "smartscheduler.privacy",
]

MIDDLEWARE = [
    "smartscheduler.core.http.middleware.RequestIdMiddleware",
    "smartscheduler.core.observability.metrics.middleware.MeasuringMiddleware",
    "smartscheduler.core.observability.tracing.middleware.TracingMiddleware",
    "smartscheduler.core.http.security_headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "smartscheduler.core.http.csp.PolicyByPathMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",  # before all that answers, so that scripts can read every refusal
    "smartscheduler.core.http.https_only.PlainHttpMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "smartscheduler.core.http.middleware.EtagMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "smartscheduler.accounts.session_store.SeenMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "smartscheduler.core.http.middleware.RequestLogMiddleware",
    "smartscheduler.core.http.query_limits.QueryLimitMiddleware",
    "axes.middleware.AxesMiddleware",
    "smartscheduler.core.http.rate_limits.RateLimitMiddleware",
    "smartscheduler.accounts.quotas.QuotaMiddleware",
    "smartscheduler.core.http.middleware.SlowRequestMiddleware",
    "smartscheduler.history.middleware.AuthorMiddleware",
    "smartscheduler.accounts.middleware.BlurredPlacesMiddleware",
    "smartscheduler.accounts.middleware.ClockMiddleware",
    "smartscheduler.core.http.middleware.NotFoundMiddleware",
    "smartscheduler.core.http.middleware.OneThreadMiddleware",
]

ROOT_URLCONF = "smartscheduler.urls"
ASGI_APPLICATION = "smartscheduler.asgi.application"
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
FORM_RENDERER = "smartscheduler.adminsite.form_renderer.FormRenderer"

# --- Data -----------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", default="postgresql://localhost/smartscheduler")}
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    CONN_MAX_AGE=env.whole("DATABASE_CONN_MAX_AGE", default=60),
    CONN_HEALTH_CHECKS=True,
)
# How long a change waits for a row that another transaction has locked.
LOCK_TIMEOUT_SECONDS = env.number("LOCK_TIMEOUT_SECONDS", default=2.0)
idle_seconds = env.whole("DATABASE_IDLE_TRANSACTION_SECONDS", default=60)
SESSION = {
    # Just-in-time compilation takes longer than the short queries that it would speed up.
    "jit": "off",
    "timezone": "UTC",
    # The plans of the few prepared statements hardly depend on the parameters, so one generic plan is enough.
    "plan_cache_mode": "force_generic_plan",
    "random_page_cost": 1.1,
    # A forgotten open transaction must not block others that need the same rows.
    "idle_in_transaction_session_timeout": f"{idle_seconds}s",
    **connection_options.postgres_session_options(),
}
# Connection options in the URL override these.
DATABASES["default"]["OPTIONS"] = connection_options.postgres_client_options() | DATABASES["default"].get("OPTIONS", {})
DATABASES["default"]["OPTIONS"].update(
    options=" ".join(f"-c {name}={value}" for name, value in SESSION.items()),
    # Only smartscheduler.core.db.prepared prepares statements. Disable it behind a pooler in transaction mode, where
    # each transaction can get another connection.
    prepare_threshold=0 if env.flag("DATABASE_PREPARED_STATEMENTS", default=True) else None,
)
# Applies to web processes only (smartscheduler.asgi): migrations, backups, and the worker may take longer.
DATABASE_STATEMENT_SECONDS = env.whole("DATABASE_STATEMENT_SECONDS", default=15)
DATABASE_WEB_OPTION = f" -c statement_timeout={DATABASE_STATEMENT_SECONDS}s"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The pool of each web process (smartscheduler.asgi). PostgreSQL's max_connections limits all pools together.
DATABASE_POOL = {
    "min_size": 1,
    "max_size": env.whole("DATABASE_POOL_SIZE", default=16),
    "timeout": 10,
    # The pauses between attempts grow to minutes during a long outage. A short limit restarts them.
    "reconnect_timeout": 3,
}

# The time of each change instead of its transaction, so that the changes of a transaction are ordered.
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"
# The history has its own indexes for its queries (smartscheduler.history.triggers).
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

REDIS_URL = env.redis("REDIS_URL", default="redis://localhost:6379/0")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "smartscheduler.events.sockets.channel_layer.Layer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, **connection_options.channel_layer_options(REDIS_URL)}],
            "prefix": "smartscheduler",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": connection_options.redis_short_timeout(),
    }
}

CELERY_BROKER_URL = connection_options.broker_url(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Tasks of a killed worker are delivered again after three minutes instead of the default hour.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 180,
    "unacked_restore_interval": 2,
    **connection_options.redis_keepalive(REDIS_URL),
}
# Import files have their own queue and worker, so that they do not delay emails, events, and look-ups.
FILES_QUEUE = "files"
# Plans as well: a run takes a processor for seconds or minutes.
PLANS_QUEUE = "plans"
CELERY_TASK_ROUTES = {"imports.*": {"queue": FILES_QUEUE}, "planning.work_on_plans": {"queue": PLANS_QUEUE}}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
# How long a dead or frozen worker blocks its work for others (smartscheduler.leases).
LEASE_SECONDS = env.whole("LEASE_SECONDS", default=60)
# A queue without a completed task for this long is reported as late (core.observability.metrics.heartbeats).
WORKER_LATE_SECONDS = env.whole("WORKER_LATE_SECONDS", default=60)

# --- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "smartscheduler.accounts.sign_in_limits.CountingBackend",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "smartscheduler.accounts.password_validators.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "smartscheduler.accounts.password_validators.VariationValidator"},
    {"NAME": "smartscheduler.accounts.password_validators.WordsValidator"},
]
# Names of the company and its products, which a password must not consist of.
PASSWORD_WORDS = env.comma_list("PASSWORD_WORDS", default=[])
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# All spellings of an email address, from all sign-in forms, count as one account.
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "smartscheduler.accounts.axes_hooks.username_of"
AXES_LOCKOUT_CALLABLE = "smartscheduler.accounts.axes_hooks.locked_out"
AXES_VERBOSE = False  # no start-up message in the log of every process
# Roles that must set up a second factor before anything else; .env.example has the value for none of them.
SECOND_FACTOR_REQUIRED = [
    role
    for role in env.comma_list("SECOND_FACTOR_REQUIRED", default=[] if DEBUG else ["administrator"])
    if role != "nobody"
]
OTP_TOTP_ISSUER = "SmartScheduler"
# The admin pages of django-otp are not registered. If they ever are, they must not show secret keys.
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
# Whether managers see names and contact data of customers, and contact data of contractors (docs/privacy.md).
MANAGERS_SEE_PERSONAL_DATA = env.flag("MANAGERS_SEE_PERSONAL_DATA", default=False)
SESSION_ENGINE = "smartscheduler.accounts.session_store"
SESSION_IDLE_MINUTES = env.whole("SESSION_IDLE_MINUTES", default=60)
SESSION_LONGEST_HOURS = env.whole("SESSION_LONGEST_HOURS", default=12)
SESSION_COOKIE_AGE = SESSION_IDLE_MINUTES * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts read the CSRF token from the page
if not DEBUG:
    # Browsers accept cookies with this prefix only from this host, over HTTPS, and for all paths.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# In the session instead of a cookie, which would be another one to protect.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.flag("HTTPS_REDIRECT", default=not DEBUG)
# Pages redirect to HTTPS; API requests are rejected (smartscheduler.core.http.https_only).
SECURE_REDIRECT_EXEMPT = [r"^api/"]
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=False)
# W021 asks for HSTS preloading, which binds a whole domain for months. That is a decision of its owner.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    # For an idle client. A client that keeps refreshing its token is signed out after TOKEN_LONGEST_DAYS.
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ALGORITHM": "HS256",
    "ISSUER": "smartscheduler",
    "AUDIENCE": "smartscheduler",
    "AUTH_TOKEN_CLASSES": ["smartscheduler.accounts.tokens.SignedAccess"],
    # smartscheduler.accounts.tokens implements rotation and revocation.
    "UPDATE_LAST_LOGIN": False,
    "USER_ID_CLAIM": "user_id",
}
TOKEN_LONGEST_DAYS = env.whole("TOKEN_LONGEST_DAYS", default=30)
# For this long, a client may repeat a refresh and gets the same new token, in case the response was lost; 0: never.
REFRESH_RETRY_SECONDS = env.whole("REFRESH_RETRY_SECONDS", default=30)

# --- API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "smartscheduler.accounts.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["smartscheduler.accounts.drf_permissions.RolePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["smartscheduler.core.http.rate_limits.RoleThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["smartscheduler.core.rest.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["smartscheduler.core.rest.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "smartscheduler.core.rest.pagination.Pagination",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "smartscheduler.accounts.visibility_rest.VisibleFieldsSearch",
        "smartscheduler.accounts.visibility_rest.StableOrdering",
    ],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "smartscheduler.openapi.schema.Schema",
    "EXCEPTION_HANDLER": "smartscheduler.core.rest.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
RATE_LIMITS = env.flag("RATE_LIMITS", default=True)
REQUESTS_A_MINUTE = {
    "coordinator": env.whole("RATE_LIMIT_COORDINATOR", default=100),
    "manager": env.whole("RATE_LIMIT_MANAGER", default=60),
    "administrator": env.whole("RATE_LIMIT_ADMINISTRATOR", default=200),
    "service": env.whole("RATE_LIMIT_SERVICE", default=300),
}
# Other limits per minute, of an account or of a network address without one (smartscheduler.accounts.quotas).
QUOTAS_A_MINUTE = {
    "pages": env.whole("RATE_LIMIT_PAGES", default=300),
    "parts": env.whole("RATE_LIMIT_PARTS", default=600),
    "sockets": env.whole("RATE_LIMIT_SOCKETS", default=60),
    "visitors": env.whole("RATE_LIMIT_VISITORS", default=300),
    # Rejected socket handshakes of an address are counted separately: one client must not block an office behind it.
    "handshakes": env.whole("RATE_LIMIT_VISITORS", default=300),
}
# Concurrent requests of an account or address in one web process: a quarter of its database connections.
REQUESTS_AT_ONCE = env.whole("REQUESTS_AT_ONCE", default=max(1, DATABASE_POOL["max_size"] // 4))
# Sign-in attempts from one network address for any account, and for one account from any address.
SIGN_IN_LIMITS = {
    "address": env.whole("SIGN_INS_OF_AN_ADDRESS", default=60),  # per minute
    "account": env.whole("SIGN_INS_AT_AN_ACCOUNT", default=30),  # per ten minutes
}
SLOW_REQUEST_SECONDS = 0.5
# The bearer token of Prometheus. Without it, only administrators can read the metrics.
METRICS_TOKEN = env.text("METRICS_TOKEN", default="")
SPECTACULAR_SETTINGS = {
    "TITLE": "SmartScheduler",
    "DESCRIPTION": "Ranks contractors for flooring jobs, explains each rank, and books them.",
    # The API has the version of the product (docs/api.md).
    "VERSION": __version__,
    "CONTACT": {"name": "SmartScheduler contributors"},
    "LICENSE": {"name": "MIT License", "identifier": "MIT"},
    "SERVERS": [
        {"url": "/", "description": "The production server that this document comes from.", "x-internal": False}
    ],
    "TAGS": [
        {"name": name, "description": description}
        for name, description in (
            ("assignments", "Bookings of contractors for jobs."),
            ("auth", "Sign-in, tokens, and tickets for the event socket."),
            ("contractors", "Contractors with their hours, absences and ratings."),
            ("customers", "Customers with their addresses and phone numbers."),
            ("dashboard", "Figures of the live board."),
            ("events", "The log of all changes."),
            ("jobs", "Jobs, their arrival windows and their rankings."),
            ("metrics", "Metrics for Prometheus."),
            ("plans", "Plans for many jobs at once."),
            ("recommendations", "Rankings for jobs that are not stored, and for many jobs."),
        )
    ],
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "smartscheduler.openapi.hooks.allow_empty_texts",
        "smartscheduler.openapi.visibility.describe_visibility",
        "smartscheduler.openapi.hooks.merge_nested_objects",
        "smartscheduler.openapi.hooks.add_components",
        "smartscheduler.openapi.hooks.bound_integers",
        "smartscheduler.openapi.hooks.bound_parameters",
    ],
    "ENUM_NAME_OVERRIDES": {
        "ContractorType": "contractors.models.Contractor.Type",
        "ContractorStatus": "contractors.models.Contractor.Status",
        "JobType": "jobs.models.Job.Type",
        "JobStatus": "jobs.models.Job.Status",
        "Priority": "jobs.models.Job.Priority",
        "AssignmentStatus": "assignments.models.Assignment.Status",
        "PhoneKind": "customers.models.CustomerPhone.Kind",
        "AbsenceKind": "contractors.models.Absence.Kind",
        "StateEnum": "smartscheduler.places.state_choices",
        "PlanKind": "recommendations.planning.states.Kind",
        "PlanState": "recommendations.planning.states.State",
        "PlanItemState": "recommendations.planning.states.ItemState",
        "PlanItemAction": "recommendations.planning.states.Action",
        "Role": "smartscheduler.accounts.permissions.any_role",
        "Scope": "smartscheduler.accounts.scopes.Scope",
        "Clock": "smartscheduler.core.formatting.Clock",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Scheduling (docs/ranking.md) -----------------------------------------------------------
# Defaults until an administrator publishes a version of the scheduling rules (smartscheduler.rules).
SCORE_WEIGHTS = {
    "availability": env.number("SCORE_WEIGHT_AVAILABILITY", default=0.40),
    "rating": env.number("SCORE_WEIGHT_RATING", default=0.35),
    "distance": env.number("SCORE_WEIGHT_DISTANCE", default=0.25),
}
SCORE_MAX_MILES = env.number("SCORE_MAX_MILES", default=50.0)
SLOT_GRID = timedelta(minutes=30)
HORIZON_DAYS = env.whole("HORIZON_DAYS", default=10)
# Work may start on the local day of its slot, or this long before the slot if that is earlier.
EARLY_START = timedelta(hours=env.number("EARLY_START_HOURS", default=2.0))
MINIMUM_GAP = timedelta(minutes=env.whole("MINIMUM_GAP_MINUTES", default=0))
# Records why a contractor was chosen. A dotted path, because assignments must not import recommendations.
DECISION_MAKER = "recommendations.decision_record.decide"
# Knows whether the customer of a job gets messages. A dotted path, because assignments must not import notifications.
CUSTOMER_NOTICE = "smartscheduler.notifications.customer_messages.will_be_told"
DRIVE_MPH = env.number("DRIVE_MPH", default=35.0)
DRIVE_ROAD_FACTOR = env.number("DRIVE_ROAD_FACTOR", default=1.3)

# --- Plans (docs/planning.md) -----------------------------------------------------------------
# Limits of the process that makes a plan: CPU seconds and memory. A plan that needs more fails.
PLAN_PROCESS_SECONDS = env.whole("PLAN_PROCESS_SECONDS", default=600)
PLAN_PROCESS_MEMORY_MB = env.whole("PLAN_PROCESS_MEMORY_MB", default=2048)
PLAN_MOST_JOBS = env.whole("PLAN_MOST_JOBS", default=5000)
# A proposal expires after this time, or when its first slot begins.
PLAN_EXPIRY_HOURS = env.whole("PLAN_EXPIRY_HOURS", default=48)

# --- Outgoing HTTP (smartscheduler.core.outbound) ---------------------------------------------
# Providers need a public address and TLS. Inside these networks, private addresses and plain HTTP are allowed too.
OUTGOING_PRIVATE_NETWORKS = env.comma_list("OUTGOING_PRIVATE_NETWORKS", default=[])
# The proxy for outgoing requests. HTTP_PROXY and similar variables are ignored.
OUTGOING_PROXY = env.text("OUTGOING_PROXY", default="")

# --- Files (docs/files.md) --------------------------------------------------------------------
# Limits of the process that reads or imports a file. A file that needs more is rejected, or its import is stopped.
FILE_PROCESS_SECONDS = env.whole("FILE_PROCESS_SECONDS", default=30)
FILE_PROCESS_MEMORY_MB = env.whole("FILE_PROCESS_MEMORY_MB", default=512)

# --- Addresses (docs/files.md) ----------------------------------------------------------------
# The geocoder for imported addresses without coordinates; empty: the center of the ZIP code.
GEOCODER = env.text("GEOCODER", default="").lower()
GEOCODER_KEY = env.text("GEOCODER_KEY", default="")
GEOCODER_URL = env.text("GEOCODER_URL", default="")
GEOCODER_USER_AGENT = env.text("GEOCODER_USER_AGENT", default="")
GEOCODER_TIMEOUT_SECONDS = env.number("GEOCODER_TIMEOUT_SECONDS", default=5.0)
GEOCODER_A_SECOND = env.number("GEOCODER_A_SECOND", default=1.0)

# --- Maps (docs/board.md) ---------------------------------------------------------------------
# Raster tiles under the maps, which browsers load; empty: the outlines of the states.
MAP_TILE_URL = env.text("MAP_TILE_URL", default="")
MAP_TILE_ATTRIBUTION = env.text("MAP_TILE_ATTRIBUTION", default="")

# --- Road distances (docs/travel.md) --------------------------------------------------------
# Used in this order; providers without a key are skipped. Without any, distances are estimated from great circles.
TRAVEL_PROVIDERS = env.comma_list("TRAVEL_PROVIDERS", default=["google_routes", "openrouteservice"])
# The names of the other variables start with the provider, such as GOOGLE_ROUTES_URL.
TRAVEL_KEYS = {name: env.text(provider.key_variable, default="") for name, provider in roads.DEFAULTS.items()}
TRAVEL_URLS = {name: env.text(f"{name.upper()}_URL", default=provider.url) for name, provider in roads.DEFAULTS.items()}
# Limits of requests to each provider per day (UTC) and per minute.
TRAVEL_BUDGETS = {
    name: env.whole(f"{name.upper()}_BUDGET", default=provider.a_day) for name, provider in roads.DEFAULTS.items()
}
TRAVEL_A_MINUTE = {
    name: env.whole(f"{name.upper()}_A_MINUTE", default=provider.a_minute) for name, provider in roads.DEFAULTS.items()
}
TRAVEL_TRAFFIC = env.flag("TRAVEL_TRAFFIC", default=False)
TRAVEL_LEADERS = env.whole("TRAVEL_LEADERS", default=50)
TRAVEL_KEEP_DAYS = env.whole("TRAVEL_KEEP_DAYS", default=30)
TRAVEL_TIMEOUT_SECONDS = env.number("TRAVEL_TIMEOUT_SECONDS", default=5.0)
TRAVEL_ATTEMPTS = env.whole("TRAVEL_ATTEMPTS", default=3)
TRAVEL_BREAKER_FAILURES = env.whole("TRAVEL_BREAKER_FAILURES", default=5)
TRAVEL_BREAKER_SECONDS = env.whole("TRAVEL_BREAKER_SECONDS", default=60)
TRAVEL_LEASE_SECONDS = env.whole("TRAVEL_LEASE_SECONDS", default=120)

# --- Reworded explanations (docs/explanations.md) ---------------------------------------------
# anthropic, or openai for any provider with an OpenAI-compatible API; empty: the template's sentences only.
EXPLANATION_MODEL_PROVIDER = env.text("EXPLANATION_MODEL_PROVIDER", default="").lower()
EXPLANATION_MODEL_NAME = env.text("EXPLANATION_MODEL_NAME", default="")
EXPLANATION_MODEL_KEY = env.text("EXPLANATION_MODEL_KEY", default="")
EXPLANATION_MODEL_URL = env.text("EXPLANATION_MODEL_URL", default=llm.URLS.get(EXPLANATION_MODEL_PROVIDER, ""))
# The number of top candidates whose explanations are reworded.
EXPLANATION_FIRST = env.whole("EXPLANATION_FIRST", default=5)
# Limits per day (UTC).
EXPLANATION_CALLS_A_DAY = env.whole("EXPLANATION_CALLS_A_DAY", default=500)
EXPLANATION_TOKENS_A_DAY = env.whole("EXPLANATION_TOKENS_A_DAY", default=1_000_000)
EXPLANATION_KEEP_DAYS = env.whole("EXPLANATION_KEEP_DAYS", default=30)
EXPLANATION_TIMEOUT_SECONDS = env.number("EXPLANATION_TIMEOUT_SECONDS", default=15.0)
EXPLANATION_ATTEMPTS = env.whole("EXPLANATION_ATTEMPTS", default=2)

# --- Fake providers of the demo ---------------------------------------------------------------
# Local servers that replace the road distance providers (smartscheduler.ops.demo.fake_road_provider) and the language
# model (smartscheduler.ops.demo.fake_llm).
TRAVEL_DEMO = env.flag("TRAVEL_DEMO", default=False)
TRAVEL_DEMO_PORT = env.whole("TRAVEL_DEMO_PORT", default=PORT + 1)
EXPLANATION_DEMO = env.flag("EXPLANATION_DEMO", default=False)
EXPLANATION_DEMO_PORT = env.whole("EXPLANATION_DEMO_PORT", default=PORT + 2)
if TRAVEL_DEMO:
    TRAVEL_KEYS = dict.fromkeys(roads.DEFAULTS, "demo")
    TRAVEL_URLS = dict.fromkeys(roads.DEFAULTS, f"http://127.0.0.1:{TRAVEL_DEMO_PORT}")
if EXPLANATION_DEMO:
    EXPLANATION_MODEL_PROVIDER, EXPLANATION_MODEL_NAME, EXPLANATION_MODEL_KEY = "anthropic", "stand-in", "demo"
    EXPLANATION_MODEL_URL = f"http://127.0.0.1:{EXPLANATION_DEMO_PORT}"
if TRAVEL_DEMO or EXPLANATION_DEMO:
    OUTGOING_PRIVATE_NETWORKS = [*OUTGOING_PRIVATE_NETWORKS, "127.0.0.0/8"]

# --- Periodic tasks ---------------------------------------------------------------------------
# Short intervals, so that queued work starts almost at once. A message that waits longer than ten seconds is dropped.
every_two_seconds = {"schedule": timedelta(seconds=2), "options": {"expires": 10}}
tasks_of_all = {
    "prune-events": {"task": "events.prune", "schedule": timedelta(hours=6)},
    "forget-answers": {"task": "idempotency.prune", "schedule": timedelta(hours=1)},
    "remove-what-is-old": {"task": "ops.apply_retention", "schedule": crontab(hour="*/6", minute="37")},
    "examine": {"task": "ops.examine", "schedule": crontab(hour="4", minute="7")},
    "recheck-bookings": {
        "task": "assignments.recheck_bookings",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 240},
    },
    "announce-rankings": {"task": "recommendations.announce_rankings", **every_two_seconds},
    "work-on-imports": {"task": "imports.work_on_imports", **every_two_seconds},
    "work-on-plans": {"task": "planning.work_on_plans", **every_two_seconds},
    "expire-plans": {"task": "planning.expire_plans", "schedule": timedelta(minutes=1), "options": {"expires": 50}},
    "send-mails": {"task": "notifications.send_mails", **every_two_seconds},
    "queue-reminders": {
        "task": "notifications.queue_reminders",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 240},
    },
}
tasks_with_roads = {
    "look-up-roads": {"task": "recommendations.look_up_roads", **every_two_seconds},
    "refresh-roads": {"task": "recommendations.refresh_roads", "schedule": crontab(hour=8, minute=0)},
    "prune-roads": {"task": "recommendations.prune_roads", "schedule": timedelta(hours=6)},
}
tasks_with_a_model = {
    "word-explanations": {"task": "recommendations.word_explanations", **every_two_seconds},
    "prune-words": {"task": "recommendations.prune_words", "schedule": timedelta(hours=6)},
}
tasks_with_a_geocoder = {"locate-sites": {"task": "jobs.locate_sites", **every_two_seconds}}
CELERY_BEAT_SCHEDULE = {
    **tasks_of_all,
    **(tasks_with_a_geocoder if GEOCODER else {}),
    **(tasks_with_roads if any(TRAVEL_KEYS.get(name) for name in TRAVEL_PROVIDERS) else {}),
    **(tasks_with_a_model if EXPLANATION_MODEL_PROVIDER else {}),
}

# --- Events ---------------------------------------------------------------------------------
EVENT_RETENTION = timedelta(days=env.whole("EVENT_RETENTION_DAYS", default=90))
EVENT_HEARTBEAT_SECONDS = env.number("EVENT_HEARTBEAT_SECONDS", default=15.0)
# A socket is closed when more events than this wait for it, or when sending a frame takes longer than this.
EVENT_SOCKET_QUEUE = env.whole("EVENT_SOCKET_QUEUE", default=1000)
EVENT_SEND_TIMEOUT_SECONDS = env.number("EVENT_SEND_TIMEOUT_SECONDS", default=10.0)
EVENT_SOCKETS_PER_ACCOUNT = env.whole("EVENT_SOCKETS_PER_ACCOUNT", default=30)
# The longest wait of GET events/?wait=, and the number of requests that may wait in one web process.
EVENT_LONGEST_WAIT_SECONDS = env.whole("EVENT_LONGEST_WAIT_SECONDS", default=25)
EVENT_MOST_WAITING = env.whole("EVENT_MOST_WAITING", default=100)

# --- Retention (docs/operations.md) ---------------------------------------------------------
AUDIT_RETENTION = timedelta(days=env.whole("AUDIT_RETENTION_DAYS", default=1096))
JOB_RETENTION = timedelta(days=env.whole("JOB_RETENTION_DAYS", default=2557))
MAIL_RETENTION = timedelta(days=env.whole("MAIL_RETENTION_DAYS", default=365))
IMPORT_RETENTION = timedelta(days=env.whole("IMPORT_RETENTION_DAYS", default=90))
PLAN_RETENTION = timedelta(days=env.whole("PLAN_RETENTION_DAYS", default=90))

# The log of erasures, which is replayed after a restore; empty: no log (docs/privacy.md).
ERASURE_LIST = env.text("ERASURE_LIST", default=str(DATA_DIR / "erasures.jsonl"))

# --- Mail -----------------------------------------------------------------------------------
# By default, emails are printed to the console.
mail_server = env.mail("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = mail_server["EMAIL_BACKEND"]
EMAIL_HOST = mail_server["EMAIL_HOST"]
EMAIL_PORT = mail_server["EMAIL_PORT"]
EMAIL_HOST_USER = mail_server["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = mail_server["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = mail_server.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = mail_server.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = mail_server["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = 10
# Emails wait this long. The live page offers Undo only while they wait (smartscheduler.notifications.undo), so that a
# change that is undone sends none.
MAIL_DELAY = timedelta(seconds=env.number("MAIL_DELAY_SECONDS", default=75.0))
# How long the link in a message to a customer can be used to rate the work.
RATING_LINK = timedelta(days=env.whole("RATING_LINK_DAYS", default=30))
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", default="SmartScheduler <dispatch@example.com>")
# Customers get emails between these times of day at the site.
MESSAGE_HOURS = env.hours("MESSAGE_HOURS", default="08:00-21:00")
# `user:password` with which mail providers report emails that came back (smartscheduler.notifications.bounces). Needs
# the extra `bounces`; empty: no reports are accepted.
MAIL_REPORT_SECRET = env.text("MAIL_REPORT_SECRET", default="")
ANYMAIL = {"WEBHOOK_SECRET": MAIL_REPORT_SECRET}
if MAIL_REPORT_SECRET and find_spec("anymail"):
    INSTALLED_APPS.append("anymail")
# The address of the product as customers reach it, for the links in their emails.
PUBLIC_URL = env.text("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")

# --- Pages ----------------------------------------------------------------------------------
# Every text of the product goes through gettext. There is one language so far, so LocaleMiddleware, which chooses
# among several, and LOCALE_PATHS are left out: a second language adds both.
USE_I18N = True
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "frontend" / "public", BASE_DIR / "frontend" / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "servestatic.storage.CompressedManifestStaticFilesStorage"
    },
}
SERVESTATIC_USE_FINDERS = DEBUG
SERVESTATIC_ALLOW_ALL_ORIGINS = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *filter(None, [tile_origin(MAP_TILE_URL)])],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- Back-office ------------------------------------------------------------------------------
UNFOLD = theme.UNFOLD

# --- Logs -----------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.text("LOG_FORMAT", default="console" if DEBUG else "json")
# RequestIdMiddleware has validated the client's id or created one.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOGGING = logging_config(LOG_LEVEL, LOG_FORMAT)
configure_structlog()

# --- Traces and errors ------------------------------------------------------------------------
# These need the extra `observability`. The OpenTelemetry SDK reads more variables itself.
OTEL_EXPORTER_OTLP_ENDPOINT = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
OTEL_SERVICE_NAME = env.text("OTEL_SERVICE_NAME", default="smartscheduler")
SENTRY_DSN = env.text("SENTRY_DSN", default="")
