"""Those whom records are about: legal persons, other organisations, individual businesses, natural persons."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Q

from accounts.sealed_columns import sealed_in
from audit.guard import TrackedManager
from audit.models import tracked
from credit_records.rules.identifiers import mask_name


class Bigrams(Func):
    """The two-character pieces of a text, as an array: what a search by two Chinese characters can be indexed on."""

    function = "credit_bigrams"
    arity = 1
    output_field = ArrayField(models.TextField())


class Subject(models.Model):
    """One body or person. Found by code first; without a code by its exact name."""

    class Kind(models.TextChoices):
        LEGAL_PERSON = "legal_person", "法人"
        OTHER_ORGANISATION = "other_organisation", "非法人组织"
        INDIVIDUAL_BUSINESS = "individual_business", "个体工商户"
        NATURAL_PERSON = "natural_person", "自然人"

    class State(models.TextChoices):
        EXISTING = "existing", "存续"
        SUSPENDED = "suspended", "停业"
        LICENCE_REVOKED = "licence_revoked", "吊销"
        DEREGISTERED = "deregistered", "注销"
        REVOKED = "revoked", "撤销"
        MOVED_OUT = "moved_out", "迁出"

    kind = models.CharField("类别", max_length=20, choices=Kind.choices)
    code = models.CharField("统一社会信用代码", max_length=18, db_collation="C", null=True, blank=True)  # noqa: DJ001  no code is NULL
    name = models.CharField("名称", max_length=200)
    name_key = models.CharField("名称比对键", max_length=200, db_collation="C", editable=False)
    legal_representative = models.CharField("法定代表人", max_length=50, blank=True)
    region = models.CharField("行政区划代码", max_length=6, blank=True)
    industry = models.CharField("行业", max_length=100, blank=True)
    state = models.CharField("登记状态", max_length=20, choices=State.choices, default=State.EXISTING)
    registration_number = models.CharField("工商注册号", max_length=50, blank=True)
    # Natural persons: the number is sealed; the index finds it without opening it; the mask is what pages show.
    id_type = models.CharField("证件类型", max_length=64, blank=True)
    id_sealed = models.TextField("证件号码(密文)", blank=True, editable=False)
    id_index = models.CharField(  # noqa: DJ001  no number is NULL
        "证件号码索引", max_length=64, db_collation="C", null=True, blank=True, editable=False
    )
    id_masked = models.CharField("证件号码", max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField("建档时间", auto_now_add=True)

    history = tracked(stood=("code", "state"))
    objects = TrackedManager()

    class Meta:
        verbose_name = "主体"
        verbose_name_plural = "主体"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(code__isnull=False),
                include=["state"],  # what boards ask of all subjects at once
                name="subject_code_once",
                violation_error_message="该统一社会信用代码已有主体。",
            ),
            models.UniqueConstraint(
                fields=["id_index"],
                condition=Q(id_index__isnull=False),
                name="subject_person_once",
                violation_error_message="该证件号码已有主体。",
            ),
            models.UniqueConstraint(
                fields=["kind", "name_key"],
                condition=Q(code__isnull=True, id_index__isnull=True),
                name="subject_without_code_once",
                violation_error_message="同名的无代码主体已存在。",
            ),
        ]
        indexes = [models.Index(fields=["name_key"], name="subject_name_key")]

    def __str__(self) -> str:
        return self.name

    @property
    def listed_name(self) -> str:
        """The name as lists, exports and figures show it: a natural person's masked."""
        return mask_name(self.name) if self.kind == self.Kind.NATURAL_PERSON else self.name


class SubjectName(models.Model):
    """A name under which a subject is or was known, or was reported (存疑): all of them find it."""

    class Kind(models.TextChoices):
        CURRENT = "current", "现用名称"
        FORMER = "former", "曾用名称"
        DOUBTFUL = "doubtful", "存疑名称"

    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="names", verbose_name="主体", db_index=False
    )
    name = models.CharField("名称", max_length=200)
    name_key = models.CharField("名称比对键", max_length=200, db_collation="C", editable=False)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices)
    since = models.DateField("自", null=True, blank=True)
    until = models.DateField("至", null=True, blank=True)
    batch = models.ForeignKey(
        "IntakeBatch",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name="来源批次",
    )

    history = tracked()
    objects = TrackedManager()

    class Meta:
        verbose_name = "主体名称"
        verbose_name_plural = "主体名称"
        ordering = ["kind", "name"]
        constraints = [models.UniqueConstraint(fields=["subject", "name_key"], name="subject_name_once")]
        indexes = [
            models.Index(fields=["name_key"], name="subject_names_key"),
            GinIndex(Bigrams("name_key"), name="subject_names_pieces"),
        ]

    def __str__(self) -> str:
        return f"{self.name}({self.get_kind_display()})"


sealed_in(Subject, "id_sealed")
