"""The workbench of the office: each figure opens exactly its rows, and nobody else sees it."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from credit_records.models import CatalogueVersion, DuplicateCodeEntry, Subject, SubjectName
from credit_records.services import ledger
from credit_records.services.catalogue import draft_version, put_in_force
from credit_records.services.subjects import confirm_name

from ..builders import penalty
from .pages import as_user

pytestmark = pytest.mark.django_db
SAME = "银川示例同名商贸有限公司"
OFFICER = {"起草中的目录版本", "待核重错码", "名称存疑的主体"}
APPROVER = {"待审批施行的目录版本"}


@pytest.fixture
def work(report, penalties, city):
    """A draft, an entry of the ledger, and a subject reported under a second name."""
    report(penalty(1, 行政相对人名称=SAME), penalty(2, 行政相对人名称=SAME), submit=True)
    report(penalty(3), submit=True)
    report(
        penalty(3, 行政相对人名称="银川示例新名商贸有限公司", 行政处罚决定书文号="银市监罚〔2026〕33号"),
        submit=True,
    )
    draft_version(penalties, actor=city.officer, in_force_from=date(2026, 7, 1), reason="调整")


def lines(user) -> dict[str, object]:
    page = as_user(user).get(reverse("admin:index"))
    panel = next((one for one in page.context["panels"] if one.title == "待我处理"), None)
    return {line.label: line for line in panel.lines} if panel else {}


def rows_behind(user, line) -> list[object]:
    return list(as_user(user).get(line.url).context["cl"].result_list)


def test_each_figure_opens_exactly_its_rows(work, city):
    found = lines(city.officer)
    assert found.keys() == OFFICER
    expected = {
        "起草中的目录版本": CatalogueVersion.objects.filter(state="draft"),
        "待核重错码": DuplicateCodeEntry.objects.filter(state="open"),
        "名称存疑的主体": Subject.objects.filter(names__kind="doubtful"),
    }
    for label, rows in expected.items():
        assert found[label].value == 1
        assert rows_behind(city.officer, found[label]) == list(rows)
    found = lines(city.approver)
    assert found.keys() == APPROVER
    assert rows_behind(city.approver, found["待审批施行的目录版本"]) == list(expected["起草中的目录版本"])


def test_what_is_done_leaves_the_workbench(work, city):
    draft = CatalogueVersion.objects.get(state="draft")
    put_in_force(draft, actor=city.approver, reason="通过")
    entry = DuplicateCodeEntry.objects.get()
    ledger.resolve(entry, actor=city.officer, outcome="different", conclusion="登记机关答复")
    name = SubjectName.objects.get(kind="doubtful")
    confirm_name(name, actor=city.officer, kind="former", reason="登记机关通知")
    assert lines(city.officer) == {}
    assert lines(city.approver) == {}


def test_without_work_the_office_reads_that_there_is_none(city, catalogue):
    for user in (city.officer, city.approver):
        shown = as_user(user).get(reverse("admin:index"))
        panel = next(one for one in shown.context["panels"] if one.title == "待我处理")
        assert (panel.lines, panel.empty) == ([], "没有待办事项。")
    actions = [action.label for action in panel.actions]
    assert actions == []


@pytest.mark.parametrize("who", ["clerk", "reviewer", "stranger", "supervisor", "auditor"])
def test_nobody_else_sees_the_offices_figures(work, city, who):
    assert not lines(getattr(city, who)).keys() & (OFFICER | APPROVER)
