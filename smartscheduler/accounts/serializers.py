"""Serializers of sign-in, tokens and accounts."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from smartscheduler.accounts.models import User
from smartscheduler.accounts.password_validators import LONGEST_PASSWORD
from smartscheduler.accounts.permissions import any_role
from smartscheduler.accounts.scopes import Scope
from smartscheduler.core.rest.fields import AccountAddressTextField, LineTextField, StrictSerializer


class UserSerializer(serializers.ModelSerializer[User]):
    """The account and its permissions: those of the role, or of the scopes of a service account."""

    role = serializers.ChoiceField(choices=any_role(), read_only=True)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), read_only=True)
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "role", "clock", "scopes", "permissions"]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.permissions)


class LoginSerializer(StrictSerializer):
    email = AccountAddressTextField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True)
    otp_code = LineTextField(
        max_length=20,
        required=False,
        write_only=True,
        help_text=_("Code of the authenticator, or a recovery code. Required for accounts with a second factor."),
    )


class RefreshSerializer(StrictSerializer):
    refresh = LineTextField(max_length=4000)


class LogoutSerializer(StrictSerializer):
    refresh = LineTextField(
        max_length=4000, required=False, help_text=_("Refresh token of another sign-in to end as well.")
    )


class PairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    user = UserSerializer()


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text=_("Lifetime in seconds."))
