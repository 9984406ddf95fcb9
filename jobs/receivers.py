"""Signal receivers: jobs follow their customers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from customers.models import Customer
from customers.signals import contact_changed, locking, merging, preferences_changed
from jobs import services
from jobs.models import Job
from smartscheduler.accounts.models import User


@receiver(locking, dispatch_uid="jobs_of_customers")
def lock_jobs(*, customers: Iterable[UUID], wait: bool, **_: Any) -> None:
    list(Job.objects.locked(wait=wait).filter(customer__in=list(customers)).values_list("pk", flat=True))


@receiver(merging, dispatch_uid="jobs_of_customers")
def move_jobs(*, source: Customer, target: Customer, actor: User | None, **_: Any) -> int:
    return services.move_to_customer(source=source, target=target, actor=actor)


@receiver(contact_changed, dispatch_uid="jobs_of_customers")
def copy_contact(*, customer: Customer, actor: User | None, **_: Any) -> None:
    services.copy_contact(customer=customer, actor=actor)


@receiver(preferences_changed, dispatch_uid="jobs_of_customers")
def copy_preferences(*, customer: Customer, actor: User | None, **_: Any) -> None:
    services.copy_preferences(customer=customer, actor=actor)
