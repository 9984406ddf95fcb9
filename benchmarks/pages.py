"""`make bench-pages`: every back-office page over a full database, with every filter, search, and order of its list.

The pages come from the URL configuration. A page without known parameters makes the run fail.
"""

import os
import sys
from collections.abc import Iterator
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.worlds import NOW

LIMIT_MS = 300.0
# Time limits of pages that are not lists: the Recommend page ranks, and reports aggregate a month.
OTHER_LIMITS = {"reports": 1000.0}
# The export of personal data also searches files and free text, and it is rarely used.
OTHER_LIMITS |= dict.fromkeys([f"personal-data-{kind}" for kind in ("contractor", "customer", "user")], 5000.0)
TIMES = int(os.environ.get("TIMES") or 5)
DAY = f"{NOW:%Y-%m-%d}"
COMMON, RARE, NOWHERE = "crew", "7f3a", "zzzqqq"
# Values for URL parameters that are not the id of a record.
PARTS = {"kind": "contractors", "form": "csv", "app_label": "jobs", "name": "back-office.md", "field": "contractors"}
# Pages whose names do not start with the name of their model.
OF_MODELS = {
    "auth_user_password_change": "accounts_user",
    "job-roads": "jobs_job",
    "personal-data-contractor": "contractors_contractor",
    "personal-data-customer": "jobs_job",
    "personal-data-user": "accounts_user",
}
# Query strings of pages.
ASKED = {"personal-data-customer": "?job={pk}"}
# URLs that are not pages: sign-in, sign-out, files, and POST requests.
NO_PAGES = {"login", "logout", "jsi18n", "view_on_site", "autocomplete", "password_change", "password_change_done"}
NO_PAGES |= {"sign-in", "sign-in-code", "sign-in-set-up"}


class Page(NamedTuple):
    """A way to open a page: the name of the page, the way, and the path."""

    name: str
    way: str
    path: str


class Opened(NamedTuple):
    page: Page
    queries: int
    milliseconds: list[float]
    cpu: float

    @property
    def worst(self) -> float:
        return max(self.milliseconds)

    @property
    def limit(self) -> float:
        return OTHER_LIMITS.get(self.page.name, LIMIT_MS)


def patterns() -> Iterator[tuple[str, str]]:
    """The name and the route of every URL below admin/."""
    from django.urls import get_resolver

    def walk(resolver: Any, before: str) -> Iterator[tuple[str, str]]:
        for url_pattern in resolver.url_patterns:
            route = before + str(url_pattern.pattern)
            if hasattr(url_pattern, "url_patterns"):
                yield from walk(url_pattern, route)
            elif route.startswith("admin/"):
                yield (url_pattern.name or "", route)

    yield from walk(get_resolver("smartscheduler.urls"), "")


def pages(client: Any) -> Iterator[Page]:
    """All pages, and lists in all ways. Raises LookupError for a page without known parameters."""
    from django.apps import apps
    from django.contrib import admin

    registered = filter(admin.site.is_registered, apps.get_models())
    models = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in registered}
    # Pages that no role may see: Django's groups.
    hidden = tuple(f"{name}_" for name, model in models.items() if not _may_see(client, model))
    for name, route in patterns():
        if not name or name in NO_PAGES or name.startswith(hidden) or "(?P<" in route:
            continue
        model = next((model for prefix, model in models.items() if name.startswith(f"{prefix}_")), None)
        model = models[OF_MODELS[name]] if name in OF_MODELS else model
        path = f"/{_filled(name, route, model)}"
        if name in ASKED:
            path += ASKED[name].format(pk=_record(model).pk)
        if model and name.endswith("_changelist"):
            yield from _ways(client, name, path, admin.site.get_model_admin(model))
        else:
            yield Page(name, "", path)


def _may_see(client: Any, model: Any) -> bool:
    from smartscheduler.accounts.models import User

    user = User.objects.get(pk=client.session["_auth_user_id"])
    return user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")


def _filled(name: str, route: str, model: Any) -> str:
    """The path of a route, with the id of a record and the known values."""
    parts = []
    for part in route.split("/"):
        while "<" in part:
            variable = part[part.index("<") + 1 : part.index(">")].rpartition(":")[2]
            if variable in {"object_id", "id", "pk"} and model is not None:
                value = str(_record(model).pk)
            elif variable in PARTS:
                value = PARTS[variable]
            else:
                raise LookupError(f"There is no value to open {name}: {route}")
            part = f"{part[: part.index('<')]}{value}{part[part.index('>') + 1 :]}"
        parts.append(part)
    return "/".join(parts)


def _record(model: Any) -> Any:
    """The record whose pages need the most work: an open job, the largest import."""
    most = {"job": "-status", "importrun": "-total"}.get(model._meta.model_name, "pk")
    return model.objects.order_by(most, "pk").first()


def _ways(client: Any, name: str, path: str, shown: Any) -> Iterator[Page]:
    """A list: its first and last page, and each filter, search, and order."""
    changelist = client.get(path).context_data["cl"]
    yield Page(name, "first page", path)
    last = changelist.paginator.num_pages
    if last > 1:
        yield Page(name, f"page {last:,}", f"{path}?p={last}")
    for spec in changelist.filter_specs:
        yield from (Page(name, f"{spec.title}: {way}", f"{path}{query}") for way, query in _choices(spec, changelist))
    if shown.search_fields:
        for words in (COMMON, RARE, f"{RARE} {COMMON}", NOWHERE):
            yield Page(name, f"search “{words}”", f"{path}?q={words.replace(' ', '+')}")
    for number, column in enumerate(changelist.list_display):
        if changelist.get_ordering_field(column):
            yield Page(name, f"by {column}", f"{path}?o={number}")
            yield Page(name, f"by {column}, descending", f"{path}?o=-{number}")


def _choices(spec: Any, changelist: Any) -> Iterator[tuple[str, str]]:
    """The choices of a filter with their query strings; one value for a text filter."""
    for choice in spec.choices(changelist):
        if "query_string" in choice:
            if not choice.get("selected"):
                yield choice["display"], choice["query_string"]
            continue
        (parameter, *_) = spec.expected_parameters()
        offered = getattr(spec, "lookup_choices", None) or getattr(getattr(spec, "field", None), "flatchoices", None)
        day = "from" in parameter or "to" in parameter
        for value, way in offered or [(DAY, DAY) if day else (COMMON, COMMON)]:
            yield way, f"?{parameter}={value}"


def opened(client: Any, page: Page) -> Opened | None:
    """Open the page several times; None when its response is not a page."""
    from django.db import connection

    queries, took, cpu = 0, list[float](), 0.0
    connection.ensure_connection()
    processes = [psutil.Process(), psutil.Process(connection.connection.info.backend_pid)]

    def count(execute: Any, *args: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*args)

    for number in range(TIMES + 1):  # the first warms up
        queries, began = 0, perf_counter()
        with connection.execute_wrapper(count):
            response = client.get(page.path)
        milliseconds = (perf_counter() - began) * 1000
        if response.status_code in {301, 302, 403, 405} or getattr(response, "streaming", False):
            return None
        if response.status_code != 200:
            raise LookupError(f"{page.name}: {page.path} answers {response.status_code}")
        if number:
            took.append(milliseconds)
        else:
            cpu = _seconds(processes)
    return Opened(page, queries, took, (_seconds(processes) - cpu) * 1000 / TIMES)


def _seconds(processes: list[psutil.Process]) -> float:
    """CPU time of this process and PostgreSQL, which does not depend on other load of the machine."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def client_of(role: str = "administrator") -> Any:
    from django.test import Client

    from smartscheduler.accounts.models import User

    user, _ = User.objects.get_or_create(email="pages@example.com", defaults={"name": "Pages", "role": role})
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def furnish() -> None:
    """Create records that special pages need and the world does not have."""
    from smartscheduler.rules.models import RulesVersion
    from smartscheduler.rules.values import Rules

    RulesVersion.objects.get_or_create(number=1, defaults=Rules.of_settings().as_fields())


def measure() -> list[Opened]:
    furnish()
    client = client_of()
    results = []
    for page in pages(client):
        if result := opened(client, page):
            results.append(result)
            if (took := median(result.milliseconds)) > result.limit:
                print(f"  slow: {page.name} {page.way}: {took:.0f} ms", file=sys.stderr, flush=True)
    return results


def publish(results: list[Opened]) -> int:
    """Print the table with the slowest way of each page. Returns the number of slow pages, the exit code."""
    console = Console(width=150)
    table = Table("page", "way", "queries", "median ms", "max ms", "CPU ms")
    for result in results:
        row = [
            result.page.name,
            result.page.way,
            str(result.queries),
            f"{median(result.milliseconds):.0f}",
            f"{result.worst:.0f}",
            f"{result.cpu:.0f}",
        ]
        table.add_row(*row, style="red" if median(result.milliseconds) > result.limit else "")
    console.print(table)
    print("\n| page | ways | queries at most | slowest way | median ms | max ms | CPU ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in dict.fromkeys(result.page.name for result in results):
        ways = [result for result in results if result.page.name == name]
        slowest = max(ways, key=lambda result: median(result.milliseconds))
        figures = (median(slowest.milliseconds), slowest.worst, slowest.cpu)
        cells = [name, len(ways), max(way.queries for way in ways), slowest.page.way or "–", *map(round, figures)]
        print(f"| {' | '.join(map(str, cells))} |")
    slow = [result for result in results if median(result.milliseconds) > result.limit]
    names = {result.page.name for result in results}
    print(f"\n{len(results)} ways to open {len(names)} pages, {len(slow)} slower than they should be.")
    return len(slow)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.page_settings"
    os.environ["DEBUG"], os.environ["SECRET_KEY"], os.environ["LOG_LEVEL"] = "0", "benchmarks" * 6, "CRITICAL"
    os.environ["SECOND_FACTOR_REQUIRED"] = "nobody"
    from benchmarks.databases import cluster
    from benchmarks.office import office

    with cluster() as server:
        office(server)
        raise SystemExit(1 if publish(measure()) else 0)


if __name__ == "__main__":
    main()
