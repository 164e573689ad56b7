"""Dated templates of letters: texts with named gaps, judged when they are loaded, filled in when a letter is issued.

Syntax: `{name}` with a name of `NAMES`, nothing else; there is no expression, attribute or format in a gap, and any
other brace is an error. A paragraph `when` a name is left out where that name has no value. What is filled in is text:
a brace typed by a clerk stays a brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from audit.masking import mask_ids_in

from .sheet import STYLES, Form, Line, Paragraph, Sheet, date_words, plain

NAMES: Mapping[str, str] = {
    "office": "发文机关",
    "addressee": "收件人",
    "applicant": "申请人",
    "subject": "信用主体",
    "case_number": "案件编号",
    "matter": "异议或者申请事项",
    "received": "收到日期",
    "due": "办结期限",
    "legal_due": "法定期限",
    "old_due": "原办结期限",
    "correction_due": "补正期限",
    "reply_due": "答复期限",
    "points": "逐项内容",
    "reasons": "理由",
    "basis": "依据",
    "materials": "需要补正的内容",
    "advice": "建议途径",
    "findings": "查明的事实",
    "decision": "处理决定",
    "measures": "后续措施",
    "demands": "工作要求",
    "cited": "前次督办文书",
    "answer": "对陈述申辩的答复",
    "dismissed": "不予认定的事项",
    "statement_days": "陈述申辩的工作日数",
    "hearing_at": "听证时间",
    "hearing_place": "听证地点",
    "chair": "听证主持人",
    "upper_body": "上级主管部门",
    "review_body": "行政复议机关",
    "court": "管辖法院",
    "attachments": "附件",
    "contact": "联系人",
    "phone": "联系电话",
    "address": "联系地址",
    "letter_title": "送达文书",
    "letter_number": "文书文号",
    "method": "送达方式",
    "place": "送达地点",
    "delivered": "送达日期",
    "receiver": "签收人",
    "delivery_note": "送达备注",
}
"""Everything a template may name, and what it is called towards the office."""
DAYS = frozenset({"received", "due", "legal_due", "old_due", "correction_due", "reply_due", "delivered"})
NUMBER_NAMES = frozenset({"year", "serial"})
_GAP = re.compile(r"\{([a-z_]+)\}")
_KEYS = frozenset(
    (
        "key", "kind", "case_kind", "title", "register", "number_pattern", "in_force_from", "in_force_to", "source",
        "form", "paragraphs", "lines", "note", "deadline", "titles",
    )
)  # fmt: skip


class TemplateFaulty(ValueError):
    """A template that cannot be used; `problems` says why, one sentence each."""

    def __init__(self, key: str, problems: list[str]) -> None:
        super().__init__(f"{key}: " + "; ".join(problems))
        self.problems = problems


class ValueMissing(ValueError):
    """A letter lacks something that its template needs; `label` is its name in Chinese."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
        self.label = NAMES[name]


@dataclass(frozen=True)
class Passage:
    text: str
    style: str = "body"
    when: str = ""
    height: int = 1
    """Of a line of a form."""
    label: str = ""


@dataclass(frozen=True)
class Template:
    """The text of one kind of letter, from one day to another."""

    key: str
    kind: str
    case_kind: str
    """Empty: for every kind of case."""
    title: str
    register: str
    number_pattern: str
    in_force_from: date
    in_force_to: date | None
    source: str
    form: Form
    passages: tuple[Passage, ...]
    note: Passage
    deadline: str = ""
    """Which of the days the letter holds somebody to (`DAYS`)."""
    titles: tuple[Passage, ...] = ()
    """Where the title depends on what the letter says: the first whose `when` has a value, else `title`."""

    def title_for(self, values: Mapping[str, str]) -> str:
        """What stands above a letter with these values."""
        return next((one.text for one in self.titles if values.get(one.when)), self.title)

    def names(self) -> set[str]:
        """Every name that stands somewhere in the template."""
        return {
            name
            for one in (*self.passages, *self.titles, self.note)
            for name in (*_GAP.findall(one.text), one.when)
            if name
        }


def template_from_dict(data: Mapping[str, Any]) -> Template:
    """Judge a template and give it back; raises `TemplateFaulty` with everything that is wrong."""
    problems = list(_problems(data))
    if problems:
        raise TemplateFaulty(str(data.get("key", "?")), problems)
    lines = data["form"] == "receipt"
    passages = tuple(Passage(**one) for one in data["lines" if lines else "paragraphs"])
    return Template(
        key=data["key"],
        kind=data["kind"],
        case_kind=data.get("case_kind", ""),
        title=data["title"],
        register=data.get("register", ""),
        number_pattern=data.get("number_pattern", ""),
        in_force_from=date.fromisoformat(data["in_force_from"]),
        in_force_to=date.fromisoformat(data["in_force_to"]) if data.get("in_force_to") else None,
        source=data["source"],
        form=data["form"],
        passages=passages,
        note=Passage(**data["note"]) if data.get("note") else Passage(""),
        deadline=data.get("deadline", ""),
        titles=tuple(Passage(**one) for one in data.get("titles", ())),
    )


def _problems(data: Mapping[str, Any]) -> Iterator[str]:
    for key in ("key", "kind", "title", "in_force_from", "source", "form"):
        if not data.get(key):
            yield f"{key} is missing"
    yield from (f"{key} is unknown" for key in sorted(set(data) - _KEYS))
    yield from _problems_of_days(data)
    form = data.get("form")
    if form not in ("letter", "receipt"):
        yield f"form {form!r} is unknown"
    if form == "letter":
        if not data.get("register"):
            yield "register is missing"
        gaps = _GAP.findall(data.get("number_pattern", ""))
        if sorted(gaps) != sorted(NUMBER_NAMES):
            yield "number_pattern needs {year} and {serial}, each once"
    if data.get("deadline") and data["deadline"] not in DAYS:
        yield f"deadline {data['deadline']!r} is no day"
    passages = [
        *data.get("paragraphs", []),
        *data.get("lines", []),
        *([data["note"]] if data.get("note") else []),
    ]
    if not passages:
        yield "there is no text"
    for one in (*passages, *data.get("titles", [])):
        yield from _problems_of_passage(one)
    if any(not isinstance(one, dict) or not one.get("when") for one in data.get("titles", [])):
        yield "one of the titles does not say when it stands"


def _problems_of_days(data: Mapping[str, Any]) -> Iterator[str]:
    days: dict[str, date] = {}
    for key in ("in_force_from", "in_force_to"):
        if not data.get(key):
            continue
        try:
            days[key] = date.fromisoformat(data[key])
        except (TypeError, ValueError):
            yield f"{key} is no day"
    if len(days) == 2 and days["in_force_to"] < days["in_force_from"]:
        yield "in_force_to lies before in_force_from"


def _problems_of_passage(one: Any) -> Iterator[str]:
    if not isinstance(one, dict) or not isinstance(one.get("text"), str):
        yield f"a passage without text: {one!r}"
        return
    unknown = set(one) - {"text", "style", "when", "height", "label"}
    yield from (f"{key} is unknown" for key in sorted(unknown))
    yield from (f"{{{name}}} is unknown" for name in _GAP.findall(one["text"]) if name not in NAMES)
    if re.search(r"[{}]", _GAP.sub("", one["text"])):
        yield f"a brace that is no gap: {one['text'][:40]}"
    if one.get("when") and one["when"] not in NAMES:
        yield f"when {one['when']!r} is unknown"
    if one.get("style", "body") not in STYLES:
        yield f"style {one['style']!r} is unknown"


def worded(values: Mapping[str, str | date | None]) -> dict[str, str]:
    """The values as they stand on paper: days in words, text cleaned; unknown names are an error of the caller."""
    unknown = set(values) - set(NAMES)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    return {name: _worded(name, value) for name, value in values.items()}


def _worded(name: str, value: str | date | None) -> str:
    day = day_of(value) if name in DAYS else None
    if day is not None:
        return date_words(day)
    # A letter lies about open; what it must say of an identity number it says masked.
    return mask_ids_in(plain(str(value))) if value is not None else ""


def day_of(value: str | date | None) -> date | None:
    """A value that is a day, given as a date or as ISO text."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None


def number_of(template: Template, *, year: int, serial: int) -> str:
    """银信异受〔2026〕1号: the year in full in 〔〕, the serial without leading zeros (GB/T 9704-2012, 7.2.5)."""
    return template.number_pattern.replace("{year}", str(year)).replace("{serial}", str(serial))


def compose(
    template: Template,
    values: Mapping[str, str],
    *,
    head: str,
    number: str,
    dated: date | None,
    addressee: str = "",
) -> Sheet:
    """The letter's sheet: every gap filled, or `ValueMissing`."""
    known = {**values, "office": head, "addressee": addressee}
    sheet = Sheet(
        form=template.form,
        head=plain(head),
        title=plain(template.title_for(known)),
        number=number,
        dated=dated.isoformat() if dated else "",
        note=_note(template, known),
    )
    if template.form == "receipt":
        return replace(sheet, lines=tuple(_lines(template, known)))
    attachments = known.get("attachments", "")
    return replace(
        sheet,
        addressee=plain(addressee),
        paragraphs=tuple(_paragraphs(template, known)),
        attachments=tuple(attachments.split("\n")) if attachments else (),
        signatory=plain(head),
    )


def _lines(template: Template, known: Mapping[str, str]) -> Iterator[Line]:
    for one in template.passages:
        text = _filled(one, known, optional=True).replace("\n", "；")
        yield Line(one.label, text, one.height)


def _paragraphs(template: Template, known: Mapping[str, str]) -> Iterator[Paragraph]:
    for one in template.passages:
        if one.when and not known.get(one.when):
            continue
        for line in _filled(one, known).split("\n"):
            yield Paragraph(line, one.style)  # type: ignore[arg-type]  # judged when the template was loaded


def _note(template: Template, known: Mapping[str, str]) -> str:
    if template.note.when and not known.get(template.note.when):
        return ""
    return _filled(template.note, known).replace("\n", "；")


def _filled(one: Passage, known: Mapping[str, str], *, optional: bool = False) -> str:
    def value(gap: re.Match[str]) -> str:
        found = known.get(gap[1], "")
        if not found and not optional:
            raise ValueMissing(gap[1])
        return found

    return _GAP.sub(value, one.text)
