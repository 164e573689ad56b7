"""The one base of every page about a model: scope, 404 before 403, one write path, no deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.admin import ModelAdmin as ThemeAdmin
from unfold.mixins import ActionModelAdminMixin

from accounts.policy import NotAllowed, NotVisible, Policy, policy_for
from audit.faults import Refused
from audit.guard import is_tracked

from .exports import ExportPages
from .history import HistoryPages
from .keyset import HouseChangeList, KeysetChangeList
from .permissions import may, may_on
from .reading import asking_for_persons, remember_reading
from .relations import ScopedRelations
from .reveal_pages import RevealPages
from .verb_pages import VerbPages
from .who import WhoPages
from .writing import SEEN, Writing

_LOOKUPS = frozenset(
    (
        "", "__exact", "__in", "__isnull", "__id__exact", "__pk__exact", "__id__in", "__gt", "__gte", "__lt",
        "__lte", "_from", "_to", "_from_0", "_from_1", "_to_0", "_to_1",
    )
)  # fmt: skip
"""What an address may ask of a column that a filter offers; nothing that walks on into a related table."""


class BaseAdmin(
    RevealPages, VerbPages, WhoPages, HistoryPages, ExportPages, Writing, ScopedRelations, ThemeAdmin
):
    """Every ModelAdmin of ours derives from this; `backoffice.checks` refuses any other.

    What a user sees and may do comes from the model's policy alone, never from Django's model permissions and
    never from `is_superuser`. Outside the view scope every address of an object answers 404, inside it
    without the right 403.
    """

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
    shows_numbers = ""
    """Why its pages show mobile numbers as somebody typed them; empty: they are masked (`backoffice.typed_numbers`)."""
    keyset: Sequence[str] = ()
    """The order of a big table's list: columns ending with the key, in one direction, served by one index."""
    empty_list = ""
    """What an empty list says when nothing is searched for: how rows come here."""
    link_filters: Sequence[str] = ()
    """Lookups that links to the list may carry beside `list_filter`, for instance the workbench's figures."""

    @property
    def policy(self) -> type[Policy]:
        return policy_for(self.model)

    # --- scope and permissions --------------------------------------------------------------------

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
            wanted = queryset.filter(**{field.name: field.to_python(object_id)})
            found = asking_for_persons(request, wanted).first()
        except (ValueError, ValidationError):
            found = None
        if found is None:
            raise NotVisible("没有找到这条数据。")
        remember_reading(found)
        return found

    def fetch(self, request: HttpRequest, object_id: str) -> Model:
        """The object for a page of one's own: in scope, or 404."""
        return self.get_object(request, unquote(object_id))

    def _permits(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        if obj is None:
            return may(request, verb, self.model)
        if not isinstance(obj, Model):
            # The theme hands primary keys over as text here and there (trap 4): never guess.
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

    def refuse(self) -> NoReturn:
        raise NotAllowed("您可以查看这条数据，但没有办理这一步的权限。")

    def tell(self, request: HttpRequest, refusal: Refused) -> None:
        self.message_user(request, refusal.message, messages.ERROR)

    # --- lists ------------------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Past the theme's own version, which keeps the request on this shared object (trap 5).
        context = {"actions_list": [], "actions_row": [], **self.export_context(request)}
        return super(ActionModelAdminMixin, self).changelist_view(request, context | (extra_context or {}))

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
        return KeysetChangeList if self.keyset else HouseChangeList

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
            lookup.removeprefix(name) in _LOOKUPS for name in offered - {""} if lookup.startswith(name)
        )

    # --- the object's page ------------------------------------------------------------------------

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        context.setdefault("show_save_and_add_another", False)
        context["show_history"] = obj is not None and is_tracked(self.model)
        if obj is not None:
            context["verb_buttons"] = self.buttons(request, obj)
            if self.has_change_permission(request, obj):
                context |= {"seen_name": SEEN, "seen": self.newest_history(obj)}
            context |= self.page_context(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def page_context(self, request: HttpRequest, obj: Model) -> dict[str, Any]:
        """Further values for an object's page; its template extends `backoffice/change_form.html`."""
        return {}

    # --- addresses --------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Only the addresses that exist here: none to delete, none of simple-history's or import-export's."""
        stem = f"{self.opts.app_label}_{self.opts.model_name}"

        def guarded(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        return [
            *self.own_urls(),
            *self.reveal_urls(guarded, stem),
            *self.verb_urls(guarded, stem),
            *self.export_urls(guarded, stem),
            *self.who_urls(guarded, stem),
            path("", guarded(self.changelist_view), name=f"{stem}_changelist"),
            path("add/", guarded(self.add_view), name=f"{stem}_add"),
            path("<path:object_id>/history/", guarded(self.history_view), name=f"{stem}_history"),
            path("<path:object_id>/change/", guarded(self.object_page), name=f"{stem}_change"),
        ]

    def own_urls(self) -> list[URLPattern]:
        """Further pages of an admin; wrap their views in `self.admin_site.admin_view`."""
        return []
