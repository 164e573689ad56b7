"""The menu of breaches: the list of all, and the two lists by which they are judged."""

from __future__ import annotations

from backoffice.navigation import Item, register_group
from breaches.models import Breach, DegreeRule, Measure

register_group(
    "违诺认定",
    [
        Item("违诺认定", "gavel", Breach),
        Item("违诺程度规则", "rule", DegreeRule),
        Item("违诺后果措施", "policy", Measure),
    ],
    order=32,
)
