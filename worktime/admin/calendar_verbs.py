"""The steps of a calendar version as buttons: edit a draft, propose, confirm, reject."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django import forms

from backoffice.verbs import Verb
from worktime.models import CalendarVersion
from worktime.services import (
    add_day,
    amend_draft,
    confirm_calendar,
    import_days,
    propose_calendar,
    reject_calendar,
    remove_days,
)

State = CalendarVersion.State
_DATE_ERRORS = {"required": "请填写日期。", "invalid": "请填写 2027-01-31 样式的日期。"}
LINES_HELP = "一行一天：2027-10-01,放假,国庆节 或 2027-10-09,上班,国庆节调休上班。可从表格里整块粘贴。"


def _day_field(
    label: str, *, required: bool = True, help_text: str = "", initial: Any = None
) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        initial=initial,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages=_DATE_ERRORS,
    )


def lines_field(*, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label="放假和调休上班日",
        required=required,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=LINES_HELP,
        error_messages={"required": "请粘贴放假和调休上班日。"},
    )


def file_field() -> forms.FileField:
    return forms.FileField(
        label="或者上传文件", required=False, help_text="逗号分隔的文本文件，列同上：日期，放假或上班，名称。"
    )


def _source_field() -> forms.CharField:
    return forms.CharField(
        label="来源(可不填)", required=False, max_length=200, help_text="不填的，用本版的来源。"
    )


def head_fields(version: CalendarVersion | None = None) -> tuple[tuple[str, forms.Field], ...]:
    """What is said of a version as a whole."""
    return (
        (
            "title",
            forms.CharField(
                label="名称(可不填)", required=False, max_length=100, initial=version.title if version else ""
            ),
        ),
        (
            "known_until",
            _day_field(
                "公布至",
                help_text="放假安排已经公布到哪一天，通常是年底；此后的到期日都是暂定。",
                initial=version.known_until if version else None,
            ),
        ),
        (
            "source",
            forms.CharField(
                label="来源",
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2}),
                help_text="放假安排通知的名称、文号和日期。",
                initial=version.source if version else "",
                error_messages={"required": "请写明来源，例如放假安排通知的名称和文号。"},
            ),
        ),
    )


def _is_draft(version: CalendarVersion) -> bool:
    return bool(version.state == State.DRAFT)


def _is_open(version: CalendarVersion) -> bool:
    return version.is_open


def _not_proposed(version: CalendarVersion, user: Any) -> str:
    return "" if version.state == State.PROPOSED else "经办人提交以后才能办理。"


def _confirm_obstacle(version: CalendarVersion, user: Any) -> str:
    if user.pk in (version.prepared_by_id, version.proposed_by_id):
        return "您起草或提交了本版，请由其他审批人确认。"
    return _not_proposed(version, user)


def _confirm(version: CalendarVersion, *, actor: Any, reason: str) -> str:
    confirmed = confirm_calendar(version, actor=actor, reason=reason)
    moved = confirmed.moved
    following = f"{moved}件在办案件的到期日已随之调整。" if moved else "没有在办案件的到期日因此变动。"
    return f"{confirmed}已施行，{following}"


AMEND = Verb(
    "amend", "修改基本信息", amend_draft, rule="change", reachable=_is_draft, order=30,
    extra_fields=head_fields(), done="{obj}：已修改。",
)  # fmt: skip
VERBS = (
    Verb(
        "import", "导入放假安排", import_days, rule="change", tone="primary", reachable=_is_draft, order=10,
        extra_fields=(("text", lines_field()), ("file", file_field()), ("source", _source_field())),
        confirm="写到的日期按所写的算，没有写到的日期不变。",
    ),
    Verb(
        "add_day", "录入一天", add_day, rule="change", reachable=_is_draft, order=20,
        extra_fields=(
            ("day", _day_field("日期")),
            (
                "off",
                forms.TypedChoiceField(
                    label="放假还是上班",
                    choices=[("off", "放假"), ("work", "调休上班")],
                    coerce=lambda value: value == "off",
                ),
            ),
            (
                "name",
                forms.CharField(
                    label="节日名称", max_length=40, help_text="例如：国庆节、开斋节、古尔邦节。",
                    error_messages={"required": "请写明节日名称，例如国庆节、开斋节。"},
                ),
            ),
            ("source", _source_field()),
        ),
        done="{obj}：已录入。",
    ),
    Verb(
        "remove", "删除日期", remove_days, rule="change", reachable=_is_draft, order=25,
        extra_fields=(
            ("first", _day_field("从")),
            ("last", _day_field("到(可不填)", required=False, help_text="不填的，只删一天。")),
        ),
        confirm="删除后，这些日期按平常的周历计算。", done="{obj}：已删除。",
    ),
    AMEND,
    Verb(
        "propose", "提交确认", propose_calendar, reachable=_is_draft, tone="primary", order=40,
        confirm="提交后由审批人确认；确认之前，在办案件的到期日不变。", done="{obj}：已提交，请审批人确认。",
    ),
    Verb(
        "confirm", "确认施行", _confirm, reachable=_is_open, obstacle=_confirm_obstacle, tone="primary", order=50,
        confirm="请先核对下面的差别和变动的案件。确认后立即施行，变动的案件逐件记入审计日志。",
    ),
    Verb(
        "reject", "退回", reject_calendar, reachable=_is_open, obstacle=_not_proposed, needs_reason=True,
        tone="danger", order=60, done="{obj}：已退回经办人修改。",
    ),
)  # fmt: skip


def verbs_of(version: CalendarVersion | None) -> tuple[Verb, ...]:
    """The verbs, with the head of this draft filled in."""
    if version is None or not _is_draft(version):
        return VERBS
    return tuple(
        replace(verb, extra_fields=head_fields(version)) if verb is AMEND else verb for verb in VERBS
    )


class DraftForm(forms.Form):
    """A new version: for whom, until when, from which notice, and its days."""

    region = forms.RegexField(
        r"^[0-9]{6}$", label="行政区划代码", required=False, strip=True,
        help_text="全国日历留空；地区自己的放假日另设一版，例如宁夏回族自治区填640000，盖在全国日历之上。",
        error_messages={"invalid": "行政区划代码是6位数字，例如640000；全国日历不填。"},
    )  # fmt: skip

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= dict(head_fields())
        self.fields["known_until"].initial = date(today.year + (today.month >= 11), 12, 31)
        self.fields["text"] = lines_field()
        self.fields["file"] = file_field()
        for field in self.fields.values():
            field.widget.attrs["class"] = "wt-input"
