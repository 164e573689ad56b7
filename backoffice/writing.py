"""The one way a form writes: under lock, named columns only, with a reason, as one act of the journal."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import BaseConstraint, Max, Model
from django.http import HttpRequest, HttpResponse
from unfold.mixins import NestedInlinesModelAdminMixin

from accounts.policy import NotAllowed, policy_for
from audit.acts import act
from audit.faults import Refused
from audit.guard import is_tracked

from .forms import REASON, ReasonedForm
from .permissions import forget

SEEN = "_seen"
"""The newest history row when the form was drawn: whoever saves later than a colleague is told so."""
_STALE = "在您打开页面之后，这条数据已被修改(见修改历史)。请核对现在的内容，确认后再次保存。"
_CONFLICT = "与已有数据冲突(例如重复的代码或名称)，没有保存，请核对。"
_OUT_OF_SCOPE = "保存后这条数据将不在您的权限范围内，没有保存。"
_logger = logging.getLogger(__name__)


def _sentence_of(error: IntegrityError) -> str:
    """The constraint's own sentence, when the model gives it one."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if name and constraint.name == name and not _is_general(constraint):
                return str(constraint.violation_error_message)
    return _CONFLICT


def _is_general(constraint: BaseConstraint) -> bool:
    return constraint.violation_error_message == constraint.default_violation_error_message


class Writing:
    """The part of `BaseAdmin` that saves forms."""

    form = ReasonedForm

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and self.has_change_permission(request, obj):
            fieldsets.append((None, {"fields": [REASON]}))
        return fieldsets

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.opens = staticmethod(partial(self._opens, request))
        form.refusal = getattr(request, "_refusal", "") or self._staleness(request, obj)
        return form

    def _opens(self, request: HttpRequest, model: type[Model]) -> bool:
        """Whether the user may open pages of a related model; others read its name without a link."""
        registered = self.admin_site._registry.get(model)
        return registered is not None and registered.has_view_permission(request)

    def _staleness(self, request: HttpRequest, obj: Model | None) -> str:
        seen = request.POST.get(SEEN, "") if obj is not None else ""
        return _STALE if seen.isdigit() and int(seen) != self.newest_history(obj) else ""

    def newest_history(self, obj: Model | None) -> int:
        if obj is None or not is_tracked(self.model):
            return 0
        rows = obj.history.model.objects.filter(**{self.opts.pk.attname: obj.pk})
        return rows.aggregate(newest=Max("history_id"))["newest"] or 0

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        # Past the theme's mixins, which keep the request on this shared object (trap 5). Django runs a POST
        # in one transaction: `get_object` locks the row in it before the form looks at it (trap 19).
        request._writing = request.method == "POST"  # type: ignore[attr-defined]
        drawn = super(NestedInlinesModelAdminMixin, self).changeform_view  # type: ignore[misc]
        try:
            return drawn(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request._refusal = refusal.message  # type: ignore[attr-defined]
        except IntegrityError as error:
            _logger.warning("%s: a form ran into a constraint", self.opts.label, exc_info=True)
            request._refusal = _sentence_of(error)  # type: ignore[attr-defined]
        # Nothing was written. The same form comes back with its entries and the sentence.
        forget(request)
        return drawn(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        """Nothing yet: the row and its inline rows are written together by `perform_save`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        self.perform_save(request, form.instance, form, formsets, change)

    def perform_save(self, request: HttpRequest, obj: Model, form: Any, formsets: Any, change: bool) -> None:
        """Write what the form says. Admins whose model has a service override this with it."""
        touched = [formset for formset in formsets if formset.has_changed()]
        if change and not form.changed_columns and not touched:
            return
        verb = f"{self.opts.model_name}.{'change' if change else 'create'}"
        names = [str(self.opts.get_field(name).verbose_name) for name in form.changed_columns]
        with act(
            verb,
            actor=request.user,
            on=obj if change else None,
            reason=form.reason,
            data={"fields": names},
        ):
            if not change:
                obj.save()
            elif form.changed_columns:
                obj.save(update_fields=form.changed_columns)
            for formset in touched:
                self.save_formset(request, form, formset, change=change)
            # A writer must not put things where they cannot be seen any more, least of all by themselves.
            if not self.policy.allows(request.user, "view", obj):
                raise NotAllowed(_OUT_OF_SCOPE)
        forget(request)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows of an inline: each changed one locked and asked about, named columns only; new ones whole."""
        policy = policy_for(formset.model)
        columns = {field.name for field in formset.model._meta.concrete_fields}
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        with transaction.atomic():
            for row_form in formset.initial_forms:
                changed = [name for name in row_form.changed_data if name in columns]
                if not changed:
                    continue
                row = policy.scope(request.user).select_for_update(of=("self",)).get(pk=row_form.instance.pk)
                policy.require(request.user, "change", row)
                for name in changed:
                    setattr(row, name, getattr(row_form.instance, name))
                row.save(update_fields=changed)
                formset.changed_objects.append((row, changed))
            for row_form in formset.extra_forms:
                if row_form.has_changed():
                    if not policy.may_create(request.user):
                        raise NotAllowed("您没有新增这类数据的权限。")
                    row = formset.save_new(row_form, commit=False)
                    row.save()
                    formset.new_objects.append(row)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> str:
        return ""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """The journal knows it already; Django's own log would be a second, weaker one."""

    log_change = log_addition
