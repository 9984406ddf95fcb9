"""The page on which a customer rates a completed visit, reached by the signed link of a message."""

from contextlib import suppress
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from assignments.models import Assignment
from assignments.services import rate_assignment
from contractors.models import Rating
from smartscheduler.core.db.text_fields import NotesFormField
from smartscheduler.core.formatting import day_in
from smartscheduler.errors import AlreadyRated
from smartscheduler.notifications.page_texts import RATING, RatingTexts, language_of
from smartscheduler.notifications.rating_links import LinkExpired, LinkInvalid, assignment_of
from smartscheduler.notifications.standard_texts import WORK

LONGEST_COMMENT = 1000
# Best first, as in RatingTexts.stars.
VALUES = [str(value) for value in range(5, 0, -1)]


class RatingForm(forms.Form):
    """The rating and the comment of a customer, with errors in their language."""

    rating = forms.TypedChoiceField(coerce=Decimal, widget=forms.RadioSelect)
    comment = NotesFormField(required=False, max_length=LONGEST_COMMENT)

    def __init__(self, texts: RatingTexts, data: Any = None) -> None:
        super().__init__(data)
        self.texts, rating = texts, self.fields["rating"]
        rating.choices = list(zip(VALUES, texts.stars, strict=True))  # type: ignore[attr-defined]
        rating.error_messages |= {"required": texts.choose, "invalid_choice": texts.choose}
        self.fields["comment"].error_messages["max_length"] = texts.too_long


# The signed link is the only authority, and cookies do not count: a CSRF token would protect nothing, and some mail
# programs open pages without cookies.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate_visit(request: HttpRequest) -> HttpResponse:
    """GET shows the form and changes nothing, because mail scanners follow links. POST rates, once.

    The rating goes through the service of the office. 404 for a link that is not ours, 410 for an expired one.
    """
    try:
        visit = _visit(request.GET.get("visit", ""))
    except LinkExpired:
        return _unusable(request, "expired", HTTPStatus.GONE)
    except (LinkInvalid, Assignment.DoesNotExist):
        return _unusable(request, "invalid", HTTPStatus.NOT_FOUND)
    language = visit.job.customer.language if visit.job.customer else language_of(_accepted(request))
    texts = RATING[language]
    if visit.status != Assignment.Status.COMPLETED:
        return _page(request, language, texts.title, sentence=texts.not_done)
    if Rating.objects.filter(job_id=visit.job_id).exists():
        return _page(request, language, texts.thanks, sentence=texts.rated)
    form = RatingForm(texts, request.POST if request.method == "POST" else None)
    if form.is_valid():
        # After a second click, or a rating by the office at the same moment, the page says that the visit is rated.
        with suppress(AlreadyRated):
            rate_assignment(assignment_id=visit.pk, actor=None, by_customer=True, **form.cleaned_data)
        return redirect(request.get_full_path())
    work = WORK[language][visit.job.type]
    question = texts.question.format(work=work, day=day_in(language, visit.slot.start.astimezone(visit.job.zone)))
    return _page(request, language, texts.title, form=form, texts=texts, question=question)


def _visit(token: str) -> Assignment:
    return Assignment.objects.select_related("job__customer").get(pk=assignment_of(token))


def _accepted(request: HttpRequest) -> str:
    return request.headers.get("Accept-Language", "")


def _unusable(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    language = language_of(_accepted(request))
    texts = RATING[language]
    return _page(request, language, texts.title, sentence=getattr(texts, problem), status=status)


def _page(request: HttpRequest, language: str, title: str, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"language": language, "title": title, "longest_comment": LONGEST_COMMENT}
    return render(request, "customers/rating.html", context, status=status)
