"""Suggestions for relation fields: within the user's scope, without counting the table."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse

from audit.masking import mask_phones_in

from .base import BaseAdmin
from .permissions import may


class ScopedAutocomplete(AutocompleteJsonView):
    """What the related admin's own list would find for this user; a page more than shown is never counted."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        self.term, self.model_admin, self.source_field, to_field = self.process_request(request)
        # A field may suggest what the user can see, also where the list itself is not among the user's pages.
        if not isinstance(self.model_admin, BaseAdmin) or not may(request, "view", self.model_admin.model):
            raise PermissionDenied
        try:
            number = max(1, min(50, int(request.GET.get("page", 1))))
        except ValueError:
            number = 1
        start = (number - 1) * self.paginate_by
        found = list(self.get_queryset()[start : start + self.paginate_by + 1])
        return JsonResponse(
            {
                "results": [self.serialize_result(obj, to_field) for obj in found[: self.paginate_by]],
                "pagination": {"more": len(found) > self.paginate_by},
            }
        )

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """As `typed_numbers` has it on pages: what is read is masked."""
        found: dict[str, str] = super().serialize_result(obj, to_field_name)
        return found if self.model_admin.shows_numbers else {**found, "text": mask_phones_in(found["text"])}
