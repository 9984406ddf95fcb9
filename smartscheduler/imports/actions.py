"""Record actions of an imported file: import, resume, check again, stop."""

from django.utils.translation import gettext_lazy as _

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
        label=_("Import"),
        icon="upload",
        question=_("Import {0}?"),
        done=_("{0} is being imported."),
        run=lambda run, actor, seen: services.import_checked(run_id=run.pk, seen=seen),
        allowed=may_import,
        possible=lambda run: run.state == State.CHECKED and run.refused < run.total,
        shown=lambda run: {"seen": run.match_version},
        main=True,
    ),
    RecordAction(
        name="resume",
        label=_("Resume"),
        icon="play_arrow",
        question=_("Resume {0}?"),
        done=_("{0} was resumed."),
        run=lambda run, actor: services.resume(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.state in services.GOES_ON_AS,
        main=True,
    ),
    RecordAction(
        name="check",
        label=_("Check again"),
        icon="fact_check",
        question=_("Check {0} again?"),
        done=_("{0} is being checked again."),
        run=lambda run, actor: services.check_again(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.state in {State.CHECKED, State.UNCHECKED},
    ),
    RecordAction(
        name="stop",
        label=_("Stop"),
        icon="stop_circle",
        question=_("Stop {0}? Rows that are already imported stay."),
        done=_("{0} was stopped."),
        run=lambda run, actor: services.stop(run_id=run.pk),
        allowed=may_import,
        possible=lambda run: run.is_at_work,
        danger=True,
    ),
)
