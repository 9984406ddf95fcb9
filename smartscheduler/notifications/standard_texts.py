"""The standard texts of messages to customers, which administrators can replace (MessageTemplate).

The texts are in the language of the customer, so they are not messages of gettext, which are in that of the user.
"""

from typing import NamedTuple

from customers.models import Customer
from smartscheduler.notifications.models import MessageKind


class Text(NamedTuple):
    """Subject and body with placeholders such as `{when}` (template_text.PLACEHOLDERS)."""

    subject: str
    body: str


ENGLISH: dict[str, Text] = {
    MessageKind.BOOKED: Text(
        "Your appointment: {when}",
        """Hello {customer},

Your appointment for {work} is booked. We will arrive at {address} on {when}.

The work takes about {duration}. Please mention {job_number} when you contact us.

{sender}""",
    ),
    MessageKind.MOVED: Text(
        "Your appointment has changed: {when}",
        """Hello {customer},

Your appointment for {work} has changed. We will now arrive at {address} on {when}.

The work takes about {duration}. Please mention {job_number} when you contact us.

{sender}""",
    ),
    MessageKind.CANCELLED: Text(
        "Your appointment is canceled: {when}",
        """Hello {customer},

Your appointment for {work} at {address} on {when} is canceled.

Please mention {job_number} when you contact us.

{sender}""",
    ),
    MessageKind.REMINDER: Text(
        "Reminder: {when}",
        """Hello {customer},

This is a reminder of your appointment for {work}. We will arrive at {address} on {when}.

The work takes about {duration}. Please mention {job_number} when you contact us.

{sender}""",
    ),
    MessageKind.DONE: Text(
        "How was our work?",
        """Hello {customer},

We have completed the {work} at {address}. Please tell us how it was:

{rating_link}

Thank you.

{sender}""",
    ),
    MessageKind.WINDOW_BROKEN: Text(
        "We cannot arrive as promised. Your new appointment: {when}",
        """Hello {customer},

We promised to arrive at {address} on {promised}. We are sorry that we cannot keep this promise.

We will now arrive on {when}. The work takes about {duration}.

If this does not suit you, please contact us and mention {job_number}.

{sender}""",
    ),
}

SPANISH: dict[str, Text] = {
    MessageKind.BOOKED: Text(
        "Su cita: {when}",
        """Hola, {customer}:

Su cita para {work} está confirmada. Llegaremos a {address} el {when}.

El trabajo dura aproximadamente {duration}. Si nos contacta, mencione {job_number}.

{sender}""",
    ),
    MessageKind.MOVED: Text(
        "Su cita ha cambiado: {when}",
        """Hola, {customer}:

Su cita para {work} ha cambiado. Ahora llegaremos a {address} el {when}.

El trabajo dura aproximadamente {duration}. Si nos contacta, mencione {job_number}.

{sender}""",
    ),
    MessageKind.CANCELLED: Text(
        "Su cita se ha cancelado: {when}",
        """Hola, {customer}:

Su cita para {work} en {address} el {when} se ha cancelado.

Si nos contacta, mencione {job_number}.

{sender}""",
    ),
    MessageKind.REMINDER: Text(
        "Recordatorio: {when}",
        """Hola, {customer}:

Le recordamos su cita para {work}. Llegaremos a {address} el {when}.

El trabajo dura aproximadamente {duration}. Si nos contacta, mencione {job_number}.

{sender}""",
    ),
    MessageKind.DONE: Text(
        "¿Qué le pareció nuestro trabajo?",
        """Hola, {customer}:

Hemos terminado {work} en {address}. Díganos qué le pareció:

{rating_link}

Muchas gracias.

{sender}""",
    ),
    MessageKind.WINDOW_BROKEN: Text(
        "No podemos llegar como prometimos. Su nueva cita: {when}",
        """Hola, {customer}:

Prometimos llegar a {address} el {promised}. Lamentamos no poder cumplirlo.

Ahora llegaremos el {when}. El trabajo dura aproximadamente {duration}.

Si no le conviene, contáctenos y mencione {job_number}.

{sender}""",
    ),
}

STANDARD: dict[str, dict[str, Text]] = {Customer.Language.ENGLISH: ENGLISH, Customer.Language.SPANISH: SPANISH}

# What a job is about, by its type.
WORK: dict[str, dict[str, str]] = {
    Customer.Language.ENGLISH: {"flooring": "flooring work", "tile": "tile work", "carpet": "carpet work"},
    Customer.Language.SPANISH: {
        "flooring": "el trabajo de pisos",
        "tile": "el trabajo de azulejos",
        "carpet": "el trabajo de alfombras",
    },
}
# The name of a customer without a name.
NAMELESS: dict[str, str] = {Customer.Language.ENGLISH: "customer", Customer.Language.SPANISH: "cliente"}
# Below each message.
FOOTER: dict[str, str] = {
    Customer.Language.ENGLISH: "To get no more emails about your appointments: {link}",
    Customer.Language.SPANISH: "Para no recibir más correos sobre sus citas: {link}",
}

# The page behind that link.
OPT_OUT_PAGE: dict[str, dict[str, str]] = {
    Customer.Language.ENGLISH: {
        "title": "Emails about your appointments",
        "question": "Do you want to get no more emails about your appointments?",
        "button": "Turn off emails",
        "done": "You get no more emails about your appointments. Contact us if you change your mind.",
        "invalid": "This link is not valid. Open the link in the email again, or contact us.",
    },
    Customer.Language.SPANISH: {
        "title": "Correos sobre sus citas",
        "question": "¿Quiere dejar de recibir correos sobre sus citas?",
        "button": "Desactivar los correos",
        "done": "Ya no recibirá correos sobre sus citas. Contáctenos si cambia de opinión.",
        "invalid": "Este enlace no es válido. Abra de nuevo el enlace del correo o contáctenos.",
    },
}


def standard_text(kind: str, language: str) -> Text:
    return STANDARD[language][kind]
