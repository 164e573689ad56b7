"""The catalogue: what may be reported at all, on which legal basis, with which fields, from when to when."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from audit.guard import TrackedManager, TrackedQuerySet
from audit.models import tracked

from .subjects import Subject


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class CatalogueItem(models.Model):
    """One kind of record, for instance 法人行政处罚; its content is in its versions."""

    class Kind(models.TextChoices):
        LICENCE = "licence", "行政许可"
        PENALTY = "penalty", "行政处罚"
        COERCION = "coercion", "行政强制"
        CONFIRMATION = "confirmation", "行政确认"
        LEVY = "levy", "行政征收"
        PAYMENT = "payment", "行政给付"
        RULING = "ruling", "行政裁决"
        COMPENSATION = "compensation", "行政补偿"
        AWARD = "award", "行政奖励"
        INSPECTION = "inspection", "行政监督检查"
        OTHER = "other-power", "其他行政权力"
        BREACH = "breach", "违诺认定"
        COMMITMENT = "commitment", "信用承诺"
        PERFORMANCE = "performance", "履约践诺"

    NOT_RECORDS = (Kind.COMMITMENT, Kind.PERFORMANCE)
    """What comes in by the same files and becomes no record: neither entered singly, nor reported as zero."""
    BY_DECISION = (Kind.BREACH,)
    """What becomes a record by the decision of a case alone: neither uploaded, nor entered singly, nor reported as zero."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=100, unique=True)
    kind = models.CharField("种类", max_length=20, choices=Kind.choices)

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "目录事项"
        verbose_name_plural = "目录事项"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def by_decision(self) -> bool:
        """Whether its records are made by the decision of a case alone (`services.decided_records`)."""
        return self.kind in self.BY_DECISION


class VersionQuerySet(TrackedQuerySet):
    def in_force(self, on: date) -> VersionQuerySet:
        return self.filter(
            Q(in_force_to__isnull=True) | Q(in_force_to__gte=on),
            state=CatalogueVersion.State.IN_FORCE,
            in_force_from__lte=on,
        )


class CatalogueVersion(models.Model):
    """What the catalogue says of an item from one day to another; never changed once in force."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        IN_FORCE = "in_force", "施行"

    class Disclosure(models.TextChoices):
        PUBLIC = "public", "社会公开"
        SHARED = "shared", "政务共享"
        AUTHORISED = "authorised", "授权查询"

    item = models.ForeignKey(
        CatalogueItem, on_delete=models.PROTECT, related_name="versions", verbose_name="目录事项"
    )
    number = models.PositiveIntegerField("版本号")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    in_force_from = models.DateField("施行自")
    in_force_to = models.DateField("施行至", null=True, blank=True)
    legal_basis = models.TextField("法律依据")
    subject_kinds = ArrayField(
        models.CharField(max_length=20, choices=Subject.Kind.choices), verbose_name="适用主体"
    )
    disclosure = models.CharField("公开属性", max_length=12, choices=Disclosure.choices)
    cycle = models.CharField("更新周期", max_length=60)
    severity_rule = models.CharField("失信程度规则", max_length=40, blank=True)
    publicity_months = models.PositiveIntegerField("公示期(月)", null=True, blank=True)
    publicity_note = models.TextField("公示期依据", blank=True)
    checks = models.JSONField("栏目间校验", default=list, blank=True)

    history = tracked()
    objects = models.Manager.from_queryset(VersionQuerySet)()

    class Meta:
        verbose_name = "目录版本"
        verbose_name_plural = "目录版本"
        ordering = ["item", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="catalogue_version_number_once"),
            models.CheckConstraint(
                name="catalogue_version_names_its_legal_basis",
                condition=~Q(legal_basis=""),
                violation_error_message="没有法律依据的事项不得列入目录。",
            ),
            ExclusionConstraint(
                name="catalogue_version_in_force_once",
                expressions=[
                    (F("item"), RangeOperators.EQUAL),
                    (
                        DateRange("in_force_from", "in_force_to", RangeBoundary(inclusive_upper=True)),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(state="in_force"),
                violation_error_message="同一事项在同一天只能有一个施行版本。",
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}版"


class CatalogueField(models.Model):
    """One column of an item's template."""

    class Type(models.TextChoices):
        TEXT = "text", "文本"
        DATE = "date", "日期"
        DECIMAL = "decimal", "数字"
        CHOICE = "choice", "单选"
        MULTI_CHOICE = "multi_choice", "多选"
        USCC = "uscc", "统一社会信用代码"
        ORGANISATION_CODE = "organisation_code", "机关代码"
        ID_NUMBER = "id_number", "证件号码"

    class Required(models.TextChoices):
        YES = "yes", "必填"
        NO = "no", "选填"
        CONDITIONAL = "conditional", "条件必填"

    class Masking(models.TextChoices):
        NONE = "none", "不脱敏"
        ID_NUMBER = "id_number", "证件号码脱敏"
        NAME = "name", "姓名脱敏"

    class Sensitivity(models.TextChoices):
        NONE = "none", "非个人信息"
        PERSONAL = "personal", "个人信息"
        SENSITIVE = "sensitive", "敏感个人信息"

    version = models.ForeignKey(
        CatalogueVersion, on_delete=models.PROTECT, related_name="fields", verbose_name="目录版本"
    )
    position = models.PositiveIntegerField("序号")
    code = models.CharField("字段代码", max_length=40)
    title = models.CharField("字段名称", max_length=100)
    aliases = ArrayField(models.CharField(max_length=100), verbose_name="其他写法", default=list, blank=True)
    type = models.CharField("类型", max_length=20, choices=Type.choices)
    max_length = models.PositiveIntegerField("长度", null=True, blank=True)
    max_digits = models.PositiveIntegerField("总位数", null=True, blank=True)
    decimal_places = models.PositiveIntegerField("小数位数", null=True, blank=True)
    required = models.CharField("必填", max_length=12, choices=Required.choices, default=Required.NO)
    condition = models.JSONField("必填条件", null=True, blank=True)
    options = models.JSONField("选项", default=list, blank=True)
    refused = models.JSONField("不收取值", default=list, blank=True)
    masking = models.CharField("脱敏", max_length=12, choices=Masking.choices, default=Masking.NONE)
    business_key = models.BooleanField("业务主键", default=False)
    role = models.CharField("对应", max_length=40, blank=True)
    note = models.CharField("填写说明", max_length=500, blank=True)
    example = models.CharField("示例", max_length=500, blank=True)
    sensitivity = models.CharField(
        "敏感程度", max_length=10, choices=Sensitivity.choices, default=Sensitivity.NONE,
        db_default=Sensitivity.NONE,
    )  # fmt: skip
    purpose = models.CharField("收集理由", max_length=300, blank=True, default="", db_default="")

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "目录字段"
        verbose_name_plural = "目录字段"
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="catalogue_field_code_once"),
            models.UniqueConstraint(fields=["version", "title"], name="catalogue_field_title_once"),
        ]

    def __str__(self) -> str:
        return self.title
