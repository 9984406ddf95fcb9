"""Child process of a plan: sets up Django and makes one plan."""

import json
from uuid import UUID

import django

django.setup()

# Models can be imported only after django.setup().
from recommendations.planning.models import Plan  # noqa: E402
from recommendations.planning.runs import Run, RunLost  # noqa: E402
from recommendations.planning.solver import SolveCancelled  # noqa: E402
from recommendations.planning.tasks import work_on_plans  # noqa: E402
from smartscheduler.core.actors import source  # noqa: E402


def run_for_parent(payload: bytes) -> bytes:
    """Make the plan with the id and the attempt in `payload`. Returns its state and the refused rules as JSON."""
    plan_id, attempt = payload.decode().split()
    with source("task", work_on_plans.name):
        plan = Plan.objects.select_related("requested_by").filter(pk=UUID(plan_id), attempts=int(attempt)).first()
        try:
            outcome = Run(plan).run() if plan else {"state": "lost", "refused": []}
        except (RunLost, SolveCancelled):
            outcome = {"state": "cancelled", "refused": []}
    return json.dumps(outcome).encode()
