"""Databases from before the first release are detected before any change."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from smartscheduler.ops.baseline import REPLACED, is_from_before
from smartscheduler.ops.local import servers as embedded
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(REPLACED))
def from_before(request: pytest.FixtureRequest) -> None:
    MigrationRecorder(connection).record_applied(*request.param.split("."))


def applied() -> set[str]:
    return {f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()}


def test_the_database_is_named_and_no_migration_runs(from_before: None) -> None:
    MigrationRecorder(connection).record_unapplied("travel", "0001_initial")
    before = applied()
    with pytest.raises(CommandError) as refusal:
        call_command("migrate", verbosity=0)
    message = str(refusal.value)
    assert message.startswith(f"The database {connection.settings_dict['NAME']} was made by a version before 0.1.0")
    assert "set DATABASE_URL to it" in message
    assert applied() == before


@pytest.mark.usefixtures("from_before")
def test_an_embedded_one_is_named_by_its_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = Path("/srv/smartscheduler")
    servers = Servers(settings.DATA_DIR, [PostgreSQL(settings.DATA_DIR / "postgresql")])
    monkeypatch.setattr(embedded, "from_environment", lambda: servers)
    with pytest.raises(CommandError, match=r"mv /srv/smartscheduler /srv/smartscheduler-before\) and start again"):
        call_command("migrate", verbosity=0)


def test_one_of_this_version_and_of_a_newer_one_is_none() -> None:
    assert not is_from_before(applied())
    assert not is_from_before({*applied(), "jobs.0099_later"})
