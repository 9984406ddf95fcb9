"""Email addresses and languages of the demo's customers, so that pages show messages to them."""

import re

from customers.models import Customer
from customers.services import update_customer
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.random import source

# Enough for the pages; a large data set has many more customers.
MOST_CUSTOMERS = 100
NOT_IN_MAILBOXES = re.compile(r"[^a-z0-9]")


def add_contact_data(seed: int, actor: User | None) -> None:
    """Give three of four customers an email address; a quarter of these read Spanish."""
    customers = Customer.objects.current().filter(email="").order_by("name", "pk")[:MOST_CUSTOMERS]
    for index, customer in enumerate(customers):
        chance = source(seed, "contact data", index)
        if chance.random() < 0.25:
            continue
        mailbox = NOT_IN_MAILBOXES.sub(".", customer.contact_name.lower())
        language = Customer.Language.SPANISH if chance.random() < 0.25 else Customer.Language.ENGLISH
        update_customer(customer_id=customer.pk, actor=actor, email=f"{mailbox}@example.com", language=language)
