"""Texts of the pages that links in messages lead to, in the language of the customer.

Like the messages, they are not texts of gettext, which are in the language of the user.
"""

from typing import NamedTuple

from customers.models import Customer


class RatingTexts(NamedTuple):
    """Texts of the rating page. `stars`: the five choices, best first."""

    title: str
    question: str
    stars: tuple[str, ...]
    comment: str
    send: str
    choose: str
    too_long: str
    thanks: str
    rated: str
    expired: str
    invalid: str
    not_done: str


RATING: dict[str, RatingTexts] = {
    Customer.Language.ENGLISH: RatingTexts(
        title="How was our work?",
        question="How do you rate the {work} on {day}?",
        stars=("5 – excellent", "4 – good", "3 – fair", "2 – poor", "1 – bad"),
        comment="Comment (optional)",
        send="Send rating",
        choose="Choose a rating from 1 to 5.",
        too_long="The comment can have at most 1,000 characters.",
        thanks="Thank you",
        rated="This visit has been rated. The link cannot be used again.",
        expired="This link has expired. If you want to tell us something, reply to our email or call us.",
        invalid="This link is not valid. Open it from our email again, or copy the whole address.",
        not_done="The work of this visit is not completed, so it cannot be rated yet.",
    ),
    Customer.Language.SPANISH: RatingTexts(
        title="¿Qué le pareció nuestro trabajo?",
        question="¿Cómo valora {work} del {day}?",
        stars=("5 – excelente", "4 – bueno", "3 – regular", "2 – deficiente", "1 – malo"),
        comment="Comentario (opcional)",
        send="Enviar valoración",
        choose="Elija una valoración del 1 al 5.",
        too_long="El comentario puede tener como máximo 1000 caracteres.",
        thanks="Muchas gracias",
        rated="Esta visita ya está valorada. El enlace no se puede usar otra vez.",
        expired="Este enlace ha caducado. Si quiere decirnos algo, responda a nuestro correo o llámenos.",
        invalid="Este enlace no es válido. Ábralo otra vez desde nuestro correo o copie la dirección completa.",
        not_done="El trabajo de esta visita no está terminado; todavía no se puede valorar.",
    ),
}


def language_of(header: str) -> str:
    """The language of a reader who is not known, from the `Accept-Language` header."""
    spanish = header.strip().lower().startswith("es")
    return Customer.Language.SPANISH if spanish else Customer.Language.ENGLISH
