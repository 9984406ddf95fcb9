"""`manage.py remove_second_factor`: for the last administrator, who has lost telephone and recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor.services import remove
from smartscheduler.errors import InvalidInput


class Command(BaseCommand):
    help = "Remove authenticator and recovery codes of an account; its sessions end. The audit keeps that it was done."

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
        self.stdout.write(f"The second factor of {user.email} is removed, and all sessions of the account have ended.")
