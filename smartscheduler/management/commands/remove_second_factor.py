"""`manage.py remove_second_factor`: for a last administrator without a telephone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor.services import remove
from smartscheduler.errors import InvalidInput


class Command(BaseCommand):
    help = (
        "Remove the authenticator and the recovery codes of an account, and end its sessions. The audit log records it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="E-MAIL", help="address of the account")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.with_address(email)
        if user is None:
            raise CommandError(f"No account has the address {email}.")
        try:
            remove(user=user, actor=None)
        except InvalidInput as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"The second factor of {user.email} was removed, and all sessions of the account were ended.")
