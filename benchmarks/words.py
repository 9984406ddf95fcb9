"""`make bench-words`: does a language model delay requests?

As `benchmarks.roads` asks of providers of road distances: one database, one worker, and two web servers, one of which
has a model configured that behaves as well or as badly as it can. Both are asked for the same rankings in turns.
"""

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.roads import Client, Site, compare, report, started

BEHAVIORS = ("normal", "slow", "busy", "broken", "malformed", "wrong", "obedient", "chatty", "reset", "denied")
FORGET = "TRUNCATE recommendations_wording, recommendations_modelday"


class WordSite(Site):
    """A web process with a language model and without road distance providers."""

    def __init__(self, home: Path, model: Any) -> None:
        super().__init__(home, model)
        self.configured = self.bare | {
            "EXPLANATION_MODEL_PROVIDER": "anthropic",
            "EXPLANATION_MODEL_NAME": "a-model",
            "EXPLANATION_MODEL_KEY": "key",
            "EXPLANATION_MODEL_URL": model.url,
            "EXPLANATION_TIMEOUT_SECONDS": "2",
            "OUTGOING_PRIVATE_NETWORKS": "127.0.0.0/8",
        }

    def begin(self) -> None:
        """Clear all reworded explanations and request them for the rankings of all open jobs."""
        client = redis.Redis.from_url(self.valkey.url)
        for key in client.scan_iter("*:travel:explanations*"):
            client.delete(key)
        with psycopg.connect(self.postgresql.url, autocommit=True) as connection:
            connection.execute(FORGET)
        # Also delete the count of displayed rankings from the warm-up.
        for key in client.scan_iter("*:words:wishes:uses"):
            jobs = self.rows("SELECT id FROM jobs_job WHERE status = 'open'")
            client.sadd(key.removesuffix(b":uses"), *[job.hex for (job,) in jobs])


def in_words(entry: Any) -> bool:
    return bool(entry["score_breakdown"]["explanation_source"] == "model")


def measure(site: WordSite, webs: tuple[Client, Client], jobs: list[str], times: int) -> None:
    print("| behavior          | p50 without | with | p99 without | with | ratio | in words, calls, tokens, dropped")
    everything: tuple[list[float], list[float]] = [], []
    for behavior in BEHAVIORS:
        site.roads.behavior = behavior
        site.begin()
        without, with_it, share = compare(webs, jobs, times, in_words)
        spent = site.rows("SELECT calls, tokens, dropped FROM recommendations_modelday") or [(0, 0, 0)]
        report(behavior, without, with_it, f"{share} %, {spent[0][0]}, {spent[0][1]}, {spent[0][2]}")
        everything[0].extend(without)
        everything[1].extend(with_it)
    report("all", *everything)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=400, help="rankings a behavior, of each web")
    arguments = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "smartscheduler.settings"
    import django

    django.setup()
    from tests.recommendations.llm.servers import model

    with tempfile.TemporaryDirectory(prefix="ss-", ignore_cleanup_errors=True) as home, model() as server:
        Path(home).chmod(0o755)
        site = WordSite(Path(home), server)
        with started(site) as (webs, jobs):
            measure(site, webs, jobs, arguments.times)


if __name__ == "__main__":
    main()
