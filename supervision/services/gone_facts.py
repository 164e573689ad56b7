"""What has become of the facts behind open proposals: closed cases, answers that came, bodies that report again, rates that rose.

A proposal is closed (情况已消除) by what is the case now, never by its age. A fact that its source still yields
for the same office is not gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime

from django.db.models import Max

from accounts.models import Department
from audit.clock import local_day
from casework.models import Case, Request
from commitments.selectors.standing import standing
from credit_records.models import ZeroReport
from credit_records.selectors.reporting import month_start
from oversight.models import Proposal
from oversight.services.proposals import Fact
from supervision.rules.rates import Unit, words
from supervision.selectors.reported import Asked
from supervision.selectors.reporting_board.ledgers import last_day
from supervision.selectors.reporting_board.quiet import batches_sent, judged_month
from supervision.selectors.reporting_board.rates import Rates, rates_by_key

from . import proposals

Found = dict[int, str]
_CLOSED = "该单位已经停用。"


def _not_told(
    rows: Sequence[Proposal], source: Callable[[datetime], Iterable[Fact]], moment: datetime, shape: str
) -> tuple[Found, dict[int, tuple[str, ...]]]:
    """Those whose fact is another office's now; and those of which the source says nothing any more, with the parts of their key.

    A key of another shape is nobody's to judge.
    """
    told = {fact.key: fact.office for fact in source(moment)}
    moved = {
        one.pk: f"该事项现由{told[one.fact]}办理。"
        for one in rows
        if one.fact in told and told[one.fact].pk != one.office_id
    }
    found = {one.pk: re.fullmatch(shape, one.fact) for one in rows if one.fact not in told}
    return moved, {pk: parts.groups(default="") for pk, parts in found.items() if parts is not None}


def _active(bodies: Iterable[int]) -> set[int]:
    return set(Department.objects.filter(pk__in=set(bodies), active=True).values_list("pk", flat=True))


def late_cases(rows: Sequence[Proposal], moment: datetime) -> Found:
    """`case:<key>:<round>` of a case of an office, `request:<key>` of an answer (two queries beside the source's)."""
    found, gone = _not_told(rows, proposals.late_cases, moment, r"(case|request):(\d+)(?::(\d+))?")
    cases = Case.objects.in_bulk([int(key) for kind, key, _ in gone.values() if kind == "case"])
    asked = [int(key) for kind, key, _ in gone.values() if kind == "request"]
    requests = Request.objects.select_related("case").in_bulk(asked)
    for pk, (kind, key, round_) in gone.items():
        if kind == "case" and (case := cases.get(int(key))) is not None:
            found[pk] = _of_case(case, int(round_ or case.round))
        elif kind == "request" and (request := requests.get(int(key))) is not None:
            found[pk] = _of_request(request, local_day(moment))
    return found


def _of_case(case: Case, round_: int) -> str:
    if case.round != round_:
        return f"案件{case.number}原来一轮已经办结，现为第{case.round}轮。"
    if case.closed_on is not None:
        return f"案件{case.number}已于{case.closed_on}办结。"
    if case.due_on is None:
        return f"案件{case.number}已经停时，期限没有在走。"
    return f"案件{case.number}的办结期限现为{case.due_on}。"


def _of_request(request: Request, day: date) -> str:
    number = request.case.number
    if request.state == Request.State.ANSWERED and request.answered_at is not None:
        return f"案件{number}的协查已于{local_day(request.answered_at)}答复。"
    if request.state != Request.State.OPEN:
        return f"案件{number}的协查{request.get_state_display()}。"
    if request.due_on >= day:
        return f"案件{number}的协查答复期限现为{request.due_on}。"
    return _of_case(request.case, request.round)


def silent_departments(rows: Sequence[Proposal], moment: datetime) -> Found:
    """`<body>:<day of its last word>`."""
    day = local_day(moment)
    found, gone = _not_told(rows, proposals.silent_departments, moment, r"(\d+):(\d{4}-\d{2}-\d{2})")
    bodies = frozenset(int(body) for body, _ in gone.values())
    active, last = _active(bodies), _last_words(day, bodies)
    for pk, (body, since) in gone.items():
        found[pk] = _of_silent(active, last, int(body), date.fromisoformat(since))
    return found


def _last_words(day: date, bodies: frozenset[int]) -> dict[int, date]:
    """The last day on which each of the bodies sent something or reported that there was nothing (two queries)."""
    if not bodies:
        return {}
    sent = batches_sent(day, bodies).order_by().values("department").annotate(last=Max("submitted_at"))
    zeros = standing(ZeroReport, day).filter(department__in=bodies).order_by()
    told = [(one["department"], one["last"]) for one in sent]
    told += [
        (one["department_id"], one["last"])
        for one in zeros.values("department_id").annotate(last=Max("reported_at"))
    ]
    found: dict[int, date] = {}
    for body, at in told:
        found[body] = max(found.get(body, date.min), local_day(at))
    return found


def _of_silent(active: set[int], last: dict[int, date], body: int, since: date) -> str:
    if body not in active:
        return _CLOSED
    if (again := last.get(body, date.min)) > since:
        return f"该单位已于{again}报送。"
    return "按现在的统计，该单位不再属于长期未报送。"


def falling_rates(rows: Sequence[Proposal], moment: datetime) -> Found:
    """`<body>:<rate>:<month>`: put right by what came in later, or risen again in the last full month."""
    day = local_day(moment)
    newest = judged_month(day)
    rates_of = "|".join(proposals.RATES)
    found, waiting = _not_told(
        rows, proposals.falling_rates, moment, rf"(\d+):({rates_of}):(\d{{4}}-\d{{2}})"
    )
    if not waiting:
        return found
    months = {pk: date.fromisoformat(f"{of_month}-01") for pk, (_, _, of_month) in waiting.items()}
    first = month_start(min(months.values()), 1)
    rates = proposals.by_month(rates_by_key(Asked(first, last_day(newest), day)))
    active = _active(int(body) for body, _, _ in waiting.values())
    for pk, (body, name, _) in waiting.items():
        at = months[pk]
        if int(body) not in active:
            found[pk] = _CLOSED
            continue
        then, told, now = (rates.get((int(body), one)) for one in (month_start(at, 1), at, newest))
        found.update((pk, why) for why in _of_rate(name, then, told, now, at, newest))
    return found


def _of_rate(
    name: str, then: Rates | None, told: Rates | None, now: Rates | None, at: date, newest: date
) -> Iterator[str]:
    """At most one sentence; none where it is still as low, or where nobody can tell."""
    title = proposals.RATES[name][0]
    if told is not None and not proposals.has_fallen(then, told, name):
        rate = getattr(told, name)
        if rate is not None:
            yield f"{at.year}年{at.month}月{title}现为{words(rate, Unit.PERCENT)}，不再符合下降的条件。"
            return
    if newest > at and then is not None and now is not None:
        before, rate = getattr(then, name), getattr(now, name)
        if before is not None and rate is not None and before - rate < proposals.FALL:
            yield f"{newest.year}年{newest.month}月{title}已回升到{words(rate, Unit.PERCENT)}。"
