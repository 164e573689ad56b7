"""Chinese names of the verbs in the journal, given by the rooms that own them."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps

_verbs: dict[str, str] = {}


def name_verbs(labels: Mapping[str, str]) -> None:
    """Say how verbs of the journal read, for instance `{"record.publish": "发布记录"}`."""
    _verbs.update(labels)


def verb_label(verb: str) -> str:
    if verb in _verbs:
        return _verbs[verb]
    model, _, step = verb.rpartition(".")
    general = {"change": "修改", "create": "新增", "export": "导出"}.get(step)
    if general and model:
        return general + next(
            (str(m._meta.verbose_name) for m in apps.get_models() if m._meta.model_name == model), ""
        )
    return verb


def named_verbs() -> dict[str, str]:
    return dict(sorted(_verbs.items(), key=lambda pair: pair[1]))


def kind_label(label_lower: str) -> str:
    """The name of a kind of object, as the journal stores it (`credit_records.record` → 信用记录)."""
    if not label_lower:
        return ""
    try:
        return str(apps.get_model(label_lower)._meta.verbose_name)
    except LookupError:
        return label_lower
