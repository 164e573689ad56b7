"""What the catalogue's pages show: columns in words, and how a draft differs from the version before it."""

from __future__ import annotations

from dataclasses import dataclass

from credit_records.models import CatalogueField, CatalogueVersion
from credit_records.rules.catalogue_lines import condition_lines
from credit_records.rules.field_specs import Role
from credit_records.rules.fields import CatalogueError

from .catalogue import spec_of
from .personal_data import personal_problems

ROLE_TITLES = {
    Role.SUBJECT_NAME: "主体名称",
    Role.SUBJECT_CATEGORY: "主体类别",
    Role.SUBJECT_CODE: "统一社会信用代码",
    Role.REGISTRATION_NUMBER: "工商注册号",
    Role.ORGANISATION_CODE: "组织机构代码",
    Role.TAX_NUMBER: "税务登记号",
    Role.INSTITUTION_NUMBER: "事业单位证书号",
    Role.SOCIAL_ORG_NUMBER: "社会组织登记证号",
    Role.LEGAL_REPRESENTATIVE: "法定代表人",
    Role.LEGAL_REPRESENTATIVE_ID_TYPE: "法定代表人证件类型",
    Role.LEGAL_REPRESENTATIVE_ID: "法定代表人证件号码",
    Role.PERSON_ID_TYPE: "自然人证件类型",
    Role.PERSON_ID: "自然人证件号码",
    Role.DOCUMENT_NAME: "文书名称",
    Role.DOCUMENT_NUMBER: "文书号",
    Role.DECISION_DATE: "决定日期",
    Role.VALID_FROM: "有效期自",
    Role.VALID_UNTIL: "有效期至",
    Role.AUTHORITY_NAME: "决定机关",
    Role.AUTHORITY_CODE: "决定机关代码",
    Role.SOURCE_NAME: "数据来源单位",
    Role.SOURCE_CODE: "数据来源单位代码",
    Role.KINDS: "类别",
    Role.SEVERITY: "失信程度",
    Role.LEGAL_BASIS: "决定依据",
    Role.FINE: "罚款金额",
    Role.CONFISCATED: "没收金额",
    Role.PUBLICITY_DEADLINE: "公示截止期",
    Role.STATE: "当前状态",
    Role.REMARK: "备注",
}
CYCLES = {"within_7_working_days": "作出决定之日起7个工作日内"}
"""更新周期 in words."""
_TOLD = (
    ("title", "名称"),
    ("type", "类型"),
    ("max_length", "长度"),
    ("max_digits", "总位数"),
    ("decimal_places", "小数位数"),
    ("required", "必填"),
    ("condition", "必填条件"),
    ("options", "选项"),
    ("refused", "不收取值"),
    ("masking", "脱敏"),
    ("sensitivity", "敏感程度"),
    ("purpose", "收集理由"),
    ("business_key", "业务主键"),
    ("role", "对应"),
    ("aliases", "其他写法"),
    ("note", "填写说明"),
    ("example", "示例"),
)


@dataclass(frozen=True)
class Column:
    """One field of a version as a row of its page."""

    field: CatalogueField
    size: str
    role: str
    conditions: list[str]
    options: list[str]


def columns_of(fields: list[CatalogueField]) -> list[Column]:
    titles = {field.code: field.title for field in fields}
    return [
        Column(
            field,
            _size(field),
            ROLE_TITLES[Role(field.role)] if field.role in set(Role) else field.role,
            condition_lines(field.condition, titles).splitlines(),
            [str(option["value"]) for option in field.options],
        )
        for field in fields
    ]


def _size(field: CatalogueField) -> str:
    if field.max_digits:
        return f"{field.max_digits},{field.decimal_places}"
    return str(field.max_length or "")


def problems_of(version: CatalogueVersion, fields: list[CatalogueField]) -> tuple[str, ...]:
    """Every mistake that keeps a draft from coming into force."""
    try:
        spec = spec_of(version, fields)
    except CatalogueError as error:
        return error.problems
    return personal_problems(spec)


def differences(version: CatalogueVersion, fields: list[CatalogueField]) -> list[str]:
    """What a draft changes in the columns of the version before it, in sentences (two queries)."""
    earlier = (
        CatalogueVersion.objects.filter(item=version.item_id, number__lt=version.number)
        .prefetch_related("fields")
        .order_by("-number")
        .first()
    )
    if earlier is None:
        return []
    old = {field.code: field for field in earlier.fields.all()}
    new = {field.code: field for field in fields}
    said = [f"新增“{field.title}”({code})" for code, field in new.items() if code not in old]
    said += [f"删除“{field.title}”({code})" for code, field in old.items() if code not in new]
    for code in new.keys() & old.keys():
        changed = [label for name, label in _TOLD if getattr(old[code], name) != getattr(new[code], name)]
        if changed:
            said.append(f"修改“{old[code].title}”的{'、'.join(changed)}")
    return said
