"""Actions on the page of an imported file, as its state and the policy allow them."""

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.record_actions import RecordAction
from smartscheduler.imports import services
from smartscheduler.imports.importers import IMPORTERS
from smartscheduler.imports.models import ImportRun

State = ImportRun.State


def may_import(user: User, run: ImportRun) -> bool:
    return user.allows(IMPORTERS[run.kind].may)


ACTIONS = (
    RecordAction(
        name="import",
        label="Import",
        icon="upload",
        question="Import {0}?",
        done="{0} is being imported.",
        run=lambda run, actor: services.import_checked(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.state == State.CHECKED and run.refused < run.total,
        main=True,
    ),
    RecordAction(
        name="resume",
        label="Go on",
        icon="play_arrow",
        question="Go on with {0}?",
        done="{0} goes on.",
        run=lambda run, actor: services.resume(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.state in services.GOES_ON_AS,
        main=True,
    ),
    RecordAction(
        name="check",
        label="Check again",
        icon="fact_check",
        question="Check {0} once more?",
        done="{0} is being checked again.",
        run=lambda run, actor: services.check_again(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.state in {State.CHECKED, State.UNCHECKED},
    ),
    RecordAction(
        name="stop",
        label="Stop",
        icon="stop_circle",
        question="Stop {0}? What has been imported stays.",
        done="{0} is stopped.",
        run=lambda run, actor: services.stop(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.is_at_work,
        danger=True,
    ),
)
