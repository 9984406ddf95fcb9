"""Numbered system checks of the settings. Each message names the wrong variable.

`refuse_bad_settings` runs them whenever Django is set up, so that web, worker, and relay refuse to start for the same
reasons that `manage.py check` reports.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from email.utils import parseaddr
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Info, register
from django.core.exceptions import ImproperlyConfigured

from recommendations.llm.config import URLS as MODEL_URLS
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.geo.map_tiles import tile_objection
from smartscheduler.core.outbound.addresses import network, objection
from smartscheduler.rules.values import LONGEST_HORIZON
from smartscheduler.travel.config import active_providers

RETAINED = ("EVENT", "AUDIT", "JOB", "MAIL", "IMPORT")
LAST_PORT = 65535
# With a longer time, the use of a stolen refresh token would look like a repeated request for too long.
LONGEST_REFRESH_RETRY = 60
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
POSITIVE = (
    "SCORE_MAX_MILES",
    "DRIVE_MPH",
    "WEB_WORKERS",
    "LOCK_TIMEOUT_SECONDS",
    "DATABASE_STATEMENT_SECONDS",
    "SESSION_IDLE_MINUTES",
    "SESSION_LONGEST_HOURS",
    "TOKEN_LONGEST_DAYS",
    "WORKER_LATE_SECONDS",
    "LEASE_SECONDS",
    "EVENT_HEARTBEAT_SECONDS",
    "EVENT_SOCKET_QUEUE",
    "EVENT_SEND_TIMEOUT_SECONDS",
    "EVENT_SOCKETS_PER_ACCOUNT",
    "EVENT_MOST_WAITING",
    "FILE_PROCESS_SECONDS",
    "FILE_PROCESS_MEMORY_MB",
    "REQUESTS_AT_ONCE",
    "GEOCODER_TIMEOUT_SECONDS",
    "GEOCODER_A_SECOND",
    "TRAVEL_KEEP_DAYS",
    "TRAVEL_TIMEOUT_SECONDS",
    "TRAVEL_ATTEMPTS",
    "TRAVEL_BREAKER_FAILURES",
    "TRAVEL_BREAKER_SECONDS",
    "TRAVEL_LEASE_SECONDS",
    "TRAVEL_LEADERS",
    "EXPLANATION_FIRST",
    "EXPLANATION_KEEP_DAYS",
    "EXPLANATION_TIMEOUT_SECONDS",
    "EXPLANATION_ATTEMPTS",
)

Check = Callable[..., list[Error]]
# In the order of definition, which is also the order of the messages.
REFUSING: list[Check] = []


def refuses(check: Check) -> Check:
    """Decorator: register a system check whose errors keep every process from starting."""
    REFUSING.append(check)
    return register(check)


@refuses
def check_environment(**_: Any) -> list[Error]:
    """E001: a variable cannot be parsed."""
    return [
        Error(f"{problem.variable} is not valid: it must be {problem.expected}.", id="smartscheduler.E001")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]


@refuses
def check_secret_key(**_: Any) -> list[Error]:
    """E002: the default SECRET_KEY, which is public, in production."""
    if settings.DEBUG or settings.SECRET_KEY != settings.INSECURE_SECRET_KEY:
        return []
    return [
        Error(
            "SECRET_KEY must be set when DEBUG is off.",
            hint="Generate one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="smartscheduler.E002",
        )
    ]


@refuses
def check_weights(**_: Any) -> list[Error]:
    """E003–E005: the weights must sum to 1 and have at most as many decimals as a score."""
    weights = {f"SCORE_WEIGHT_{part.upper()}": Decimal(str(value)) for part, value in settings.SCORE_WEIGHTS.items()}
    errors = []
    for variable, weight in weights.items():
        if weight < 0:
            errors.append(Error(f"{variable} must not be negative; it is {weight}.", id="smartscheduler.E003"))
        if weight != round(weight, 4):
            errors.append(
                Error(f"{variable} must have at most four decimals; it is {weight}.", id="smartscheduler.E004")
            )
    if (total := sum(weights.values())) != 1:
        errors.append(Error(f"{', '.join(weights)} must sum to 1; they sum to {total}.", id="smartscheduler.E005"))
    return errors


@refuses
def check_ranges(**_: Any) -> list[Error]:
    """E006–E010: numbers out of range."""
    return list(_out_of_range())


def _out_of_range() -> Iterator[Error]:
    limits = {f"RATE_LIMIT_{role.upper()}": limit for role, limit in settings.REQUESTS_A_MINUTE.items()}
    limits |= {f"RATE_LIMIT_{kind.upper()}": limit for kind, limit in settings.QUOTAS_A_MINUTE.items()}
    limits |= {
        f"SIGN_INS_{'OF_AN' if kind == 'address' else 'AT_AN'}_{kind.upper()}": limit
        for kind, limit in settings.SIGN_IN_LIMITS.items()
    }
    for variable, value in {**{name: getattr(settings, name) for name in POSITIVE}, **limits}.items():
        if value <= 0:
            yield Error(f"{variable} must be more than 0; it is {value}.", id="smartscheduler.E006")
    if settings.DRIVE_ROAD_FACTOR < 1:
        yield Error(
            f"DRIVE_ROAD_FACTOR must be at least 1, because no road is shorter than the straight line; "
            f"it is {settings.DRIVE_ROAD_FACTOR}.",
            id="smartscheduler.E007",
        )
    if not 0 <= settings.HORIZON_DAYS <= LONGEST_HORIZON:
        yield Error(
            f"HORIZON_DAYS must be 0 to {LONGEST_HORIZON}; it is {settings.HORIZON_DAYS}.",
            id="smartscheduler.E008",
        )
    if not 0 <= settings.REFRESH_RETRY_SECONDS <= LONGEST_REFRESH_RETRY:
        yield Error(
            f"REFRESH_RETRY_SECONDS must be 0 to {LONGEST_REFRESH_RETRY}; it is {settings.REFRESH_RETRY_SECONDS}.",
            id="smartscheduler.E008",
        )
    if settings.MINIMUM_GAP.total_seconds() < 0:
        yield Error("MINIMUM_GAP_MINUTES must not be negative.", id="smartscheduler.E009")
    yield from (
        Error(f"{kind}_RETENTION_DAYS must be at least 1.", id="smartscheduler.E009")
        for kind in RETAINED
        if getattr(settings, f"{kind}_RETENTION").days < 1
    )
    if not 1 <= settings.PORT <= LAST_PORT:
        yield Error(f"PORT must be 1 to {LAST_PORT}; it is {settings.PORT}.", id="smartscheduler.E010")


@refuses
def check_delays(**_: Any) -> list[Error]:
    """E009: durations that are negative or implausibly long."""
    limits = [
        ("EARLY_START_HOURS", settings.EARLY_START, timedelta(hours=24), "24"),
        ("MAIL_DELAY_SECONDS", settings.MAIL_DELAY, timedelta(minutes=10), "600"),
    ]
    errors = [
        Error(f"{variable} must be 0 to {most}.", id="smartscheduler.E009")
        for variable, value, longest, most in limits
        if not timedelta(0) <= value <= longest
    ]
    if not 1 <= settings.RATING_LINK.days <= 365:
        errors.append(Error("RATING_LINK_DAYS must be 1 to 365.", id="smartscheduler.E009"))
    return errors


@refuses
def check_geocoder(**_: Any) -> list[Error]:
    """E020–E022: an unknown geocoder, or one with missing or wrong settings."""
    from smartscheduler.geocoding.providers import PROVIDERS, PUBLIC_NOMINATIM, WITHOUT_KEY

    name, url = settings.GEOCODER, urlsplit(settings.GEOCODER_URL)
    if not name:
        return []
    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        return [Error(f"GEOCODER must be one of {known}, or empty; it is {name}.", id="smartscheduler.E020")]
    errors = []
    if name not in WITHOUT_KEY and not settings.GEOCODER_KEY:
        errors.append(Error(f"GEOCODER_KEY must be set for {name}.", id="smartscheduler.E021"))
    if settings.GEOCODER_URL and (wrong := objection(settings.GEOCODER_URL)):
        errors.append(Error(f"GEOCODER_URL {wrong}.", id="smartscheduler.E022"))
    public = name == "nominatim" and (url.hostname or PUBLIC_NOMINATIM) == PUBLIC_NOMINATIM
    if public and not settings.GEOCODER_USER_AGENT:
        message = f"GEOCODER_USER_AGENT must identify you: {PUBLIC_NOMINATIM} requires it."
        errors.append(Error(message, id="smartscheduler.E021"))
    if public and settings.GEOCODER_A_SECOND > 1:
        message = f"GEOCODER_A_SECOND must be at most 1: {PUBLIC_NOMINATIM} does not allow more."
        errors.append(Error(message, id="smartscheduler.E022"))
    return errors


@register
def say_which_providers(**_: Any) -> list[Info]:
    """I001: the active road distance providers; no message without one."""
    if not (active := active_providers()):
        return []
    providers = ", then ".join(f"{name} (budget {settings.TRAVEL_BUDGETS[name]} per day)" for name in active)
    where = f" at {settings.TRAVEL_URLS[active[0]]}" if settings.TRAVEL_DEMO else ""
    return [Info(f"Road distances: {providers}, then the straight line{where}.", id="smartscheduler.I001")]


@refuses
def check_travel(**_: Any) -> list[Error]:
    """E011–E013: settings of the road distance providers."""
    return list(_travel_problems())


def _travel_problems() -> Iterator[Error]:
    for name in settings.TRAVEL_PROVIDERS:
        if name not in settings.TRAVEL_URLS:
            known = ", ".join(settings.TRAVEL_URLS)
            yield Error(f"TRAVEL_PROVIDERS must contain only {known}; it contains {name}.", id="smartscheduler.E011")
    for name, url in settings.TRAVEL_URLS.items():
        if wrong := objection(url):
            yield Error(f"{name.upper()}_URL {wrong}.", id="smartscheduler.E012")
    limits = {f"{name.upper()}_BUDGET": value for name, value in settings.TRAVEL_BUDGETS.items()}
    limits |= {f"{name.upper()}_A_MINUTE": value for name, value in settings.TRAVEL_A_MINUTE.items()}
    for variable, value in limits.items():
        if value < 0:
            yield Error(f"{variable} must not be negative; it is {value}.", id="smartscheduler.E013")


@refuses
def check_proxies(**_: Any) -> list[Error]:
    """E030: a trusted proxy that is not an address or network. Host names and "*" are not supported."""
    return [
        Error(
            f"TRUSTED_PROXIES must contain addresses or networks, such as 10.0.0.2 or 10.0.0.0/24; {proxy} is neither.",
            id="smartscheduler.E030",
        )
        for proxy in settings.TRUSTED_PROXIES
        if network(proxy) is None
    ]


@refuses
def check_outgoing(**_: Any) -> list[Error]:
    """E032: invalid networks, a network that allows all addresses, or an invalid proxy URL."""
    errors = []
    for text in settings.OUTGOING_PRIVATE_NETWORKS:
        parsed = network(text)
        if parsed is None or parsed.prefixlen == 0:
            wrong = "is not a network" if parsed is None else "allows all addresses"
            message = f"OUTGOING_PRIVATE_NETWORKS must contain networks, such as 10.1.0.0/16; {text} {wrong}."
            errors.append(Error(message, id="smartscheduler.E032"))
    proxy = urlsplit(settings.OUTGOING_PROXY)
    if settings.OUTGOING_PROXY and (proxy.scheme not in {"http", "https"} or not proxy.hostname):
        errors.append(Error("OUTGOING_PROXY must be like http://proxy.example.com:3128.", id="smartscheduler.E032"))
    return errors


# What a worker has for one sentence, attempts and waits together (CELERY_TASK_SOFT_TIME_LIMIT, words.work).
MOST_SECONDS_A_SENTENCE = 45


@refuses
def check_explanations(**_: Any) -> list[Error]:
    """E033–E035: an unknown language model provider, or one with missing or wrong settings."""
    return list(_explanation_problems())


def _explanation_problems() -> Iterator[Error]:
    for variable in ("EXPLANATION_CALLS_A_DAY", "EXPLANATION_TOKENS_A_DAY"):
        if getattr(settings, variable) < 0:
            yield Error(f"{variable} must not be negative.", id="smartscheduler.E035")
    if settings.EXPLANATION_ATTEMPTS * settings.EXPLANATION_TIMEOUT_SECONDS > MOST_SECONDS_A_SENTENCE:
        wrong = f"EXPLANATION_ATTEMPTS × EXPLANATION_TIMEOUT_SECONDS must be at most {MOST_SECONDS_A_SENTENCE} seconds."
        yield Error(wrong, id="smartscheduler.E035")
    provider, known = settings.EXPLANATION_MODEL_PROVIDER, ", ".join(MODEL_URLS)
    if provider in MODEL_URLS:
        yield from _model_problems(settings.EXPLANATION_MODEL_URL)
    elif provider:
        wrong = f"EXPLANATION_MODEL_PROVIDER must be one of {known}, or empty; it is {provider}."
        yield Error(wrong, id="smartscheduler.E033")


def _model_problems(url: str) -> Iterator[Error]:
    if not settings.EXPLANATION_MODEL_NAME:
        yield Error("EXPLANATION_MODEL_NAME must name the model.", id="smartscheduler.E034")
    if not settings.EXPLANATION_MODEL_KEY and url in MODEL_URLS.values():
        yield Error(f"EXPLANATION_MODEL_KEY must be set for {url}.", id="smartscheduler.E034")
    if wrong := objection(url):
        yield Error(f"EXPLANATION_MODEL_URL {wrong}.", id="smartscheduler.E035")


@refuses
def check_origins(**_: Any) -> list[Error]:
    """E060: origins that browsers do not send, or that are not protected by TLS."""
    return [
        Error(
            f"CORS_ALLOWED_ORIGINS must contain origins such as https://app.example.com, and http:// only for this "
            f"machine; {origin} is not valid.",
            id="smartscheduler.E060",
        )
        for origin in settings.CORS_ALLOWED_ORIGINS
        if not _is_origin(origin)
    ]


@refuses
def check_map_tiles(**_: Any) -> list[Error]:
    """E061–E062: a tile server that is not one https origin, or tiles without their attribution."""
    if not settings.MAP_TILE_URL:
        return []
    errors = []
    if wrong := tile_objection(settings.MAP_TILE_URL):
        errors.append(Error(f"MAP_TILE_URL {wrong}; it is {settings.MAP_TILE_URL}.", id="smartscheduler.E061"))
    if not settings.MAP_TILE_ATTRIBUTION:
        message = "MAP_TILE_ATTRIBUTION must be set with MAP_TILE_URL: the license of the tiles says to what text."
        errors.append(Error(message, id="smartscheduler.E062"))
    return errors


@refuses
def check_observability(**_: Any) -> list[Error]:
    """E031: traces or error reports are configured, but their library is not installed."""
    needs = {"OTEL_EXPORTER_OTLP_ENDPOINT": "opentelemetry.sdk", "SENTRY_DSN": "sentry_sdk"}
    return [
        Error(
            f"{variable} is set, but {package} is not installed.",
            hint="Install the extra: pip install 'smartscheduler[observability]'",
            id="smartscheduler.E031",
        )
        for variable, package in needs.items()
        if getattr(settings, variable) and not _is_installed(package)
    ]


@refuses
def check_second_factor(**_: Any) -> list[Error]:
    """E036: SECOND_FACTOR_REQUIRED names an unknown role."""
    return [
        Error(
            f"SECOND_FACTOR_REQUIRED must contain only {', '.join(Role.values)}, or be nobody; it contains {role}.",
            id="smartscheduler.E036",
        )
        for role in settings.SECOND_FACTOR_REQUIRED
        if role not in Role.values
    ]


@refuses
def check_sender(**_: Any) -> list[Error]:
    """E045: a sender without a valid email address."""
    name, _at, domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")
    try:
        known = bool(name) and bool(domain.encode("idna"))
    except UnicodeError:
        known = False
    wrong = f"EMAIL_FROM must be like Dispatch <dispatch@example.com>; it is {settings.DEFAULT_FROM_EMAIL}."
    return [] if known else [Error(wrong, id="smartscheduler.E045")]


@refuses
def check_public_url(**_: Any) -> list[Error]:
    """E046: an address for links in emails that no browser could open."""
    url = urlsplit(settings.PUBLIC_URL)
    bare = f"{url.scheme}://{url.netloc}" == settings.PUBLIC_URL and url.hostname and not url.username
    if bare and url.scheme in {"http", "https"}:
        return []
    wrong = f"PUBLIC_URL must be like https://dispatch.example.com; it is {settings.PUBLIC_URL}."
    return [Error(wrong, id="smartscheduler.E046")]


@refuses
def check_mail_reports(**_: Any) -> list[Error]:
    """E047: reports of mail providers that could not be verified or read."""
    secret = settings.MAIL_REPORT_SECRET
    if not secret:
        return []
    name, colon, password = secret.partition(":")
    if not (name and colon and password):
        return [Error("MAIL_REPORT_SECRET must be like user:password.", id="smartscheduler.E047")]
    if not _is_installed("anymail"):
        wrong = "MAIL_REPORT_SECRET needs django-anymail: pip install 'smartscheduler[bounces]'."
        return [Error(wrong, id="smartscheduler.E047")]
    return []


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _is_origin(text: str) -> bool:
    try:
        url = urlsplit(text)
        bare = f"{url.scheme}://{url.netloc}" == text and not url.username and url.port != 0
    except ValueError:
        return False
    return (
        bare and bool(url.hostname) and (url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK))
    )


def refuse_bad_settings() -> None:
    """Raise ImproperlyConfigured with one line for each error."""
    errors = [error for check in REFUSING for error in check()]
    if errors:
        raise ImproperlyConfigured("\n".join(_sentence(error) for error in errors))


def _sentence(error: Error) -> str:
    return f"{error.id}: {error.msg}" + (f" {error.hint}" if error.hint else "")
