"""No identity number stands in a text: whatever a person typed, into whatever form, is refused when it is about to be kept.

Numbers have columns of their own, where they are sealed. A number in a reason, a statement, a remark or a file's name would
be kept in the clear, copied into history, and shown to everybody who may read the text. Rows that come by the thousand
are checked by the intake, which writes past this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.db.models import CharField, Field, JSONField, Model, TextField
from django.db.models.signals import pre_save

from audit.faults import Refused
from audit.guard import is_tracked
from audit.masking import mask_ids_in

_SHORTEST = 18
_OTHER_NUMBERS = frozenset({"code", "authority_code", "subject_code"})
"""Unified social credit codes have 18 characters too, and a check of their own."""
_CHECKED_ELSEWHERE = frozenset({"details", "payload"})
"""What the intake has judged column by column, and what has been masked for the platform."""


@lru_cache(maxsize=256)
def _free_texts(model: type[Model]) -> tuple[Field, ...]:
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (CharField, TextField, JSONField))
        and not field.choices
        and field.name not in _OTHER_NUMBERS | _CHECKED_ELSEWHERE
        and not field.name.endswith(("_sealed", "_index", "_sha256"))
        and (field.max_length is None or field.max_length >= _SHORTEST)
    )


def _texts_in(value: Any) -> Iterator[str]:
    """The texts of a column: itself, or whatever stands in a JSON value (proposals, letters)."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts_in(inner)


def _refuse_numbers(
    sender: type[Model], instance: Model, update_fields: Any = None, raw: bool = False, **kwargs: Any
) -> None:
    if raw or not is_tracked(sender):
        return
    for field in _free_texts(sender):
        if (
            update_fields is not None
            and field.name not in update_fields
            and field.attname not in update_fields
        ):
            continue
        if any(mask_ids_in(text) != text for text in _texts_in(instance.__dict__.get(field.attname))):
            raise Refused(
                "personal.number_in_text",
                f"“{field.verbose_name}”里写有公民身份号码，文字不加密保存，请删去；需要登记的填入证件号码栏。"
                "确是文号、流水号等其他18位号码的，请在中间加空格或者短横线。",
            )


pre_save.connect(_refuse_numbers, dispatch_uid="accounts.texts")
