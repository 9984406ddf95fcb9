"""Permissions of every back-office page by role: forbidden actions are hidden and rejected."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, URLPattern, resolve, reverse
from django.urls.resolvers import URLResolver

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.pages import model_admins, signed_in

# Long tests; groups begin before single tests, so that no process waits for them at the end.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("roles")]

# Of each kind of address a few: records differ in what can be done with them.
PAGES_OF_A_KIND = 4

# By the name of the address: what a role is refused, whatever it sends.
REFUSED = {
    Role.COORDINATOR: r"rules_|accounts_|auth_user|audit_|notifications_messagetemplate_",
    Role.MANAGER: (
        r"rules_|accounts_|auth_user|audit_|notifications_messagetemplate_|imports_importrun|_add$|_delete$"
        r"|jobs_job_cancel|contractors_contractor_(absent|restore|activate|deactivate|mark-on-leave)"
        r"|assignments_assignment_(confirm|start|complete|cancel|reschedule|reassign|swap|rate)"
    ),
    Role.ADMINISTRATOR: (
        r"(assignments_assignment|events_outboxevent|notifications_\w+|audit_auditentry)_(add|delete)$"
    ),
}
# Addresses of Django that have no required permission.
OPEN = {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site"}


# By regular expressions, because the parser of the standard library took an eighth of the time of these tests.
TAGS = re.compile(r"""<(a|form)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
ATTRIBUTES = re.compile(r"""(?:^|\s)(href|method|action)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


class Links:
    """Where a page leads: what its links say, and what its forms would send to."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.links: set[str] = set()
        self.forms: set[str] = set()

    def feed(self, text: str) -> None:
        for tag, text_of_tag in TAGS.findall(text):
            attributes = {
                name.lower(): unescape(double or single) for name, double, single in ATTRIBUTES.findall(text_of_tag)
            }
            if tag.lower() == "a" and attributes.get("href"):
                self.links.add(self._local(attributes["href"]))
            if tag.lower() == "form" and attributes.get("method", "").lower() == "post":
                self.forms.add(self._local(attributes.get("action") or self.page))

    def _local(self, address: str) -> str:
        url = urlsplit(urljoin(f"http://here{self.page}", address))
        return f"{url.path}?{url.query}" if url.query else url.path


@pytest.fixture
def world() -> None:
    """Records in every state, so that every button has a page to stand on."""
    booked = [AssignmentFactory() for _ in range(3)]
    booked += [AssignmentFactory(status="confirmed", confirmed_at=booked[0].created_at)]
    AbsenceFactory(contractor=booked[0].contractor, period=booked[0].time_slot)
    JobFactory.create_batch(2)
    ContractorFactory(status="inactive", rating="3.00")
    ContractorFactory(status="on_leave")
    UserFactory(role=Role.MANAGER)


def name_of(path: str) -> str | None:
    """The name of an address of the back-office; None for any other."""
    return _name_of(urlsplit(path).path)


@cache
def _name_of(path: str) -> str | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match.url_name if "/admin/" in path else None


def changes() -> tuple[int, list[tuple[UUID, int]], list[tuple[UUID, int]], list[tuple[UUID, int]]]:
    return (
        OutboxEvent.objects.count(),
        sorted(Assignment.objects.values_list("pk", "version")),
        sorted(Job.objects.values_list("pk", "version")),
        sorted(Contractor.objects.values_list("pk", "version")),
    )


@pytest.mark.parametrize("role", Role)
def test_no_link_leads_to_a_refusal(world: None, role: Role) -> None:
    """From the home on: every link of every kind of page is followed once."""
    client, waiting = signed_in(role), ["/admin/"]
    seen: dict[str, list[str]] = {}
    while waiting:
        path = waiting.pop()
        name = name_of(path)
        if name is None or name == "logout" or len(seen.setdefault(name, [])) >= PAGES_OF_A_KIND or path in seen[name]:
            continue
        seen[name].append(path)
        answer = client.get(path)
        assert answer.status_code in {200, 302}, (role, path, answer.status_code)
        if not answer.headers.get("Content-Type", "").startswith("text/html") or answer.status_code == 302:
            continue
        page = Links(path)
        page.feed(answer.content.decode())
        waiting += sorted(page.links)
        for target in page.forms:
            assert not re.search(REFUSED[role], name_of(target) or ""), (role, path, target)
    assert len(seen) > 8, "hardly anything was looked at"
    assert not [name for name in seen if re.search(REFUSED[role], name)]


def addresses() -> Iterator[tuple[Any, str]]:
    """Each address of the back-office, with the records of the world in its place-holders."""
    records = {model._meta.label_lower: model._default_manager.first() for model in model_admins()}
    for pattern in (
        page_pattern for page_pattern in flat(admin.site.urls[0]) if page_pattern.name and page_pattern.name not in OPEN
    ):
        owner = next((record for label, record in records.items() if pattern.name.startswith(prefix(label))), None)
        for arguments in ([], [owner.pk] if owner else [], ["contractors", "csv"]):
            try:
                yield pattern.name, reverse(f"admin:{pattern.name}", args=arguments)
            except NoReverseMatch:
                continue
            break


def prefix(label: str) -> str:
    return label.replace(".", "_") + "_"


def flat(patterns: list[URLResolver | URLPattern]) -> Iterator[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from flat(pattern.url_patterns)


@pytest.mark.parametrize("role", Role)
def test_what_is_not_allowed_is_refused_when_forced(world: None, role: Role) -> None:
    client, tried = signed_in(role), 0
    for name, path in addresses():
        if not re.search(REFUSED[role], name):
            continue
        before = changes()
        for answer in (client.get(path), client.post(path, {"reason": "forced", "post": "yes"})):
            assert answer.status_code in {403, 405}, (role, name, answer.status_code)
        assert changes() == before, name
        tried += 1
    assert tried >= 4


def test_no_page_opens_without_a_sign_in(world: None, client: Client) -> None:
    for name, path in addresses():
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302, (name, answer.status_code)
            assert answer["Location"].startswith("/admin/login/"), name
