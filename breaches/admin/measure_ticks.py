"""Measures as ticks, each with its legal basis and the degrees for which the list allows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from breaches.models import Measure

from .looks import SEVERITIES, lasting_in_words


class Ticks(forms.CheckboxSelectMultiple):
    use_fieldset = True


class MeasuresField(forms.MultipleChoiceField):
    """Any number of the measures given, by their key in the table; cleaned to the measures themselves."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", Ticks)
        options.setdefault("error_messages", {"invalid_choice": "请从列表中选择措施。"})
        super().__init__(**options)
        self.measures: Mapping[str, Measure] = {}

    def offer(self, measures: Iterable[Measure]) -> None:
        self.measures = {str(one.pk): one for one in measures}
        self.choices = [(key, one.title) for key, one in self.measures.items()]

    def clean(self, value: Any) -> list[Measure]:
        return [self.measures[key] for key in super().clean(value)]


@dataclass(frozen=True)
class Tick:
    """One line to tick."""

    widget: Any
    measure: Measure
    lasting: str
    degrees: str
    """The degrees for which it may be taken, for people."""
    allowed: str
    """The same for the script: codes, one space between them."""


def ticks_of(bound: forms.BoundField, degrees_of: Mapping[int, Sequence[str]]) -> list[Tick]:
    """`degrees_of`: for which of the degrees offered each measure is allowed."""
    found = []
    for widget in bound.subwidgets:
        measure = bound.field.measures[str(widget.data["value"])]
        allowed = degrees_of.get(measure.pk, ())
        found.append(
            Tick(
                widget,
                measure,
                lasting_in_words(measure.effect, measure.months),
                "、".join(str(SEVERITIES[one]) for one in allowed),
                " ".join(allowed),
            )
        )
    return found
