"""Pages of grants (授权): one list for each table, the form that gives one, the button that takes it back.

The rooms register their tables with admins derived from `GrantAdmin`, and put `backoffice.granted.grants_on` into a box of the object's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.db.models import BooleanField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.html import format_html
from import_export.fields import Field as ExportField
from import_export.resources import Resource

from accounts.grants import services
from accounts.grants.reach import grants_of, with_reach
from accounts.grants.rows import DatedGrant, Origin, Right
from accounts.models import Department
from accounts.policy import policy_for
from audit.clock import local_day, today

from .base import BaseAdmin
from .display import display
from .filters import ChoiceFilter, DropdownFilter
from .forms import ReasonedForm
from .granted import SOON, grant_lists, page_of, state_of
from .labels import name_data, name_verbs
from .permissions import may
from .verbs import Verb
from .widgets import dress

name_verbs({"grant.give": "授权", "grant.revoke": "撤销授权"})
name_data(
    {"to": "授予", "right": "权限", "origin": "来由", "since": "自", "until": "至", "basis": "依据文号"},
    values={
        "right": {str(right): str(right.label) for right in Right},
        "origin": {str(origin): str(origin.label) for origin in Origin},
    },
)


class StateFilter(DropdownFilter):
    title = "状态"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("in_force", "有效"),
            ("soon", f"{SOON.days}天内到期"),
            ("later", "未开始"),
            ("over", "已到期"),
            ("lapsed", "已失效"),
            ("revoked", "已撤销"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        day, kept = today(), Q(revoked_at=None)
        rules = {
            "in_force": kept & Q(since__lte=day, until__gte=day, reaches=True),
            "soon": kept & Q(since__lte=day, until__range=(day, day + SOON), reaches=True),
            "later": kept & Q(since__gt=day, reaches=True),
            "over": kept & Q(until__lt=day),
            "lapsed": kept & Q(until__gte=day, reaches=False),
            "revoked": ~kept,
        }
        rule = rules.get(str(self.value()))
        return queryset if rule is None else queryset.filter(rule)


class GrantForm(ReasonedForm):
    """A new grant. Which rights there are, and to whom, the room's table says."""

    right = forms.ChoiceField(label="权限")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grants = grants_of(self._meta.model._meta.get_field("content_object").related_model)
        if grants is None:
            return
        to_body = self._meta.model is grants.departments
        self.fields["right"].choices = [
            (right, label)
            for right, label in grants.rights.items()
            if not (to_body and right == Right.HANDLE)
        ]
        self.fields["until"].help_text = f"含当天，最长{settings.GRANT_LONGEST_DAYS}天，到期自动失效。"
        self.fields["basis"].help_text = "会商函、委托书、检查通知等的文号，没有的不填。"
        if to_body:
            offered = Department.objects.filter(active=True).order_by("level", "code")
            self.fields["department"].queryset = offered
        dress(self.fields.values())


class DepartmentGrantForm(GrantForm):
    department = forms.ModelChoiceField(
        label="被授权机构",
        queryset=Department.objects.none(),
        help_text="该机构现任的录入员、审核员(信用办为经办人、审批人、督查员)都能看见。",
    )


class _Export(Resource):
    """What leaves the house: who may see which number, from when to when, and why."""

    thing = ExportField(column_name="对象")
    grantee = ExportField(column_name="授予")
    right = ExportField(column_name="权限")
    origin = ExportField(column_name="来由")
    reason = ExportField("reason", column_name="理由")
    basis = ExportField("basis", column_name="依据文号")
    since = ExportField("since", column_name="自")
    until = ExportField("until", column_name="至")
    state = ExportField(column_name="状态")
    given_by = ExportField(column_name="授权人")
    revoked = ExportField(column_name="撤销")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset

    def dehydrate_thing(self, given: DatedGrant) -> str:
        return str(given.content_object)

    def dehydrate_grantee(self, given: DatedGrant) -> str:
        return str(given.grantee)

    def dehydrate_right(self, given: DatedGrant) -> str:
        return given.right_label

    def dehydrate_origin(self, given: DatedGrant) -> str:
        return str(given.get_origin_display())

    def dehydrate_state(self, given: DatedGrant) -> str:
        return state_of(given, today())[2]

    def dehydrate_given_by(self, given: DatedGrant) -> str:
        return f"{given.given_by} {local_day(given.given_at)}"

    def dehydrate_revoked(self, given: DatedGrant) -> str:
        if given.revoked_at is None:
            return ""
        return f"{given.revoked_by} {local_day(given.revoked_at)}：{given.revoke_reason}"


def _over(given: DatedGrant, user: Any) -> str:
    if given.revoked_at is not None:
        return f"该授权已于{local_day(given.revoked_at)}撤销。"
    return f"该授权已于{given.until}到期，不需要撤销。" if given.until < today() else ""


class GrantAdmin(BaseAdmin):
    """Given once, taken back with a reason, never rewritten: the list says for ever who was let in, and why."""

    changeable = False
    change_list_template = "backoffice/grants.html"
    heavy_columns: ClassVar[Sequence[str]] = ()
    """Of the object: what no list needs."""
    list_display = (
        "state_chip", "thing", "to_whom", "right_shown", "origin", "since_day", "until_day", "reason", "given_by",
    )  # fmt: skip
    list_display_links = ("state_chip",)
    list_filter = (StateFilter, ("origin", ChoiceFilter))
    link_filters = ("content_object",)
    ordering = ("-id",)
    export_resource = _Export
    empty_list = (
        "还没有授权。需要让权限之外的机构或人员查看某条记录、某个案件的，在该记录、案件页的“授权”栏办理。"
    )
    verbs = (
        Verb(
            name="revoke",
            label="撤销授权",
            function=services.revoke,
            needs_reason=True,
            tone="danger",
            obstacle=_over,
            reachable=lambda given: not _over(given, None),
            confirm="撤销后立即看不见；此前已办理的不受影响，授权记录保留。",
            done="已撤销：{obj}",
        ),
    )

    @property
    def of_people(self) -> bool:
        grants = grants_of(self.target)
        return grants is not None and self.model is grants.users

    @property
    def target(self) -> type[Model]:
        return self.opts.get_field("content_object").related_model  # type: ignore[return-value]

    @property
    def autocomplete_fields(self) -> Sequence[str]:  # type: ignore[override]
        return ("content_object", "user") if self.of_people else ("content_object",)

    # --- list -------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        to = "user" if self.of_people else "group__body"
        found = (
            super()
            .get_queryset(request)
            .select_related("content_object", "permission", "given_by", "revoked_by", to)
        )
        visible = policy_for(self.target).scope(request.user, "view").filter(pk=OuterRef("content_object"))
        opens = Exists(visible) if may(request, "view", self.target) else Value(False, BooleanField())
        return (
            with_reach(found, today())
            .defer(*(f"content_object__{name}" for name in self.heavy_columns))
            .annotate(opens_thing=opens)
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        context = {"title": "授权清单", "grant_lists": grant_lists(request), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return ()

    @display(description="状态")
    def state_chip(self, given: DatedGrant) -> str:
        return format_html('<span class="bo-key bo-tone-{}">{} {}</span>', *state_of(given, today()))

    @display(description="对象")
    def thing(self, given: Any) -> Any:
        """Number and way to it, for whoever may open it; the security administrator and the auditor read the number."""
        if not getattr(given, "opens_thing", False):
            return str(given.content_object)
        return format_html('<a href="{}">{}</a>', page_of(given.content_object), given.content_object)

    @display(description="授予")
    def to_whom(self, given: DatedGrant) -> str:
        return str(given.grantee)

    @display(description="权限")
    def right_shown(self, given: DatedGrant) -> str:
        return given.right_label

    @display(description="自")
    def since_day(self, given: DatedGrant) -> str:
        return format_html('<span class="bo-key">{}</span>', given.since.isoformat())

    @display(description="至")
    def until_day(self, given: DatedGrant) -> str:
        return format_html('<span class="bo-key">{}</span>', given.until.isoformat())

    @display(description="授权时间")
    def given_moment(self, given: DatedGrant) -> str:
        return f"{given.given_by} {local_day(given.given_at)}"

    @display(description="撤销")
    def revocation(self, given: DatedGrant) -> str:
        if given.revoked_at is None:
            return "—"
        return f"{given.revoked_by} {local_day(given.revoked_at)}：{given.revoke_reason}"

    # --- one grant ---------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            to = "user" if self.of_people else "department"
            return [
                (
                    None,
                    {
                        "fields": (
                            "content_object",
                            to,
                            "right",
                            "origin",
                            "since",
                            "until",
                            "reason",
                            "basis",
                        )
                    },
                )
            ]
        shown = ("state_chip", "thing", "to_whom", "right_shown", "origin", "since_day", "until_day", "reason", "basis",
                 "given_moment", "revocation")  # fmt: skip
        return [(None, {"fields": shown})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fieldsets(request, obj)[0][1]["fields"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = GrantForm if self.of_people else DepartmentGrantForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "content_object":
            kwargs["queryset"] = policy_for(self.target).scope(request.user, "grant")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"since": today(), **super().get_changeform_initial_data(request)}

    def perform_save(self, request: HttpRequest, obj: Any, form: Any, formsets: Any, change: bool) -> None:
        values = form.cleaned_data
        made = services.grant(
            values["content_object"],
            to=values["user"] if self.of_people else values["department"],
            right=values["right"],
            origin=values["origin"],
            since=values["since"],
            until=values["until"],
            reason=values["reason"],
            basis=values["basis"],
            actor=request.user,
        )
        obj.__dict__.update(made.__dict__)
