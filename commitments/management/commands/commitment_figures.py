"""The ratios of commitments and their performance, as of any day."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Department
from audit.clock import today
from commitments.models import Commitment
from commitments.selectors.figures import (
    CITY,
    Figures,
    Ratio,
    Scope,
    by_department,
    by_kind,
    by_month,
    figures_of,
)


def _title(figures: Figures) -> str:
    scope = figures.scope
    if scope.month is not None:
        return f"{scope.month:%Y-%m}"
    if scope.kind:
        return str(Commitment.Kind(scope.kind).label)
    return str(scope.department) if scope.department is not None else "全市"


def _plain(ratio: Ratio) -> dict[str, Any]:
    return {
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "value": None if ratio.value is None else round(float(ratio.value), 4),
        "target": float(ratio.target),
        "reached": ratio.reached,
    }


def _as_data(figures: Figures) -> dict[str, Any]:
    return {
        "title": _title(figures),
        "commitments": figures.counts.commitments,
        "reports": figures.counts.reports,
        "enterprises": figures.enterprise_count,
        "no_data": figures.empty,
        "coverage": _plain(figures.coverage),
        "performed": _plain(figures.performed),
    }


class Command(BaseCommand):
    help = "承诺践诺指标：(承诺数+履约践诺数)/企业数，履约践诺数/承诺数，可按过去某一天计算"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="截至哪一天(默认今天)，例如 2026-06-30")
        parser.add_argument("--department", help="只算一个单位：统一社会信用代码、名称或者简称")
        parser.add_argument("--months", type=int, default=12, help="列出最近几个月(默认12)")
        parser.add_argument("--json", action="store_true", help="输出JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["as_of"] or today()
        if day > today():
            raise CommandError("不能计算将来的指标，请用今天或者以前的日期。")
        if not 1 <= options["months"] <= 120:
            raise CommandError("--months 应在1至120之间。")
        department = self._department(options["department"])
        scope = Scope(department=department) if department is not None else CITY
        parts = {
            "total": [figures_of(scope, on=day)],
            "departments": by_department(on=day) if department is None else [],
            "kinds": by_kind(on=day, department=department),
            "months": by_month(options["months"], on=day, department=department),
        }
        if options["json"]:
            data = {"as_of": str(day), "source": parts["total"][0].basis.source}
            data |= {name: [_as_data(one) for one in part] for name, part in parts.items()}
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
            return
        self._print(day, parts)

    @staticmethod
    def _department(given: str | None) -> Department | None:
        if not given:
            return None
        for field in ("code", "name", "short_name"):
            found = Department.objects.filter(**{field: given}).first()
            if found is not None:
                return found
        raise CommandError(f"没有找到单位“{given}”。")

    def _print(self, day: date, parts: dict[str, list[Figures]]) -> None:
        basis = parts["total"][0].basis
        self.stdout.write(f"截至{day}的承诺践诺指标({basis.source})")
        titles = {"total": "合计", "departments": "按单位", "kinds": "按承诺类型", "months": "按月份"}
        for name, part in parts.items():
            if not part:
                continue
            self.stdout.write(f"\n{titles[name]}")
            for one in part:
                if one.empty:
                    self.stdout.write(f"  {_title(one)}：无数据")
                    continue
                self.stdout.write(
                    f"  {_title(one)}：承诺{one.counts.commitments}，履约践诺{one.counts.reports}，"
                    f"企业{one.enterprise_count}；承诺践诺比{one.coverage}(目标{basis.coverage_words})，"
                    f"践诺率{one.performed}(目标{basis.performance_words})"
                )
        self.stdout.write(f"\n口径：{basis.note}")
