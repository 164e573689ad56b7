"""The journal of events and the shape of every history row."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords


class Event(models.Model):
    """One act of one person (or of the system), with its reason: what an auditor reads.

    Rows are only ever added: a trigger in the database refuses UPDATE, DELETE and TRUNCATE.
    """

    class Result(models.TextChoices):
        DONE = "done", "完成"
        REFUSED = "refused", "被拒绝"

    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人"
    )
    actor_label = models.CharField("操作人姓名", max_length=200)
    verb = models.CharField("动作", max_length=60)
    target_type = models.CharField("对象类型", max_length=80, blank=True)
    target_id = models.CharField("对象编号", max_length=64, blank=True)
    target_label = models.CharField("对象", max_length=300, blank=True)
    reason = models.TextField("理由", blank=True)
    batch_id = models.BigIntegerField("批次", null=True)
    request_id = models.CharField("请求编号", max_length=64, blank=True)
    address = models.CharField("来源地址", max_length=64, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    data = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = "审计事件"
        verbose_name_plural = "审计事件"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_event_target"),
            models.Index(
                fields=["batch_id"], name="audit_event_batch", condition=models.Q(batch_id__isnull=False)
            ),
            models.Index(fields=["-at"], name="audit_event_at"),
        ]

    def __str__(self) -> str:
        return f"第{self.pk}号"


class HistoryRow(models.Model):
    """What every history row carries beside the copied columns: the event that explains it."""

    event_id = models.BigIntegerField("审计事件", null=True)

    class Meta:
        abstract = True


def _history_user(historical_instance: Any) -> Any:
    """The person behind a history row, looked up only when a page asks for it."""
    from django.contrib.auth import get_user_model

    if historical_instance.history_user_id is None:
        return None
    return get_user_model()._default_manager.filter(pk=historical_instance.history_user_id).first()


def _set_history_user(historical_instance: Any, user: Any) -> None:
    if user is not None:
        historical_instance.history_user_id = user.pk


class _History(HistoricalRecords):
    """History rows without foreign key indexes: simple-history gives every foreign key one, whatever the model says.

    They halve the speed of bulk writes, and no page asks for them: histories are found by the id of their record.
    """

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        fields: dict[str, models.Field] = super().copy_fields(model)
        for field in fields.values():
            if isinstance(field, models.ForeignKey):
                field.db_index = False
        return fields


def tracked(**options: Any) -> HistoricalRecords:
    """The history of a business model, declared as `history = tracked()`."""
    return _History(
        bases=[HistoryRow],
        history_id_field=models.BigAutoField(),
        history_change_reason_field=models.TextField(null=True),
        history_user_id_field=models.BigIntegerField(null=True),
        history_user_getter=_history_user,
        history_user_setter=_set_history_user,
        **options,
    )
