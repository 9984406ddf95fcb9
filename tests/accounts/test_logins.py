import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.services import ensure_logins

pytestmark = pytest.mark.django_db
PASSWORD = "smartscheduler-demo"


@pytest.fixture
def debug(settings: Settings) -> None:
    settings.DEBUG = True


def test_makes_one_login_a_role(debug: None) -> None:
    ensure_logins(PASSWORD)
    assert dict(User.objects.values_list("email", "role")) == {
        "admin@example.com": Role.ADMINISTRATOR,
        "coordinator@example.com": Role.COORDINATOR,
        "manager@example.com": Role.MANAGER,
    }
    assert all(user.check_password(PASSWORD) and user.is_staff for user in User.objects.all())


def test_leaves_those_that_exist_as_they_are(debug: None) -> None:
    User.objects.create_user("admin@example.com", "a password of my own", role=Role.MANAGER)
    assert {user.email for user in ensure_logins(PASSWORD)} == {"coordinator@example.com", "manager@example.com"}
    mine = User.objects.get(email="admin@example.com")
    assert mine.role == Role.MANAGER
    assert mine.check_password("a password of my own")
    assert ensure_logins("another password") == []
    assert User.objects.count() == 3


def test_makes_none_in_production(settings: Settings) -> None:
    settings.DEBUG = False
    with pytest.raises(ImproperlyConfigured):
        ensure_logins(PASSWORD)
    assert not User.objects.exists()
