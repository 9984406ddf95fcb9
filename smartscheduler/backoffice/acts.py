"""Acts: things to do with one record, each a button on its page and an address of its own."""

from collections.abc import Callable, Iterator, Sequence
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
from smartscheduler.backoffice.limited import LimitedAdmin
from smartscheduler.backoffice.outcomes import do_each, report
from smartscheduler.backoffice.people import person
from smartscheduler.backoffice.returning import way_back
from smartscheduler.backoffice.writing import show_refusal
from smartscheduler.errors import DomainError


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing to do with a record.

    `run(record, actor, **values of the form)` calls a service and returns the record to go on with.
    `allowed` asks the policy, `possible` the record's state; an act without a form is done by one click,
    the button of a form says `submit`, else the label.
    """

    name: str
    label: str
    icon: str
    question: str
    done: str
    run: Callable[..., Any]
    allowed: Callable[[User, Any], bool]
    possible: Callable[[Any], bool]
    form: Callable[[Any], type[BaseForm]] | None = None
    # What follows from it, as sentences: what becomes free, who is told.
    consequences: Callable[[Any], Sequence[str]] | None = None
    submit: str = ""
    danger: bool = False
    main: bool = False


class ActsAdmin(LimitedAdmin):
    """A ModelAdmin with acts: buttons above the form, addresses `<id>/<name>/`."""

    acts: ClassVar[Sequence[Act]] = ()
    change_form_outer_before_template = "admin/includes/acts.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:object_id>/{act.name}/",
                self.admin_site.admin_view(partial(self.act_view, act=act)),
                name=self._route(act.name),
            )
            for act in self.acts
        ]
        return [*own, *super().get_urls()]

    def _route(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def address(self, name: str, record: models.Model) -> str:
        return reverse(f"{self.admin_site.name}:{self._route(name)}", args=[record.pk])

    def zone_of(self, record: Any) -> tzinfo:
        """The clock by which the instants of an act are read."""
        return getattr(record, "zone", ZoneInfo("UTC"))

    def record_or_404(self, request: HttpRequest, object_id: UUID) -> Any:
        # Itself, not as somebody may see it: acts and rankings go by what is there.
        record = self.whole(request, str(object_id))
        if record is None:
            raise Http404
        return record

    def buttons(self, request: HttpRequest, record: Any) -> Iterator[dict[str, Any]]:
        """What the person may do with the record in its present state."""
        for act in self.acts:
            if act.possible(record) and act.allowed(person(request), record):
                yield {"act": act, "url": self.address(act.name, record), "post": act.form is None}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        context["acts"] = list(self.buttons(request, obj)) if obj else []
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def act_view(self, request: HttpRequest, object_id: UUID, *, act: Act) -> HttpResponse:
        """GET asks, POST does it; a refusal is shown above the form, by field where it names one."""
        record = self.record_or_404(request, object_id)
        if not act.allowed(person(request), record):
            raise PermissionDenied
        with timezone.override(self.zone_of(record)):
            form_class = act.form(record) if act.form else forms.Form
            form = form_class(request.POST if request.method == "POST" else None)
            refusal = None
            if request.method == "POST" and form.is_valid():
                try:
                    return self._acted(request, act, act.run(record, person(request), **form.cleaned_data))
                except DomainError as error:
                    refusal = error
                    show_refusal(form, error)
            return self._act_page(request, act, record, form, refusal).render()

    def _acted(self, request: HttpRequest, act: Act, record: models.Model) -> HttpResponse:
        messages.success(request, act.done.format(record))
        return redirect(self.leads_to(request, act, record))

    def leads_to(self, request: HttpRequest, act: Act, record: Any) -> str:
        """Where to go on after an act: the way back, else the record's page."""
        return way_back(request, self.address("change", record))

    def act_context(self, request: HttpRequest, act: Act, record: Any) -> dict[str, Any]:
        """What the page of an act shows besides: the template `details`; with `blocked`, instead of its button."""
        return {}

    def _act_page(
        self, request: HttpRequest, act: Act, record: Any, form: BaseForm, refusal: DomainError | None
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": act.label,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "act": act,
            "question": act.question.format(record),
            "consequences": act.consequences(record) if act.consequences else [],
            "form": form,
            "refusal": refusal,
            "back": way_back(request, self.address("change", record)),
            "media": self.media + form.media,
            **self.act_context(request, act, record),
        }
        return TemplateResponse(request, "admin/act.html", context)


def for_each(
    request: HttpRequest,
    records: models.QuerySet[Any],
    service: Callable[[Any], Any],
    *,
    done: str,
    remedy: Callable[[Any], tuple[str, str]] | None = None,
) -> None:
    """Do one thing to each record on its own, and report row by row: done, or refused and why.

    `remedy` gives the address and the words of a link to where a refused one can be helped.
    """
    report(request, do_each(records.order_by("pk"), service, remedy), done)
