from django.db import migrations

from jobs.linking import Models, job_numbers, lines_of, link_customers


def link(apps, schema_editor):
    models = Models(
        apps.get_model("jobs", "Job"),
        apps.get_model("customers", "Customer"),
        apps.get_model("customers", "CustomerPhone"),
        apps.get_model("customers", "CustomerAddress"),
    )
    report = link_customers(models)
    if report.contacts:
        print()
        for line in lines_of(report, job_numbers(models, report)):
            print(f"    {line}")


def unlink(apps, schema_editor):
    """The names and phone numbers are still on the jobs. The records stay until their own migration is reversed."""
    apps.get_model("jobs", "Job").objects.exclude(customer=None).update(customer=None)


class Migration(migrations.Migration):
    # Each batch of customers has its own transaction, so that jobs can be booked meanwhile.
    atomic = False

    dependencies = [("jobs", "0003_customer"), ("customers", "0001_initial")]

    operations = [migrations.RunPython(link, unlink, elidable=True)]
