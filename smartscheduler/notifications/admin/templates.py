"""Admin of the texts of messages to customers: edited with a preview."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.form_fields import version_field
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.errors import DomainError
from smartscheduler.notifications.customer_content import text_of
from smartscheduler.notifications.models import LONGEST_BODY, LONGEST_SUBJECT, MessageTemplate
from smartscheduler.notifications.services import update_template
from smartscheduler.notifications.standard_texts import Text, standard_text
from smartscheduler.notifications.template_preview import Preview, preview
from smartscheduler.notifications.template_text import PLACEHOLDERS, check_text


class TemplateForm(forms.Form):
    """The text of a template. An empty field stands for the standard text."""

    is_enabled = forms.BooleanField(label=_("Send these messages"), required=False, widget=UnfoldBooleanSwitchWidget())
    subject = LineFormField(
        label=_("Subject"), required=False, max_length=LONGEST_SUBJECT, widget=UnfoldAdminTextInputWidget()
    )
    body = NotesFormField(
        label=_("Text"),
        required=False,
        max_length=LONGEST_BODY,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 14}),
        help_text=_("Leave the subject or the text empty to use the standard one."),
    )
    version = version_field()

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind

    def clean(self) -> dict[str, Any]:
        for name in ("subject", "body"):
            if name in self.cleaned_data:
                try:
                    check_text(self._kind, name, self.cleaned_data[name])
                except DomainError as refusal:
                    show_refusal(self, refusal)
        return self.cleaned_data


@admin.register(MessageTemplate)
class MessageTemplateAdmin(HistoryAdmin, ListAdmin):
    list_display = ("kind", "language", "is_on", "is_own", "shown_subject")
    list_display_links = ("kind",)
    list_filter = ("language",)
    ordering = ("kind", "language")
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: MessageTemplate | None = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET: the text that is sent now. POST: preview the typed text, or save it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        template = self._template(object_id)
        if request.method != "POST":
            shown = text_of(template, template.kind, template.language)
            form = TemplateForm(
                kind=template.kind,
                initial={"is_enabled": template.is_enabled, "version": template.version, **shown._asdict()},
            )
            return self._page(request, template, form, shown)
        form = TemplateForm(request.POST, kind=template.kind)
        if form.is_valid() and "preview" not in request.POST:
            try:
                return self._save(request, template, form)
            except DomainError as refusal:
                show_refusal(form, refusal)
        return self._page(request, template, form, self._typed(template, form) if form.is_valid() else None)

    def _template(self, object_id: str) -> MessageTemplate:
        try:
            return get_object_or_404(MessageTemplate, pk=UUID(object_id))
        except ValueError as error:
            raise Http404 from error

    def _typed(self, template: MessageTemplate, form: TemplateForm) -> Text:
        standard = standard_text(template.kind, template.language)
        return Text(form.cleaned_data["subject"] or standard.subject, form.cleaned_data["body"] or standard.body)

    def _save(self, request: HttpRequest, template: MessageTemplate, form: TemplateForm) -> HttpResponse:
        values = {name: form.cleaned_data[name] for name in ("is_enabled", "subject", "body")}
        update_template(template_id=template.pk, actor=person(request), based_on=form.cleaned_data["version"], **values)
        messages.success(request, gettext("The text is saved. Messages that are queued get it too."))
        return redirect(reverse("admin:notifications_messagetemplate_changelist"))

    def _page(
        self, request: HttpRequest, template: MessageTemplate, form: TemplateForm, text: Text | None
    ) -> HttpResponse:
        shown: Preview | None = preview(template.kind, template.language, text) if text else None
        context = {
            **self.admin_site.each_context(request),
            "title": str(template),
            "opts": self.opts,
            "original": template,
            "form": form,
            "media": self.media + form.media,
            "placeholders": [f"{{{name}}}" for name in PLACEHOLDERS[template.kind]],
            "preview": shown,
            "history": reverse("admin:notifications_messagetemplate_history", args=[template.pk]),
            "back": reverse("admin:notifications_messagetemplate_changelist"),
        }
        return TemplateResponse(request, "admin/notifications/template.html", context)

    @display(description=_("State"), ordering="is_enabled")
    def is_on(self, template: MessageTemplate) -> SafeString:
        if template.is_enabled:
            return badge("active", gettext("On"))
        return badge("inactive", gettext("Off"))

    @display(description=_("Text"))
    def is_own(self, template: MessageTemplate) -> str:
        return gettext("Your text") if template.subject or template.body else gettext("Standard text")

    @display(description=_("Subject"))
    def shown_subject(self, template: MessageTemplate) -> str:
        return text_of(template, template.kind, template.language).subject
