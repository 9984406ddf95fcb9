"""Link jobs that have a customer's name or phone number, but no customer, to the records of customers."""

from typing import Any

from django.core.management.base import BaseCommand

from customers.models import Customer, CustomerAddress, CustomerPhone
from jobs.linking import Models, job_numbers, lines_of, link_customers
from jobs.models import Job


class Command(BaseCommand):
    help = "Links jobs that the previous release wrote during an upgrade to the records of their customers."

    def handle(self, **options: Any) -> None:
        models = Models(Job, Customer, CustomerPhone, CustomerAddress)
        report = link_customers(models)
        for line in lines_of(report, job_numbers(models, report)):
            self.stdout.write(line)
