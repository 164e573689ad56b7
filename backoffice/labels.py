"""Chinese names of the verbs in the journal, given by the rooms that own them."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps

from . import wording

_verbs: dict[str, str] = {}
_keys: dict[str, str] = {}
_values: dict[str, Mapping[str, str]] = {}


def name_verbs(labels: Mapping[str, str]) -> None:
    """Say how verbs of the journal read, for instance `{"record.publish": "发布记录"}`."""
    _verbs.update(labels)


def verb_label(verb: str) -> str:
    if verb in _verbs:
        return _verbs[verb]
    model, _, step = verb.rpartition(".")
    if model == "demo":
        return "装载演示数据"
    general = {"change": "修改", "create": "新增", "export": "导出"}.get(step)
    if general and model:
        return general + next(
            (str(m._meta.verbose_name) for m in apps.get_models() if m._meta.model_name == model), ""
        )
    return verb


def named_verbs() -> dict[str, str]:
    return dict(sorted(_verbs.items(), key=lambda pair: pair[1]))


def name_data(labels: Mapping[str, str], *, values: Mapping[str, Mapping[str, str]] | None = None) -> None:
    """Say how the keys of an event's data read, and the values of keys whose values are codes."""
    _keys.update(labels)
    _values.update(values or {})


def data_label(key: str) -> str:
    return _keys.get(key, key)


def data_value(key: str, value: object) -> str:
    known = _values.get(key, {})
    return known[value] if isinstance(value, str) and value in known else wording.of_value(value)


def kind_label(label_lower: str) -> str:
    """The name of a kind of object, as the journal stores it (`credit_records.record` → 信用记录)."""
    if not label_lower:
        return ""
    try:
        return str(apps.get_model(label_lower)._meta.verbose_name)
    except LookupError:
        return label_lower
