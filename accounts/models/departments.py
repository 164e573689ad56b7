"""The bodies that report, and the offices that answer for them."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models

from audit.guard import TrackedManager
from audit.models import tracked


class Department(models.Model):
    """A body (委办局) that reports records; the office of the leading group is one too."""

    class Level(models.TextChoices):
        REGION = "region", "自治区(省)级"
        CITY = "city", "市级"
        DISTRICT = "district", "县(市、区)级"

    code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=200, unique=True)
    short_name = models.CharField("简称", max_length=40, blank=True)
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    division = models.CharField("行政区划代码", max_length=6)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, verbose_name="上级机构"
    )
    is_office = models.BooleanField("领导小组办公室", default=False)
    office = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="bodies",
        limit_choices_to={"is_office": True},
        verbose_name="归口信用办",
        help_text="哪一级信用办负责本机构的信用工作；不填时按行政区划归口。",
    )
    """The office that answers for this body; where none is named, the offices within whose division it lies."""
    group = models.OneToOneField(
        Group, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="body"
    )
    """To whom rights on single objects are granted for the whole body; made with its first grant."""
    active = models.BooleanField("在用", default=True)

    history = tracked(excluded_fields=["group"])
    objects = TrackedManager()

    class Meta:
        verbose_name = "机构"
        verbose_name_plural = "机构"
        ordering = ["level", "code"]

    def __str__(self) -> str:
        return self.name
