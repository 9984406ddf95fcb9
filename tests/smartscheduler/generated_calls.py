"""Calls every operation of the API with the client generated from its schema.

A program of its own: it knows the client and nothing of the product. It prints a JSON line for each call with the
operation, the answer as it was sent, the answer as the client read it, what the client found undeclared in it, and the
milliseconds of the call and of `health/live` just before it.

    python generated_calls.py <client's folder> <url> <password> <started assignment> <confirmed assignment>
        <running plan> <ready plan>
"""

import json
import sys
from collections import deque
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

sys.path.insert(0, sys.argv[1])
import attrs
import httpx
from client import AuthenticatedClient, Client, models

URL, PASSWORD, STARTED, CONFIRMED, RUNNING_PLAN, READY_PLAN = sys.argv[2:]
PLACE = {
    "latitude": 30.2672,
    "longitude": -97.7431,
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
}
# The last answer, for its time.
ANSWERS: deque[httpx.Response] = deque(maxlen=1)
HOOKS = {"event_hooks": {"response": [ANSWERS.append]}}
# Own to this run, so that it can be repeated.
SKILL = f"Generated client {uuid4().hex[:8]}"
MONDAY = "2030-03-04"
EIGHT, TEN = f"{MONDAY}T14:00:00Z", f"{MONDAY}T16:00:00Z"
JOB = {
    "type": "tile",
    "desired_date": EIGHT,
    "duration": "02:00:00",
    "required_skills": [SKILL],
    "location": PLACE,
}


def contractor(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "tile",
        "phone_number": "(512) 555-0143",
        "email": f"{name.lower()}-{SKILL[-8:]}@generated.example.com",
        "skills": [SKILL],
        "location": PLACE,
        "working_hours": [{"day_of_week": 1, "start_time": "08:00", "end_time": "17:00"}],
    }


def undeclared(value: Any) -> list[str]:
    """Names that the server sent and the schema does not have. An object without any declared name takes all."""
    if isinstance(value, list):
        return [name for each in value for name in undeclared(each)]
    if not attrs.has(type(value)):
        return []
    fields = attrs.asdict(value, recurse=False)
    fields.pop("additional_properties", None)
    surplus = list(getattr(value, "additional_properties", {})) if fields else []
    return [*(f"{type(value).__name__}.{name}" for name in surplus), *undeclared(list(fields.values()))]


def as_sent(value: Any) -> Any:
    """What the client read, as JSON values."""
    if isinstance(value, list):
        return [as_sent(each) for each in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


def milliseconds_of(response: httpx.Response) -> float:
    return response.elapsed.total_seconds() * 1_000


def call(tag: str, operation: str, *path: Any, client: Any, **arguments: Any) -> Any:
    """What the client makes of the answer."""
    live = milliseconds_of(client.get_httpx_client().get("/api/v1/health/live/"))
    response = import_module(f"client.api.{tag}.{operation}").sync_detailed(*path, client=client, **arguments)
    text = response.content.decode()
    assert response.status_code < 300, (operation, response.status_code, text)
    is_json = "json" in response.headers.get("Content-Type", "")
    read = as_sent(response.parsed)
    line = {
        "operation": operation,
        "status": int(response.status_code),
        "sent": json.loads(text) if is_json else text,
        "read": read,
        "undeclared": undeclared(response.parsed),
        "milliseconds": milliseconds_of(ANSWERS[-1]),
        "live": live,
    }
    print(json.dumps(line))
    return response.parsed


def body(model: str, **values: Any) -> Any:
    return getattr(models, model).from_dict(values)


def main() -> None:
    login = body("LoginRequest", email="admin@example.com", password=PASSWORD)
    pair = call("auth", "auth_login", client=Client(base_url=URL, httpx_args=HOOKS), body=login)
    refresh = body("RefreshRequest", refresh=pair.refresh)
    pair = call("auth", "auth_refresh", client=Client(base_url=URL, httpx_args=HOOKS), body=refresh)
    api = AuthenticatedClient(base_url=URL, token=pair.access, httpx_args=HOOKS)
    call("auth", "auth_me", client=api)
    call("auth", "auth_ws_ticket", client=api)
    contractors(api)
    jobs(api)
    customers(api)
    assignments(api)
    plans(api)
    call("dashboard", "dashboard", client=api)
    call("metrics", "metrics", client=api)
    types = [models.EventsListTypesItem(name) for name in ("JobCreated", "JobAssigned", "ContractorUpdated")]
    page = call("events", "events_list", client=api, after=0, limit=50, types=types, wait=0)
    assert {event.type_ for event in page.results} <= {each.value for each in types}
    call("auth", "auth_logout", client=api, body=body("LogoutRequest", refresh=pair.refresh))


def contractors(api: Any) -> None:
    cleo = call("contractors", "contractors_create", client=api, body=body("ContractorRequest", **contractor("Cleo")))
    call("contractors", "contractors_list", client=api, status=[models.ContractorsListStatusItem.ACTIVE], min_rating=0)
    call("contractors", "contractors_retrieve", cleo.id, client=api)
    call("contractors", "contractors_update", cleo.id, client=api, body=body("ContractorRequest", **contractor("Cleo")))
    change = body("PatchedContractorRequest", service_radius_miles=40)
    call("contractors", "contractors_partial_update", cleo.id, client=api, body=change)
    call("contractors", "contractors_rate", cleo.id, client=api, body=body("RatingRequest", rating=4.5))
    call("contractors", "contractors_mark_on_leave", cleo.id, client=api)
    call("contractors", "contractors_activate", cleo.id, client=api)
    absence = body("NewAbsenceRequest", start="2030-04-01T14:00:00Z", end="2030-04-02T14:00:00Z", kind="holiday")
    absence = call("contractors", "contractors_absences_create", cleo.id, client=api, body=absence)
    call("contractors", "contractors_absences_list", cleo.id, client=api, page=1, page_size=5)
    call("contractors", "contractors_absences_destroy", cleo.id, absence.id, client=api)
    call("contractors", "contractors_schedule_retrieve", cleo.id, client=api)
    call("contractors", "contractors_deactivate", cleo.id, client=api)
    call("contractors", "contractors_activate", cleo.id, client=api)
    call("contractors", "contractors_destroy", cleo.id, client=api)
    put_by_reference(api, "contractors", "ContractorRequest", {**contractor("Clea"), "skills": []})


def put_by_reference(api: Any, kind: str, model: str, values: dict[str, Any]) -> None:
    reference = ("generated", str(uuid4()))
    for _ in range(2):
        call(kind, f"{kind}_put_by_reference", *reference, client=api, body=body(model, **values))
    call(kind, f"{kind}_retrieve_by_reference", *reference, client=api)


def jobs(api: Any) -> None:
    job = call("jobs", "jobs_create", client=api, body=body("JobRequest", **JOB), idempotency_key=str(uuid4()))
    first = [models.JobsListOrderingItem("-priority"), models.JobsListOrderingItem.CREATED_AT]
    call("jobs", "jobs_list", client=api, status=[models.JobsListStatusItem.OPEN], ordering=first, page_size=2)
    call("jobs", "jobs_retrieve", job.id, client=api)
    call("jobs", "jobs_update", job.id, client=api, body=body("JobRequest", **JOB))
    change = body("PatchedJobRequest", priority="high")
    call("jobs", "jobs_partial_update", job.id, client=api, body=change)
    call("jobs", "jobs_promise_window", job.id, client=api, body=body("WindowRequest", start=EIGHT, end=TEN))
    call("jobs", "jobs_withdraw_window", job.id, client=api)
    put_by_reference(api, "jobs", "JobRequest", JOB)
    made = call(
        "jobs", "jobs_bulk_create", client=api, body=body("BulkJobsRequest", rows=[JOB, {**JOB, "duration": "0"}])
    )
    assert (made.succeeded, made.failed) == (1, 1)
    change = {"id": str(made.results[0].body.id), "action": "cancel", "reason": "Only a test"}
    call("jobs", "jobs_bulk_status", client=api, body=body("BulkJobChangesRequest", rows=[change]))
    call("jobs", "jobs_cancel", job.id, client=api, body=body("ReasonRequest", reason="Only a test"))


def customers(api: Any) -> None:
    kit, twin = ({"name": name, "phones": [{"number": "(512) 555-0177"}]} for name in ("Kit Gray", "Kit Grey"))
    first, second = (
        call("customers", "customers_create", client=api, body=body("CustomerRequest", **fields))
        for fields in (kit, twin)
    )
    call("customers", "customers_list", client=api, search="0177", page_size=2)
    call("customers", "customers_retrieve", first.id, client=api)
    call("customers", "customers_update", first.id, client=api, body=body("CustomerRequest", **kit))
    call(
        "customers",
        "customers_partial_update",
        first.id,
        client=api,
        body=body("PatchedCustomerRequest", company="Gray"),
    )
    put_by_reference(api, "customers", "CustomerRequest", kit)
    call("customers", "customers_duplicates_list", first.id, client=api)
    call("customers", "customers_merge", first.id, client=api, body=body("MergeRequest", other=str(second.id)))


def assignments(api: Any) -> None:
    people = [
        call("contractors", "contractors_create", client=api, body=body("ContractorRequest", **contractor(name)))
        for name in ("Dora", "Emil")
    ]
    job = call("jobs", "jobs_create", client=api, body=body("JobRequest", **JOB))
    call("contractors", "contractors_availability_retrieve", people[0].id, client=api, job=job.id)
    ranking = call("jobs", "jobs_recommendations_list", job.id, client=api, max_results=5)
    best, other = (entry.contractor.id for entry in ranking.recommendations)
    call("jobs", "jobs_recommendations_retrieve", job.id, best, client=api)
    call("recommendations", "recommendations_create", client=api, body=body("HypotheticalJobRequest", **JOB))
    many = body("ManyJobsRequest", jobs=[str(job.id)], max_results=2)
    call("recommendations", "recommendations_batch", client=api, body=many)
    wish = body("NewAssignmentRequest", job=str(job.id), contractor=str(best), start=EIGHT)
    booked = call("assignments", "assignments_create", client=api, body=wish)
    call("assignments", "assignments_list", client=api, job=[job.id])
    call("assignments", "assignments_retrieve", booked.id, client=api)
    call("assignments", "assignments_confirm", booked.id, client=api)
    later = body("RescheduleRequest", start=TEN)
    call("assignments", "assignments_reschedule", booked.id, client=api, body=later)
    change = body("ReassignRequest", contractor=str(other), start=TEN)
    moved = call("assignments", "assignments_reassign", booked.id, client=api, body=change)
    second = call("jobs", "jobs_create", client=api, body=body("JobRequest", **JOB))
    wish = body("NewAssignmentRequest", job=str(second.id), contractor=str(best), start=TEN)
    swap = body("SwapRequest", other=str(call("assignments", "assignments_create", client=api, body=wish).id))
    moved = call("assignments", "assignments_swap", moved.id, client=api, body=swap)
    call("assignments", "assignments_cancel", moved.id, client=api, body=body("ReasonRequest", reason="Only a test"))
    third = call("jobs", "jobs_create", client=api, body=body("JobRequest", **JOB))
    wish = {"job": str(third.id), "contractor": str(best), "start": EIGHT}
    made = call("assignments", "assignments_bulk_create", client=api, body=body("BulkAssignmentsRequest", rows=[wish]))
    changes = [{"id": str(made.results[0].body.id), "action": action} for action in ("confirm", "confirm")]
    rows = body("BulkAssignmentChangesRequest", rows=changes)
    assert call("assignments", "assignments_bulk_status", client=api, body=rows).failed == 1
    begun = call("assignments", "assignments_start", UUID(CONFIRMED), client=api)
    until = (begun.time_slot.end + timedelta(hours=1)).isoformat()
    call("assignments", "assignments_running_late", begun.id, client=api, body=body("RunningLateRequest", until=until))
    call("assignments", "assignments_complete", UUID(STARTED), client=api)
    call("assignments", "assignments_rate", UUID(STARTED), client=api, body=body("RatingRequest", rating=5))


def plans(api: Any) -> None:
    job = call("jobs", "jobs_create", client=api, body=body("JobRequest", **JOB))
    scope = {"jobs": [str(job.id)], "first_day": MONDAY, "last_day": MONDAY}
    first = call("plans", "plans_create", client=api, body=body("PlanRequestRequest", **scope, effort="quick"))
    call("plans", "plans_list", client=api, state=[models.PlansListStateItem.QUEUED], page_size=2)
    call("plans", "plans_retrieve", first.id, client=api)
    call("plans", "plans_items_list", first.id, client=api)
    call("plans", "plans_misses_list", first.id, client=api)
    call("plans", "plans_compare_retrieve", first.id, client=api)
    call("plans", "plans_export", first.id, client=api)
    call("plans", "plans_replan", first.id, client=api, body=body("ReplanRequest"))
    call("plans", "plans_stop", UUID(RUNNING_PLAN), client=api)
    call("plans", "plans_cancel", UUID(RUNNING_PLAN), client=api)
    call("plans", "plans_accept", UUID(READY_PLAN), client=api, body=body("AcceptRequest"))
    call("plans", "plans_undo", UUID(READY_PLAN), client=api)
    call("plans", "plans_discard", UUID(READY_PLAN), client=api)


if __name__ == "__main__":
    main()
