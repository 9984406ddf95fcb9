"""Record actions: things to do with one record, each a button on its page and an address of its own."""

from collections.abc import Callable, Sequence
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

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.bulk_results import do_each, report
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.permissions import person, require
from smartscheduler.adminsite.registry import Extensions, RecordView, extensions_of, route_name
from smartscheduler.adminsite.return_url import way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.adminsite.visibility import VisibleFieldsAdmin
from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class RecordAction:
    """One thing to do with a record.

    `run(record, actor, **values of the form)` calls a service and returns the record to go on with.
    `allowed` asks the policy, `possible` the record's state; an action without a form is done by one click,
    the button of a form says `submit`, else the label.
    """

    name: str
    label: LazyText
    icon: str
    question: LazyText
    done: LazyText
    run: Callable[..., Any]
    allowed: Callable[[User, Any], bool]
    possible: Callable[[Any], bool]
    form: Callable[[Any], type[BaseForm]] | None = None
    # What follows from it, as sentences: what becomes free, who is told.
    consequences: Callable[[Any], Sequence[str]] | None = None
    submit: LazyText = ""
    danger: bool = False
    main: bool = False

    def is_offered(self, user: User, record: models.Model) -> bool:
        """Whether the record's state and the policy let `user` do it now."""
        return self.possible(record) and self.allowed(user, record)


class RecordAdmin(VisibleFieldsAdmin):
    """A ModelAdmin with actions and pages of a record, its own and registered ones.

    Each has a button above the form and an address `<id>/<name>/`.
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
        return [*views, *actions, *super().get_urls()]

    def _path(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        return path(f"<uuid:object_id>/{name}/", self.admin_site.admin_view(view), name=self._route(name))

    def _route(self, name: str) -> str:
        return route_name(self.model, name)

    def address(self, name: str, record: models.Model) -> str:
        return reverse(f"{self.admin_site.name}:{self._route(name)}", args=[record.pk])

    def zone_of(self, record: Any) -> tzinfo:
        """The clock by which the instants of an action are read."""
        return getattr(record, "zone", ZoneInfo("UTC"))

    def record_or_404(self, request: HttpRequest, object_id: UUID) -> Any:
        # Itself, not as somebody may see it: actions and rankings go by what is there.
        record = self.whole(request, str(object_id))
        if record is None:
            raise Http404
        return record

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*super().get_readonly_fields(request, obj), *(display for _title, display in self.extensions.sections)]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The sections of the form, and below them the registered ones of a record that exists."""
        own = super().get_fieldsets(request, obj)
        if obj is None:
            return own
        return [*own, *((title, {"fields": (display,)}) for title, display in self.extensions.sections)]

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        """What the user may do with the record in its present state, in the order of the weights."""
        found = [*self._action_buttons(request, record), *self._view_buttons(request, record)]
        for function in self.extensions.buttons:
            found += function(request, record)
        return sorted(found, key=lambda button: button.weight)

    def _action_buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        return [
            Button(
                label=action.label,
                icon=action.icon,
                url=self.address(action.name, record),
                post=action.form is None,
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
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["buttons"] = self.buttons(request, obj) if obj else []
        notices = [notice(request, obj) for notice in self.extensions.notices] if obj else []
        context["notices"] = list(filter(None, notices))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        for function in self.extensions.after_change:
            function(request, obj)
        return super().response_change(request, obj)

    def record_view(self, request: HttpRequest, object_id: UUID, *, view: RecordView) -> HttpResponse:
        """A registered page."""
        record = self.record_or_404(request, object_id)
        require(request, view.permission)
        return view.view(request, record, self)

    def action_view(self, request: HttpRequest, object_id: UUID, *, action: RecordAction) -> HttpResponse:
        """GET asks, POST does it; a refusal is shown above the form, by field where it names one."""
        record = self.record_or_404(request, object_id)
        if not action.allowed(person(request), record):
            raise PermissionDenied
        with timezone.override(self.zone_of(record)):
            form_class = action.form(record) if action.form else forms.Form
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
        """Back to where the user came from, else to the record, unless an app has registered another next page."""
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


def for_each(
    request: HttpRequest,
    records: models.QuerySet[Any],
    service: Callable[[Any], Any],
    *,
    done: LazyText,
    remedy: Callable[[Any], tuple[str, str]] | None = None,
) -> None:
    """Do one thing to each record on its own, and report row by row: done, or refused and why.

    `remedy` gives the address and the words of a link to where a refused one can be helped.
    """
    report(request, do_each(records.order_by("pk"), service, remedy), done)
