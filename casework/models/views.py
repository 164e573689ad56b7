"""A person's own bookmarks of the work list."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SavedView(models.Model):
    """Filters and search of the work list under a name of one's own (常用筛选)."""

    untracked_because = "a person's own bookmark says nothing about any case"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="使用人"
    )
    name = models.CharField("名称", max_length=20)
    query = models.CharField("条件", max_length=400)
    """As in the address of the list, written by `casework.selectors.lists.Selection`."""
    created_at = models.DateTimeField("保存时间")

    class Meta:
        verbose_name = "常用筛选"
        verbose_name_plural = "常用筛选"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name
