"""Record actions: operations on one record, each with a button on the page of the record and its own URL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.bulk_results import Remedy, do_each, report
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.permissions import person, require
from smartscheduler.adminsite.registry import Extensions, ListView, RecordView, extensions_of, route_name
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.adminsite.visibility import VisibleFieldsAdmin
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError

LONGEST_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class RecordAction:
    """An operation on one record.

    `run(record, actor, **form_values)` calls a service and returns the record for the next page. `allowed` checks the
    permissions, `possible` the state of the record. An action without a form, or whose `form(record)` is None, runs on
    one click, with the values of `shown`, what the page has shown. The submit button of a form shows `submit`, by
    default the label. `{0}` in `question` and `done` is the record.
    """

    name: str
    label: LazyText
    icon: str
    question: LazyText
    done: LazyText
    run: Callable[..., Any]
    allowed: Callable[[User, Any], bool]
    possible: Callable[[Any], bool]
    form: Callable[[Any], type[BaseForm] | None] | None = None
    shown: Callable[[Any], dict[str, str]] = lambda record: {}
    # Consequences as sentences, for example which slot becomes free and which contractor is notified.
    consequences: Callable[[Any], Sequence[LazyText]] | None = None
    submit: LazyText = ""
    danger: bool = False
    main: bool = False

    def is_offered(self, user: User, record: models.Model) -> bool:
        """Whether the state of the record and the permissions of `user` allow the action now."""
        return self.possible(record) and self.allowed(user, record)

    def form_of(self, record: models.Model) -> type[BaseForm] | None:
        return self.form(record) if self.form else None


class RecordAdmin(VisibleFieldsAdmin):
    """ModelAdmin with record actions and record pages, its own and registered ones.

    Each has a button above the form and the URL `<id>/<name>/`.
    """

    record_actions: ClassVar[Sequence[RecordAction]] = ()
    change_form_outer_before_template = "admin/includes/record_head.html"

    @property
    def extensions(self) -> Extensions:
        return extensions_of(self.model)

    @property
    def all_actions(self) -> list[RecordAction]:
        return [*self.record_actions, *self.extensions.actions]

    def get_urls(self) -> list[URLPattern]:
        views = [self._path(view.name, partial(self.record_view, view=view)) for view in self.extensions.views]
        actions = [self._path(action.name, partial(self.action_view, action=action)) for action in self.all_actions]
        lists = [
            path(
                f"{view.name}/",
                self.admin_site.admin_view(partial(self.list_view, view=view)),
                name=self._route(view.name),
            )
            for view in self.extensions.list_views
        ]
        return [*lists, *views, *actions, *super().get_urls()]

    def _path(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(f"<uuid:object_id>/{name}/", self.admin_site.admin_view(view), name=self._route(name))

    def _route(self, name: str) -> str:
        return route_name(self.model, name)

    def address(self, name: str, record: models.Model) -> str:
        return reverse(f"{self.admin_site.name}:{self._route(name)}", args=[record.pk])

    def zone_of(self, record: Any) -> tzinfo:
        """Time zone in which the form of an action shows and parses times."""
        return getattr(record, "zone", ZoneInfo("UTC"))

    def record_or_404(self, request: HttpRequest, object_id: UUID) -> Any:
        # The unredacted record: actions and rankings need the stored values.
        record = self.whole(request, str(object_id))
        if record is None:
            raise Http404
        return record

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *(display for _title, display in self.extensions.sections)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The sections of the form, followed by the registered sections for an existing record."""
        own = super().get_fieldsets(request, obj)
        if obj is None:
            return own
        return [*own, *((title, {"fields": (display,)}) for title, display in self.extensions.sections)]

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        """Buttons for what the user can do with the record in its current state, sorted by weight."""
        buttons = [*self._action_buttons(request, record), *self._view_buttons(request, record)]
        for function in self.extensions.buttons:
            buttons += function(request, record)
        return sorted(buttons, key=lambda button: button.weight)

    def _action_buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return [
            Button(
                label=action.label,
                icon=action.icon,
                url=self.address(action.name, record),
                post=action.form_of(record) is None,
                values=action.shown(record),
                main=action.main,
                danger=action.danger,
                weight=Weight.DANGER if action.danger else Weight.ACTION,
            )
            for action in self.all_actions
            if action.is_offered(person(request), record)
        ]

    def _view_buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return [
            Button(
                label=view.button.label,
                icon=view.button.icon,
                url=self.address(view.name, record),
                main=view.button.main,
                weight=view.button.weight,
            )
            for view in self.extensions.views
            if view.button and view.is_offered(person(request), record)
        ]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        # A refused form has put its values, which can be invalid, into the record.
        stored = self.get_object(request, str(obj.pk)) if obj and request.method == "POST" else obj
        context["buttons"] = self.buttons(request, stored) if stored else []
        notices = [notice(request, stored) for notice in self.extensions.notices] if stored else []
        context["notices"] = list(filter(None, notices))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Go to the registered page of a new record, unless another button than Save was clicked."""
        usual = super().response_add(request, obj, post_url_continue)
        function = self.extensions.page_after_adding
        url = function(request, obj) if function and "_save" in request.POST and "_popup" not in request.POST else ""
        return redirect(url) if url else usual

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        for function in self.extensions.after_change:
            function(request, obj)
        return super().response_change(request, obj)

    def record_view(self, request: HttpRequest, object_id: UUID, *, view: RecordView) -> HttpResponse:
        """A registered page."""
        record = self.record_or_404(request, object_id)
        require(request, view.permission)
        return view.view(request, record, self)

    def list_view(self, request: HttpRequest, *, view: ListView) -> HttpResponse:
        """A registered page about several records."""
        require(request, view.permission)
        return view.view(request, self)

    def action_view(self, request: HttpRequest, object_id: UUID, *, action: RecordAction) -> HttpResponse:
        """GET: ask for confirmation. POST: run the action. A refusal is shown on its fields or above the form."""
        record = self.record_or_404(request, object_id)
        if not action.allowed(person(request), record):
            raise PermissionDenied
        with timezone.override(self.zone_of(record)):
            form_class = action.form_of(record) or _form_with(action.shown(record))
            form = form_class(request.POST if request.method == "POST" else None)
            refusal = None
            if request.method == "POST" and form.is_valid():
                try:
                    return self._acted(request, action, action.run(record, person(request), **form.cleaned_data))
                except DomainError as error:
                    refusal = error
                    show_refusal(form, error)
            return self._action_page(request, action, record, form, refusal).render()

    def _acted(self, request: HttpRequest, action: RecordAction, record: models.Model) -> HttpResponse:
        """Redirect to the registered next page, else to the previous page, else to the record."""
        messages.success(request, action.done.format(record))
        usual = way_back(request, self.address("change", record))
        next_page = self.extensions.next_pages.get(action.name)
        return redirect(next_page(record, usual) if next_page else usual)

    def _action_page(
        self, request: HttpRequest, action: RecordAction, record: Any, form: BaseForm, refusal: DomainError | None
    ) -> TemplateResponse:
        panel = self.extensions.action_panels.get(action.name)
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "action": action,
            "question": action.question.format(record),
            "consequences": action.consequences(record) if action.consequences else [],
            "form": form,
            "refusal": refusal,
            "back": way_back(request, self.address("change", record)),
            "media": self.media + form.media,
            "panel": panel(request, record) if panel else None,
        }
        return TemplateResponse(request, "admin/action.html", context)


def _form_with(shown: Mapping[str, str]) -> type[forms.Form]:
    """A form of hidden fields with what the page has shown."""
    fields = {
        name: LineFormField(required=False, max_length=LONGEST_SHOWN, widget=forms.HiddenInput(), initial=value)
        for name, value in shown.items()
    }
    return type("ShownForm", (forms.Form,), fields)


def for_each(
    request: HttpRequest,
    records: models.QuerySet[Any],
    service: Callable[[Any], Any],
    *,
    done: LazyText,
    remedy: Callable[[Any], Remedy] | None = None,
    follow_up: Callable[[Any], Remedy] | None = None,
) -> None:
    """Run `service` for each record independently, and report success or the reason of the refusal for each.

    `remedy` returns the URL and the text of a link that helps to resolve a refusal, `follow_up` those of a link to what
    a success leaves to be done.
    """
    report(request, do_each(records.order_by("pk"), service, remedy, follow_up), done)


def ask_for_each(
    admin: ModelAdmin,
    request: HttpRequest,
    records: models.QuerySet[Any],
    service: Callable[..., Any],
    *,
    action: str,
    form_class: type[BaseForm],
    title: str,
    question: str,
    done: LazyText,
    danger: bool = False,
    follow_up: Callable[[Any], Remedy] | None = None,
) -> HttpResponse | None:
    """Ask for the values of a form, then run `service(record, **values)` for each selected record.

    Returns the page with the question, or None after the results are reported.
    """
    form = form_class(request.POST if "confirmed" in request.POST else None)
    if form.is_valid():
        values = form.cleaned_data
        for_each(request, records, lambda record: service(record, **values), done=done, follow_up=follow_up)
        return None
    context = {
        **admin.admin_site.each_context(request),
        "title": title,
        "opts": admin.opts,
        "action": action,
        "question": question,
        "records": records.order_by("pk"),
        "form": form,
        "danger": danger,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_selected.html", context)
