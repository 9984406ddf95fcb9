"""`manage.py personal_data`: what is held on a person, as a file; erasing them; and doing it again after a restore."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser

from smartscheduler.accounts.models import User
from smartscheduler.errors import DomainError
from smartscheduler.privacy import data_export, services
from smartscheduler.privacy.customer_search import find_customer, jobs_named
from smartscheduler.privacy.erasure_log import lines, read
from smartscheduler.privacy.import_files import without_time_limit
from smartscheduler.privacy.replay import REFUSED, known_here, known_outside, replay

FORMS = {"json": data_export.as_json, "text": data_export.as_text}


class Command(BaseCommand):
    help = "Find, export and erase the personal data of a contractor, a customer or a user."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        find = acts.add_parser("find", help="the jobs of a customer, by name and telephone number in any spelling")
        find.add_argument("--name", default="")
        find.add_argument("--phone", default="")
        export = _of_a_person(acts, "export", "everything that is held on a person, as JSON")
        export.add_argument("--format", choices=FORMS, default="json", help="text: the same to be read")
        export.add_argument("--output", type=Path, metavar="FILE", help="default: to the terminal")
        erase = _of_a_person(acts, "erase", "make a person nobody; cannot be undone")
        erase.add_argument("--yes", action="store_true", help="without it, only what would be erased is said")
        acts.add_parser("list", help="every erasure, by ids and without names: to be kept beside the backups")
        again = acts.add_parser("replay", help="after a restore: do again what the backup knows nothing of")
        again.add_argument("files", nargs="*", type=Path, metavar="FILE", help="lists; default: that of ERASURE_LIST")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        acts: dict[str, Callable[..., None]] = {
            "find": self._find,
            "export": self._export,
            "erase": self._erase,
            "list": self._list,
            "replay": self._replay,
        }
        try:
            with without_time_limit():
                acts[act](**options)
        except ObjectDoesNotExist as error:
            raise CommandError("There is nobody with this id.") from error
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal

    def _find(self, name: str, phone: str, **_: Any) -> None:
        found = find_customer(name=name, phone=phone)
        for one in found:
            job = one.job
            said = [job.job_number, job.status, job.customer_name, job.customer_phone, job.address, job.city]
            self.stdout.write("  ".join([*said, f"(by {' and '.join(one.by)})"]))
        self.stdout.write(f"{len(found)} jobs. Name those that are meant to export or erase.")

    def _export(self, kind: str, ids: list[str], actor: str, format: str, output: Path | None, **_: Any) -> None:  # noqa: A002
        document = EXPORTS[kind](ids, _person(actor))
        text = FORMS[format](document)
        if output is None:
            self.stdout.write(text)
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Written to {output}.")

    def _erase(self, kind: str, ids: list[str], actor: str, yes: bool, **_: Any) -> None:
        if not yes:
            self.stdout.write(f"Would erase the {kind} {', '.join(ids)}. It cannot be undone: say --yes.")
            return
        erasure = ERASURES[kind](ids, _person(actor))
        self.stdout.write(f"Erased: now {erasure.pseudonym}.")

    def _list(self, **_: Any) -> None:
        for line in lines(known_here()):
            self.stdout.write(line)

    def _replay(self, files: list[Path], **_: Any) -> None:
        listed = [one for file in files for one in read(file)] if files else known_outside()
        replayed = list(replay(listed))
        for one in replayed:
            self.stdout.write(f"{one.erasure.pseudonym}: {one.outcome}{f': {one.why}' if one.why else ''}")
        self.stdout.write(f"{len(replayed)} erasures looked at.")
        if any(one.outcome == REFUSED for one in replayed):
            raise CommandError("Some could not be done again: see to what stands in the way, and come again.")


def _of_a_person(acts: Any, name: str, help: str) -> CommandParser:  # noqa: A002
    parser: CommandParser = acts.add_parser(name, help=help)
    parser.add_argument("kind", choices=["contractor", "customer", "user"])
    parser.add_argument("ids", nargs="+", metavar="ID", help="an id; of a customer the jobs, by number or id")
    parser.add_argument("--actor", default="", metavar="EMAIL", help="the account on whose behalf it is done")
    return parser


def _person(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.with_address(email)
    if user is None:
        raise CommandError(f"There is no account {email}.")
    return user


def _one(ids: list[str]) -> UUID:
    if len(ids) != 1:
        raise CommandError("One person at a time.")
    try:
        return UUID(ids[0])
    except ValueError as error:
        raise CommandError(f"{ids[0]} is no id.") from error


EXPORTS: dict[str, Callable[[list[str], User | None], data_export.Document]] = {
    "contractor": lambda ids, actor: data_export.export_contractor(contractor_id=_one(ids), actor=actor),
    "customer": lambda ids, actor: data_export.export_customer(job_ids=jobs_named(ids), actor=actor),
    "user": lambda ids, actor: data_export.export_user(user_id=_one(ids), actor=actor),
}
ERASURES: dict[str, Callable[[list[str], User | None], Any]] = {
    "contractor": lambda ids, actor: services.erase_contractor(contractor_id=_one(ids), actor=actor),
    "customer": lambda ids, actor: services.erase_customer(job_ids=jobs_named(ids), actor=actor),
    "user": lambda ids, actor: services.erase_user(user_id=_one(ids), actor=actor),
}
