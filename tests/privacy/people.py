"""People with personal data in every place where the product stores it."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from assignments import services as bookings
from assignments.models import Assignment
from contractors import services as people
from contractors.models import Contractor
from jobs import services as work
from jobs.linking import link_customers
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.session_store import SessionStore
from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.actors import acting
from smartscheduler.events.models import OutboxEvent
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.imports.file_reader import read_file
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.readings import packed_reading
from smartscheduler.notifications.enqueue import collect_mails
from smartscheduler.notifications.models import Mail
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.geocells import cell
from smartscheduler.travel.models import TravelEstimate
from tests.factories import ContractorFactory, JobFactory, UserFactory, at

ADA: dict[str, Any] = {
    "name": "Ada Tiles-Moore",
    "phone_number": "(512) 555-7701",
    "email": "ada.tiles@crews.example",
    "address": "17 Hidden Hollow",
    "latitude": Decimal("30.2671234"),
    "longitude": Decimal("-97.7431234"),
}
GRACE: dict[str, Any] = {
    "customer_name": "Grace Hillcrest",
    "customer_phone": "(512) 555-7703",
    "address": "23 Whisper Lane",
    "latitude": Decimal("30.3119876"),
    "longitude": Decimal("-97.7559876"),
}
# What they were called before, and how else a number is written.
OF_ADA = [
    *(
        "Ada Tiles-Moore",
        "Ada Tiles",
        "ada.tiles@crews.example",
        "ada@before.example",
        "17 Hidden Hollow",
        "9 Old Road",
    ),
    *("555-7701", "5557701", "555.7701", "555-7702", "30.2671234", "97.7431234", "302671234", "chemotherapy"),
]
OF_GRACE = [
    *("Grace Hillcrest", "Hillcrest, Grace", "G. Hillcrest-Old", "23 Whisper Lane", "third pot"),
    *("555-7703", "5557703", "30.3119876", "97.7559876"),
]


def seed_contractor(actor: User) -> Contractor:
    """Ada, who was called otherwise, booked and done with, absent, rated, imported, mailed, sought and repeated."""
    before = {"name": "Ada Tiles", "email": "ada@before.example", "phone_number": "(512) 555-7702"}
    ada = ContractorFactory(**{**ADA, **before, "address": "9 Old Road"})
    people.update_contractor(contractor_id=ada.pk, actor=actor, **ADA)
    people.add_absence(
        contractor_id=ada.pk,
        period=TimeSlot(at(8, days=5), at(17, days=5)),
        kind="sickness",
        note="chemotherapy",
        actor=actor,
    )
    people.update_rating(contractor_id=ada.pk, rating=Decimal("4.5"), comment="Ada Tiles-Moore, again", actor=actor)
    other = ContractorFactory(name="Bea Stone", email="bea@crews.example")
    jobs = [JobFactory(customer_name="Somebody Else") for _ in range(2)]
    kept = book(jobs[0], ada, actor, hour=9, reason="Asked for Ada Tiles-Moore, 512.555.7701")
    done(kept, actor)
    moved = book(jobs[1], other, actor, hour=13)
    bookings.reassign_assignment(assignment_id=moved.pk, contractor_id=ada.pk, start=at(13, days=2), actor=actor)
    bookings.cancel_job(job_id=jobs[1].pk, reason="Ada Tiles-Moore (ada.tiles@crews.example) is ill", actor=actor)
    JobFactory(special_requirements="Not ada tiles-moore again, she has +1 512 555 7701")
    copies_of(ada, actor, "contractors", ADA["email"], ADA["name"], ADA["phone_number"], ADA["address"])
    LogEntry.objects.create(
        user=actor,
        content_type=ContentType.objects.get_for_model(Contractor),
        object_id=str(ada.pk),
        object_repr="Ada Tiles-Moore",
        action_flag=CHANGE,
        change_message="Changed ada.tiles@crews.example",
    )
    ada.refresh_from_db()
    return ada


def seed_customer(actor: User) -> list[Job]:
    """Grace, with two jobs that are over, one of them under another spelling."""
    crew = ContractorFactory(name="Cid Moore", email="cid@crews.example")
    jobs = [JobFactory(**GRACE), JobFactory(**{**GRACE, "customer_name": "Hillcrest, Grace"})]
    link_customers()
    work.update_job(job_id=jobs[0].pk, customer_name="G. Hillcrest-Old", actor=actor)
    work.update_job(
        job_id=jobs[0].pk,
        customer_name=GRACE["customer_name"],
        special_requirements="Key under the third pot",
        actor=actor,
    )
    done(book(jobs[0], crew, actor, hour=9, reason="Grace Hillcrest wants Cid"), actor)
    bookings.cancel_job(job_id=jobs[1].pk, reason="Rang from 512 555 7703", actor=actor)
    copies_of(jobs[0], actor, "jobs", "", GRACE["customer_name"], GRACE["customer_phone"], GRACE["address"])
    for job in jobs:
        job.refresh_from_db()
    return jobs


def seed_user() -> User:
    """Uma, who has signed in, done things, and is named in notes."""
    uma = UserFactory(name="Uma Former", email="uma@before.example")
    with acting(uma):
        uma.email = "uma.former@office.example"
        uma.save()
    job = JobFactory(special_requirements="Ask Uma Former (uma.former@office.example)")
    work.update_job(job_id=job.pk, priority="high", actor=uma)
    AccessLog.objects.create(username=uma.email, ip_address="10.1.2.3", user_agent="x", attempt_time=timezone.now())
    AccessAttempt.objects.create(
        username="UMA@before.example", ip_address="10.1.2.3", failures_since_start=1, get_data="", post_data=""
    )
    session = SessionStore()
    session["_auth_user_id"] = str(uma.pk)
    session.create()
    SavedView.objects.create(owner=uma, page="jobs.job", name="Mine", query="q=x")
    return uma


def book(job: Job, contractor: Contractor, actor: User, *, hour: int, reason: str = "") -> Assignment:
    return bookings.assign_job(
        job_id=job.pk, contractor_id=contractor.pk, start=at(hour, days=2), actor=actor, override_reason=reason
    )


def done(assignment: Assignment, actor: User) -> None:
    with override_settings(EARLY_START=timedelta(days=30)):
        for act in (bookings.confirm_assignment, bookings.start_assignment, bookings.complete_assignment):
            act(assignment_id=assignment.pk, actor=actor)


def copies_of(record: Contractor | Job, actor: User, kind: str, email: str, name: str, phone: str, street: str) -> None:
    """Data of an import, an idempotency key, a geocoder, a road distance provider, and a saved view."""
    digits = re.sub(r"\D", "", phone)
    content = f"name,email,phone,address\n{name},{email},{digits},{street}\n".encode()
    table = packed_reading(read_file("list.csv", content))
    run = ImportRun.objects.create(kind=kind, name="list.csv", table=table, state="done", total=1, created_by=actor)
    ImportedRow.objects.create(run=run, number=2, label=name, key=email, outcome="created", remarks=f"Like {name}.")
    KeptAnswer.objects.create(
        user=actor,
        key=str(uuid4()),
        fingerprint="0" * 64,
        status=201,
        body=json.dumps({"id": str(record.pk), "name": name, "phone_number": phone}),
        created_at=timezone.now(),
    )
    GeocodedAddress.objects.create(
        key=f"{street}, Austin, TX 78701".lower(),
        latitude=float(record.latitude),
        longitude=float(record.longitude),
        provider="nominatim",
        asked_at=timezone.now(),
    )
    TravelEstimate.objects.create(
        origin=cell(record.point), destination=1, miles=1, minutes=1, source="road", fetched_at=timezone.now()
    )
    SavedView.objects.create(owner=actor, page=f"{kind}.x", name="Hers", query=f"q={name.replace(' ', '+')}")
    # As the relay would, so that the mails of what has happened are noted.
    OutboxEvent.objects.filter(sequence=None).update(sequence=F("position"))
    while collect_mails():
        pass
    Mail.objects.filter(state="waiting").update(
        recipient=email, state="failed", error=f"refused: {email}", subject="New job"
    )


def found_anywhere(words: list[str]) -> dict[str, list[str]]:
    """Each of the words that stands in any column of any table, with the columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "JOIN information_schema.tables USING (table_schema, table_name) "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1, 2"
        )
        places: dict[str, list[str]] = {}
        for table, column, kind in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            for word in words:
                cursor.execute(f'SELECT count(*) FROM "{table}" WHERE {text} ILIKE %s', [f"%{word}%"])  # noqa: S608
                if cursor.fetchone()[0]:
                    places.setdefault(word, []).append(f"{table}.{column}")
    return places
