"""Connection options on a real socket, as accepted by the kernel."""

import socket
import time

import psycopg
import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db import connection
from pytest_django import Settings
from redis import Redis, RedisError
from redis.asyncio.connection import ConnectionPool

from smartscheduler.core.db import connection_options
from tests.events.processes import black_hole


def test_a_connection_to_valkey_is_probed_and_given_up_after_ten_seconds() -> None:
    with black_hole() as url:
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as wire:
            for option, value in connection_options.redis_keepalive(url)["socket_keepalive_options"].items():
                wire.setsockopt(socket.IPPROTO_TCP, option, value)
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 4
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000


@pytest.mark.parametrize("url", ["redis://localhost:6379/0", "rediss://localhost:6379/0", "unix:///run/valkey.sock"])
def test_every_kind_of_address_takes_the_options(url: str) -> None:
    ConnectionPool.from_url(url, **connection_options.channel_layer_options(url)).make_connection()
    Redis.from_url(url, **connection_options.redis_keepalive(url), retry=None).connection_pool.make_connection()
    Redis.from_url(url, **connection_options.redis_short_timeout()).connection_pool.make_connection()


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
        ("rediss://valkey:6379/4", "rediss://valkey:6379/4"),
    ],
)
def test_celery_has_its_own_form_of_the_url(url: str, broker: str) -> None:
    assert connection_options.broker_url(url) == broker


def test_celery_uses_the_database_of_everything_else(own_valkey: redis.Redis, settings: Settings) -> None:
    url = settings.REDIS_URL.replace("db=0", "db=3")
    with Celery(broker=connection_options.broker_url(url), set_as_current=False) as app:
        app.send_task("tests.nothing")
    with Redis.from_url(url) as client:
        assert client.llen("celery") == 1


def test_who_asks_in_passing_is_not_held_up() -> None:
    with black_hole() as url:
        began = time.monotonic()
        with pytest.raises(RedisError):
            Redis.from_url(url, **connection_options.redis_short_timeout()).ping()
        assert time.monotonic() - began < 30


def test_both_ends_of_a_connection_to_postgresql_are_told() -> None:
    options = settings.DATABASES["default"]["OPTIONS"]
    assert options.items() >= connection_options.postgres_client_options().items()
    assert all(
        f"-c {name}={value}" in options["options"]
        for name, value in connection_options.postgres_session_options().items()
    )
    assert "-c idle_in_transaction_session_timeout=60s" in options["options"]
    # libpq and the server know every one of them.
    psycopg.conninfo.make_conninfo(**connection_options.postgres_client_options())


@pytest.mark.django_db
def test_postgresql_has_taken_what_a_session_is_to_be_like() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
