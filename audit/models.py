"""The journal of events, the chain that seals it, and the shape of every history row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.manager import HistoryManager
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
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="操作人",
        db_index=False,
    )  # fmt: skip
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
    mark = models.CharField("写入标记", max_length=110, default="", blank=True, editable=False)
    """Digest or HMAC over the content, made with the event (`audit.canonical.Marker`): guards it until it is sealed."""

    class Meta:
        verbose_name = "审计事件"
        verbose_name_plural = "审计事件"
        ordering = ["-id"]
        # One index for each question of the auditor, each in the order of the list: pages by key, no sorting.
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_event_moment"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_event_person"),
            models.Index(fields=["verb", "-at", "-id"], name="audit_event_verb"),
            models.Index(fields=["target_id", "target_type", "-at", "-id"], name="audit_event_object"),
            models.Index(
                fields=["request_id"], name="audit_event_request", condition=~models.Q(request_id="")
            ),
            models.Index(
                fields=["-at", "-id"], name="audit_event_refused", condition=models.Q(result="refused")
            ),
            models.Index(
                fields=["batch_id"], name="audit_event_batch", condition=models.Q(batch_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.pk}号"


class Seal(models.Model):
    """One position of the chain: which event stands there, and the hash that depends on all before it (ADR 10).

    Written by `audit.sealing` after the event's transaction, never in it. Rows are only ever added.
    """

    position = models.BigIntegerField("链上位置", primary_key=True)
    event_id = models.BigIntegerField("审计事件", unique=True)
    """Deliberately no foreign key: an event that is gone must be found missing, not take its seal along."""
    algorithm = models.CharField("算法", max_length=10)
    form = models.PositiveSmallIntegerField("规范格式版本")
    digest = models.BinaryField("事件摘要")
    hash = models.BinaryField("链值")

    class Meta:
        verbose_name = "链节"
        verbose_name_plural = "链节"
        ordering = ["position"]

    def __str__(self) -> str:
        return f"链上第{self.position}位"


class Checkpoint(models.Model):
    """Up to which numbers nothing can come any more, noted by each run of the sealing that moved something.

    A transaction takes its number first and commits later; `waiting` are those that were writing when `ceilings` were read.
    Once none of them is left, everything up to the ceilings has either been committed or never will be.
    """

    class Kind(models.TextChoices):
        EVENTS = "events", "事件"
        HISTORY = "history", "历史"

    kind = models.CharField("种类", max_length=8, choices=Kind.choices)
    at = models.DateTimeField("时间")
    position = models.BigIntegerField("链上位置", default=0)
    settled = models.BigIntegerField("已定编号", default=0)
    """Events up to this number are all sealed; one that turns up later was not written by the product."""
    ceilings = models.JSONField("最大编号", default=dict)
    waiting = ArrayField(models.CharField(max_length=40), default=list, verbose_name="等待的事务")

    class Meta:
        verbose_name = "封存记录"
        verbose_name_plural = "封存记录"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["kind", "-id"], name="audit_checkpoint_kind"),
            models.Index(fields=["position"], name="audit_checkpoint_position"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}封存至{self.settled}"


class HistorySeal(models.Model):
    """A digest over a range of rows of one history table; the event it names carries the digest of all such rows into the chain."""

    event_id = models.BigIntegerField("审计事件")
    table = models.CharField("表", max_length=80)
    columns = ArrayField(models.CharField(max_length=80), verbose_name="列")
    first = models.BigIntegerField("自")
    last = models.BigIntegerField("至")
    count = models.BigIntegerField("行数")
    algorithm = models.CharField("算法", max_length=10)
    digest = models.BinaryField("摘要")

    class Meta:
        verbose_name = "历史封存"
        verbose_name_plural = "历史封存"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["table", "first"], name="history_seal_once")]
        indexes = [
            models.Index(fields=["table", "-last"], name="audit_historyseal_table"),
            models.Index(fields=["event_id"], name="audit_historyseal_event"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.first}-{self.last}"


class Head(models.Model):
    """The end of the chain as it was exported on a day: whoever holds the file can prove what stood before it."""

    day = models.DateField("日期")
    at = models.DateTimeField("导出时间")
    position = models.BigIntegerField("链上位置")
    event_id = models.BigIntegerField("审计事件", null=True)
    algorithm = models.CharField("算法", max_length=10)
    hash = models.CharField("链值", max_length=64)
    file_name = models.CharField("文件", max_length=100, unique=True)
    file_digest = models.CharField("文件摘要(SHA-256)", max_length=64)
    signed = models.BooleanField("已签名")

    class Meta:
        verbose_name = "链头"
        verbose_name_plural = "链头"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.day} 链头(第{self.position}位)"


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


class _HistoryManager(HistoryManager):
    """simple-history puts the class of the manager together anew whenever a history is asked for: once is enough."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: type[models.QuerySet], class_name: str | None = None) -> Any:
        return super().from_queryset(queryset_class, class_name)


class _History(HistoricalRecords):
    """History rows without foreign key indexes: simple-history gives every foreign key one, whatever the model says.

    They halve the speed of bulk writes, and no page asks for them: histories are found by the id of their record. Where
    boards ask what stood at the end of a day, the index on that id bears the columns that they ask for.
    """

    def __init__(self, stood: Sequence[str] = (), **options: Any) -> None:
        self.stood = stood
        super().__init__(**options)

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        fields: dict[str, models.Field] = super().copy_fields(model)
        for field in fields.values():
            if isinstance(field, models.ForeignKey):
                field.db_index = False
        if self.stood:
            fields[model._meta.pk.name].db_index = False
        return fields

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        if self.stood:
            order = [model._meta.pk.name, "-history_date", "-history_id"]
            name = f"{model._meta.model_name}_stood"
            options["indexes"] = [models.Index(fields=order, include=list(self.stood), name=name)]
        return options


def tracked(**options: Any) -> HistoricalRecords:
    """The history of a business model, declared as `history = tracked()`.

    `stood` names the columns by which boards ask what stood at the end of a day; they are read out of an index.
    """
    return _History(
        bases=[HistoryRow],
        history_manager=_HistoryManager,
        history_id_field=models.BigAutoField(),
        history_change_reason_field=models.TextField(null=True),
        history_user_id_field=models.BigIntegerField(null=True),
        history_user_getter=_history_user,
        history_user_setter=_set_history_user,
        **options,
    )
