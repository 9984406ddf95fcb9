"""The long-running processes of the product: `manage.py up`, compose.yaml and the tests start these and no others.

Each is what follows `python` on the command line, run in the folder of manage.py.
"""

RELAY = ("manage.py", "relay_events")
CELERY = ("-m", "celery", "-A", "smartscheduler")
# Threads suit look-ups over the network, and take a third less memory than processes.
WORKER = (*CELERY, "worker", "--pool", "threads", "--concurrency", "4", "--without-mingle", "--without-gossip")
# Exactly one of these; workers may be many.
BEAT = (*CELERY, "beat")


def web(*, host: str, port: int, workers: int) -> tuple[str, ...]:
    """Requests are logged by the application; open sockets get ten seconds to close."""
    application = ("-m", "uvicorn", "smartscheduler.asgi:application", "--no-access-log")
    limits = ("--timeout-graceful-shutdown", "10", "--workers", str(workers))
    return (*application, *limits, "--host", host, "--port", str(port))


def worker_with_beat(schedule: str) -> tuple[str, ...]:
    """For the machine with one worker; `schedule` is the file in which beat keeps when it last ran what."""
    return (*WORKER, "--beat", "--schedule", schedule)
