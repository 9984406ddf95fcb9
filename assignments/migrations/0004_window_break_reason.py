import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assignments', '0003_late_until'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='assignment',
            name='history_created',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='assignment',
            name='history_changed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='assignment',
            name='history_removed',
        ),
        migrations.AddField(
            model_name='assignment',
            name='window_break_reason',
            field=models.CharField(blank=True, db_default='', max_length=500, verbose_name='reason for breaking the window'),
        ),
        migrations.AddField(
            model_name='assignmentchange',
            name='window_break_reason',
            field=models.CharField(blank=True, db_default='', max_length=500, verbose_name='reason for breaking the window'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='history_created', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "assignments_assignmentchange" ("assigned_by_id", "cancel_reason", "cancelled_at", "candidates_considered", "candidates_exact", "completed_at", "confirmed_at", "contractor_id", "id", "job_id", "late_until", "override_reason", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "rules_id", "score", "score_breakdown", "started_at", "status", "time_slot", "window_break_reason") VALUES (NEW."assigned_by_id", NEW."cancel_reason", NEW."cancelled_at", NEW."candidates_considered", NEW."candidates_exact", NEW."completed_at", NEW."confirmed_at", NEW."contractor_id", NEW."id", NEW."job_id", NEW."late_until", NEW."override_reason", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'created\', NEW."id", NEW."rank", NEW."rules_id", NEW."score", NEW."score_breakdown", NEW."started_at", NEW."status", NEW."time_slot", NEW."window_break_reason"); RETURN NULL;', hash='78c9d34d3a7c42bdba68c39af17e0edc7fe36628', operation='INSERT', pgid='pgtrigger_history_created_6209f', table='assignments_assignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."assigned_by_id" IS DISTINCT FROM (NEW."assigned_by_id") OR OLD."cancel_reason" IS DISTINCT FROM (NEW."cancel_reason") OR OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at") OR OLD."candidates_considered" IS DISTINCT FROM (NEW."candidates_considered") OR OLD."candidates_exact" IS DISTINCT FROM (NEW."candidates_exact") OR OLD."completed_at" IS DISTINCT FROM (NEW."completed_at") OR OLD."confirmed_at" IS DISTINCT FROM (NEW."confirmed_at") OR OLD."contractor_id" IS DISTINCT FROM (NEW."contractor_id") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."job_id" IS DISTINCT FROM (NEW."job_id") OR OLD."late_until" IS DISTINCT FROM (NEW."late_until") OR OLD."override_reason" IS DISTINCT FROM (NEW."override_reason") OR OLD."rank" IS DISTINCT FROM (NEW."rank") OR OLD."rules_id" IS DISTINCT FROM (NEW."rules_id") OR OLD."score" IS DISTINCT FROM (NEW."score") OR OLD."score_breakdown" IS DISTINCT FROM (NEW."score_breakdown") OR OLD."started_at" IS DISTINCT FROM (NEW."started_at") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."time_slot" IS DISTINCT FROM (NEW."time_slot") OR OLD."window_break_reason" IS DISTINCT FROM (NEW."window_break_reason"))', func='INSERT INTO "assignments_assignmentchange" ("assigned_by_id", "cancel_reason", "cancelled_at", "candidates_considered", "candidates_exact", "completed_at", "confirmed_at", "contractor_id", "id", "job_id", "late_until", "override_reason", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "rules_id", "score", "score_breakdown", "started_at", "status", "time_slot", "window_break_reason", "pgh_before") VALUES (NEW."assigned_by_id", NEW."cancel_reason", NEW."cancelled_at", NEW."candidates_considered", NEW."candidates_exact", NEW."completed_at", NEW."confirmed_at", NEW."contractor_id", NEW."id", NEW."job_id", NEW."late_until", NEW."override_reason", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'changed\', NEW."id", NEW."rank", NEW."rules_id", NEW."score", NEW."score_breakdown", NEW."started_at", NEW."status", NEW."time_slot", NEW."window_break_reason", (SELECT jsonb_object_agg(field, was) FROM (VALUES (\'id\', to_jsonb(OLD."id"), to_jsonb(NEW."id")), (\'contractor_id\', to_jsonb(OLD."contractor_id"), to_jsonb(NEW."contractor_id")), (\'job_id\', to_jsonb(OLD."job_id"), to_jsonb(NEW."job_id")), (\'time_slot\', to_jsonb(OLD."time_slot"), to_jsonb(NEW."time_slot")), (\'status\', to_jsonb(OLD."status"), to_jsonb(NEW."status")), (\'confirmed_at\', to_jsonb(OLD."confirmed_at"), to_jsonb(NEW."confirmed_at")), (\'started_at\', to_jsonb(OLD."started_at"), to_jsonb(NEW."started_at")), (\'completed_at\', to_jsonb(OLD."completed_at"), to_jsonb(NEW."completed_at")), (\'cancelled_at\', to_jsonb(OLD."cancelled_at"), to_jsonb(NEW."cancelled_at")), (\'cancel_reason\', to_jsonb(OLD."cancel_reason"), to_jsonb(NEW."cancel_reason")), (\'late_until\', to_jsonb(OLD."late_until"), to_jsonb(NEW."late_until")), (\'score\', to_jsonb(OLD."score"), to_jsonb(NEW."score")), (\'score_breakdown\', to_jsonb(OLD."score_breakdown"), to_jsonb(NEW."score_breakdown")), (\'rank\', to_jsonb(OLD."rank"), to_jsonb(NEW."rank")), (\'candidates_considered\', to_jsonb(OLD."candidates_considered"), to_jsonb(NEW."candidates_considered")), (\'candidates_exact\', to_jsonb(OLD."candidates_exact"), to_jsonb(NEW."candidates_exact")), (\'override_reason\', to_jsonb(OLD."override_reason"), to_jsonb(NEW."override_reason")), (\'window_break_reason\', to_jsonb(OLD."window_break_reason"), to_jsonb(NEW."window_break_reason")), (\'rules_id\', to_jsonb(OLD."rules_id"), to_jsonb(NEW."rules_id")), (\'assigned_by_id\', to_jsonb(OLD."assigned_by_id"), to_jsonb(NEW."assigned_by_id"))) AS of_field(field, was, became) WHERE was IS DISTINCT FROM became)); RETURN NULL;', hash='2ebe2838239ccbdfeda67e4e363db726f2090b8e', operation='UPDATE', pgid='pgtrigger_history_changed_2bc7e', table='assignments_assignment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='assignment',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "assignments_assignmentchange" ("assigned_by_id", "cancel_reason", "cancelled_at", "candidates_considered", "candidates_exact", "completed_at", "confirmed_at", "contractor_id", "id", "job_id", "late_until", "override_reason", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "rules_id", "score", "score_breakdown", "started_at", "status", "time_slot", "window_break_reason") VALUES (OLD."assigned_by_id", OLD."cancel_reason", OLD."cancelled_at", OLD."candidates_considered", OLD."candidates_exact", OLD."completed_at", OLD."confirmed_at", OLD."contractor_id", OLD."id", OLD."job_id", OLD."late_until", OLD."override_reason", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, clock_timestamp(), \'removed\', OLD."id", OLD."rank", OLD."rules_id", OLD."score", OLD."score_breakdown", OLD."started_at", OLD."status", OLD."time_slot", OLD."window_break_reason"); RETURN NULL;', hash='168d2f8ff901641040c60db162ac6894b211e5f1', operation='DELETE', pgid='pgtrigger_history_removed_77afc', table='assignments_assignment', when='AFTER')),
        ),
    ]
