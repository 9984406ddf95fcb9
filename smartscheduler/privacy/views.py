"""Personal data pages for administrators: search for a person, export the stored data, erase in two steps."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import person, require
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.core.db.text_fields import LineFormField, SearchFormField
from smartscheduler.core.text import fold
from smartscheduler.errors import DomainError, InvalidInput
from smartscheduler.privacy import data_export, data_subjects
from smartscheduler.privacy.customer_search import CustomerMatch, find_customer
from smartscheduler.privacy.data_subjects import Subject
from smartscheduler.privacy.models import Erasure

MOST_ERASURES = 50
FORMS = {
    "json": ("application/json", data_export.as_json),
    "txt": ("text/plain; charset=utf-8", data_export.as_text),
}


class CustomerForm(forms.Form):
    """Search for a customer by name or phone number. The administrator then chooses from the matching jobs."""

    name = SearchFormField(label=_("Name"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget())
    phone = SearchFormField(label=_("Phone number"), max_length=40, required=False, widget=UnfoldAdminTextInputWidget())


class ErasingForm(forms.Form):
    """Confirmation of an erasure: the name must be typed, so that a wrong click erases no data."""

    typed = LineFormField(max_length=254, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any, *, expected: str) -> None:
        super().__init__(data)
        self.expected = expected
        self.fields["typed"].label = gettext("Type “{name}” to erase").format(name=expected)

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if fold(typed) != fold(self.expected):
            raise forms.ValidationError(gettext("The name does not match. Nothing was erased."))
        return typed


@require_safe
@never_cache
def personal_data(request: HttpRequest) -> HttpResponse:
    """Search for the jobs of a customer by `?name=&phone=`, and list the latest erasures."""
    require(request, Permission.MANAGE_PERSONAL_DATA)
    asked = any(request.GET.get(name, "").strip() for name in ("name", "phone"))
    form = CustomerForm(request.GET if asked else None)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Personal data"),
        "form": form,
        "asked": asked,
        "matches": _matches(form) if asked else [],
        "erasures": Erasure.objects.select_related("erased_by")[:MOST_ERASURES],
    }
    return TemplateResponse(request, "admin/privacy/overview.html", context)


def _matches(form: CustomerForm) -> list[CustomerMatch]:
    if not form.is_valid():
        return []
    try:
        return find_customer(**form.cleaned_data)
    except InvalidInput as refusal:
        show_refusal(form, refusal)
        return []


def contractor(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _of(request, lambda: data_subjects.contractor(pk))


def user(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _of(request, lambda: data_subjects.user(pk, person(request)))


def customer(request: HttpRequest) -> HttpResponse:
    """The page of the customer with the record `?customer=ID`, or of the jobs `?job=ID&job=ID`."""
    if record := _ids(request.GET.getlist("customer")[:1]):
        return _of(request, lambda: data_subjects.customer_record(record[0]))
    return _of(request, lambda: data_subjects.customer(_ids(request.GET.getlist("job"))))


def _ids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def _of(request: HttpRequest, find: Callable[[], Subject]) -> HttpResponse:
    """GET: show the stored data and the effects of an erasure. POST: export (`export`), or erase after confirmation."""
    require(request, Permission.MANAGE_PERSONAL_DATA)
    try:
        subject = find()
    except ObjectDoesNotExist:
        raise Http404 from None
    if request.POST.get("export") in FORMS:
        try:
            return _file(request, subject)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(request.get_full_path())
    form = ErasingForm(request.POST if request.method == "POST" else None, expected=subject.typed)
    if form.is_valid():
        try:
            erasure = subject.erase(person(request))
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            text = gettext("The personal data was erased. The remaining records are now listed as {pseudonym}.")
            messages.success(request, text.format(pseudonym=erasure.pseudonym))
            return redirect("personal-data")
    return _page(request, subject, form)


def _file(request: HttpRequest, subject: Subject) -> HttpResponse:
    """The export as a file. Only by POST, because the export is recorded in the audit."""
    kind, write = FORMS[request.POST["export"]]
    name = f"personal-data-{subject.kind}.{request.POST['export']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(write(subject.export(person(request))), content_type=kind, headers=headers)


def _page(request: HttpRequest, subject: Subject, form: ErasingForm) -> HttpResponse:
    obstacle = subject.obstacle
    try:
        held = subject.held
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        held = []
    context = {
        **admin.site.each_context(request),
        "title": gettext("Personal data"),
        "subtitle": subject.name,
        "held_title": gettext("Stored data about {name}").format(name=subject.name),
        "erase_title": gettext("Erase {name}").format(name=subject.name),
        "subject": subject,
        "held": held,
        "obstacle": obstacle,
        "blocking": (obstacle.extra.get("assignments", ()) if obstacle else ()),
        "is_erased": subject.is_erased,
        "form": form,
        "back": subject.back,
    }
    return TemplateResponse(request, "admin/privacy/person.html", context)
