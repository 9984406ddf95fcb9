"""The log of messages to customers, and the templates, in the admin."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.permissions import Role
from smartscheduler.notifications.models import CustomerMessage, MessageTemplate
from tests.factories import AssignmentFactory
from tests.notifications.customers import customer, job
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST = reverse("admin:notifications_customermessage_changelist")
TEMPLATES = reverse("admin:notifications_messagetemplate_changelist")


def failed(**values: Any) -> CustomerMessage:
    person = customer()
    assignment = AssignmentFactory(job=job(person, status="assigned"))
    return CustomerMessage.objects.create(
        **{
            "id": assignment.pk,
            "kind": "booked",
            "state": "failed",
            "job": assignment.job,
            "customer": person,
            "assignment": assignment,
            "language": "en",
            "recipient": person.email,
            "subject": "Your appointment",
            "body": "Hello Grace Hill",
            "error": "No such user",
            "due_at": timezone.now(),
        }
        | values
    )


class TestLog:
    @pytest.mark.parametrize("role", Role.values)
    def test_every_role_reads_what_it_may_see(self, role: str) -> None:
        message, client = failed(), signed_in(role)
        assert message.job.job_number in client.get(LIST).content.decode()
        page = client.get(reverse("admin:notifications_customermessage_change", args=[message.pk])).content.decode()
        for text in ("Hello Grace Hill", "grace@example.com"):
            assert (text in page) == (role != Role.MANAGER)

    def test_search_finds_the_job_and_the_address(self) -> None:
        message, client = failed(), signed_in()
        for text in (message.job.job_number, "grace@example"):
            assert message.job.job_number in client.get(LIST, {"q": text}).content.decode()
        assert message.job.job_number not in client.get(LIST, {"q": "nothing"}).content.decode()

    def test_a_coordinator_sends_a_failed_message_again(self) -> None:
        message = failed()
        signed_in().post(LIST, {"action": "send_again", "_selected_action": [str(message.pk)]})
        message.refresh_from_db()
        assert message.state == "queued"

    def test_a_manager_does_not(self) -> None:
        message = failed()
        signed_in(Role.MANAGER).post(LIST, {"action": "send_again", "_selected_action": [str(message.pk)]})
        message.refresh_from_db()
        assert message.state == "failed"

    def test_the_list_stays_within_its_queries(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        client, _message = signed_in(), failed()
        for _ in range(10):
            failed()
        with django_assert_max_num_queries(6):
            client.get(LIST)

    def test_the_page_of_a_customer_says_that_emails_come_back(self) -> None:
        message = failed()
        page = reverse("admin:customers_customer_change", args=[message.customer_id])
        assert "Emails come back" not in signed_in().get(page).content.decode()
        message.customer.email_bounced = True
        message.customer.save()
        assert "Emails come back" in signed_in().get(page).content.decode()


class TestTemplates:
    @pytest.fixture
    def template(self) -> MessageTemplate:
        return MessageTemplate.objects.update_or_create(kind="booked", language="en")[0]

    @pytest.fixture
    def client(self) -> Client:
        return signed_in(Role.ADMINISTRATOR)

    def page(self, template: MessageTemplate) -> str:
        return reverse("admin:notifications_messagetemplate_change", args=[template.pk])

    def post(self, client: Client, template: MessageTemplate, **values: Any) -> Any:
        data = {"is_enabled": "on", "subject": "", "body": "", "version": template.version}
        return client.post(self.page(template), data | values)

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
    def test_only_administrators_see_them(self, role: str, template: MessageTemplate) -> None:
        client = signed_in(role)
        assert client.get(TEMPLATES).status_code == 403
        assert client.get(self.page(template)).status_code == 403
        assert self.post(client, template, body="{when}").status_code == 403
        template.refresh_from_db()
        assert template.body == ""

    def test_the_standard_text_is_shown_with_a_preview(self, client: Client, template: MessageTemplate) -> None:
        assert "Standard text" in client.get(TEMPLATES).content.decode()
        page = client.get(self.page(template)).content.decode()
        assert "Hello {customer}" in page
        assert "Hello Grace Hill" in page
        assert "between 8:00 AM and 10:00 AM" in page

    def test_a_typed_text_is_previewed_and_not_saved(self, client: Client, template: MessageTemplate) -> None:
        page = self.post(client, template, subject="See you, {customer}", body="On {when}", preview="1")
        assert "See you, Grace Hill" in page.content.decode()
        template.refresh_from_db()
        assert template.subject == ""

    def test_a_typed_text_is_saved_once_as_a_change(self, client: Client, template: MessageTemplate) -> None:
        assert self.post(client, template, subject="See you, {customer}", body="On {when}").status_code == 302
        template.refresh_from_db()
        assert (template.subject, template.body, template.is_enabled) == ("See you, {customer}", "On {when}", True)
        assert "Your text" in client.get(TEMPLATES).content.decode()
        history = client.get(reverse("admin:notifications_messagetemplate_history", args=[template.pk]))
        assert "See you, {customer}" in history.content.decode()

    def test_the_standard_text_is_not_stored(self, client: Client, template: MessageTemplate) -> None:
        self.post(client, template, subject="Your appointment: {when}")
        template.refresh_from_db()
        assert template.subject == ""

    def test_messages_are_turned_off(self, client: Client, template: MessageTemplate) -> None:
        self.post(client, template, is_enabled="")
        template.refresh_from_db()
        assert not template.is_enabled

    @pytest.mark.parametrize(
        ("values", "rule"),
        [
            ({"body": "Hello"}, "The text must contain {when}."),
            ({"subject": "{nobody}"}, "There is no placeholder {nobody}"),
            ({"subject": "x" * 201}, "at most 200 characters"),
            ({"body": "{when}" + "x" * 4000}, "at most 4000 characters"),
        ],
    )
    def test_a_wrong_text_is_refused(
        self, values: dict[str, str], rule: str, client: Client, template: MessageTemplate
    ) -> None:
        page = self.post(client, template, **values)
        assert rule in page.content.decode()
        template.refresh_from_db()
        assert (template.subject, template.body) == ("", "")

    def test_of_two_editors_the_second_is_told(self, client: Client, template: MessageTemplate) -> None:
        self.post(client, template, subject="First {when}")
        page = self.post(client, template, subject="Second {when}")
        assert "Another user changed this text" in page.content.decode()
        template.refresh_from_db()
        assert template.subject == "First {when}"

    def test_none_is_added_or_deleted(self, client: Client, template: MessageTemplate) -> None:
        assert client.get(f"{TEMPLATES}add/").status_code == 403
        page = self.page(template).replace("change", "delete")
        assert client.post(page, {"post": "yes"}).status_code == 403

    def test_an_unknown_one_is_not_found(self, client: Client) -> None:
        for key in ("x", "00000000-0000-0000-0000-000000000000"):
            assert client.get(reverse("admin:notifications_messagetemplate_change", args=[key])).status_code == 404
