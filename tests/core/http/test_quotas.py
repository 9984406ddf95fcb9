"""Quotas of accounts and addresses for pages, parts, sockets, and concurrent requests."""

import gc
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, cast

import pytest
import redis
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern
from django.utils import timezone
from pytest_django import Settings

from smartscheduler.accounts import quotas
from smartscheduler.accounts.api_views import OpenView
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.quotas import QuotaMiddleware, asker_of, kind_of, units_of
from smartscheduler.accounts.tokens import sign_in
from smartscheduler.api import urlpatterns
from smartscheduler.core.http import rate_limits
from smartscheduler.core.http.concurrency_shares import Shares
from smartscheduler.core.http.rate_limits import RoleThrottle, is_over_quota, takes_quota
from smartscheduler.dashboard.kpis import figures
from smartscheduler.dashboard.question import Question
from smartscheduler.dashboard.views import PARTS
from tests.api import V1, client_as, problem
from tests.events.processes import wait_until
from tests.factories import JobFactory, UserFactory
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]
PATIENCE = 30.0


@pytest.fixture(autouse=True)
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoleThrottle, "_silent_until", 0.0)
    settings.RATE_LIMITS = True
    settings.QUOTAS_A_MINUTE = {"pages": 6, "parts": 3, "sockets": 2, "visitors": 4, "handshakes": 4}
    settings.REQUESTS_A_MINUTE = {Role.COORDINATOR: 50, Role.MANAGER: 20, Role.ADMINISTRATOR: 50}
    rate_limits.limiter(settings.REDIS_URL).storage.reset()


def statuses(client: Client, path: str, times: int, **headers: Any) -> list[Any]:
    return [client.get(path, headers=headers).status_code for _ in range(times)]


class TestAMinute:
    def test_pages_of_an_account_have_a_limit_and_say_when_to_come_again(self) -> None:
        manager, other = signed_in(Role.MANAGER), signed_in(Role.MANAGER)
        assert statuses(manager, "/admin/jobs/job/", 7) == [200] * 6 + [429]
        refused = manager.get("/admin/contractors/contractor/")
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 61
        assert b"Too many requests" in refused.content
        assert refused["Content-Type"].startswith("text/html")
        assert other.get("/admin/jobs/job/").status_code == 200

    def test_a_search_costs_more_than_a_list(self) -> None:
        assert statuses(signed_in(Role.MANAGER), "/admin/jobs/job/?q=oak", 4) == [200] * 3 + [429]

    @pytest.mark.parametrize(
        ("path", "headers"), [("/live/?parts=figures", {}), ("/admin/jobs/job/", {"HX-Request": "true"})]
    )
    def test_parts_are_counted_apart_from_pages(self, path: str, headers: dict[str, str]) -> None:
        manager = signed_in(Role.MANAGER)
        assert statuses(manager, path, 4, **headers) == [200] * 3 + [429]
        assert manager.get("/admin/jobs/job/").status_code == 200

    def test_visitors_are_counted_by_address(self) -> None:
        assert statuses(Client(), "/admin/login/", 5) == [200] * 4 + [429]
        problem(Client().get(f"{V1}/auth/me/"), 429, "throttled")
        assert Client(REMOTE_ADDR="198.51.100.9").get("/admin/login/").status_code == 200

    def test_health_and_accounts_of_the_api_are_not(self) -> None:
        assert statuses(Client(), f"{V1}/health/live", 9) == [200] * 9
        api = client_as(Role.MANAGER)
        assert {api.get(f"{V1}/auth/me/").status_code for _ in range(9)} == {200}

    def test_a_valkey_that_hangs_is_asked_once_by_questions_that_count_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def hangs(url: str) -> NoReturn:
            asked.append(url)
            raise redis.TimeoutError("timed out")

        monkeypatch.setattr(rate_limits, "limiter", hangs)
        assert [is_over_quota("handshakes", "192.0.2.1") for _ in range(3)] == [False] * 3
        assert takes_quota("handshakes", "192.0.2.1")
        assert len(asked) == 1

    def test_without_valkey_pages_are_served(self, settings: Settings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        assert statuses(signed_in(Role.MANAGER), "/admin/jobs/job/", 9) == [200] * 9


class TestCosts:
    BATCH = f"{V1}/recommendations/batch/"

    def test_a_batch_costs_what_it_asks_for(self) -> None:
        jobs = [str(job.pk) for job in JobFactory.create_batch(4)]
        api = client_as(Role.MANAGER)
        answer = api.post(self.BATCH, {"jobs": jobs, "max_results": 50, "horizon_days": 30})
        assert answer.status_code == 200
        assert answer["RateLimit-Remaining"] == str(20 - 7)  # 4 × 50 × 31 = 6,200
        small = api.post(self.BATCH, {"jobs": jobs, "max_results": 10, "horizon_days": 10})
        assert small["RateLimit-Remaining"] == str(20 - 7 - 1)

    def test_one_that_is_dearer_than_what_is_left_is_refused_before_it_is_ranked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = [str(job.pk) for job in JobFactory.create_batch(4)]
        monkeypatch.setattr("recommendations.viewsets.rank_all", lambda *arguments, **limits: pytest.fail("ranked"))
        refused = client_as(Role.MANAGER).post(self.BATCH, {"jobs": jobs * 5, "max_results": 50, "horizon_days": 30})
        document = problem(refused, 429, "throttled")
        assert "counts as 31 requests. The limit is 20 per minute" in document["detail"]
        assert int(refused["Retry-After"]) >= 60

    def test_jobs_times_results_have_a_limit_with_a_name(self) -> None:
        jobs = [str(JobFactory().pk)] * 100
        refused = client_as(Role.MANAGER).post(self.BATCH, {"jobs": jobs, "max_results": 11})
        document = problem(refused, 400, "invalid-input")
        message = "Enter at most 10 for 100 jobs: jobs times results must not exceed 1,000."
        assert document["errors"] == {"max_results": [message]}

    @pytest.mark.parametrize("call", ["one", "hypothetical"])
    def test_single_rankings_cost_by_their_size_too(self, call: str) -> None:
        job, limits = JobFactory(), {"max_results": 50, "horizon_days": 30}
        api = client_as(Role.MANAGER)
        if call == "one":
            answer = api.get(f"{V1}/jobs/{job.pk}/recommendations/", limits)
        else:
            site = {"latitude": job.latitude, "longitude": job.longitude}
            asked = {"type": job.type, "desired_date": job.desired_date, "duration": "02:00:00", "location": site}
            answer = api.post(f"{V1}/recommendations/", asked | limits)
        assert answer.status_code == 200, answer.content
        assert answer["RateLimit-Remaining"] == "18"


class TestParts:
    def test_each_is_read_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[int] = []

        def counted(question: Question, reader: Any) -> Any:
            read.append(1)
            return figures(timezone.now())

        monkeypatch.setitem(PARTS, "figures", counted)
        assert signed_in(Role.MANAGER).get("/live/?parts=" + ",".join(["figures"] * 500)).status_code == 200
        assert read == [1]

    def test_an_unknown_one_is_refused_by_name(self) -> None:
        refused = signed_in(Role.MANAGER).get("/live/?parts=figures,bord")
        assert refused.status_code == 400
        assert b"bord" in refused.content
        assert b"figures, jobs, board, counts, feed" in refused.content


class Gate:
    """A view that waits for a signal and counts the concurrent requests."""

    def __init__(self) -> None:
        self.open, self.inside, self.most = threading.Event(), 0, 0
        self._lock = threading.Lock()

    def __call__(self, request: Any) -> HttpResponse:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.open.wait(PATIENCE)
        with self._lock:
            self.inside -= 1
        return HttpResponse()


def request_of(user: User | AnonymousUser, path: str = "/admin/") -> WSGIRequest:
    request = RequestFactory().get(path)
    request.user = user
    return request


@pytest.fixture
def shares(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shares:
    shares = Shares()
    monkeypatch.setattr(quotas, "REQUESTS", shares)
    settings.REQUESTS_AT_ONCE = 2
    settings.QUOTAS_A_MINUTE = dict.fromkeys(settings.QUOTAS_A_MINUTE, 1_000)
    return shares


class TestAtOnce:
    @pytest.mark.parametrize("who", ["account", "address"])
    def test_one_asker_holds_its_share_some_wait_and_the_rest_is_refused(
        self, shares: Shares, monkeypatch: pytest.MonkeyPatch, who: str
    ) -> None:
        monkeypatch.setattr(quotas, "PATIENCE_SECONDS", PATIENCE)
        user, gate = UserFactory() if who == "account" else AnonymousUser(), Gate()
        ask = QuotaMiddleware(gate)
        other = UserFactory()
        with ThreadPoolExecutor(30) as pool:
            answers = [pool.submit(ask, request_of(user)) for _ in range(20)]
            wait_until(lambda: sum(answer.done() for answer in answers) == 14, PATIENCE)
            assert gate.most == 2
            first = pool.submit(ask, request_of(other))
            wait_until(lambda: gate.most == 3, PATIENCE)
            gate.open.set()
            statuses = sorted(answer.result(PATIENCE).status_code for answer in answers)
            assert first.result(PATIENCE).status_code == 200
        assert statuses == [200] * 6 + [429] * 14
        assert not shares._running
        assert not shares._waiting

    def test_those_who_wait_too_long_are_refused(self, shares: Shares, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quotas, "PATIENCE_SECONDS", 0.05)
        user = UserFactory()
        for _ in range(2):
            assert shares.enter(str(user.pk), most=2)
        refused = QuotaMiddleware(lambda request: pytest.fail("served"))(request_of(user))
        assert (refused.status_code, refused["Retry-After"]) == (429, "2")
        api = QuotaMiddleware(lambda request: pytest.fail("served"))(request_of(user, f"{V1}/jobs/"))
        assert json.loads(api.content)["type"] == "/problems/throttled"

    def test_a_failure_gives_the_place_back(self, shares: Shares) -> None:
        user = UserFactory()

        def fail(request: Any) -> NoReturn:
            raise RuntimeError

        for _ in range(5):
            with pytest.raises(RuntimeError):
                QuotaMiddleware(fail)(request_of(user))
        assert not shares._running

    def test_a_file_holds_its_place_until_it_is_closed_or_forgotten(self, shares: Shares) -> None:
        user = UserFactory()
        ask = QuotaMiddleware(lambda request: cast("HttpResponse", StreamingHttpResponse([b"x"])))
        first, second = ask(request_of(user)), ask(request_of(user))
        assert shares._running[str(user.pk)] == 2
        first.close()
        assert shares._running[str(user.pk)] == 1
        gc.disable()
        try:
            del second
            assert not shares._running
        finally:
            gc.enable()

    def test_one_that_only_waits_for_news_may_leave_its_place(self, shares: Shares) -> None:
        user = UserFactory()

        def wait(request: Any) -> HttpResponse:
            request.leave_quota()
            return HttpResponse(str(shares._running.total()))

        assert QuotaMiddleware(wait)(request_of(user)).content == b"0"
        assert not shares._running


class TestAskers:
    def test_token_session_and_neither(self) -> None:
        user = UserFactory()
        token = sign_in(user).access
        by_token = request_of(AnonymousUser(), f"{V1}/jobs/")
        by_token.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        assert asker_of(by_token) == (str(user.pk), True)
        assert asker_of(request_of(user)) == (str(user.pk), True)
        assert asker_of(request_of(AnonymousUser())) == ("127.0.0.1", False)

    def test_calls_that_know_no_account_count_for_the_address(self) -> None:
        open_paths = [
            f"/{pattern.pattern}".replace("/v1/", f"{V1}/")
            for pattern in urlpatterns
            if isinstance(pattern, URLPattern) and issubclass(getattr(pattern.callback, "cls", object), OpenView)
        ]
        assert len(open_paths) == 2
        for path in open_paths:
            assert asker_of(request_of(UserFactory(), path)) == ("127.0.0.1", False)

    def test_wrong_sign_ins_have_the_limit_of_visitors_with_a_session_too(self) -> None:
        client = signed_in(Role.MANAGER)
        answers = [client.post(f"{V1}/auth/login/", {}, content_type="application/json") for _ in range(5)]
        assert [answer.status_code for answer in answers] == [400] * 4 + [429]

    @pytest.mark.parametrize("header", ["Bearer made-up", "Bearer ", "Bearer a.b.c", "Basic x", "Bearer é"])
    def test_a_made_up_token_counts_for_its_address(self, header: str) -> None:
        request = request_of(AnonymousUser(), f"{V1}/jobs/")
        request.META["HTTP_AUTHORIZATION"] = header
        assert asker_of(request) == ("127.0.0.1", False)

    @pytest.mark.parametrize(
        ("path", "kind", "units"),
        [
            ("/", "pages", 1),
            ("/admin/jobs/job/?q=oak", "pages", 2),
            ("/admin/imports/importrun/export/jobs.csv", "pages", 5),
            ("/live/?parts=board", "parts", 1),
            ("/admin/autocomplete/?term=ann", "parts", 2),
            (f"{V1}/jobs/", None, 1),
        ],
    )
    def test_kinds_and_their_units(self, path: str, kind: str | None, units: int) -> None:
        request = request_of(AnonymousUser(), path)
        assert (kind_of(request, quotas.Asker("x", True)), units_of(request)) == (kind, units)
        assert kind_of(request, quotas.Asker("x", False)) == "visitors"


@pytest.mark.django_db(transaction=True)
def test_many_requests_of_one_account_leave_connections_to_the_others(
    shares: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole chain with a view that takes its time: those who wait hold no connection."""
    monkeypatch.setattr(quotas, "PATIENCE_SECONDS", PATIENCE)
    gate = Gate()
    monkeypatch.setattr("smartscheduler.dashboard.views.figures", lambda now: gate(None) and figures(now))
    manager = signed_in(Role.MANAGER)

    def ask(_: Any) -> int:
        client = Client()
        client.cookies = manager.cookies
        try:
            return client.get("/live/?parts=figures").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(18) as pool:
        answers = [pool.submit(ask, number) for number in range(18)]
        wait_until(lambda: sum(answer.done() for answer in answers) == 12, PATIENCE)
        assert gate.most == 2
        gate.open.set()
        statuses = sorted(answer.result(PATIENCE) for answer in answers)
    assert statuses[-12:] == [429] * 12
