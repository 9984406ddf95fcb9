"""Checks of customers: each job has the customer that its name and phone number say."""

from smartscheduler.core import pseudonyms
from smartscheduler.ops.doctor.check import Check, rows_of

UNLINKED = f"""
SELECT format('%s has a name or number and no customer', job_number) FROM jobs_job
WHERE customer_id IS NULL AND (customer_name <> '' OR customer_phone <> '') AND address <> '{pseudonyms.ADDRESS}'
"""  # noqa: S608  (a constant text)

COPIES = """
SELECT format('%s has another name or number than customer %s', job.job_number, customer.id)
FROM jobs_job job JOIN customers_customer customer ON customer.id = job.customer_id
LEFT JOIN LATERAL (
    SELECT CASE WHEN left(number, 2) = '+1'
                THEN '(' || substr(number, 3, 3) || ') ' || substr(number, 6, 3) || '-' || substr(number, 9)
                ELSE number END AS shown
    FROM customers_customerphone WHERE customer_id = customer.id ORDER BY position, id LIMIT 1
) phone ON true
WHERE (job.customer_name, job.customer_phone)
      IS DISTINCT FROM (coalesce(nullif(customer.name, ''), customer.company), coalesce(phone.shown, ''))
"""

PREFERENCES = """
SELECT format('%s has other preferred or refused contractors than its customer', job_number)
FROM jobs_job job
CROSS JOIN LATERAL (
    SELECT array_agg(contractor_id ORDER BY contractor_id) FILTER (WHERE kind = 'preferred') AS preferred,
           array_agg(contractor_id ORDER BY contractor_id) FILTER (WHERE kind = 'refused') AS refused
    FROM customers_preference WHERE customer_id = job.customer_id
) list
WHERE (job.preferred_contractors, job.refused_contractors)
      IS DISTINCT FROM (coalesce(list.preferred, '{}'), coalesce(list.refused, '{}'))
"""

MERGED = """
SELECT format('%s belongs to customer %s, which was merged', job.job_number, customer.id)
FROM jobs_job job JOIN customers_customer customer ON customer.id = job.customer_id
WHERE customer.merged_into_id IS NOT NULL
"""

CHECKS = (
    Check(
        name="customers-linked",
        holds="Each job with a customer's name or number has a customer",
        remedy="The previous release has written these jobs during an upgrade. Run manage.py link_customers.",
        find=rows_of(UNLINKED),
        large=True,
    ),
    Check(
        name="customers-copied",
        holds="The name and number on a job are those of its customer",
        remedy="The customer was changed without the services. Save the customer again in the back-office.",
        find=rows_of(COPIES),
        large=True,
    ),
    Check(
        name="customers-preferences",
        holds="A job has the preferred and refused contractors of its customer",
        remedy="The customer was changed without the services. Save the customer's contractors again, or update "
        "jobs_job SET refused_contractors = NULL: the trigger fills both lists.",
        find=rows_of(PREFERENCES),
        large=True,
    ),
    Check(
        name="customers-merged",
        holds="No job belongs to a merged customer",
        remedy="The data was changed without the trigger. Set jobs_job.customer_id to the customer's merged_into_id.",
        find=rows_of(MERGED),
        large=True,
    ),
)
