"""Domain events of messages to customers. They carry no personal data: clients read the message."""

from dataclasses import dataclass
from uuid import UUID

from jobs.events import JobEvent
from smartscheduler.notifications.models import CustomerMessage


@dataclass(frozen=True, kw_only=True)
class MessageSent(JobEvent):
    """A message to the customer of the job was given to the mail server."""

    message_id: UUID
    kind: str

    @classmethod
    def of(cls, message: CustomerMessage) -> "MessageSent":
        job = message.job
        return cls(job_id=job.pk, job_number=job.job_number, message_id=message.pk, kind=message.kind)
