"""Link jobs that have a customer's name or phone number, but no customer, to the records of customers."""

from typing import Any

from django.core.management.base import BaseCommand

from jobs.linking import link_customers


class Command(BaseCommand):
    help = "Links jobs that the previous release wrote during an upgrade to the records of their customers."

    def handle(self, **options: Any) -> None:
        for line in link_customers():
            self.stdout.write(line)
