"""The export contains all data of a person and no data of other people."""

import json

import pytest

from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.privacy.data_export import (
    as_json,
    as_text,
    export_contractor,
    export_customer,
    export_user,
)
from tests.factories import UserFactory
from tests.privacy.people import seed_contractor, seed_customer, seed_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(role=Role.ADMINISTRATOR, name="Avery Admin", email="avery@office.example")


def test_of_a_contractor(admin: User) -> None:
    ada = seed_contractor(admin)
    text = as_json(export_contractor(contractor_id=ada.pk, actor=admin))
    document = json.loads(text)
    held = ("17 Hidden Hollow", "(512) 555-7701", "ada@before.example", "chemotherapy", "Ada Tiles-Moore, again")
    assert [value for value in held if value not in text] == []
    assert len(document["assignments"]) == 2
    assert document["imported_files"][0]["file"] == "list.csv"
    assert [mention["of"] for mention in document["named_in"]].count("jobs.Job") >= 1
    assert "Somebody Else" not in text
    assert "(512) 555-7701" in as_text(document)


def test_of_a_customer(admin: User) -> None:
    jobs = seed_customer(admin)
    text = as_json(export_customer(job_ids=[job.pk for job in jobs], actor=admin))
    held = ("23 Whisper Lane", "(512) 555-7703", "G. Hillcrest-Old", "Key under the third pot", "Cid Moore")
    assert [value for value in held if value not in text] == []
    assert "cid@crews.example" not in text


def test_of_a_user(admin: User) -> None:
    uma = seed_user()
    text = as_json(export_user(user_id=uma.pk, actor=admin))
    document = json.loads(text)
    held = ("uma.former@office.example", "uma@before.example", "10.1.2.3", "Mine")
    assert [value for value in held if value not in text] == []
    assert document["events_caused"][0]["type"] == "JobUpdated"
    assert "password" not in document["account"]


def test_it_is_written_down_by_id_alone(admin: User) -> None:
    ada = seed_contractor(admin)
    export_contractor(contractor_id=ada.pk, actor=admin)
    entry = AuditEntry.objects.get(act=Act.PERSON_EXPORTED)
    assert entry.details == {"kind": "contractor", "subject": str(ada.pk)}


def test_who_is_not_there_is_said(admin: User) -> None:
    for export, subject, error in (
        (export_contractor, {"contractor_id": admin.pk}, Contractor.DoesNotExist),
        (export_customer, {"job_ids": [admin.pk]}, Job.DoesNotExist),
        (export_customer, {"job_ids": []}, Job.DoesNotExist),
        (export_user, {"user_id": seed_contractor(admin).pk}, User.DoesNotExist),
    ):
        with pytest.raises(error):
            export(**subject, actor=admin)
    assert not AuditEntry.objects.filter(act=Act.PERSON_EXPORTED).exists()
