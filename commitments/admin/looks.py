"""Colours and small pieces that the pages of commitments share."""

from __future__ import annotations

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from backoffice.fields import day_field, long_text
from backoffice.labels import name_data, name_verbs
from commitments.models import Commitment, CommitmentMatter, OwedMaterial, Performance, Verification
from commitments.selectors.deadlines import Light

STATE_TONES = {Commitment.State.VALID: "good", Commitment.State.WITHDRAWN: "idle"}
STATUS_TONES = {
    Performance.Status.FULL: "good",
    Performance.Status.PART: "warn",
    Performance.Status.NONE: "bad",
}
MATTER_TONES = {
    CommitmentMatter.State.DRAFT: "wait",
    CommitmentMatter.State.PUBLISHED: "good",
    CommitmentMatter.State.ENDED: "idle",
}
TASK_TONES = {
    Verification.State.OPEN: "wait", Verification.State.DONE: "good", Verification.State.CANCELLED: "idle",
    OwedMaterial.State.OWED: "wait", OwedMaterial.State.SETTLED: "good", OwedMaterial.State.WAIVED: "idle",
}  # fmt: skip
_SIGNS = {"good": "●", "warn": "◆", "bad": "▲", "idle": "○"}

name_verbs(
    {
        "commitment.register": "登记承诺",
        "commitment.record_repair": "登记信用修复承诺",
        "commitment.amend": "更正承诺",
        "commitment.withdraw": "撤回承诺",
        "commitment.report_performance": "报告履约践诺",
        "commitment.verify": "办结承诺核查",
        "commitment.order_verification": "提出再次核查",
        "commitment.cancel_verification": "取消承诺核查",
        "commitment.owe": "增加容缺材料",
        "commitment.attach": "上传承诺附件",
        "commitment.due_moved": "期限随工作日历变动",
        "commitment.remind": "提醒承诺核查和容缺材料",
        "commitment.print": "生成承诺书PDF",
        "commitment.urge": "催办承诺核查和履约",
        "commitment.publish_due": "按日更新承诺公开",
        "commitment.publish_batch": "报送批次的承诺公开",
        "figure_basis.propose": "拟订指标口径",
        "figure_basis.confirm": "确认指标口径",
        "figure_basis.reject": "退回指标口径",
        "figure_basis.load": "装入指标口径",
        "performance.withdraw": "撤回履约践诺",
        "owed.settle": "登记补交容缺材料",
        "owed.waive": "免交容缺材料",
        "attachment.open": "打开承诺附件",
        "attachment.remove": "划除承诺附件",
        "matter.draft": "拟订承诺事项",
        "matter.amend": "修改承诺事项",
        "matter.word": "拟订承诺书范本",
        "matter.confirm_wording": "确认承诺书范本",
        "matter.reject_wording": "退回承诺书范本",
        "matter.publish": "公布承诺事项",
        "matter.end": "停用承诺事项",
    }
)
name_data(
    {"status": "承诺履行状态", "material": "容缺材料"}, values={"status": dict(Performance.Status.choices)}
)


def lamp(light: Light) -> SafeString:
    """The light of a due day; the sign says the same as the colour."""
    return format_html('<span class="cr-chip cr-{}">{} {}</span>', light.tone, _SIGNS[light.tone], light.text)


def report_questions() -> tuple[tuple[str, forms.Field], ...]:
    """What a report on performance asks; the conditions are judged by the rules, which answer with their code."""
    return (
        (
            "status",
            forms.ChoiceField(
                label="承诺履行状态",
                choices=[("", "请选择…"), *Performance.Status.choices],
                error_messages={"required": "请选择承诺履行状态。"},
            ),
        ),
        ("determined_on", day_field("认定日期")),
        (
            "unfulfilled",
            long_text("未履行的承诺内容", rows=3, required=False, help_text="全部履行的留空，其余必填。"),
        ),
        (
            "liability_pursued",
            long_text("违诺责任追究内容", rows=3, required=False, help_text="全部履行的留空，其余必填。"),
        ),
        (
            "evidence",
            forms.FileField(
                label="履约证据(可不传)", required=False, help_text="加密保存，每次打开都有记录。"
            ),
        ),
    )
