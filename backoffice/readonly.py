"""Read-only relation fields: a link for those who may open the page behind it, plain text for the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unfold.fields import UnfoldAdminField, UnfoldAdminReadonlyField
from unfold.forms import AdminForm, Fieldline, Fieldset


class ReadonlyField(UnfoldAdminReadonlyField):
    def get_admin_url(self, remote_field: Any, remote_obj: Any) -> Any:
        opens = getattr(self.form, "opens", None)
        if opens is None or not opens(remote_field.model):
            return str(remote_obj)
        return super().get_admin_url(remote_field, remote_obj)


class HouseFieldline(Fieldline):
    def __iter__(self) -> Iterator[Any]:
        for number, field in enumerate(self.fields):
            first = number == 0
            if field in self.readonly_fields:
                yield ReadonlyField(self.form, field, is_first=first, model_admin=self.model_admin)
            else:
                yield UnfoldAdminField(self.form, field, is_first=first)


class HouseFieldset(Fieldset):
    def __iter__(self) -> Iterator[HouseFieldline]:
        for field in self.fields:
            yield HouseFieldline(self.form, field, self.readonly_fields, model_admin=self.model_admin)


class HouseForm(AdminForm):
    """What the page of an object iterates over."""

    def __iter__(self) -> Iterator[HouseFieldset]:
        for name, options in self.fieldsets:
            yield HouseFieldset(
                self.form, name, readonly_fields=self.readonly_fields, model_admin=self.model_admin, **options
            )
