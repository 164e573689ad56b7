"""The one base of every page about a model: scope, 404 before 403, one write path, no deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin as ThemeAdmin
from unfold.mixins import ActionModelAdminMixin

from accounts.policy import NotAllowed, NotVisible, Policy, has_policy, policy_for
from audit.acts import act
from audit.faults import Refused
from audit.guard import is_tracked

from .exports import ExportPages
from .forms import REASON, ReasonedForm
from .history import HistoryPages
from .keyset import KeysetChangeList
from .permissions import forget, may, may_on
from .verb_pages import VerbPages


def scoped_choices(db_field: models.Field, request: HttpRequest) -> QuerySet:
    """What a form may offer and accept for a relation: what the user can see, by the related model's own policy."""
    related = db_field.remote_field.model
    if not has_policy(related):
        raise ImproperlyConfigured(f"{db_field} points to {related._meta.label}, which has no policy")
    return policy_for(related).scope(request.user, "view")


class BaseAdmin(VerbPages, HistoryPages, ExportPages, ThemeAdmin):
    """Every ModelAdmin of ours derives from this; `backoffice.checks` refuses any other.

    What a user sees and may do comes from the model's policy alone, never from Django's model permissions and never
    from `is_superuser`. Outside the view scope every address of an object answers 404, inside without the right 403.
    """

    form = ReasonedForm
    change_form_template = "backoffice/change_form.html"
    change_list_template = "backoffice/change_list.html"
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 20
    list_max_show_all = 100
    list_fullwidth = True
    list_filter_submit = True
    save_on_top = False
    actions = ()
    view_on_site = False
    show_full_result_count = False
    changeable = True
    """False: the page is read; what can be done with the object are its verbs."""
    addable = True
    keyset: Sequence[str] = ()
    """The order of a big table's list: columns that end with the key, served by one index, all in one direction."""
    link_filters: Sequence[str] = ()
    """Lookups that links to the list may carry beside `list_filter`, for instance from the workbench's figures."""

    @property
    def policy(self) -> type[Policy]:
        return policy_for(self.model)

    # --- scope and permissions ----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = self.policy.scope(request.user, "view")
        ordering = self.get_ordering(request)
        return queryset.order_by(*ordering) if ordering else queryset

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        """The object, locked when it is about to be written; 404 outside the user's scope, on every page."""
        queryset = self.get_queryset(request)
        if getattr(request, "_writing", False):
            queryset = queryset.select_related(None).select_for_update(of=("self",))
        field = self.opts.pk if from_field is None else self.opts.get_field(from_field)
        try:
            found = queryset.filter(**{field.name: field.to_python(object_id)}).first()
        except (ValueError, ValidationError):
            found = None
        if found is None:
            raise NotVisible("没有找到这条数据。")
        return found

    def _permits(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        if obj is None:
            return may(request, verb, self.model)
        if not isinstance(obj, Model):
            # The theme hands primary keys over as text here and there: never guess.
            raise TypeError(f"permission asked about {obj!r}, which is no {self.opts.label}")
        if obj.pk is None:
            return may(request, verb, self.model)
        return may_on(request, verb, obj, also=self._page_verbs())

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._permits(request, "view", obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.changeable and "change" in self.policy.rules and self._permits(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.addable and self.policy.may_create(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here: things are withdrawn, ended or switched off, with a reason."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._permits(request, "view", None)

    # --- lists --------------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Past the theme's own version, which keeps the request on this shared object (trap 5).
        context = {
            "actions_list": [],
            "actions_row": [],
            **self.export_context(request),
            **(extra_context or {}),
        }
        return super(ActionModelAdminMixin, self).changelist_view(request, context)

    @property
    def media(self) -> forms.Media:
        media = super().media
        for entry in self.list_filter:
            kind = entry[1] if isinstance(entry, (tuple, list)) else entry
            form = getattr(kind, "form_class", None)
            if form is not None and hasattr(form, "Media"):
                media += forms.Media(form.Media)
        return media

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return KeysetChangeList if self.keyset else super().get_changelist(request, **kwargs)

    def get_ordering(self, request: HttpRequest) -> Any:
        return self.keyset or super().get_ordering(request)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return () if self.keyset else super().get_sortable_by(request)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters offered: Django's own rule lets an address probe any column, sealed ones too."""
        offered = set(self.link_filters)
        for entry in self.get_list_filter(request):
            name = entry[0] if isinstance(entry, (tuple, list)) else entry
            offered.add(name if isinstance(name, str) else getattr(name, "parameter_name", ""))
        return any(
            lookup == name or lookup.startswith((f"{name}__", f"{name}_from", f"{name}_to"))
            for name in offered - {""}
        )

    # --- relations ----------------------------------------------------------------------------------------

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", scoped_choices(db_field, request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", scoped_choices(db_field, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- the object's page --------------------------------------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], add: bool = False, change: bool = False,
        form_url: str = "", obj: Model | None = None,
    ) -> HttpResponse:  # fmt: skip
        context["show_history"] = obj is not None and is_tracked(self.model)
        if obj is not None:
            context["verb_buttons"] = self.buttons(request, obj)
            context.update(self.page_context(request, obj))
        return super().render_change_form(
            request, context, add=add, change=change, form_url=form_url, obj=obj
        )

    def page_context(self, request: HttpRequest, obj: Model) -> dict[str, Any]:
        """Further values for an object's page; its template extends `backoffice/change_form.html`."""
        return {}

    # --- writing ------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": [REASON]}))
        return fieldsets

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "_refusal", "")
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        # Django runs a POST in one transaction: the object is locked before the form looks at it (trap 19).
        request._writing = request.method == "POST"  # type: ignore[attr-defined]
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            # The transaction is rolled back; the same form comes back with the entries and the sentence.
            request._refusal = refusal.message  # type: ignore[attr-defined]
            forget(request)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Nothing yet: the row and its inline rows are written together by `perform_save`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        self.perform_save(request, form.instance, form, formsets, change)

    def perform_save(self, request: HttpRequest, obj: Model, form: Any, formsets: Any, change: bool) -> None:
        """Write what the form says: one act, named fields. Admins whose model has a service override this with it."""
        touched = [formset for formset in formsets if formset.has_changed()]
        if change and not form.changed_columns and not touched:
            return
        verb = f"{self.opts.model_name}.{'change' if change else 'create'}"
        with transaction.atomic(), act(
            verb, actor=request.user, on=obj if change else None, reason=form.reason,
            data={"fields": form.changed_columns},
        ):  # fmt: skip
            if not change:
                obj.save()
            elif form.changed_columns:
                # The row was read under lock in this transaction (get_object), so the object is the row.
                obj.save(update_fields=form.changed_columns)
            for formset in touched:
                self.save_formset(request, form, formset, change=change)
            if not self.policy.allows(request.user, "view", obj):
                raise NotAllowed("保存后这条数据将不在您的权限范围内,未保存。")
        forget(request)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> str:
        return ""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The journal knows it already; Django's own log would be a second, weaker one."""

    log_change = log_addition

    # --- addresses ----------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Only the addresses that exist here: none to delete, none of simple-history's or import-export's forms."""
        stem = f"{self.opts.app_label}_{self.opts.model_name}"

        def guarded(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        return [
            *self.own_urls(),
            *self.verb_urls(guarded, stem),
            *self.export_urls(guarded, stem),
            path("", guarded(self.changelist_view), name=f"{stem}_changelist"),
            path("add/", guarded(self.add_view), name=f"{stem}_add"),
            path("<path:object_id>/history/", guarded(self.history_view), name=f"{stem}_history"),
            path("<path:object_id>/change/", guarded(self.change_view), name=f"{stem}_change"),
        ]

    def own_urls(self) -> list[URLPattern]:
        """Further pages of an admin; wrap their views in `self.admin_site.admin_view`."""
        return []

    def fetch(self, request: HttpRequest, object_id: str) -> Model:
        """The object for a page of one's own: in scope, or 404."""
        return self.get_object(request, unquote(object_id))

    def refuse(self) -> NoReturn:
        raise NotAllowed("您可以查看这条数据,但没有办理这一步的权限。")

    def tell(self, request: HttpRequest, refusal: Refused) -> None:
        self.message_user(request, refusal.message, messages.ERROR)
