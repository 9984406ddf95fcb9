"""Each check of the doctor finds exactly its own broken invariant in demo data."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from smartscheduler.accounts.models import User
from smartscheduler.ops import doctor
from smartscheduler.ops.demo.seed import seed_world
from smartscheduler.ops.doctor import CHECKS, Scope, examine
from tests.ops.broken import number_all_events, run, value_of, without

# One worker: the world is built once.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("doctor's world")]
LIVE = "status IN ('pending', 'confirmed', 'in_progress')"
A_LIVE_ONE = f"SELECT id FROM assignments_assignment WHERE {LIVE} ORDER BY id LIMIT 1"
ANYBODY = "SELECT id FROM contractors_contractor ORDER BY id LIMIT 1"


@pytest.fixture(scope="module", autouse=True)
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        User.objects.create_user("coordinator@example.com")
        seed_world(contractors=60, jobs=40)
        number_all_events()
        yield
        transaction.set_rollback(True)


def findings(*, scopes: tuple[Scope, Scope] = (Scope.DATA, Scope.STRUCTURE)) -> dict[str, list[str]]:
    outcomes = list(examine((check for check in CHECKS if check.scope in scopes), show=5))
    assert [outcome.failure for outcome in outcomes if outcome.failure] == []
    return {outcome.check.name: outcome.findings.shown for outcome in outcomes if not outcome.is_clean}


def test_finds_nothing_in_a_healthy_database() -> None:
    assert findings() == {}
    assert int(value_of(f"SELECT count(*) FROM assignments_assignment WHERE {LIVE}")) > 5
    assert int(value_of("SELECT count(*) FROM contractors_rating")) >= 0


def test_a_job_with_a_name_and_no_customer() -> None:
    number = value_of("SELECT job_number FROM jobs_job WHERE customer_id IS NOT NULL ORDER BY id LIMIT 1")
    run(f"UPDATE jobs_job SET customer_id = NULL, customer_address_id = NULL WHERE job_number = '{number}'")
    assert findings() == {"customers-linked": [f"{number} has a name or number and no customer"]}


def test_a_customer_renamed_without_the_services() -> None:
    customer = value_of("SELECT customer_id FROM jobs_job WHERE customer_id IS NOT NULL ORDER BY id LIMIT 1")
    run(f"UPDATE customers_customer SET name = 'Other' WHERE id = '{customer}'")
    broken = findings()
    assert list(broken) == ["customers-copied"]
    assert broken["customers-copied"][0].endswith(f"has another name or number than customer {customer}")


def test_a_job_of_a_merged_customer() -> None:
    customer = value_of("SELECT customer_id FROM jobs_job WHERE customer_id IS NOT NULL ORDER BY id LIMIT 1")
    run(
        f"UPDATE customers_customer SET merged_into_id = "
        f"(SELECT id FROM customers_customer WHERE id <> '{customer}' LIMIT 1) WHERE id = '{customer}'"
    )
    assert list(findings()) == ["customers-merged"]


def test_double_booking() -> None:
    without("assignments_assignment", "assignment_no_double_booking")
    first = value_of(A_LIVE_ONE)
    other = value_of(f"SELECT id FROM assignments_assignment WHERE {LIVE} AND id <> '{first}' ORDER BY id LIMIT 1")
    run(
        f"UPDATE assignments_assignment other SET contractor_id = one.contractor_id, "
        f"time_slot = tstzrange(upper(one.time_slot) - interval '1 minute', "
        f"upper(one.time_slot) - interval '1 minute' + (upper(other.time_slot) - lower(other.time_slot))) "
        f"FROM assignments_assignment one WHERE one.id = '{first}' AND other.id = '{other}'"
    )
    broken = findings()
    assert broken.keys() >= {"no-double-booking", "constraints-in-force"}
    assert any({first, other} <= set(sentence.split()) for sentence in broken["no-double-booking"])
    assert broken["constraints-in-force"] == ["assignment_no_double_booking of assignments_assignment is missing"]


def test_a_second_live_assignment_of_a_job() -> None:
    run("DROP INDEX assignment_one_live_per_job")
    ended = value_of("SELECT id FROM assignments_assignment WHERE status = 'completed' LIMIT 1")
    live, job = value_of(A_LIVE_ONE), value_of(f"SELECT job_id FROM assignments_assignment WHERE id = ({A_LIVE_ONE})")
    run(
        f"UPDATE assignments_assignment ended SET status = 'pending', completed_at = NULL, started_at = NULL, "
        f"job_id = job.id, time_slot = tstzrange('2001-01-01Z', '2001-01-01Z'::timestamptz + job.duration) "
        f"FROM jobs_job job WHERE job.id = '{job}' AND ended.id = '{ended}'"
    )
    broken = findings()
    assert broken["one-live-assignment"] == [f"job {job}: {', '.join(sorted([live, ended]))}"]
    assert broken["constraints-in-force"] == ["assignment_one_live_per_job of assignments_assignment is missing"]


@pytest.mark.parametrize(
    ("present", "wrong"),
    [
        ("assigned", "open"),
        ("assigned", "in_progress"),
        ("in_progress", "assigned"),
        ("open", "assigned"),
    ],
)
def test_a_job_out_of_step_with_its_assignments(present: str, wrong: str) -> None:
    number = value_of(f"SELECT job_number FROM jobs_job WHERE status = '{present}' ORDER BY id LIMIT 1")
    run(f"UPDATE jobs_job SET status = '{wrong}' WHERE job_number = '{number}'")
    broken = findings()
    assert list(broken) == ["statuses-in-step"]
    (sentence,) = broken["statuses-in-step"]
    assert sentence.startswith(f"{number} is {wrong}; by its assignments it should be {present}")


@pytest.mark.parametrize("state", ["open", "cancelled"])
def test_a_job_that_is_over_while_its_assignment_lives(state: str) -> None:
    number = value_of("SELECT job_number FROM jobs_job WHERE status = 'assigned' ORDER BY id LIMIT 1")
    stamp = "now()" if state == "cancelled" else "NULL"
    run(f"UPDATE jobs_job SET status = '{state}', cancelled_at = {stamp} WHERE job_number = '{number}'")
    assert findings() == {"statuses-in-step": [f"{number} is {state}; by its assignments it should be assigned"]}


@pytest.mark.parametrize(
    ("status", "constraint", "change"),
    [
        ("completed", "assignment_completed_at_in_step", "completed_at = NULL"),
        ("completed", "assignment_started_at_in_step", "started_at = NULL"),
        ("completed", "assignment_confirmed_at_in_step", "confirmed_at = NULL"),
        ("pending", "assignment_cancelled_at_in_step", "cancelled_at = now()"),
        ("pending", "assignment_started_at_in_step", "started_at = now()"),
    ],
)
def test_time_stamps_out_of_step(status: str, constraint: str, change: str) -> None:
    without("assignments_assignment", constraint)
    key = value_of(f"SELECT id FROM assignments_assignment WHERE status = '{status}' ORDER BY id LIMIT 1")
    run(f"UPDATE assignments_assignment SET {change} WHERE id = '{key}'")
    broken = findings()
    assert broken.keys() == {"timestamps-in-step", "constraints-in-force"}
    assert broken["timestamps-in-step"] == [f"assignment {key} ({status})"]


def test_time_stamps_in_the_wrong_order() -> None:
    key = value_of("SELECT id FROM assignments_assignment WHERE status = 'completed' ORDER BY id LIMIT 1")
    run(f"UPDATE assignments_assignment SET started_at = completed_at + interval '1 hour' WHERE id = '{key}'")
    assert findings() == {"timestamps-in-step": [f"assignment {key} (completed)"]}


def test_time_stamps_of_a_job() -> None:
    without("jobs_job", "job_completed_at_in_step")
    number = value_of("SELECT job_number FROM jobs_job WHERE status = 'open' LIMIT 1")
    run(f"UPDATE jobs_job SET completed_at = now() WHERE job_number = '{number}'")
    broken = findings()
    assert broken["timestamps-in-step"] == [f"job {number} (open)"]


def test_a_booking_outside_the_window_that_was_promised() -> None:
    key = value_of(
        f"SELECT id FROM assignments_assignment WHERE {LIVE} AND upper(time_slot) > now() ORDER BY id LIMIT 1"
    )
    job = f"id = (SELECT job_id FROM assignments_assignment WHERE id = '{key}')"
    month = "date_trunc('hour', now()) + interval '30 days'"
    run(f"UPDATE jobs_job SET window_start = {month}, window_end = {month} + interval '2 hours' WHERE {job}")
    broken = findings()
    assert list(broken) == ["windows-kept-or-known"]
    assert broken["windows-kept-or-known"][0].startswith(f"assignment {key} of JOB-")
    run(f"UPDATE assignments_assignment SET window_break_reason = 'The customer agreed' WHERE id = '{key}'")
    assert findings() == {}


def test_a_slot_that_is_longer_than_the_job() -> None:
    key = value_of(A_LIVE_ONE)
    run(
        f"UPDATE jobs_job SET duration = duration / 2 "
        f"WHERE id = (SELECT job_id FROM assignments_assignment WHERE id = '{key}')"
    )
    broken = findings()
    assert list(broken) == ["slot-length"]
    assert broken["slot-length"][0].startswith(f"assignment {key} lasts ")


@pytest.mark.parametrize(
    "change",
    [
        "score = 1 - score",
        "score_breakdown = jsonb_set(score_breakdown, '{rating_score}', '1.2')",
        "score_breakdown = jsonb_set(score_breakdown, '{distance_score}', '\"far\"')",
        "score_breakdown = jsonb_set(score_breakdown, '{rating_weight}', '0.36')",
        "score_breakdown = score_breakdown - 'availability_weight'",
        "score_breakdown = '[]'",
    ],
)
def test_a_score_that_is_not_its_breakdown(change: str) -> None:
    key = value_of("SELECT id FROM assignments_assignment WHERE score NOT BETWEEN 0.45 AND 0.55 ORDER BY id LIMIT 1")
    run(f"UPDATE assignments_assignment SET {change} WHERE id = '{key}'")
    broken = findings()
    assert list(broken) == ["scores-add-up"]
    assert broken["scores-add-up"][0].startswith(f"assignment {key}: score ")


def test_a_score_out_of_range() -> None:
    without("assignments_assignment", "assignment_score_in_range")
    run(f"UPDATE assignments_assignment SET score = 1.5 WHERE id = ({A_LIVE_ONE})")
    assert findings().keys() == {"scores-add-up", "constraints-in-force"}


def test_a_contractor_without_a_shift() -> None:
    key = value_of(ANYBODY)
    run(f"DELETE FROM contractors_workinghours WHERE contractor_id = '{key}'")
    broken = findings()
    assert list(broken) == ["working-hours"]
    assert broken["working-hours"][0].startswith(key)


@pytest.mark.parametrize("change", ["weekdays = weekdays # 1", "longest_stretch = longest_stretch + 1"])
def test_bounds_that_are_not_those_of_the_hours(change: str) -> None:
    key = value_of(ANYBODY)
    run(
        "SET LOCAL session_replication_role = replica",
        f"UPDATE contractors_contractor SET {change} WHERE id = '{key}'",
        "SET LOCAL session_replication_role = origin",
    )
    broken = findings()
    assert list(broken) == ["bounds-of-hours"]
    assert broken["bounds-of-hours"][0].startswith(f"{key} has weekdays ")


@pytest.mark.parametrize("change", ["rating = 5 - rating", "rating_count = 0", "rating_total = rating_total + 100"])
def test_a_rating_that_is_not_the_mean_of_those_given(change: str) -> None:
    key = value_of("SELECT id FROM contractors_contractor WHERE rating NOT BETWEEN 2.4 AND 2.6 ORDER BY id LIMIT 1")
    run(
        f"UPDATE contractors_contractor SET rating = 4, rating_count = 1, rating_total = 4 WHERE id = '{key}'",
        f"DELETE FROM contractors_rating WHERE contractor_id = '{key}'",
        f"INSERT INTO contractors_rating (contractor_id, value, comment, created_at) VALUES ('{key}', 4, '', now())",
    )
    assert findings() == {}
    run(f"UPDATE contractors_contractor SET {change} WHERE id = '{key}'")
    broken = findings()
    assert list(broken) == ["ratings-add-up"]
    assert broken["ratings-add-up"][0].startswith(f"{key} has ")


def test_an_unknown_time_zone() -> None:
    run(f"UPDATE contractors_contractor SET time_zone = 'Texas/Austin' WHERE id = ({ANYBODY})")
    assert findings() == {
        "time-zones": ["“Texas/Austin” (contractors: 1, jobs: 0) is unknown to PostgreSQL and Python"]
    }


class TestTheEventLog:
    def test_a_gap(self) -> None:
        run("DELETE FROM events_outboxevent WHERE sequence IN (2, 3, 7)")
        assert findings() == {"event-numbers": ["number 7", "numbers 2 to 3"]}

    def test_what_is_pruned_is_no_gap(self) -> None:
        run("DELETE FROM events_outboxevent WHERE sequence <= 3", "UPDATE events_eventhead SET pruned_to = 3")
        assert findings() == {}

    def test_a_gap_at_the_end_is_one_of_the_head(self) -> None:
        last = value_of("SELECT max(sequence) FROM events_outboxevent")
        run(f"DELETE FROM events_outboxevent WHERE sequence = {last}")
        assert findings() == {"event-head": [f"the head is {last}, but the log ends with {int(last) - 1}"]}

    def test_a_head_that_lags_behind(self) -> None:
        run("UPDATE events_eventhead SET sequence = 1")
        assert list(findings()) == ["event-head"]

    def test_no_head_at_all(self) -> None:
        run("DELETE FROM events_eventhead")
        assert list(findings()) == ["event-head"]

    def test_a_reader_ahead_of_the_log(self) -> None:
        run("INSERT INTO events_eventreader (name, sequence) VALUES ('mails', 1000000)")
        assert findings() == {"event-readers": ["mails has read up to 1000000"]}


class TestTheStructure:
    def test_a_dropped_check(self) -> None:
        without("contractors_contractor", "contractor_rating_in_range")
        assert findings() == {
            "constraints-in-force": ["contractor_rating_in_range of contractors_contractor is missing"]
        }

    def test_a_check_that_was_put_back_without_looking_at_what_is_there(self) -> None:
        without("contractors_contractor", "contractor_rating_in_range")
        run(
            "ALTER TABLE contractors_contractor "
            "ADD CONSTRAINT contractor_rating_in_range CHECK (rating BETWEEN 0 AND 5) NOT VALID"
        )
        assert findings() == {
            "constraints-in-force": ["contractor_rating_in_range of contractors_contractor is not valid"]
        }

    def test_a_reference_that_is_gone(self) -> None:
        name = value_of(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = 'assignments_assignment'::regclass "
            "AND confrelid = 'jobs_job'::regclass"
        )
        without("assignments_assignment", name)
        assert findings() == {
            "constraints-in-force": ["the foreign key job_id of assignments_assignment is missing or not valid"]
        }

    def test_a_unique_column_that_no_longer_is(self) -> None:
        name = value_of("SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = 'jobs_job'::regclass")
        without("jobs_job", name)
        assert findings() == {"constraints-in-force": ["the unique job_number of jobs_job is missing"]}

    def test_a_dropped_trigger(self) -> None:
        name = value_of("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%hours_added%'")
        run(f"DROP TRIGGER {name} ON contractors_workinghours")
        assert findings() == {"triggers-in-force": ["hours_added of contractors_workinghours is uninstalled"]}

    def test_a_disabled_trigger(self) -> None:
        name = value_of("SELECT tgname FROM pg_trigger WHERE tgname LIKE '%hours_changed%'")
        run(f"ALTER TABLE contractors_workinghours DISABLE TRIGGER {name}")
        assert findings() == {"triggers-in-force": ["hours_changed of contractors_workinghours is disabled"]}

    def test_references_that_are_switched_off(self) -> None:
        name = value_of(
            "SELECT tgname FROM pg_trigger JOIN pg_constraint c ON c.oid = tgconstraint "
            "WHERE tgrelid = 'notifications_mail'::regclass AND contype = 'f' LIMIT 1"
        )
        run(f'ALTER TABLE notifications_mail DISABLE TRIGGER "{name}"')
        (sentence,) = findings()["triggers-in-force"]
        assert sentence.startswith("notifications_mail_assignment_id_")
        assert sentence.endswith("of notifications_mail is disabled")

    def test_an_invalid_index(self) -> None:
        run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'job_by_status'::regclass")
        assert findings() == {"indexes-valid": ["job_by_status of jobs_job"]}

    def test_an_index_that_is_gone(self) -> None:
        run("DROP INDEX job_by_status")
        assert findings() == {"indexes-there": ["job_by_status of jobs_job"]}

    def test_a_migration_that_was_not_applied(self) -> None:
        run("DELETE FROM django_migrations WHERE app = 'imports' AND name = '0001_initial'")
        assert findings() == {"migrations": ["imports.0001_initial is not applied"]}

    def test_a_migration_of_a_later_version(self) -> None:
        run("INSERT INTO django_migrations (app, name, applied) VALUES ('jobs', '0099_later', now())")
        assert findings() == {
            "migrations": ["jobs.0099_later is applied, but this version of the code does not have it"]
        }


def test_a_check_that_cannot_be_made_is_broken_and_the_others_go_on() -> None:
    run("ALTER TABLE events_eventreader RENAME TO elsewhere")
    outcomes = {outcome.check.name: outcome for outcome in examine(doctor.chosen(data_only=True), show=5)}
    assert outcomes["event-readers"].is_broken
    assert 'relation "events_eventreader" does not exist' in outcomes["event-readers"].failure
    assert outcomes["event-head"].is_clean


def test_shows_some_and_counts_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contractors_workinghours")
    (outcome,) = examine(doctor.chosen(names=["working-hours"]), show=2)
    assert (len(outcome.findings.shown), outcome.findings.count) == (2, 60)
