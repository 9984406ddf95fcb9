"""A trace from a request through the outbox, the relay, and the worker to a socket."""

import json
import sys
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import pytest

from smartscheduler.accounts.models import User
from smartscheduler.accounts.tokens import sign_in
from smartscheduler.core.observability import tracing
from smartscheduler.events.models import OutboxEvent
from smartscheduler.ops.local import process_specs
from tests.core.observability.receivers import Receiver, receiver
from tests.events.processes import active_relay, relay, running, wait_until, web
from tests.events.wire import happen, subscribed
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.products import folder

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
BOOKED = "POST /api/v1/assignments/"


def book(port: int, user: User) -> None:
    booking = {
        "job": str(JobFactory().pk),
        "contractor": str(ContractorFactory().pk),
        "start": at(9, days=2).isoformat(),
    }
    headers = {
        "Authorization": f"Bearer {sign_in(user).access}",
        "Content-Type": "application/json",
        "traceparent": f"00-{TRACE}-{CALLER}-01",
    }
    web = HTTPConnection("127.0.0.1", port, timeout=30)
    web.request("POST", "/api/v1/assignments/", json.dumps(booking), headers)
    assert web.getresponse().status == 201


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_booking_is_one_trace_to_the_end() -> None:
    with receiver() as collector, folder() as home, ExitStack() as stack:
        exporting: dict[str, Any] = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        worker = process_specs.worker_with_beat(str(home / "beat-schedule"))
        stack.enter_context(running([sys.executable, *worker], **exporting))
        stack.enter_context(relay(**exporting))
        port = stack.enter_context(web(**exporting))
        wait_until(active_relay, 240)
        user = UserFactory()
        with subscribed(port, user) as subscriber:
            subscriber.until("ready")
            book(port, user)
            (event,) = subscriber.events(1)
        assert event["type"] == "JobAssigned"
        assert event.keys() == {"sequence", "id", "type", "occurred_at", "actor", "data"}
        names = {BOOKED, "_book", "relay JobAssigned", "socket JobAssigned", "mail of JobAssigned"}
        wait_until(lambda: names <= collector.spans(TRACE).keys(), 240)
        hangs_together(collector)


def hangs_together(collector: Receiver) -> None:
    spans = collector.spans(TRACE)
    assert spans[BOOKED][1] == CALLER
    assert spans["_book"][1] == spans[BOOKED][0]
    # The outbox keeps the place of the service; relay and worker go on from there, the socket from the relay.
    assert OutboxEvent.objects.get(type="JobAssigned").traceparent == f"00-{TRACE}-{spans['_book'][0]}-01"
    assert spans["relay JobAssigned"][1] == spans["mail of JobAssigned"][1] == spans["_book"][0]
    assert spans["socket JobAssigned"][1] == spans["relay JobAssigned"][0]


class TestWithoutACollector:
    def test_work_below_work_is_of_one_trace(self) -> None:
        assert tracing.traceparent() == ""
        with tracing.span("above"):
            above = tracing.traceparent()
            with tracing.span("below"):
                assert tracing.traceparent()[:36] == above[:36]
        assert tracing.traceparent() == ""

    def test_a_given_place_goes_before_the_present_one(self) -> None:
        parent = f"00-{TRACE}-{CALLER}-01"
        with tracing.span("above"), tracing.span("below", parent=parent):
            assert tracing.trace_id() == TRACE

    @pytest.mark.parametrize("parent", ["00-xyz", f"00-{TRACE}-{CALLER}-01\n", f"00-{'0' * 32}-{CALLER}-01"])
    def test_what_is_no_place_is_not_gone_on_from(self, parent: str) -> None:
        with tracing.span("work", parent=parent):
            assert tracing.trace_id() not in parent

    @pytest.mark.django_db
    def test_an_event_knows_its_trace(self) -> None:
        with tracing.span("work"):
            happen()
            assert OutboxEvent.objects.get().traceparent[3:35] == tracing.trace_id()
