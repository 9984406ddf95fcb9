import datetime
import django.db.models.expressions
import django.db.models.lookups
import pgtrigger.compiler
import pgtrigger.migrations
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0001_initial'),
        ('jobs', '0004_link_customers'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='job',
            name='history_created',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='job',
            name='history_changed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='job',
            name='history_removed',
        ),
        migrations.AddField(
            model_name='job',
            name='window_end',
            field=models.DateTimeField(blank=True, null=True, verbose_name='end of the arrival window'),
        ),
        migrations.AddField(
            model_name='job',
            name='window_start',
            field=models.DateTimeField(blank=True, null=True, verbose_name='start of the arrival window'),
        ),
        migrations.AddField(
            model_name='jobchange',
            name='window_end',
            field=models.DateTimeField(blank=True, null=True, verbose_name='end of the arrival window'),
        ),
        migrations.AddField(
            model_name='jobchange',
            name='window_start',
            field=models.DateTimeField(blank=True, null=True, verbose_name='start of the arrival window'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='job',
            trigger=pgtrigger.compiler.Trigger(name='history_created', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "jobs_jobchange" ("address", "cancel_reason", "cancelled_at", "city", "completed_at", "customer_address_id", "customer_id", "customer_name", "customer_phone", "desired_date", "duration", "id", "job_number", "latitude", "longitude", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "required_skills", "special_requirements", "state", "status", "time_zone", "type", "window_end", "window_start", "zip_code") VALUES (NEW."address", NEW."cancel_reason", NEW."cancelled_at", NEW."city", NEW."completed_at", NEW."customer_address_id", NEW."customer_id", NEW."customer_name", NEW."customer_phone", NEW."desired_date", NEW."duration", NEW."id", NEW."job_number", NEW."latitude", NEW."longitude", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'created\', NEW."id", NEW."priority", NEW."required_skills", NEW."special_requirements", NEW."state", NEW."status", NEW."time_zone", NEW."type", NEW."window_end", NEW."window_start", NEW."zip_code"); RETURN NULL;', hash='46cc5a1d96d8cdc4d83797266a99eafd5a75160c', operation='INSERT', pgid='pgtrigger_history_created_04e85', table='jobs_job', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='job',
            trigger=pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."address" IS DISTINCT FROM (NEW."address") OR OLD."cancel_reason" IS DISTINCT FROM (NEW."cancel_reason") OR OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at") OR OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."completed_at" IS DISTINCT FROM (NEW."completed_at") OR OLD."customer_id" IS DISTINCT FROM (NEW."customer_id") OR OLD."customer_address_id" IS DISTINCT FROM (NEW."customer_address_id") OR OLD."customer_name" IS DISTINCT FROM (NEW."customer_name") OR OLD."customer_phone" IS DISTINCT FROM (NEW."customer_phone") OR OLD."desired_date" IS DISTINCT FROM (NEW."desired_date") OR OLD."duration" IS DISTINCT FROM (NEW."duration") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."job_number" IS DISTINCT FROM (NEW."job_number") OR OLD."latitude" IS DISTINCT FROM (NEW."latitude") OR OLD."longitude" IS DISTINCT FROM (NEW."longitude") OR OLD."priority" IS DISTINCT FROM (NEW."priority") OR OLD."required_skills" IS DISTINCT FROM (NEW."required_skills") OR OLD."special_requirements" IS DISTINCT FROM (NEW."special_requirements") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."window_end" IS DISTINCT FROM (NEW."window_end") OR OLD."window_start" IS DISTINCT FROM (NEW."window_start") OR OLD."zip_code" IS DISTINCT FROM (NEW."zip_code"))', func='INSERT INTO "jobs_jobchange" ("address", "cancel_reason", "cancelled_at", "city", "completed_at", "customer_address_id", "customer_id", "customer_name", "customer_phone", "desired_date", "duration", "id", "job_number", "latitude", "longitude", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "required_skills", "special_requirements", "state", "status", "time_zone", "type", "window_end", "window_start", "zip_code", "pgh_before") VALUES (NEW."address", NEW."cancel_reason", NEW."cancelled_at", NEW."city", NEW."completed_at", NEW."customer_address_id", NEW."customer_id", NEW."customer_name", NEW."customer_phone", NEW."desired_date", NEW."duration", NEW."id", NEW."job_number", NEW."latitude", NEW."longitude", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'changed\', NEW."id", NEW."priority", NEW."required_skills", NEW."special_requirements", NEW."state", NEW."status", NEW."time_zone", NEW."type", NEW."window_end", NEW."window_start", NEW."zip_code", (SELECT jsonb_object_agg(field, was) FROM (VALUES (\'id\', to_jsonb(OLD."id"), to_jsonb(NEW."id")), (\'latitude\', to_jsonb(OLD."latitude"), to_jsonb(NEW."latitude")), (\'longitude\', to_jsonb(OLD."longitude"), to_jsonb(NEW."longitude")), (\'address\', to_jsonb(OLD."address"), to_jsonb(NEW."address")), (\'city\', to_jsonb(OLD."city"), to_jsonb(NEW."city")), (\'state\', to_jsonb(OLD."state"), to_jsonb(NEW."state")), (\'zip_code\', to_jsonb(OLD."zip_code"), to_jsonb(NEW."zip_code")), (\'time_zone\', to_jsonb(OLD."time_zone"), to_jsonb(NEW."time_zone")), (\'job_number\', to_jsonb(OLD."job_number"), to_jsonb(NEW."job_number")), (\'type\', to_jsonb(OLD."type"), to_jsonb(NEW."type")), (\'status\', to_jsonb(OLD."status"), to_jsonb(NEW."status")), (\'desired_date\', to_jsonb(OLD."desired_date"), to_jsonb(NEW."desired_date")), (\'duration\', to_jsonb(OLD."duration"), to_jsonb(NEW."duration")), (\'priority\', to_jsonb(OLD."priority"), to_jsonb(NEW."priority")), (\'special_requirements\', to_jsonb(OLD."special_requirements"), to_jsonb(NEW."special_requirements")), (\'required_skills\', to_jsonb(OLD."required_skills"), to_jsonb(NEW."required_skills")), (\'customer_id\', to_jsonb(OLD."customer_id"), to_jsonb(NEW."customer_id")), (\'customer_address_id\', to_jsonb(OLD."customer_address_id"), to_jsonb(NEW."customer_address_id")), (\'customer_name\', to_jsonb(OLD."customer_name"), to_jsonb(NEW."customer_name")), (\'customer_phone\', to_jsonb(OLD."customer_phone"), to_jsonb(NEW."customer_phone")), (\'window_start\', to_jsonb(OLD."window_start"), to_jsonb(NEW."window_start")), (\'window_end\', to_jsonb(OLD."window_end"), to_jsonb(NEW."window_end")), (\'cancel_reason\', to_jsonb(OLD."cancel_reason"), to_jsonb(NEW."cancel_reason")), (\'cancelled_at\', to_jsonb(OLD."cancelled_at"), to_jsonb(NEW."cancelled_at")), (\'completed_at\', to_jsonb(OLD."completed_at"), to_jsonb(NEW."completed_at"))) AS of_field(field, was, became) WHERE was IS DISTINCT FROM became)); RETURN NULL;', hash='6f798fe4011ec98ea461951bf51bbb63bc5cfa45', operation='UPDATE', pgid='pgtrigger_history_changed_47880', table='jobs_job', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='job',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "jobs_jobchange" ("address", "cancel_reason", "cancelled_at", "city", "completed_at", "customer_address_id", "customer_id", "customer_name", "customer_phone", "desired_date", "duration", "id", "job_number", "latitude", "longitude", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "required_skills", "special_requirements", "state", "status", "time_zone", "type", "window_end", "window_start", "zip_code") VALUES (OLD."address", OLD."cancel_reason", OLD."cancelled_at", OLD."city", OLD."completed_at", OLD."customer_address_id", OLD."customer_id", OLD."customer_name", OLD."customer_phone", OLD."desired_date", OLD."duration", OLD."id", OLD."job_number", OLD."latitude", OLD."longitude", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'removed\', OLD."id", OLD."priority", OLD."required_skills", OLD."special_requirements", OLD."state", OLD."status", OLD."time_zone", OLD."type", OLD."window_end", OLD."window_start", OLD."zip_code"); RETURN NULL;', hash='7554e142243eb4f8a14b41f93563b6fea2d6a54d', operation='DELETE', pgid='pgtrigger_history_removed_51cb3', table='jobs_job', when='AFTER')),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('window_end__isnull', True), ('window_start__isnull', True)), models.Q(('window_end__gte', django.db.models.expressions.CombinedExpression(models.F('window_start'), '+', models.Value(datetime.timedelta(seconds=3600)))), ('window_end__isnull', False), ('window_end__lte', django.db.models.expressions.CombinedExpression(models.F('window_start'), '+', models.Value(datetime.timedelta(seconds=14400)))), ('window_start__isnull', False)), _connector='OR'), name='job_window_length'),
        ),
        AddConstraintNotValid(
            model_name='job',
            constraint=models.CheckConstraint(condition=models.Q(('window_start__isnull', True), models.Q(django.db.models.lookups.Exact(models.Func(models.F('time_zone'), models.F('window_start'), output_field=models.DecimalField(), template='MOD(EXTRACT(EPOCH FROM timezone(%(expressions)s)), 1800)'), 0), django.db.models.lookups.Exact(models.Func(models.F('time_zone'), models.F('window_end'), output_field=models.DecimalField(), template='MOD(EXTRACT(EPOCH FROM timezone(%(expressions)s)), 1800)'), 0)), _connector='OR'), name='job_window_on_half_hour'),
        ),
    ]
