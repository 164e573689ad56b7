"""The work list (案件列表): its filters, its order, the figures on its chips, the case before and the case after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from accounts.areas import in_own_office
from accounts.models import OFFICE_ROLES, Department, Membership, Role, User
from accounts.policy import EVERYTHING, NOTHING, policy_for
from audit.clock import today as present_day
from casework.models import Case, CaseRound, Extension, Kind, Letter, Request, Substitution
from casework.models.cases import is_overdue
from credit_records.models import Subject
from credit_records.selectors.search import search_subjects
from worktime.selectors import calendars_in_force

SOON = 2
"""Working days within which a case counts as nearly due (两日内到期)."""
LONG_PAUSE = 10
"""Days after which a pause is asked about (停时过久)."""
_DEPARTMENT = (Role.CLERK, Role.REVIEWER)
_DOING = (Role.OFFICER, Role.APPROVER)
_LONGEST_SEARCH = 60
_LARGEST_KEY = 2**63 - 1

Rule = Callable[[User, date], Q]
Who = Callable[[User], bool]


# --- rules of the chips -----------------------------------------------------------------------------------


def own_bodies(user: User) -> frozenset[int]:
    """The bodies that are the user's own: where the roles are held, and where the person belongs."""
    held = user.departments_as(*Role.values)
    return held | {user.department_id} if user.department_id else held


def standing_in_for(user: User, day: date) -> QuerySet:
    """Officers for whom the user stands in on that day."""
    return Substitution.objects.filter(substitute=user.pk, since__lte=day, until__gte=day).values("person")


_OF_BODIES = (Request.Kind.VERIFICATION, Request.Kind.REVIEW)


def _asked_of(bodies: Iterable[int], *kinds: Request.Kind, **conditions: Any) -> Q:
    asked = Request.objects.filter(kind__in=kinds or _OF_BODIES, department__in=bodies, **conditions)
    return Q(pk__in=asked.values("case"))


def _to_answer(user: User, **conditions: Any) -> Q:
    own = user.departments_as(*_DEPARTMENT)
    return (
        _asked_of(own, Request.Kind.VERIFICATION, state=Request.State.OPEN, **conditions) if own else NOTHING
    )


def _to_review(user: User, **conditions: Any) -> Q:
    """Decisions that lie before the upper office of the user (待上级审核)."""
    own = user.departments_as(Role.UPPER_REVIEWER)
    return _asked_of(own, Request.Kind.REVIEW, state=Request.State.OPEN, **conditions) if own else NOTHING


def _of_body(user: User, day: date) -> Q:
    own = own_bodies(user)
    return Q(owning_body__in=own) | Q(window__in=own) | _asked_of(own) if own else NOTHING


def _at_window(user: User, day: date) -> Q:
    return Q(window__in=own_bodies(user))


def _soon(user: User, day: date) -> Q:
    """Due within two working days of the region's calendar, today left out."""
    calendars = calendars_in_force()
    offices = Department.objects.filter(is_office=True)
    regions = offices.order_by().values_list("division", flat=True).distinct()
    found = NOTHING
    for region in regions:
        last = calendars(region).add_working_days(day, SOON)
        found |= Q(region=region, due_on__gt=day, due_on__lte=last)
    return found


def _of_own_office(user: User) -> Q:
    """For people of an office what waits there: cases of the offices below are theirs to read, not to handle."""
    return in_own_office(user, "owning_body") if user.holds(*OFFICE_ROLES) else EVERYTHING


def _extension_asked(user: User, day: date) -> Q:
    return _of_own_office(user) & Q(
        Exists(
            Extension.objects.filter(
                case=OuterRef("pk"), round=OuterRef("round"), state=Extension.State.ASKED
            )
        )
    )


def _left_behind(user: User, day: date) -> Q:
    """In the hands of somebody who is no officer of the office any more, or whose account is closed (离岗交接)."""
    at_work = Membership.objects.in_force(day).filter(
        Q(user__last_day__isnull=True) | Q(user__last_day__gte=day),
        role=Role.OFFICER,
        user=OuterRef("assignee"),
        department=OuterRef("owning_body"),
        user__is_active=True,
    )
    return Q(closed_on=None, assignee__isnull=False) & ~Q(Exists(at_work))


def _approving(user: User, day: date) -> Q:
    return Q(state=Case.State.APPROVING) & _of_own_office(user)


def _heard(user: User, day: date) -> Q:
    """The subject has let the time for its statement pass, or it is over: the officer goes on (陈述申辩结束)."""
    over = Request.objects.open().filter(
        case=OuterRef("pk"), kind=Request.Kind.STATEMENT, counts_from__isnull=False, due_on__lt=day
    )
    return Q(state=Case.State.HEARING) & Q(Exists(over))


# --- chips ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chip:
    """One filter of the list: at most one of each group holds."""

    group: str
    key: str
    label: str
    rule: Rule
    offered: Who
    """To whom it is shown though it is not chosen; an address may choose any."""


def _holding(*roles: str) -> Who:
    return lambda user: user.holds(*roles)


def _always(user: User) -> bool:
    return True


def _never(user: User) -> bool:
    return False


_ALL = (
    Chip("whose", "mine", "我的", lambda user, day: Q(assignee=user.pk), _holding(*_DOING)),
    Chip("whose", "body", "本单位", _of_body, _always),
    Chip("whose", "unassigned", "未指派", lambda user, day: Q(assignee=None) & _of_own_office(user), _holding(*_DOING)),
    Chip("whose", "left", "待交接", _left_behind, _never),
    Chip(
        "whose", "standin", "代办的", lambda user, day: Q(assignee__in=standing_in_for(user, day)), _never
    ),
    Chip("whose", "window", "本窗口收件", _at_window, _holding(*_DEPARTMENT)),
    Chip("clock", "today", "今日到期", lambda user, day: Q(closed_on=None, due_on=day), _always),
    Chip("clock", "late", "逾期", lambda user, day: is_overdue(day), _always),
    Chip("clock", "soon", "两日内到期", _soon, _never),
    Chip("clock", "paused", "停时", lambda user, day: Q(paused_since__isnull=False), _always),
    Chip(
        "clock", "long", "停时过久", lambda user, day: Q(paused_since__lt=day - timedelta(days=LONG_PAUSE)), _never
    ),
    Chip("clock", "met", "按时办结", lambda user, day: NOTHING, _never),  # of ended cases only: `Selection._ended`
    Chip("wait", "acceptance", "待受理、立案", lambda user, day: Q(state=Case.State.RECEIVED), _never),
    Chip("wait", "approval", "待审批", _approving, _holding(*OFFICE_ROLES)),
    Chip("wait", "extension", "延期待批准", _extension_asked, _holding(Role.APPROVER)),
    Chip("wait", "heard", "陈述申辩期满", _heard, _never),
    Chip("wait", "closing", "待办结", lambda user, day: Q(state=Case.State.DECIDED), _never),
    Chip("wait", "answer", "待我答复(协查)", lambda user, day: _to_answer(user), _holding(*_DEPARTMENT)),
    Chip(
        "wait", "answer_today", "协查今日到期", lambda user, day: _to_answer(user, due_on=day), _never
    ),
    Chip("wait", "answer_late", "协查逾期", lambda user, day: _to_answer(user, due_on__lt=day), _never),
    Chip("wait", "review", "待我审核(上级)", lambda user, day: _to_review(user), _holding(Role.UPPER_REVIEWER)),
    Chip("wait", "review_today", "上级审核今日到期", lambda user, day: _to_review(user, due_on=day), _never),
    Chip("wait", "review_late", "上级审核逾期", lambda user, day: _to_review(user, due_on__lt=day), _never),
)  # fmt: skip
CHIPS = {(chip.group, chip.key): chip for chip in _ALL}
ENDED = "1"
OF_ROUNDS = ("late", "met")
"""Of the clock's chips those that mean something else for cases that have ended: how their rounds ended."""


# --- what is chosen ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Selection:
    """The filters and the search of the list, as its address carries them."""

    whose: str = ""
    clock: str = ""
    wait: str = ""
    ended: str = ""
    """`1`: cases of which a round has ended, or those of which one ended in that year; empty: the open ones."""
    kind: str = ""
    stage: str = ""
    body: str = ""
    assignee: str = ""
    q: str = ""

    @classmethod
    def of(cls, params: Mapping[str, Any] | str) -> Selection:
        """From the parameters of an address; what is none of the list's filters is left out."""
        given = QueryDict(params.lstrip("?")) if isinstance(params, str) else params
        found = {one.name: str(given.get(one.name) or "").strip() for one in fields(cls)}
        found["q"] = found["q"].replace("\x00", "")[:_LONGEST_SEARCH]
        return cls(**{name: value if _is_offered(name, value) else "" for name, value in found.items()})

    @property
    def chosen(self) -> dict[str, str]:
        return {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name)}

    @property
    def query(self) -> str:
        return urlencode(self.chosen)

    def toggled(self, name: str, value: str) -> Selection:
        """With the filter, or without it when it is chosen already."""
        return replace(self, **{name: "" if getattr(self, name) == value else value})

    def chips(self) -> list[Chip]:
        keys = ((group, getattr(self, group)) for group in ("whose", "clock", "wait"))
        return [CHIPS[key] for key in keys if key in CHIPS]

    def rule(self, user: User, day: date) -> Q:
        """The condition on cases, apart from the search and from who may see them."""
        found = self._ended() if self.ended else Q(closed_on__isnull=True)
        for chip in self.chips():
            if not (self.ended and chip.group == "clock" and chip.key in OF_ROUNDS):
                found &= chip.rule(user, day)
        if self.kind:
            found &= Q(kind=self.kind)
        if self.stage:
            found &= Q(state=self.stage)
        if self.assignee:
            found &= Q(assignee=int(self.assignee))
        if self.body and user.area_as(*OFFICE_ROLES):
            # Who else has been asked about a case is the office's knowledge.
            found &= Q(window=int(self.body)) | _asked_of([int(self.body)])
        return found

    def _ended(self) -> Q:
        """Cases by the rounds that ended, in all or in one year: late, if one of these was late; in time, if none was.

        So late and in time together are all of them and each case is one row. Taking a case up again neither washes a breach
        off nor adds a second ending in time; while it is open again it stands here (for the round that ended) and among
        the open ones (for the present round).
        """
        rounds = CaseRound.objects.filter(case=OuterRef("pk"))
        if self.ended != ENDED:
            rounds = rounds.of_year(int(self.ended))
        if self.clock == "late":
            return Q(Exists(rounds.overdue()))
        found = Q(last_closed_on__isnull=False) if self.ended == ENDED else Q(Exists(rounds))
        return found & ~Q(Exists(rounds.overdue())) if self.clock == "met" else found

    @property
    def order(self) -> tuple[str, ...]:
        """Open cases by their due day, the paused ones, which have none, last; ended ones by their last ending."""
        return ("-last_closed_on", "-id") if self.ended else ("due_on", "id")


NAMES = tuple(one.name for one in fields(Selection) if one.name != "q")


def _is_offered(name: str, value: str) -> bool:
    if name in ("body", "assignee"):
        return value.isascii() and value.isdigit() and len(value) < 19 and int(value) <= _LARGEST_KEY
    if name == "ended":
        return value == ENDED or (
            value.isascii() and value.isdigit() and "2000" <= value <= "2199" and len(value) == 4
        )
    if name == "kind":
        return value in Kind.values
    if name == "stage":
        return value in Case.State.values
    return name == "q" or (name, value) in CHIPS


# --- rows -------------------------------------------------------------------------------------------------


def search_rule(text: str, user: User) -> Q:
    """Number, subject by name or code, applicant, the sender's number, or the number of a letter that the user sees."""
    text = text.strip()
    if not text:
        return EVERYTHING
    bracketed = text.translate(str.maketrans("[]()（）【】", "〔〕〔〕〔〕〔〕"))
    letters = policy_for(Letter).scope(user, "view").filter(number__contains=bracketed)
    found = (
        Q(number__contains=text.upper())
        | Q(applicant_name__icontains=text)
        | Q(channel_number__icontains=text)
    )
    subjects = search_subjects(Subject.objects.all(), text)
    if subjects.query.where:  # otherwise the text holds nothing to look for
        found |= Q(subject__in=subjects.values("pk"))
    return found | Q(pk__in=letters.order_by().values("case"))


def rows(user: User, selection: Selection, *, day: date | None = None) -> QuerySet[Case]:
    """The cases of the list, in its order: what the user sees, chooses and looks for."""
    day = day or present_day()
    seen = policy_for(Case).scope(user, "view").filter(selection.rule(user, day))
    return seen.filter(search_rule(selection.q, user)).order_by(*selection.order)


def figures(
    user: User, wanted: Mapping[str, Selection], *, day: date | None = None, search: str = ""
) -> dict[str, int]:
    """How many open cases each selection finds: one query over the open cases, whatever is asked."""
    day = day or present_day()
    if not wanted:
        return {}
    seen = policy_for(Case).scope(user, "view").open().filter(search_rule(search, user)).order_by()
    columns = {name: Count("pk", filter=one.rule(user, day)) for name, one in wanted.items()}
    return seen.aggregate(**columns)


def late_before(cases: Iterable[Case]) -> dict[int, str]:
    """Of cases taken up again: which rounds before the present one were late, in words. No query when there are none."""
    again = [case.pk for case in cases if case.round > 1]
    late: dict[int, list[str]] = {}
    if again:
        rounds = CaseRound.objects.overdue().filter(case__in=again, round__lt=F("case__round"))
        for pk, number in rounds.order_by("round").values_list("case", "round"):
            late.setdefault(pk, []).append(str(number))
    return {pk: f"第{'、'.join(numbers)}轮逾期" for pk, numbers in late.items()}


# --- the case before and the case after ---------------------------------------------------------------------


def neighbours(user: User, case: Case, params: Mapping[str, Any] | str) -> tuple[Case | None, Case | None]:
    """The cases before and after this one in the list that the parameters describe (`_changelist_filters`).

    By the place that the case has in the order, whether or not the filters still find it: after a step one goes on
    where one was. Two queries for one row each.
    """
    selection = Selection.of(params)
    found = rows(user, selection).exclude(pk=case.pk)
    if selection.ended:
        last = case.last_closed_on
        if last is None:
            return None, None
        before = Q(last_closed_on__gt=last) | Q(last_closed_on=last, pk__gt=case.pk)
        after = Q(last_closed_on__lt=last) | Q(last_closed_on=last, pk__lt=case.pk)
    elif case.due_on is None:
        before = Q(due_on__isnull=False) | Q(due_on=None, pk__lt=case.pk)
        after = Q(due_on=None, pk__gt=case.pk)
    else:
        before = Q(due_on__lt=case.due_on) | Q(due_on=case.due_on, pk__lt=case.pk)
        after = Q(due_on__gt=case.due_on) | Q(due_on=case.due_on, pk__gt=case.pk) | Q(due_on=None)
    return found.filter(before).reverse().first(), found.filter(after).first()
