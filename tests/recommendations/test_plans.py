"""Query plans use the indexes with 25,000 contractors; the more rows, the sooner PostgreSQL chooses an index."""

import json
import re
from collections.abc import Iterator
from typing import Any, Self

import psycopg
import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from contractors.models import SEARCH_TEXT, Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.why_not import why_not
from smartscheduler.accounts.permissions import Role
from smartscheduler.rules.current import LATEST, current_rules
from tests.factories import AssignmentFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

PEOPLE = 25_000
NEVER_READ_WHOLE = {"contractors_contractor", "contractors_workinghours", "assignments_assignment", "jobs_job"}


@pytest.fixture
def crowd() -> tuple[Contractor, Job]:
    """Contractors around one city, all working on Mondays, a job and a booking for each of them."""
    if getattr(connection, "pg_version", 0) < 160_000:
        pytest.skip("EXPLAIN (GENERIC_PLAN) came with PostgreSQL 16")
    held, job = AssignmentFactory(start=at(9, days=3)), JobFactory()
    person, place = "md5('person' || n)::uuid", "md5('job' || n)::uuid"
    changes = {
        "contractors_contractor": {
            "id": person,
            "email": "'crew' || n || '@example.com'",
            "latitude": "latitude + (n % 250 - 125) / 125.0",
            "longitude": "longitude + (n / 250 - 50) / 50.0",
            "rating": "n % 501 / 100.0",
            "service_radius_miles": "CASE WHEN n % 10 > 0 THEN 50 END",
        },
        "contractors_workinghours": {"id": "n + 1000000", "contractor_id": person},
        "jobs_job": {"id": place, "job_number": "'JOB-20000101-' || upper(lpad(to_hex(n), 8, '0'))"},
        "assignments_assignment": {"id": "gen_random_uuid()", "contractor_id": person, "job_id": place},
    }
    keys = [held.contractor_id, held.contractor.working_hours.all()[0].pk, held.job_id, held.pk]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers: what they keep is copied too
        for (table, changed), pk in zip(changes.items(), keys, strict=True):
            _copy(cursor, table, changed, pk)
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE")
    return held.contractor, job


def _copy(cursor: CursorWrapper, table: str, changed: dict[str, str], pk: Any) -> None:
    """So many rows like the one with this key."""
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    columns = [name for (name,) in cursor.fetchall()]
    values = ", ".join(changed.get(name, f"one.{name}") for name in columns)
    many = f"SELECT {values} FROM {table} one, generate_series(1, {PEOPLE}) n WHERE one.id = %s"  # noqa: S608
    cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) {many}".replace("% ", "%% "), [pk])


class Recorder(psycopg.Cursor):
    """Notes what is asked through it."""

    seen: list[str] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        self.seen.append(query)
        return super().execute(query, params, **options)


def generic_plan(sql: str) -> Any:
    numbers: dict[Any, int] = {}

    def numbered(match: Any) -> str:
        return f"${numbers.setdefault(match[1] or len(numbers), len(numbers) + 1)}"

    plain = re.sub(r"%(?:\((\w+)\))?s", numbered, sql).replace("%%", "%")
    with psycopg.ClientCursor(connection.connection) as cursor:
        (((plan,),),) = cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {plain}").fetchall()
        return plan["Plan"]


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def check_the_lists() -> None:
    """The first page of each list is read in the order of an index."""
    client = signed_in(Role.ADMINISTRATOR)
    for model, index in {
        "contractors/contractor": "contractor_by_list_order",
        "assignments/assignment": "assignment_by_list_order",
        "jobs/job": "job_by_list_order",
    }.items():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/admin/{model}/").status_code == 200
        (keys,) = [query["sql"] for query in queries if query["sql"].endswith("LIMIT 50")]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {keys}".replace("%", "%%"))
            used = list(nodes(cursor.fetchone()[0][0]["Plan"]))
        assert index in {node.get("Index Name") for node in used}, json.dumps(used[0], indent=1)
        assert not {"Sort", "Seq Scan"} & {node["Node Type"] for node in used}


def check_a_search_for_words() -> None:
    for term, count in (("crew9999@", 1), ("CREW123", 111), ("nobody", 0)):
        people = Contractor.objects.alias(search_text=SEARCH_TEXT).filter(search_text__icontains=term)
        assert people.count() == count
        used = json.dumps(json.loads(people.explain(format="json")))
        assert "contractor_search_index" in used
        assert "Seq Scan" not in used


def test_no_table_is_read_as_a_whole(crowd: tuple[Contractor, Job], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by a ranking nor by a search; one test, since it takes longer to make the crowd than to ask."""
    assert Contractor.objects.count() == PEOPLE + 1
    check_a_ranking(*crowd, monkeypatch)
    check_a_search_for_words()
    check_the_lists()


def check_a_ranking(someone: Contractor, job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartscheduler.core.db.prepared.psycopg.Cursor", Recorder)
    monkeypatch.setattr(Recorder, "seen", [])
    assert len(rank_candidates(JobRequest.of(job), current_rules(), max_results=50).entries) == 50
    assert why_not(JobRequest.of(job), someone, current_rules()).eligible
    # A handful of rows may be read as a whole.
    asked = {sql for sql in Recorder.seen if "FROM" in sql} - {LATEST}
    assert len(asked) == 4  # sample, page, calendars, contractors
    for sql in asked:
        used = list(nodes(generic_plan(sql)))
        whole = {node["Relation Name"] for node in used if node["Node Type"] == "Seq Scan"}
        assert not whole & NEVER_READ_WHOLE, json.dumps(used[0], indent=1)
        assert any("Index" in node["Node Type"] or "Bitmap" in node["Node Type"] for node in used)
