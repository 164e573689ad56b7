"""`manage.py check_standing`: does the standing table say what the history of records says?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from supervision.selectors.standing import tail
from supervision.selectors.standing_check import differences

SAME, DIFFERENT = 0, 1


class Command(BaseCommand):
    help = (
        "Works everything out of the history of records and holds the standing table and its sums against it; changes nothing. "
        "Exit status: 0 the same, 1 something differs (manage.py refresh_standing --rebuild makes it anew)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for line in found:
            self.stdout.write(line)
        self.stdout.write(
            f"核对记录报送情况：{len(found)}处不一致，尚未汇总的历史{tail()}行"
            + ("，请运行 refresh_standing --rebuild。" if found else "。")
        )
        raise SystemExit(DIFFERENT if found else SAME)
