"""No identity number stands in a text: whatever a person typed, into whatever form, is refused when it is about to be kept.

Numbers have columns of their own, where they are sealed. A number in a reason, a statement, a remark or a file's name would
be kept in the clear, copied into history, and shown to everybody who may read the text. Rows that come by the thousand
are checked by the intake, which writes past this.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db.models import CharField, Field, Model, TextField
from django.db.models.signals import pre_save

from audit.faults import Refused
from audit.guard import is_tracked
from audit.masking import mask_ids_in

_SHORTEST = 18
_OTHER_NUMBERS = frozenset({"code", "authority_code", "subject_code"})
"""Unified social credit codes have 18 characters too, and a check of their own."""


@lru_cache(maxsize=256)
def _free_texts(model: type[Model]) -> tuple[Field, ...]:
    return tuple(
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (CharField, TextField))
        and not field.choices
        and field.name not in _OTHER_NUMBERS
        and not field.name.endswith(("_sealed", "_index", "_sha256"))
        and (field.max_length is None or field.max_length >= _SHORTEST)
    )


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
        text = instance.__dict__.get(field.attname)
        if isinstance(text, str) and len(text) >= _SHORTEST and mask_ids_in(text) != text:
            raise Refused(
                "personal.number_in_text",
                f"“{field.verbose_name}”里写有公民身份号码，文字不加密保存，请删去；需要登记的填入证件号码栏。",
            )


pre_save.connect(_refuse_numbers, dispatch_uid="accounts.texts")
