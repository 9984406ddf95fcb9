from typing import Any, ClassVar

from django.contrib import admin
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.utils.functional import _StrOrPromise
from unfold.mixins import BaseModelAdminMixin

# Not generic: at run time these classes take no type argument.
class ModelAdmin(BaseModelAdminMixin, admin.ModelAdmin[Any]):
    add_fieldsets: Any
    compressed_fields: ClassVar[bool]
    warn_unsaved_form: ClassVar[bool]
    list_filter_submit: ClassVar[bool]
    list_filter_sheet: ClassVar[bool]
    list_fullwidth: ClassVar[bool]
    list_disable_select_all: ClassVar[bool]
    list_before_template: ClassVar[str | None]
    list_after_template: ClassVar[str | None]
    change_form_before_template: ClassVar[str | None]
    change_form_after_template: ClassVar[str | None]
    change_form_outer_before_template: ClassVar[str | None]
    change_form_outer_after_template: ClassVar[str | None]
    # Django's own, which django-stubs leaves out.
    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Options[Any], object_id: str
    ) -> HttpResponse: ...

class TabularInline(BaseModelAdminMixin, admin.TabularInline[Any, Any]):
    tab: bool
    per_page: ClassVar[int | None]
    show_count: ClassVar[bool]
    hide_title: ClassVar[bool]
    collapsible: ClassVar[bool]
    verbose_name: _StrOrPromise | None
