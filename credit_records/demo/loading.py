"""The plan's batches along the real path: upload, check, submit, review, each batch in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.files.base import ContentFile
from django.db import connection, transaction

from accounts.models import Department, User
from audit.clock import CHINA, telling_of
from audit.faults import Refused
from credit_records.models import CatalogueItem, IntakeBatch, Record, ZeroReport
from credit_records.rules.field_specs import ItemSpec
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.services import batches, records, zero_reports

from .files import csv_file
from .people import Crew
from .plan import LEADING, SILENT, Batch, Fate, months_without
from .rows import Parties, rows_of

_RETURNED_BECAUSE = {
    "licence": "部分行的许可内容过于简略，请按决定书原文填写后重报。",
    "penalty": "部分行的处罚依据未写到条、款、项，请补全后重报。",
}
_RETURNED_ELSE = "第3行、第5行的决定日期与附卷文书不一致，请核对原件后改正重报。"
_TAKEN_BACK_BECAUSE = "误选了上月的文件，撤销后重新报送。"
_WITHDRAWN_BECAUSE = {
    "penalty": (
        ("行政复议决定撤销原处罚决定", "《中华人民共和国行政复议法》第六十四条，行政复议决定书"),
        ("原决定认定事实有误，自行改正", "《中华人民共和国行政处罚法》第七十五条第二款，撤销处罚决定书"),
        ("人民法院判决变更原处罚决定", "《中华人民共和国行政诉讼法》第七十七条，行政判决书"),
    ),
    "other": (
        ("人民法院判决撤销原决定", "《中华人民共和国行政诉讼法》第七十条，行政判决书"),
        ("行政复议决定撤销原决定", "《中华人民共和国行政复议法》第六十四条，行政复议决定书"),
    ),
}


@dataclass(frozen=True)
class City:
    """What the steps need of the city, looked up once."""

    departments: Mapping[str, Department]
    crews: Mapping[str, Crew]
    items: Mapping[str, CatalogueItem]
    specs: Mapping[str, ItemSpec]
    parties: Parties
    system: User
    today: date


def items_and_specs() -> tuple[dict[str, CatalogueItem], dict[str, ItemSpec]]:
    """The items in force, each with the newest of its versions."""
    items, specs = {}, {}
    for item in CatalogueItem.objects.all():
        versions = versions_ever_in_force(item)
        if versions:
            items[item.code], specs[item.code] = item, versions[0][1]
    return items, specs


def files_present() -> set[tuple[int, str]]:
    return set(IntakeBatch.objects.values_list("department_id", "file_name"))


def load_batches(city: City, plan: list[Batch], *, progress: Callable[[int, int], None]) -> int:
    """Those that are missing, in the order of their days; returns how many."""
    present = files_present()

    def is_missing(batch: Batch) -> bool:
        if batch.item not in city.items:
            return False  # the office has taken the item out of force
        name = batch.file_name(city.specs[batch.item].name)
        return (city.departments[batch.body.slug].pk, name) not in present

    missing = [batch for batch in plan if is_missing(batch)]
    for done, batch in enumerate(missing):
        progress(done, len(missing))
        _load(city, batch)
    return len(missing)


def hasty() -> None:
    """The running transaction need not wait for the disk: what a power cut takes is loaded again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _load(city: City, plan: Batch) -> None:
    department, crew = city.departments[plan.body.slug], city.crews[plan.body.slug]
    spec = city.specs[plan.item]
    rows = rows_of(plan, spec, city.parties, code=department.code, name=department.name)
    moment = plan.uploaded_at
    with transaction.atomic():
        hasty()
        with telling_of(moment):
            batch = batches.upload(
                ContentFile(csv_file(spec, rows, key=plan.key), name=plan.file_name(spec.name)),
                actor=crew.clerk,
                department=department,
                item=city.items[plan.item],
            )
        with telling_of(moment + timedelta(seconds=4)):
            batch = batches.check(batch, actor=crew.clerk)
        if not batch.accepted:
            return
        with telling_of(moment + timedelta(minutes=6)):
            batch = batches.submit(batch, actor=crew.clerk)
        with telling_of(moment + timedelta(hours=2 + len(rows) % 20)):
            _decide(plan, batch, crew)


def _decide(plan: Batch, batch: IntakeBatch, crew: Crew) -> None:
    if plan.fate is Fate.TAKEN_BACK:
        batches.take_back(batch, actor=crew.clerk, reason=_TAKEN_BACK_BECAUSE)
    elif plan.fate is Fate.RETURNED:
        reason = _RETURNED_BECAUSE.get(plan.item.partition("-")[0], _RETURNED_ELSE)
        batches.send_back(batch, actor=crew.reviewer, reason=reason)
    elif plan.fate is Fate.PUBLISHED:
        batches.publish(batch, actor=crew.reviewer)
        _withdraw(plan, batch, crew)


def _withdraw(plan: Batch, batch: IntakeBatch, crew: Crew) -> None:
    if not plan.withdrawn:
        return
    reasons = _WITHDRAWN_BECAUSE["penalty" if plan.item.startswith("penalty") else "other"]
    reason, basis = reasons[len(plan.days) % len(reasons)]
    chosen = Record.objects.filter(batch=batch).order_by("pk")[: plan.withdrawn]
    records.withdraw(*chosen, actor=crew.reviewer, reason=reason, legal_basis=basis)


def load_zero_reports(city: City, plan: list[Batch]) -> int:
    """The leading bodies answer for every month, the others for the last two; some stay unanswered."""
    present = set(ZeroReport.objects.values_list("department_id", "item_id", "month"))
    newest = _month_before(city.today)
    before = _month_before(newest)
    given = 0
    with transaction.atomic():
        hasty()
        for (slug, item), months in months_without(plan, city.today).items():
            if item not in city.items or slug == SILENT:
                continue
            key = (city.departments[slug].pk, city.items[item].pk)
            left_open = newest if len(f"{slug}{item}") % 4 == 0 else None
            asked = months if slug in LEADING else [month for month in months if month in (newest, before)]
            for month in sorted(asked):
                if month != left_open and (*key, month) not in present:
                    given += _report_zero(city, slug, item, month)
    return given


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _report_zero(city: City, slug: str, item: str, month: date) -> int:
    third = zero_reports.next_month(month) + timedelta(days=2)
    try:
        zero_reports.report_zero(
            department=city.departments[slug],
            item=city.items[item],
            month=month,
            actor=city.crews[slug].clerk,
            now=datetime.combine(third, time(9, 40), tzinfo=CHINA),
        )
    except Refused:
        return 0  # somebody has reported a decision of that month by hand meanwhile
    return 1
