"""A worker process for one world that runs commands one at a time and returns their durations."""

import gc
import os
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from time import perf_counter, time
from typing import Any, NamedTuple
from uuid import UUID

from benchmarks.worlds import build

# Ranks, scores, and first slots, which must be equal for all methods.
Answer = list[tuple[UUID, int, list[int]]]


class Timed(NamedTuple):
    milliseconds: float
    answer: Answer | None


def main(link: Connection, size: int, url: str) -> None:
    """Answer commands (method, number of the query) until the pipe closes."""
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings", "LOG_LEVEL": "WARNING"}
    os.environ |= {"DEBUG": "0", "SECRET_KEY": "benchmarks" * 6}
    import django

    django.setup()
    subjects = Subjects(size)
    gc.collect()
    gc.freeze()
    link.send("ready")
    with suppress(EOFError):  # the end of the run
        while True:
            link.send(subjects.timed(*link.recv()))


class Subjects:
    """The measured functions by name."""

    def __init__(self, size: int) -> None:
        from benchmarks.loading import OPEN_JOBS
        from benchmarks.questions import questions
        from benchmarks.scan import Scan

        world = build(size)
        self.size, self.scan_of_world = size, Scan(world)
        self.questions = list(islice(questions(world, 0, usual=True), OPEN_JOBS))

    def timed(self, subject: str, number: int) -> Timed:
        run = getattr(self, subject)
        question = self.questions[number % len(self.questions)]
        began = perf_counter()
        answer = run(question, number)
        return Timed((perf_counter() - began) * 1_000, None if answer is None else answer())

    def select_1(self, question: Any, number: int) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    def service(self, question: Any, number: int) -> Any:
        from recommendations.ranking import rank_candidates
        from smartscheduler.rules.current import current_rules

        ranking = rank_candidates(question.request, current_rules())
        return lambda: [
            (entry.contractor.pk, int(entry.score * 10_000), [int(s.start.timestamp()) // 60 for s in entry.slots])
            for entry in ranking.entries
        ]

    def scan(self, question: Any, number: int) -> Any:
        from benchmarks.loading import contractor_id
        from benchmarks.scan import Rules

        ranked = self.scan_of_world.rank(question.request, max_results=10, horizon_days=10, rules=Rules(), now=time())
        return lambda: [(contractor_id(entry.position), entry.score, entry.starts) for entry in ranked]

    def literal(self, question: Any, number: int) -> Any:
        from benchmarks import loops

        return self._loop(loops.literal, question)

    def prefetched(self, question: Any, number: int) -> Any:
        from benchmarks import loops

        return self._loop(loops.prefetched, question)

    def _loop(self, loop: Any, question: Any) -> Any:
        from recommendations.search.query import RankingQuery
        from smartscheduler.rules.current import current_rules

        candidates = loop(RankingQuery.of(question.request, current_rules()), 10)
        return lambda: [
            (c.contender.id, c.score.total, [int(start.timestamp()) // 60 for start in c.free.starts])
            for c in candidates
        ]

    def why_not(self, question: Any, number: int) -> None:
        """A random contractor: usually one who lives too far away or does other work."""
        from benchmarks.loading import contractor_id
        from contractors.models import Contractor
        from recommendations.why_not import why_not
        from smartscheduler.rules.current import current_rules

        who = (number * 7_919) % self.size
        why_not(question.request, Contractor.objects.get(pk=contractor_id(who)), current_rules())

    def login(self, question: Any, number: int) -> None:
        """Create an account for the HTTP measurements."""
        from smartscheduler.accounts.models import User

        user, _ = User.objects.get_or_create(email="benchmark@example.com", defaults={"role": "coordinator"})
        user.set_password("benchmark-password")
        user.save()
