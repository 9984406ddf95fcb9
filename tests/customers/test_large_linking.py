"""Many jobs with odd spellings become customers in one run that reports what it joined and kept apart."""

import os
from time import perf_counter
from typing import Any

import pytest
from django.db import connection

from customers.models import Customer, CustomerAddress, CustomerPhone
from jobs.linking import migration
from jobs.models import Job

pytestmark = [pytest.mark.system, pytest.mark.django_db]
# A multiple of ten; LINKED_JOBS=50000 takes some minutes.
JOBS = int(os.environ.get("LINKED_JOBS", "5000"))
# Five jobs of each person: four that are certainly one customer, in other spellings, with another address, or
# without a number; and a fifth at another address with another number, which is kept apart. That number is the one of
# another person, or no number at all.
WRITTEN = """
INSERT INTO jobs_job (id, created_at, updated_at, version, latitude, longitude, address, city, state, zip_code,
    time_zone, job_number, type, status, desired_date, duration, priority, special_requirements, required_skills,
    customer_name, customer_phone, cancel_reason)
SELECT gen_random_uuid(), now() - n * interval '1 minute', now(), 1, 30.2672, -97.7431,
    person || (ARRAY[' Elm Street', ' Elm Street', ' Oak Street', ' ELM street.', ' Pine Street'])[kind],
    'Austin', 'TX', '78701', 'America/Chicago', 'JOB-20260101-' || upper(lpad(to_hex(n), 8, '0')), 'tile', 'open',
    now(), interval '2 hours', 'medium', '', '{}',
    (ARRAY['Zoë O’Brien ', 'ZOE OBRIEN ', 'zoe o`brien, ', 'Zoë O''Brien ', 'Zoë O’Brien '])[kind] || person,
    CASE WHEN kind <= 3 THEN '(206) 555-' || lpad(person::text, 4, '0')
         WHEN kind = 4 THEN ''
         WHEN person %% 2 = 0 THEN '(206) 555-' || lpad((person + 1)::text, 4, '0')
         ELSE 'ask Bob' END,
    ''
FROM (SELECT n, n / 5 AS person, n %% 5 + 1 AS kind FROM generate_series(0, %s - 1) n) job
"""
LOST = """
SELECT was.job_number FROM was JOIN jobs_job job ON job.id = was.id
LEFT JOIN customers_customer customer ON customer.id = job.customer_id
WHERE customer.id IS NULL OR job.customer_address_id IS NULL
   OR (customer.name <> was.customer_name AND position(was.customer_name IN customer.notes) = 0)
   OR (was.customer_phone <> '' AND position(was.customer_phone IN customer.notes) = 0 AND NOT EXISTS (
        SELECT FROM customers_customerphone phone WHERE phone.customer_id = customer.id
        AND phone.number = '+1' || regexp_replace(was.customer_phone, '[^0-9]', '', 'g')))
"""


def rows(statement: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def test_joins_what_is_certain_and_loses_nothing(record_property: Any) -> None:
    rows(WRITTEN, JOBS)
    rows("CREATE TEMPORARY TABLE was AS SELECT id, job_number, customer_name, customer_phone FROM jobs_job")
    models = migration.Models(Job, Customer, CustomerPhone, CustomerAddress)
    began = perf_counter()
    report = migration.link_customers(models)
    record_property("seconds", round(perf_counter() - began, 1))
    assert (report.contacts, report.customers) == (JOBS, JOBS * 2 // 5)
    assert len(report.joined) == JOBS // 5
    assert {len(sources) for sources in report.joined} == {4}
    assert len(report.same_name) == JOBS // 5
    # Every second person shares a number with the next one; the others have one text in common.
    assert sorted(map(len, report.same_phone))[-2:] == [2, JOBS // 10]
    assert len(report.same_phone) == JOBS // 10 + 1
    assert rows(LOST) == []
    lines = list(migration.lines_of(report, migration.job_numbers(models, report)))
    assert lines[0] == f"{JOBS:,} jobs now belong to {JOBS * 2 // 5:,} customers."
    assert len(lines) < 80
    assert migration.link_customers(models).contacts == 0
