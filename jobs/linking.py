"""The data migration that gives customers to jobs, for jobs that were written without the services.

These are jobs that the previous release wrote during an upgrade, and the past jobs of the demo data.
"""

from collections.abc import Iterator
from importlib import import_module

from django.utils import timezone

from customers.models import Customer, CustomerAddress, CustomerPhone
from customers.services import keep_search_text
from jobs.models import Job

migration = import_module("jobs.migrations.0004_link_customers")


def link_customers() -> Iterator[str]:
    """Link all jobs that have a name or a phone number and no customer. Returns the lines of the report."""
    models = migration.Models(Job, Customer, CustomerPhone, CustomerAddress)
    start, unlinked = timezone.now(), list(Job.objects.filter(customer=None).values_list("pk", flat=True))
    report = migration.link_customers(models)
    # New records have their search text; older ones may have new phone numbers and addresses.
    for customer in Customer.objects.filter(jobs__in=unlinked, created_at__lt=start).distinct():
        keep_search_text(customer)
    lines: Iterator[str] = migration.lines_of(report, migration.job_numbers(models, report))
    return lines
