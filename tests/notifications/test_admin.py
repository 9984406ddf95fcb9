"""The message log in the admin."""

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import InvalidInput
from smartscheduler.notifications.models import Mail
from smartscheduler.notifications.services import send_mail_again
from tests.factories import AssignmentFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_mail_changelist")


@pytest.fixture
def failed() -> Mail:
    assignment = AssignmentFactory()
    return Mail.objects.create(
        id=assignment.pk,
        kind=Mail.Kind.ASSIGNED,
        assignment=assignment,
        revision=0,
        state=Mail.State.FAILED,
        attempts=10,
        error="No such user",
        due_at=timezone.now(),
    )


@pytest.mark.parametrize("role", Role.values)
def test_every_role_can_read(role: str, failed: Mail) -> None:
    client = signed_in(role)
    assert failed.assignment.job.job_number in client.get(LIST).content.decode()
    page = client.get(reverse("admin:notifications_mail_change", args=[failed.pk])).content.decode()
    assert "No such user" in page


def test_a_coordinator_sends_it_again(failed: Mail) -> None:
    signed_in().post(LIST, {"action": "send_again", "_selected_action": [str(failed.pk)]})
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == (Mail.State.WAITING, 0)


def test_only_a_failed_one_is_sent_again(failed: Mail) -> None:
    Mail.objects.update(state=Mail.State.SENT, sent_at=timezone.now())
    with pytest.raises(InvalidInput, match="Only a message that has failed"):
        send_mail_again(mail_id=failed.pk, actor=None)
    failed.refresh_from_db()
    assert failed.state == Mail.State.SENT


def test_a_manager_does_not(failed: Mail) -> None:
    signed_in(Role.MANAGER).post(LIST, {"action": "send_again", "_selected_action": [str(failed.pk)]})
    failed.refresh_from_db()
    assert failed.state == Mail.State.FAILED


def test_no_role_can_write(failed: Mail) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    page = reverse("admin:notifications_mail_change", args=[failed.pk])
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page, {"state": "sent"}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_without_a_mail_server_the_list_says_what_it_would_bring(settings: Settings) -> None:
    client = signed_in()
    assert "Emails are not sent yet" not in client.get(LIST).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    page = client.get(LIST).content.decode()
    assert "Emails are not sent yet" in page
    assert reverse("documentation", args=["operations.md"]) in page
    assert "Each email is listed here." in page


def test_the_list_stays_within_its_queries(failed: Mail, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in()
    for _ in range(20):
        other = AssignmentFactory()
        Mail.objects.create(id=other.pk, kind="assigned", assignment=other, revision=0, due_at=timezone.now())
    with django_assert_max_num_queries(6):
        client.get(LIST)
