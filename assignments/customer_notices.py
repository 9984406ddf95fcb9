"""Whether the customer of a job gets a message about a change of the visit.

The messages are in an app above this one, which must not be imported here. The setting `CUSTOMER_NOTICE` has the dotted
path of the function that knows (see docs/adr/).
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext

if TYPE_CHECKING:
    from jobs.models import Job


class Told(Protocol):
    """Whether the customer gets messages, and the sentence that says why not."""

    @property
    def can(self) -> bool: ...

    @property
    def why_not(self) -> str: ...


class WillBeTold(Protocol):
    def __call__(self, job: "Job") -> Told: ...


class CustomerNotice(NamedTuple):
    """`before`: the sentence before a change that breaks a promise; `after`: the one after it."""

    is_told: bool
    before: str
    after: str


def customer_notice(job: "Job") -> CustomerNotice:
    """What happens to the customer of `job` when the arrival window is broken: a message, or none and why."""
    answer = cast(WillBeTold, import_string(settings.CUSTOMER_NOTICE))(job)
    if answer.can:
        return CustomerNotice(
            True,
            gettext("The customer gets an email that the window is not kept."),
            gettext("The message to the customer is queued."),
        )
    text = gettext("No message is sent to the customer. {reason} Call the customer.").format(reason=answer.why_not)
    return CustomerNotice(False, text, text)
