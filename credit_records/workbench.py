"""The panels of intake on the workbench: what waits, how this month's reporting stands, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from accounts.areas import bodies_in_sight
from accounts.grants.policies import by_rule_alone
from accounts.models import OFFICE_ROLES, Role
from accounts.policy import policy_for
from audit.clock import today
from backoffice import wording
from backoffice.workbench import Action, Cell, Line, Panel, register_panel
from credit_records.models import (
    CatalogueItem,
    CatalogueVersion,
    DuplicateCodeEntry,
    IntakeBatch,
    Record,
    RuleSet,
    Subject,
    ZeroReport,
)
from credit_records.selectors.batches import COUNTED_AT_MOST, count_up_to, uploaded_files
from credit_records.selectors.reporting import (
    missing_reports,
    month_figures,
    month_start,
    top_error,
    waiting,
)
from credit_records.selectors.subject_pages import with_doubtful_names

_RECENT = 8
_DOING = (Role.CLERK, Role.REVIEWER, Role.OFFICER, Role.APPROVER)
_TONES = {
    IntakeBatch.State.RETURNED: "bad",
    IntakeBatch.State.REFUSED: "bad",
    IntakeBatch.State.CHECKED: "warn",
    IntakeBatch.State.PUBLISHED: "good",
}


@register_panel
def intake_panels(request: HttpRequest) -> list[Panel] | None:
    """The boxes of whoever has something to do here; the office sees the figures of all departments."""
    user: Any = request.user
    if not user.holds(Role.CLERK, Role.REVIEWER, *OFFICE_ROLES):
        return None
    batches = policy_for(IntakeBatch).scope(user, "view")
    found = []
    if user.holds(*_DOING):
        found.append(_to_do(user))
    found.append(_this_month(user, batches, with_errors=user.holds(Role.CLERK, Role.REVIEWER)))
    if user.holds(Role.CLERK):
        found.append(_reminders(user))
    found.append(_recent(user, batches))
    return found


def _batch_list(**query: str) -> str:
    url = reverse("admin:credit_records_intakebatch_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def _list(model: str, **query: str) -> str:
    return f"{reverse(f'admin:credit_records_{model}_changelist')}?{urlencode(query)}"


def _record_list(**query: str) -> str:
    return _list("record", **query)


def _to_do(user: Any) -> Panel:
    """What waits for this person: the clerk's corrections, the reviewer's decisions, what the office keeps in order."""
    lines: list[Line] = []
    if user.holds(Role.CLERK):
        mine = policy_for(IntakeBatch).scope(user, "correct")
        lines += _batch_line("退回待改批次", mine, "returned", "bad")
        lines += _record_line("退回待改记录", user, "change", Record.State.RETURNED, "bad")
        lines += _batch_line("待提交批次", mine, "submit", "warn")
    if user.holds(Role.REVIEWER):
        lines += _batch_line("待审核批次", policy_for(IntakeBatch).scope(user, "publish"), "review", "warn")
        lines += _record_line("待审核记录", user, "publish", Record.State.SUBMITTED, "warn")
    if user.holds(Role.OFFICER, Role.APPROVER):
        lines += _office_lines(user)
    return Panel(
        "待我处理",
        lines=[line for line in lines if line.value != 0],
        actions=_actions(user),
        empty="没有待办事项。",
        order=10,
    )


def _batch_line(label: str, scope: QuerySet, what: str, tone: Any) -> Iterator[Line]:
    count = waiting(scope, what).count()
    yield Line(label, count, _batch_list(waiting=what), tone)


def _record_line(label: str, user: Any, verb: str, state: Record.State, tone: Any) -> Iterator[Line]:
    rows = policy_for(Record).scope(user, verb).filter(state=state)
    yield Line(label, _figure(rows), _record_list(state__exact=state), tone)


def _figure(rows: QuerySet) -> int | str:
    count = count_up_to(rows)
    return f"{COUNTED_AT_MOST:,}+" if count > COUNTED_AT_MOST else count


def _office_lines(user: Any) -> Iterator[Line]:
    """The catalogue in work, and what the intake has left to be cleared up: each the rows of a list."""
    drafts = _list("catalogueversion", state__exact=CatalogueVersion.State.DRAFT)
    if user.holds(Role.APPROVER):
        found = policy_for(CatalogueVersion).scope(user, "put_in_force")
        waiting_here = found.filter(state=CatalogueVersion.State.DRAFT)
        yield Line("待审批施行的目录版本", waiting_here.count(), drafts, "warn")
        proposed = policy_for(RuleSet).scope(user, "confirm").filter(state=RuleSet.State.PROPOSED)
        rules = _list("ruleset", state__exact=RuleSet.State.PROPOSED)
        yield Line("待确认的公示规则", proposed.count(), rules, "warn")
    if user.holds(Role.OFFICER):
        mine = policy_for(CatalogueVersion).scope(user, "change")
        yield Line("起草中的目录版本", mine.count(), drafts)
        state = DuplicateCodeEntry.State.OPEN
        entries = policy_for(DuplicateCodeEntry).scope(user, "resolve").filter(state=state)
        yield Line("待核重错码", _figure(entries), _list("duplicatecodeentry", state__exact=state), "warn")
        named = with_doubtful_names(policy_for(Subject).scope(user, "change"))
        yield Line("名称存疑的主体", _figure(named), _list("subject", names="doubtful"), "warn")


def _this_month(user: Any, batches: QuerySet, *, with_errors: bool) -> Panel:
    first = month_start(today())
    month = f"{first:%Y-%m}"
    figures = month_figures(batches, policy_for(Record).scope(by_rule_alone(user), "view"), first)
    # What was let in is on the list, and is nothing that the own department has reported.
    bodies = bodies_in_sight(user) if user.holdings.grants else frozenset()
    own = {"department": str(*bodies)} if len(bodies) == 1 else {}
    lines = [
        Line(one.label, f"{one.rows:,}条", _record_list(reported=month, item__kind=one.kind, **own))
        for one in figures.kinds
    ]
    if figures.compliance:
        note = f"首次上传{figures.first_rows:,}行，一次通过{figures.first_accepted:,}行"
        lines.append(Line("合规率", figures.compliance, _batch_list(judged=month), note=note))
    error = top_error(batches, first) if with_errors else None
    if error is not None:
        query = urlencode({"code": error.code, "column": error.column})
        url = f"{reverse('admin:credit_records_intakebatch_faults')}?{query}"
        lines.append(Line(f"错误最多：{error.column or '整行'}", f"{error.times:,}处", url, "warn"))
    return Panel("本月报送", lines=lines, empty="本月还没有报送。", order=20)


def _reminders(user: Any) -> Panel:
    """Items usually reported of which last month is silent: neither records nor a zero report."""
    last = month_start(today(), 1)
    departments = user.departments_as(Role.CLERK)
    missing = missing_reports(departments, last)
    url = reverse("admin:credit_records_zeroreport_add")
    lines = [
        Line(
            f"{last.month}月{one.item}未报送",
            "补报或零报送",
            f"{url}?{urlencode({'department': one.department_id})}",
            "warn",
        )
        for one in missing
    ]
    return Panel("提醒", lines=lines, empty=f"{last.month}月常报事项都已报送或零报送。", order=30)


def _recent(user: Any, batches: QuerySet) -> Panel:
    latest = (
        uploaded_files(batches).select_related("item", "department", "uploaded_by").order_by("-pk")[:_RECENT]
    )
    several = not user.holds(Role.CLERK, Role.REVIEWER)
    columns = [
        "文件",
        *(["单位"] if several else []),
        "事项",
        "行数",
        "可入库",
        "存疑",
        "拒绝",
        "状态",
        "上传",
    ]
    return Panel(
        "最近批次",
        columns=columns,
        rows=[_recent_row(batch, several=several) for batch in latest],
        actions=[Action("全部批次", _batch_list())],
        empty="还没有上传过文件。先下载模板填写，再点“上传报送文件”。"
        if not several
        else "各单位还没有上传过文件。",
        wide=True,
        order=40,
    )


def _recent_row(batch: IntakeBatch, *, several: bool) -> list[Cell]:
    url = reverse("admin:credit_records_intakebatch_change", args=[batch.pk])
    judged = batch.checked_at is not None and batch.state != IntakeBatch.State.REFUSED

    def figure(value: int, place: str = "", tone: Any = "") -> Cell:
        if not judged:
            return Cell("—", number=True)
        link = f"{url}{place}" if place and value else ""
        return Cell(f"{value:,}", link, tone if value else "", number=True)

    moment = wording.of_moment(batch.uploaded_at)
    department = [Cell(batch.department.short_name or batch.department.name)] if several else []
    return [
        Cell(batch.file_name, url),
        *department,
        Cell(batch.item.name),
        figure(batch.rows),
        figure(batch.accepted, "#summary"),
        figure(batch.held, "?tab=hold#rows", "warn"),
        figure(batch.rejected, "?tab=reject#rows", "bad"),
        Cell(batch.get_state_display(), tone=_TONES.get(IntakeBatch.State(batch.state), "")),
        Cell(moment if several else f"{batch.uploaded_by} {moment}"),
    ]


def _actions(user: Any) -> list[Action]:
    actions = []
    if policy_for(IntakeBatch).may_create(user):
        actions.append(Action("上传报送文件", reverse("admin:credit_records_intakebatch_add"), primary=True))
    if policy_for(Record).may_create(user):
        actions.append(Action("录入一条", reverse("admin:credit_records_record_add")))
    if user.holds(Role.CLERK, Role.REVIEWER):
        actions.append(Action("下载模板", reverse("admin:credit_records_intakebatch_templates")))
    if policy_for(CatalogueItem).may_create(user):
        actions.append(Action("新增目录事项", reverse("admin:credit_records_catalogueitem_add")))
    if policy_for(ZeroReport).may_create(user):
        actions.append(Action("零报送", reverse("admin:credit_records_zeroreport_add")))
    return actions
