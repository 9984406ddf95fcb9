"""The pages of personal data, for administrators: find somebody, hand out what is held, erase in two steps."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
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
from smartscheduler.privacy.customer_search import Found, find_customer
from smartscheduler.privacy.data_subjects import Subject
from smartscheduler.privacy.models import Erasure

MOST_ERASURES = 50
FORMS = {
    "json": ("application/json", data_export.as_json),
    "txt": ("text/plain; charset=utf-8", data_export.as_text),
}


class CustomerForm(forms.Form):
    """Who is looked for; jobs that have the name or the number are shown, and chosen by a person."""

    name = SearchFormField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget())
    phone = SearchFormField(
        label="Telephone number", max_length=40, required=False, widget=UnfoldAdminTextInputWidget()
    )


class ErasingForm(forms.Form):
    """The name once more: no click by mistake erases anybody."""

    typed = LineFormField(max_length=254, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any, *, wanted: str) -> None:
        super().__init__(data)
        self.wanted = wanted
        self.fields["typed"].label = f"Type “{wanted}” to erase"

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if fold(typed) != fold(self.wanted):
            raise forms.ValidationError("This is another name. Nothing was erased.")
        return typed


@require_safe
@never_cache
def personal_data(request: HttpRequest) -> HttpResponse:
    """Finds the jobs of a customer by `?name=&phone=`, and lists who was erased."""
    require(request, Permission.MANAGE_PERSONAL_DATA)
    asked = any(request.GET.get(name, "").strip() for name in ("name", "phone"))
    form = CustomerForm(request.GET if asked else None)
    context = {
        **admin.site.each_context(request),
        "title": "Personal data",
        "form": form,
        "asked": asked,
        "found": _found(form) if asked else [],
        "erasures": Erasure.objects.select_related("erased_by")[:MOST_ERASURES],
    }
    return TemplateResponse(request, "admin/privacy/overview.html", context)


def _found(form: CustomerForm) -> list[Found]:
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
    """Of the jobs `?job=ID&job=ID`."""
    return _of(request, lambda: data_subjects.customer(_ids(request.GET.getlist("job"))))


def _ids(given: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in given]
    except ValueError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def _of(request: HttpRequest, find: Callable[[], Subject]) -> HttpResponse:
    """GET shows what is held and what erasing does; POST hands it out (`export`) or erases, once the name is typed."""
    require(request, Permission.MANAGE_PERSONAL_DATA)
    try:
        found = find()
    except ObjectDoesNotExist:
        raise Http404 from None
    if request.POST.get("export") in FORMS:
        try:
            return _file(request, found)
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(request.get_full_path())
    form = ErasingForm(request.POST if request.method == "POST" else None, wanted=found.typed)
    if form.is_valid():
        try:
            erasure = found.erase(person(request))
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Erased. What is left is called {erasure.pseudonym}.")
            return redirect("personal-data")
    return _page(request, found, form)


def _file(request: HttpRequest, found: Subject) -> HttpResponse:
    """By POST: what is handed out is written down."""
    kind, write = FORMS[request.POST["export"]]
    name = f"personal-data-{found.kind}.{request.POST['export']}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(write(found.export(person(request))), content_type=kind, headers=headers)


def _page(request: HttpRequest, found: Subject, form: ErasingForm) -> HttpResponse:
    obstacle = found.obstacle
    try:
        held = found.held
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        held = []
    context = {
        **admin.site.each_context(request),
        "title": "Personal data",
        "subtitle": found.name,
        "held_title": f"What is held on {found.name}",
        "erase_title": f"Erase {found.name}",
        "subject": found,
        "held": held,
        "obstacle": obstacle,
        "blocking": (obstacle.extra.get("assignments", ()) if obstacle else ()),
        "is_erased": found.is_erased,
        "form": form,
        "back": found.back,
    }
    return TemplateResponse(request, "admin/privacy/person.html", context)
