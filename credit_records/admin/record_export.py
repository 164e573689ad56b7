"""The export of the record list."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from import_export.fields import Field as ExportField
from import_export.resources import ModelResource

from credit_records.models import Record, SubjectStatement

DISPUTED = "异议中"


class RecordExport(ModelResource):
    """What leaves the house: the list's columns and the publicity, personal numbers masked."""

    state = ExportField(column_name="状态")
    disputed = ExportField(column_name="异议标记")
    subject = ExportField(column_name="主体")
    code = ExportField(column_name="统一社会信用代码")
    item = ExportField(column_name="事项")
    document_number = ExportField("document_number", column_name="决定书文号")
    decision_date = ExportField(column_name="决定日期")
    kinds = ExportField(column_name="类别")
    fine = ExportField(column_name="罚款金额(万元)")
    confiscated = ExportField(column_name="没收金额(万元)")
    authority_name = ExportField("authority_name", column_name="决定机关")
    severity = ExportField(column_name="失信程度")
    publicity_start = ExportField(column_name="公示起")
    publicity_earliest_end = ExportField(column_name="最早可修复")
    publicity_latest_end = ExportField(column_name="最长公示至")
    department = ExportField(column_name="来源单位")
    statements = ExportField(column_name="当事人声明")

    class Meta:
        model = Record
        fields = (
            "state", "disputed", "subject", "code", "item", "document_number", "decision_date", "kinds", "fine",
            "confiscated", "authority_name", "severity", "publicity_start", "publicity_earliest_end",
            "publicity_latest_end", "department", "statements",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        related = (
            "subject__kind",
            "subject__name",
            "subject__code",
            "subject__id_masked",
            "item__name",
            "department__name",
        )
        elsewhere = ("subject", "code", "item", "department", "statements")
        own = (name for name in self.fields if name not in elsewhere)
        spoken = SubjectStatement.objects.filter(record=OuterRef("pk")).order_by("pk").values("text")
        # Nothing else of the rows, and none of the page's other relations: only the cells' own columns are fetched.
        return (
            queryset.select_related(None)
            .select_related("subject", "item", "department")
            .only(*own, *related)
            .annotate(statement_texts=ArraySubquery(spoken))
        )

    def dehydrate_state(self, record: Record) -> str:
        return record.get_state_display()

    def dehydrate_disputed(self, record: Record) -> str:
        return DISPUTED if record.disputed else ""

    def dehydrate_statements(self, record: Any) -> str:
        return "；".join(record.statement_texts)

    def dehydrate_subject(self, record: Record) -> str:
        return record.subject.listed_name

    def dehydrate_code(self, record: Record) -> str:
        return record.subject.code or record.subject.id_masked

    def dehydrate_item(self, record: Record) -> str:
        return record.item.name

    def dehydrate_department(self, record: Record) -> str:
        return record.department.name

    def dehydrate_kinds(self, record: Record) -> str:
        return "；".join(record.kinds)

    def dehydrate_severity(self, record: Record) -> str:
        return record.get_severity_display()

    def dehydrate_fine(self, record: Record) -> float | str:
        return "" if record.fine is None else float(record.fine)

    def dehydrate_confiscated(self, record: Record) -> float | str:
        return "" if record.confiscated is None else float(record.confiscated)

    def dehydrate_decision_date(self, record: Record) -> str:
        return record.decision_date.isoformat()

    def dehydrate_publicity_start(self, record: Record) -> str:
        return str(record.publicity_start or "")

    def dehydrate_publicity_earliest_end(self, record: Record) -> str:
        return str(record.publicity_earliest_end or "")

    def dehydrate_publicity_latest_end(self, record: Record) -> str:
        return str(record.publicity_latest_end or "")
