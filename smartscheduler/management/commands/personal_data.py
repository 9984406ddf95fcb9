"""`manage.py personal_data`: find, export, and erase personal data, and repeat erasures after a restore."""

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
    help = "Find, export, and erase the personal data of a contractor, a customer, or a user."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        find = acts.add_parser("find", help="list the jobs of a customer by name and telephone number, in any spelling")
        find.add_argument("--name", default="")
        find.add_argument("--phone", default="")
        export = _of_a_person(acts, "export", "export all data of a person as JSON")
        export.add_argument("--format", choices=FORMS, default="json", help="text: a readable form")
        export.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
        erase = _of_a_person(acts, "erase", "erase the personal data of a person; this cannot be undone")
        erase.add_argument("--yes", action="store_true", help="erase; without it, only print what would be erased")
        acts.add_parser("list", help="list all erasures, with ids and without names, to be kept with the backups")
        again = acts.add_parser("replay", help="repeat erasures that a restored backup does not contain")
        again.add_argument("files", nargs="*", type=Path, metavar="FILE", help="erasure lists; default: ERASURE_LIST")

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
            raise CommandError("No person has this id.") from error
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal

    def _find(self, name: str, phone: str, **_: Any) -> None:
        matches = find_customer(name=name, phone=phone)
        for match in matches:
            job = match.job
            columns = [job.job_number, job.status, job.customer_name, job.customer_phone, job.address, job.city]
            self.stdout.write("  ".join([*columns, f"(by {' and '.join(match.by)})"]))
        self.stdout.write(f"Jobs found: {len(matches)}. Pass the numbers of the customer's jobs to export or erase.")

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
            self.stdout.write(f"Would erase the {kind} {', '.join(ids)}. This cannot be undone. Add --yes to erase.")
            return
        erasure = ERASURES[kind](ids, _person(actor))
        self.stdout.write(f"Erased: now {erasure.pseudonym}.")

    def _list(self, **_: Any) -> None:
        for line in lines(known_here()):
            self.stdout.write(line)

    def _replay(self, files: list[Path], **_: Any) -> None:
        listed = [erasure for file in files for erasure in read(file)] if files else known_outside()
        replayed = list(replay(listed))
        for result in replayed:
            self.stdout.write(f"{result.erasure.pseudonym}: {result.outcome}{f': {result.why}' if result.why else ''}")
        self.stdout.write(f"Erasures checked: {len(replayed)}.")
        if any(result.outcome == REFUSED for result in replayed):
            raise CommandError("Some erasures could not be repeated. Remove the causes above and run this again.")


def _of_a_person(acts: Any, name: str, help: str) -> CommandParser:  # noqa: A002
    parser: CommandParser = acts.add_parser(name, help=help)
    parser.add_argument("kind", choices=["contractor", "customer", "user"])
    parser.add_argument("ids", nargs="+", metavar="ID", help="the id; for a customer the numbers or ids of the jobs")
    parser.add_argument("--actor", default="", metavar="EMAIL", help="the account that the action is recorded for")
    return parser


def _person(email: str) -> User | None:
    if not email:
        return None
    user = User.objects.with_address(email)
    if user is None:
        raise CommandError(f"No account has the address {email}.")
    return user


def _one(ids: list[str]) -> UUID:
    if len(ids) != 1:
        raise CommandError("Pass the id of one person.")
    try:
        return UUID(ids[0])
    except ValueError as error:
        raise CommandError(f"{ids[0]} is not an id.") from error


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
