"""The same rows through django-import-export with simple-history as they come: what a project gets without our intake.

A `ModelResource` on the record, rows found again by their business key, foreign keys by natural keys, full cleaning
left out: no check of codes, dates, kinds or conditions, and the subjects must be there already.
"""

from __future__ import annotations

import csv
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from import_export import fields, resources, widgets
from tablib import Dataset

from audit.acts import act
from bench.scene import Scene
from credit_records.models import Record, Subject
from credit_records.rules.text import document_key, name_key


class RecordResource(resources.ModelResource):
    document_number = fields.Field("document_number", "行政处罚决定书文号")
    decision_date = fields.Field("decision_date", "处罚决定日期", widget=widgets.DateWidget("%Y/%m/%d"))
    authority_name = fields.Field("authority_name", "处罚机关")
    authority_code = fields.Field("authority_code", "处罚机关统一社会信用代码")
    fine = fields.Field("fine", "罚款金额(万元)", widget=widgets.DecimalWidget())
    confiscated = fields.Field("confiscated", "没收违法所得、没收非法财物的金额(万元)", widget=widgets.DecimalWidget())
    valid_until = fields.Field("valid_until", "处罚有效期", widget=widgets.DateWidget("%Y/%m/%d"))
    kinds = fields.Field("kinds", "处罚类别", widget=widgets.SimpleArrayWidget(separator=";"))
    subject = fields.Field("subject", "subject", widget=widgets.ForeignKeyWidget(Subject, "code"))
    details = fields.Field("details", "details", widget=widgets.JSONWidget())
    business_key = fields.Field("business_key", "business_key")

    class Meta:
        model = Record
        import_id_fields = ("business_key",)
        fields = (
            "document_number", "decision_date", "authority_name", "authority_code", "fine", "confiscated",
            "valid_until", "kinds", "subject", "details", "business_key",
        )  # fmt: skip

    def __init__(self, scene: Scene, version_id: int, moment: datetime) -> None:
        super().__init__()
        self.scene = scene
        self.version_id = version_id
        self.moment = moment

    def get_queryset(self) -> Any:
        return Record.objects.filter(department=self.scene.department, item=self.scene.item)

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        dataset.append_col([""] * dataset.height, header="business_key")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        row["details"] = json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False)
        row["subject"] = row["行政相对人代码_1(统一社会信用代码)"]
        row["business_key"] = f"{document_key(row['行政处罚决定书文号'])}|{name_key(row['行政相对人名称'])}"

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        instance.item = self.scene.item
        instance.department = self.scene.department
        instance.version_id = self.version_id
        instance.document_key = document_key(instance.document_number)
        instance.state, instance.disclosure = Record.State.SUBMITTED, "public"
        instance.entered_by, instance.entered_at = self.scene.clerk, self.moment


def run(path: Path, scene: Scene, moment: datetime) -> tuple[int, float]:
    """Rows imported and the seconds they took; the subjects of the file must be known."""
    version_id = scene.item.versions.values_list("pk", flat=True)[0]
    start = time.perf_counter()
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream)
        data = Dataset(headers=next(reader))
        for line in reader:
            data.append(line)
    with act("bench.stock", actor=scene.clerk):
        result = RecordResource(scene, version_id, moment).import_data(data, use_transactions=True)
    taken = time.perf_counter() - start
    if result.has_errors() or result.has_validation_errors():
        raise RuntimeError([*result.base_errors, *result.row_errors(), *result.invalid_rows][:1])
    return result.totals["new"], taken
