"""Triggers that keep the copies on a job equal to its customer: name, phone number, preferred and refused contractors.

The columns stay on the job: the search of jobs has one index over them and the address, the history shows what a
contractor was sent, and the previous release reads and writes them during an upgrade. A job that the previous release
gives another name or number loses its customer, until `manage.py link_customers` finds or makes the right record.

The ids of the contractors are on the job because every search and every check of a booking reads them.
"""

import pgtrigger

# FOR KEY SHARE waits for a merge of the customer, so that no job refers to a merged record afterwards.
COPY = """
IF NEW.customer_id IS NULL THEN
    NEW.customer_address_id := NULL;
    RETURN NEW;
END IF;
IF TG_OP = 'UPDATE'
   AND (NEW.customer_id, NEW.customer_name, NEW.customer_phone)
       IS NOT DISTINCT FROM (OLD.customer_id, OLD.customer_name, OLD.customer_phone) THEN
    RETURN NEW;
END IF;
SELECT customer.merged_into_id AS merged_into_id INTO contact
FROM customers_customer customer WHERE customer.id = NEW.customer_id FOR KEY SHARE;
NEW.customer_id := coalesce(contact.merged_into_id, NEW.customer_id);
SELECT coalesce(nullif(customer.name, ''), customer.company) AS name, coalesce(phone.shown, '') AS phone INTO contact
FROM customers_customer customer
LEFT JOIN LATERAL (
    SELECT CASE WHEN left(number, 2) = '+1'
                THEN '(' || substr(number, 3, 3) || ') ' || substr(number, 6, 3) || '-' || substr(number, 9)
                ELSE number END AS shown
    FROM customers_customerphone
    WHERE customer_id = customer.id
    ORDER BY position, id
    LIMIT 1
) phone ON true
WHERE customer.id = NEW.customer_id;
IF NOT FOUND THEN
    RETURN NEW;
END IF;
IF TG_OP = 'UPDATE' AND NEW.customer_id IS NOT DISTINCT FROM OLD.customer_id
   AND (NEW.customer_name, NEW.customer_phone) IS DISTINCT FROM (contact.name, contact.phone) THEN
    NEW.customer_id := NULL;
    NEW.customer_address_id := NULL;
    RETURN NEW;
END IF;
NEW.customer_name := contact.name;
NEW.customer_phone := contact.phone;
RETURN NEW;
"""

# A job without a customer gets two empty lists. What a statement writes into the lists is replaced.
LISTS = """
IF TG_OP = 'UPDATE'
   AND (NEW.customer_id, NEW.preferred_contractors, NEW.refused_contractors)
       IS NOT DISTINCT FROM (OLD.customer_id, OLD.preferred_contractors, OLD.refused_contractors) THEN
    RETURN NEW;
END IF;
SELECT coalesce(array_agg(contractor_id ORDER BY contractor_id) FILTER (WHERE kind = 'preferred'), '{}'),
       coalesce(array_agg(contractor_id ORDER BY contractor_id) FILTER (WHERE kind = 'refused'), '{}')
INTO NEW.preferred_contractors, NEW.refused_contractors
FROM customers_preference WHERE customer_id = NEW.customer_id;
RETURN NEW;
"""


def of_jobs() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Trigger(
            name="customer_copied",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("customer_id", "customer_name", "customer_phone"),
            declare=[("contact", "record")],
            func=COPY,
        ),
        # PostgreSQL runs triggers in the order of their names: this one reads the customer that the first one has set.
        pgtrigger.Trigger(
            name="preferences_copied",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert
            | pgtrigger.UpdateOf(
                "customer_id", "customer_name", "customer_phone", "preferred_contractors", "refused_contractors"
            ),
            func=LISTS,
        ),
    ]
