"""An identity number typed into any text of any kind is refused where it would be kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.models import JSONField

from accounts.texts import _free_texts
from audit.acts import act
from audit.faults import Refused
from audit.guard import is_tracked

NUMBER = "110101199003070011"
TRACKED = sorted(
    (model for model in apps.get_models() if is_tracked(model)), key=lambda model: model._meta.label
)
TEXTS = [(model, field) for model in TRACKED for field in _free_texts(model)]


@pytest.mark.parametrize(
    ("model", "field"), TEXTS, ids=[f"{model._meta.label}.{field.name}" for model, field in TEXTS]
)
def test_no_text_of_any_kind_takes_an_identity_number(model, field, system):
    text: Any = f"甲{NUMBER}"[: field.max_length] if field.max_length != 18 else NUMBER
    instance = model(**{field.name: {"a": ["b", {"c": text}]} if isinstance(field, JSONField) else text})
    with pytest.raises(Refused) as refusal, act("test", actor=system):
        instance.save_base()  # past what a model's own `save` asks before
    assert refusal.value.code == "personal.number_in_text"
    assert str(field.verbose_name) in refusal.value.message
    assert NUMBER not in refusal.value.message


def test_the_places_where_people_write_are_among_them():
    names = {f"{model._meta.label_lower}.{field.name}" for model, field in TEXTS}
    assert names >= {
        "casework.case.matter",
        "casework.case.address",
        "casework.comment.text",
        "casework.decision.content",
        "casework.letter.content",
        "casework.evidence.title",
        "casework.evidence.name",
        "casework.evidence.removed_reason",
        "credit_records.intakebatch.file_name",
        "credit_records.record.state_reason",
        "credit_records.subjectstatement.text",
    }


def test_a_column_that_is_not_written_is_not_looked_at(system, city):
    """A row that has one from before can still be worked on."""
    body = city.scjg
    body.short_name = NUMBER
    body.active = True
    with act("test", actor=system):
        body.save(update_fields=["active"])
    with pytest.raises(Refused), act("test", actor=system):
        body.save(update_fields=["short_name"])
