"""Process of a kill test: `python -m tests.recommendations.planning.acceptor PLAN BUNDLES`.

Accepts the plan. Prints `waiting` in the transaction of bundle number BUNDLES, after its bookings are written and
before they are committed, and goes no further.
"""

import sys
from typing import Any
from uuid import UUID


def main() -> None:
    import django

    django.setup()
    from recommendations.planning import acceptance

    plan_id, bundles = UUID(sys.argv[1]), int(sys.argv[2])
    update_state, calls = acceptance.update_state, 0

    def wait(plan: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == bundles:
            print("waiting", flush=True)
            sys.stdin.readline()
        update_state(plan)

    acceptance.update_state = wait
    acceptance.accept_plan(plan_id=plan_id, item_ids=None, all_or_nothing=False, actor=None)


if __name__ == "__main__":
    main()
