"""Defaults that differ for each instance are stored as they were displayed."""

from collections.abc import Iterator

import pytest
from django.db.models import NOT_PROVIDED

from smartscheduler.adminsite.service_forms import ServiceAdmin
from tests.pages import model_admins

# Generated for each instance, and passed to the service or read back from it (ServiceAdmin.save_related).
KNOWN = {
    ("jobs.Job", "job_number"),
    ("contractors.Contractor", "service_radius_miles"),
    ("accounts.ServiceAccount", "date_joined"),
}
GENERATED = "admins whose form makes an instance, and fields of it that have a default made by a function"


def generated_fields() -> Iterator[tuple[str, str]]:
    for model, listed in model_admins().items():
        if isinstance(listed, ServiceAdmin):
            for field in model._meta.concrete_fields:
                made = callable(field.default) and field.default not in {NOT_PROVIDED, list, dict}
                if made and not field.primary_key:
                    yield model._meta.label, field.name


@pytest.mark.django_db
def test_every_generated_default_of_an_admin_form_is_known() -> None:
    assert set(generated_fields()) == KNOWN, GENERATED
