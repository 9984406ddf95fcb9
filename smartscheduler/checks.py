"""Numbered system checks of the settings, each naming the variable that is wrong.

`refuse_bad_settings` runs them whenever Django is set up, so that web, worker and relay refuse to
start for the same reasons as `manage.py check` gives.
"""

from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured

LONGEST_HORIZON_DAYS = 30
LAST_PORT = 65535
POSITIVE = (
    "SCORE_MAX_MILES",
    "DRIVE_MPH",
    "WEB_WORKERS",
    "EVENT_HEARTBEAT_SECONDS",
    "EVENT_SOCKET_QUEUE",
    "EVENT_SEND_TIMEOUT_SECONDS",
    "EVENT_SOCKETS_PER_ACCOUNT",
    "EVENT_MOST_WAITING",
    "GEOCODER_TIMEOUT_SECONDS",
    "GEOCODER_A_SECOND",
)


@register
def check_environment(**_: Any) -> list[Error]:
    """E001: a variable cannot be read."""
    return [
        Error(f"{problem.variable} cannot be read: it must be {problem.expected}.", id="smartscheduler.E001")
        for problem in settings.ENVIRONMENT_PROBLEMS
    ]


@register
def check_secret_key(**_: Any) -> list[Error]:
    """E002: production with the key that everybody knows."""
    if settings.DEBUG or settings.SECRET_KEY != settings.INSECURE_SECRET_KEY:
        return []
    return [
        Error(
            "SECRET_KEY must be set when DEBUG is off.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="smartscheduler.E002",
        )
    ]


@register
def check_weights(**_: Any) -> list[Error]:
    """E003–E005: the weights are shares of one, with as many decimals as a score."""
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


@register
def check_ranges(**_: Any) -> list[Error]:
    """E006–E010: numbers that make no sense."""
    return list(_out_of_range())


def _out_of_range() -> Iterator[Error]:
    limits = {f"RATE_LIMIT_{role.upper()}": limit for role, limit in settings.REQUESTS_A_MINUTE.items()}
    for variable, value in {**{name: getattr(settings, name) for name in POSITIVE}, **limits}.items():
        if value <= 0:
            yield Error(f"{variable} must be more than 0; it is {value}.", id="smartscheduler.E006")
    if settings.DRIVE_ROAD_FACTOR < 1:
        yield Error(
            f"DRIVE_ROAD_FACTOR must be at least 1, no road is shorter than the straight line; "
            f"it is {settings.DRIVE_ROAD_FACTOR}.",
            id="smartscheduler.E007",
        )
    if not 0 <= settings.HORIZON_DAYS <= LONGEST_HORIZON_DAYS:
        yield Error(
            f"HORIZON_DAYS must be 0 to {LONGEST_HORIZON_DAYS}; it is {settings.HORIZON_DAYS}.",
            id="smartscheduler.E008",
        )
    if settings.MINIMUM_GAP.total_seconds() < 0:
        yield Error("MINIMUM_GAP_MINUTES must not be negative.", id="smartscheduler.E009")
    if settings.EVENT_RETENTION.days < 1:
        yield Error("EVENT_RETENTION_DAYS must be at least 1.", id="smartscheduler.E009")
    if not 1 <= settings.PORT <= LAST_PORT:
        yield Error(f"PORT must be 1 to {LAST_PORT}; it is {settings.PORT}.", id="smartscheduler.E010")


@register
def check_geocoder(**_: Any) -> list[Error]:
    """E020–E022: a geocoder that nobody knows, or that cannot work with what is set."""
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
    if settings.GEOCODER_URL and (url.scheme not in {"http", "https"} or not url.hostname):
        errors.append(Error("GEOCODER_URL must be like https://nominatim.example.com.", id="smartscheduler.E022"))
    public = name == "nominatim" and (url.hostname or PUBLIC_NOMINATIM) == PUBLIC_NOMINATIM
    if public and not settings.GEOCODER_USER_AGENT:
        message = f"GEOCODER_USER_AGENT must name you: {PUBLIC_NOMINATIM} wants to know who asks."
        errors.append(Error(message, id="smartscheduler.E021"))
    if public and settings.GEOCODER_A_SECOND > 1:
        message = f"GEOCODER_A_SECOND must be at most 1: {PUBLIC_NOMINATIM} allows no more."
        errors.append(Error(message, id="smartscheduler.E022"))
    return errors


@register
def check_proxies(**_: Any) -> list[Error]:
    """E011: a proxy that is no address and no network; names are not looked up, and "*" would trust everybody."""
    return [
        Error(
            f"TRUSTED_PROXIES must name addresses or networks, such as 10.0.0.2 or 10.0.0.0/24; {proxy} is neither.",
            id="smartscheduler.E011",
        )
        for proxy in settings.TRUSTED_PROXIES
        if not _is_network(proxy)
    ]


@register
def check_observability(**_: Any) -> list[Error]:
    """E012: traces or errors are to be sent, and nothing is there that could."""
    needs = {"OTEL_EXPORTER_OTLP_ENDPOINT": "opentelemetry.sdk", "SENTRY_DSN": "sentry_sdk"}
    return [
        Error(
            f"{variable} is set, but {package} is not installed.",
            hint="Install the extra: pip install 'smartscheduler[observability]'",
            id="smartscheduler.E012",
        )
        for variable, package in needs.items()
        if getattr(settings, variable) and not _is_installed(package)
    ]


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def refuse_bad_settings() -> None:
    """Raise ImproperlyConfigured with every complaint, a line each; quiet when there is none."""
    errors = [
        *check_environment(),
        *check_secret_key(),
        *check_weights(),
        *check_ranges(),
        *check_geocoder(),
        *check_proxies(),
        *check_observability(),
    ]
    if errors:
        raise ImproperlyConfigured("\n".join(_sentence(error) for error in errors))


def _sentence(error: Error) -> str:
    return f"{error.id}: {error.msg}" + (f" {error.hint}" if error.hint else "")
