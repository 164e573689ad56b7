"""A new item of the catalogue, with a first draft that already holds what no record can do without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.policy import NotAllowed, policy_for
from audit import bulk
from audit.acts import act
from audit.faults import Refused
from credit_records.models import CatalogueField, CatalogueItem, CatalogueVersion
from credit_records.selectors.personal_data import forbidden

Type, Required = CatalogueField.Type, CatalogueField.Required
# (code, title, type, length, required, role): the columns without which a record cannot be found again, dated
# or kept within its department (rules.fields.REQUIRED_ROLES), and those that the other items have as well.
_SKELETON = (
    ("XDR_MC", "行政相对人名称", Type.TEXT, 200, Required.YES, "subject_name"),
    ("XDR_SHXYM", "统一社会信用代码", Type.USCC, 18, Required.YES, "subject_code"),
    ("WSH", "决定文书号", Type.TEXT, 128, Required.YES, "document_number"),
    ("YJ", "决定依据", Type.TEXT, 2048, Required.YES, "legal_basis"),
    ("NR", "决定内容", Type.TEXT, 4000, Required.YES, ""),
    ("JDRQ", "决定日期", Type.DATE, None, Required.YES, "decision_date"),
    ("JDJG", "决定机关", Type.TEXT, 200, Required.YES, "authority_name"),
    ("JDJGDM", "决定机关统一社会信用代码", Type.ORGANISATION_CODE, 18, Required.YES, "authority_code"),
    ("LYDW", "数据来源单位", Type.TEXT, 200, Required.YES, "source_name"),
    ("LYDWDM", "数据来源单位统一社会信用代码", Type.ORGANISATION_CODE, 18, Required.YES, "source_code"),
    ("BZ", "备注", Type.TEXT, 512, Required.NO, "remark"),
)
_KEY = ("subject_name", "document_number")


def create_item(
    *,
    actor: User,
    code: str,
    name: str,
    kind: str,
    in_force_from: date,
    legal_basis: str,
    subject_kinds: Sequence[str],
    disclosure: str,
    cycle: str,
    publicity_months: int | None = None,
    publicity_note: str = "",
) -> CatalogueItem:
    """Bring a new kind of record into the catalogue as a draft; nothing is reported under it before its day.

    Without a legal basis there is no item (国办发〔2020〕49号: 没有依据的信息不得归集).
    """
    if not policy_for(CatalogueItem).may_create(actor):
        raise NotAllowed("只有信用办经办人可以新增目录事项。")
    if kind in CatalogueItem.BY_DECISION:
        raise Refused(
            "catalogue.by_decision",
            "这一种类的记录只由认定决定产生，目录中已有对应事项，不能另行新增；内容有变的请起草新版本。",
        )
    if not legal_basis.strip():
        raise Refused("catalogue.no_legal_basis", "没有法律依据的事项不得列入目录，请写明文件名称和条款。")
    for rule in forbidden():
        if word := rule.names(name, in_force_from):
            raise Refused(
                "catalogue.forbidden_field", f"“{word}”属于{rule.what}，不得列入目录。依据：{rule.source}。"
            )
    with act(
        "catalogue.create_item", actor=actor, reason=legal_basis.strip(), data={"code": code, "name": name}
    ):
        try:
            with transaction.atomic():
                item = CatalogueItem.objects.create(code=code, name=name, kind=kind)
        except IntegrityError as error:
            raise Refused("catalogue.item_exists", "已有同样代码或者名称的目录事项。") from error
        version = CatalogueVersion.objects.create(
            item=item,
            number=1,
            in_force_from=in_force_from,
            legal_basis=legal_basis.strip(),
            subject_kinds=list(subject_kinds),
            disclosure=disclosure,
            cycle=cycle,
            publicity_months=publicity_months,
            publicity_note=publicity_note,
        )
        bulk.create_all(
            CatalogueField,
            [
                CatalogueField(
                    version=version, position=position, code=code, title=title, type=kind, max_length=length,
                    required=required, role=role, business_key=role in _KEY,
                )
                for position, (code, title, kind, length, required, role) in enumerate(_SKELETON, 1)
            ],
        )  # fmt: skip
    return item
