"""The menu of records, subjects, catalogue and ledgers."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.policy import policy_for
from backoffice.navigation import Item, register_group
from credit_records.models import CatalogueItem, DuplicateCodeEntry, Record, RuleSet, Subject


def _enters(request: HttpRequest) -> bool:
    return policy_for(Record).may_create(request.user)


register_group(
    "信用记录",
    [
        Item("信用记录", "description", Record),
        Item("录入一条", "edit_note", url_name="admin:credit_records_record_add", visible=_enters),
        Item("主体", "apartment", Subject),
    ],
    order=20,
)
register_group(
    "目录与规则",
    [Item("目录事项", "menu_book", CatalogueItem), Item("公示规则", "gavel", RuleSet)],
    order=60,
)
register_group("台账", [Item("重错码台账", "difference", DuplicateCodeEntry)], order=40)
