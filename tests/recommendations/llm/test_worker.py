"""A real Celery worker that rewords displayed rankings, and the schedule of beat."""

import os
import subprocess
import sys

import pytest
from pytest_django import Settings

from jobs.requirements import JobRequest
from recommendations import tasks
from recommendations.llm.rewording import refresh_requests
from recommendations.models import Wording
from recommendations.ranking import rank_candidates
from smartscheduler import BASE_DIR
from smartscheduler.events.models import OutboxEvent
from smartscheduler.ops.local import process_specs
from smartscheduler.rules.current import current_rules
from tests.events.processes import environment, stop, wait_until
from tests.factories import ContractorFactory, JobFactory
from tests.recommendations.llm.servers import Model

ASK = "from django.conf import settings; print(sorted(n for n in settings.CELERY_BEAT_SCHEDULE if 'word' in n))"
MODEL = {
    "EXPLANATION_MODEL_PROVIDER": "anthropic",
    "EXPLANATION_MODEL_NAME": "a-model",
    "EXPLANATION_MODEL_KEY": "SECRET",
}


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_what_was_shown_without_words_is_worded_and_pages_are_told(model: Model, settings: Settings) -> None:
    ContractorFactory()
    job = JobFactory()
    variables = {**MODEL, "EXPLANATION_MODEL_URL": model.url, "OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8"}
    process = subprocess.Popen(
        [sys.executable, *process_specs.WORKER], cwd=BASE_DIR, env=environment(**variables), start_new_session=True
    )
    try:
        rank_candidates(JobRequest.of(job), current_rules())
        assert refresh_requests._thread
        refresh_requests._thread.join(120)
        tasks.word_explanations.delay()
        wait_until(lambda: OutboxEvent.objects.filter(type="RecommendationsUpdated").exists(), 300)
    finally:
        stop(process)
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert entry.breakdown.source == "model"
    assert Wording.objects.get().text
    assert model.calls == 1


@pytest.mark.system
@pytest.mark.parametrize(("variables", "sent"), [({}, "[]"), (MODEL, "['prune-words', 'word-explanations']")])
def test_beat_sends_for_a_model_and_not_without_one(variables: dict[str, str], sent: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EXPLANATION_")}
    sent_by = [sys.executable, "-c", ASK]
    process = subprocess.run(sent_by, cwd=BASE_DIR, env=clean | variables, capture_output=True, text=True, check=True)
    assert process.stdout.strip() == sent
