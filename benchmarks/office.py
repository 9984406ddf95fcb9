"""A full-size database for back-office pages: 100,000 contractors, 50,000 jobs, 200,000 events, a 10,000-row import."""

import os
from dataclasses import replace
from time import perf_counter

import numpy as np
import psycopg

from benchmarks import loading
from benchmarks.databases import is_current, migrate, set_up
from benchmarks.worlds import NOW, World, build
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

CONTRACTORS = int(os.environ.get("CONTRACTORS") or 100_000)
JOBS = CONTRACTORS // 2
NAME = f"office_{CONTRACTORS}"
CITIES = "Austin,Dallas,Houston,Denver,Phoenix,Chicago,Columbus,Atlanta,Nashville,Rochester"
# Data that a world for rankings does not have: names, completed work, decision records, events, emails, and imports.
MORE = """
UPDATE contractors_contractor SET city = (string_to_array(%(cities)s, ','))[1 + (hashtext(email) & 7)],
    name = initcap(substr(md5(email), 1, 7)) || ' ' || name;
UPDATE jobs_job SET city = (string_to_array(%(cities)s, ','))[1 + (hashtext(job_number) & 7)],
    customer_name = initcap(substr(md5(job_number), 1, 6)) || ' Hill', created_at = desired_date - interval '3 days',
    priority = (ARRAY['low', 'medium', 'medium', 'high', 'urgent'])[1 + (abs(hashtext(job_number)) %% 5)];
UPDATE assignments_assignment SET created_at = lower(time_slot) - interval '1 day',
    rank = 1 + (abs(hashtext(id::text)) %% 6), candidates_considered = 40,
    override_reason = CASE WHEN abs(hashtext(id::text)) %% 6 = 2 THEN 'Knows the house' ELSE '' END,
    time_slot = tstzrange(lower(time_slot) - interval '14 days', upper(time_slot) - interval '14 days'),
    status = CASE WHEN status = 'cancelled' THEN status ELSE 'completed' END,
    confirmed_at = created_at, started_at = CASE WHEN status <> 'cancelled'
        THEN lower(time_slot) - interval '14 days' + (hashtext(id::text) & 31) * interval '1 minute' END,
    completed_at = CASE WHEN status <> 'cancelled' THEN upper(time_slot) - interval '14 days' END,
    cancel_reason = CASE WHEN status = 'cancelled' THEN 'The customer has moved' ELSE '' END
WHERE hashtext(id::text) & 1 = 0;
UPDATE jobs_job SET status = 'completed', completed_at = %(now)s
WHERE id IN (SELECT job_id FROM assignments_assignment WHERE status = 'completed');
INSERT INTO events_outboxevent (id, sequence, type, occurred_at, actor, request_id, data)
SELECT gen_random_uuid(), number, (ARRAY['JobAssigned', 'JobCreated', 'ContractorUpdated'])[1 + number %% 3],
    %(now)s::timestamptz - number * interval '20 seconds', NULL, '', jsonb_build_object('job_number', job_number)
FROM generate_series(1, %(events)s) number
JOIN (SELECT row_number() OVER () AS place, job_number FROM jobs_job) job ON place = 1 + number %% %(jobs)s;
INSERT INTO notifications_mail (id, kind, assignment_id, revision, reason, state, recipient, subject, attempts, error,
    created_at, due_at, sent_at)
SELECT gen_random_uuid(), 'assigned', id, 0, '', 'sent', 'crew' || hashtext(id::text) || '@example.com', 'New job', 1,
    '', created_at, created_at, created_at FROM assignments_assignment;
INSERT INTO contractors_rating (contractor_id, value, comment, created_at)
SELECT contractor_id, 4.5, '', created_at FROM assignments_assignment;
INSERT INTO accounts_user (password, is_active, date_joined, id, email, name, role)
SELECT '', true, %(now)s, gen_random_uuid(), 'person' || n || '@example.com', 'Person ' || n, 'coordinator'
FROM generate_series(1, 200) n;
WITH run AS (
    INSERT INTO imports_importrun (id, kind, name, content, state, total, at, created, updated, unchanged, refused,
        created_at, finished_at, began_from)
    VALUES (gen_random_uuid(), 'contractors', 'people.csv', %(file)s, 'checked', 10000, 10000, 0, 0, 0, 10000, %(now)s,
        %(now)s, 0) RETURNING id
)
INSERT INTO imports_importedrow (run_id, number, label, key, outcome, errors, remarks)
SELECT run.id, n + 1, 'Crew ' || n, '', 'refused', jsonb_build_object(
    (ARRAY['phone_number', 'type', 'city', 'zip_code'])[1 + n %% 4], jsonb_build_array('“' || n || '” is wrong.')), ''
FROM run, generate_series(1, 10000) n;
INSERT INTO audit_auditentry (at, act, reason, user_id, name, about_name, address, door, place, request_id, details)
SELECT %(now)s - n * interval '5 minutes',
    (ARRAY['signed-in', 'signed-out', 'sign-in-failed', 'data-exported', 'password-changed'])[1 + n %% 5], '',
    gen_random_uuid(), 'Crew ' || n %% 200, '', '192.0.2.7', 'back-office', 'POST /admin/login/', '', '{}'
FROM generate_series(1, %(events)s) n;
INSERT INTO imports_importrun (id, kind, name, content, state, total, at, created, updated, unchanged, refused,
    created_at, began_from)
SELECT gen_random_uuid(), 'jobs', 'jobs-' || n || '.csv', 'job_number', 'done', 10, 10, 10, 0, 0, 0, %(now)s, 0
FROM generate_series(1, 2000) n;
"""


def office(server: PostgreSQL) -> str:
    """The URL of the database, which is created when it is missing or out of date."""
    url = server.url.replace("/smartscheduler?", f"/{NAME}?")
    began = perf_counter()

    def say(what: str) -> None:
        print(f"  {what:<44} {perf_counter() - began:7.1f} s", flush=True)

    if not is_current(url):
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {NAME}")
        migrate(url)
        set_up(url)
        loading.load(_world(), url, say)
        _add(url)
        say("history, events, mails, imports")
    set_up(url)
    return url


def _world() -> World:
    """The usual world with one booking for each job, and the open jobs."""
    world = build(CONTRACTORS)
    chosen = np.random.default_rng(1).permutation(len(world.booked))[: JOBS - loading.OPEN_JOBS]
    chosen.sort()
    return replace(world, booked=world.booked[chosen], sites=world.sites[chosen])


def _add(url: str) -> None:
    lines = "".join(f"crew{n}@example.com,Crew {n}\n" for n in range(10_000))
    values = {
        "cities": CITIES,
        "now": NOW,
        "events": 2 * CONTRACTORS,
        "jobs": JOBS,
        "file": f"email,name\n{lines}".encode(),
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET work_mem = '256MB'; SET synchronous_commit = off")
        # The mark of a complete world comes last, so that an interrupted creation is repeated.
        connection.execute("ALTER TABLE benchmark_world RENAME TO unfinished_world")
        for statement in filter(str.strip, MORE.split(";\n")):
            connection.execute(statement, {name: values[name] for name in values if f"%({name})s" in statement})
        connection.execute("VACUUM ANALYZE")
        connection.execute("ALTER TABLE unfinished_world RENAME TO benchmark_world")
