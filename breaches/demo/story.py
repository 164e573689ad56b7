"""One invented breach, led to where it stands by the services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile

from audit.clock import local_day
from breaches.models import Breach, DecidedMeasure, Measure
from breaches.selectors.degrees import suggested
from breaches.selectors.measures import measures_for
from breaches.services import deciding, handling, hearing, lifting, registering
from breaches.services.deciding import Ruling
from casework.demo import Storyteller, at, shifted
from casework.models import Decision, Evidence, Letter
from casework.services import assignment
from casework.services.evidence import add as add_evidence
from casework.services.letters import record_delivery
from commitments.models import Commitment, Performance
from commitments.services.performing import report_performance
from credit_records.models import Record
from exchange.models import Entry
from exchange.selectors.outbox import entries_of
from exchange.services.handling import register_by_hand

from .people import People
from .scenes import FALSE, PART, Scene

_MARK = "核查记录示例"
_NUMBER = re.compile(rf"{_MARK}(\d+)号")
_BROKEN = {
    Commitment.Kind.APPROVAL: "承诺的经营场所、设备和人员条件没有达到，限期整改后仍不符合承诺的内容",
    Commitment.Kind.MISSING: "承诺补交的材料逾期没有补交，催告后仍未补交",
    Commitment.Kind.PROOF: "承诺的事项没有做到，经催告仍未履行",
}
_FALSE = {
    Commitment.Kind.APPROVAL: "申请时承诺经营场所和设备已经具备，实地核查时场所空置，设备没有购置",
    Commitment.Kind.MISSING: "申请时承诺容缺材料已经取得，经向出具单位核实并未办理",
    Commitment.Kind.PROOF: "申请时承诺没有违法记录，经向有关单位核实，所述情况不属实",
}
_HELD = "核查人员、当事人到场，双方就违诺事实和拟采取的措施陈述了意见，当事人核对笔录后签字。"


def told_already() -> set[int]:
    """The numbers of the scenes, as the cases were entered: facts that were put right since do not hide one."""
    entered = Breach.history.filter(history_type="+", facts__contains=_MARK).values_list("facts", flat=True)
    return {int(found[1]) for facts in entered if (found := _NUMBER.search(facts))}


class Story:
    """One breach led to its stage by the services."""

    def __init__(
        self, people: People, commitment: Commitment, scene: Scene, number: int, teller: Storyteller
    ) -> None:
        self.people, self.commitment, self.scene, self.number = people, commitment, scene, number
        self.teller, self.after = teller, teller.after
        self.officer = people.second if number % 3 == 0 else people.officer
        self.clerk = people.clerk_of(commitment.department)
        self.day = 0
        """The working day after receipt that the story has come to."""

    @property
    def twist(self) -> str:
        return self.scene.twist

    def tell(self) -> None:
        self.breach = self._report()
        if self.twist != "unassigned":
            assignment.take(self.breach.case, actor=self.officer, now=self.after(0, 10))
        stretches = (
            self._accept, self._ask, self._answer, self._notify, self._deliver_notice, self._state,
            self._arrange, self._end, self._propose, self._decide, self._close,
        )  # fmt: skip
        for stretch in stretches[: self.scene.reached]:
            stretch()
        self._end_oddly()

    # --- receipt -------------------------------------------------------------------------------------------------

    def _report(self) -> Breach:
        received = self.teller.received
        found_on = shifted(self.teller.calendar, local_day(received), -1)
        performance = None
        if self.scene.kind != FALSE:
            performance = self._shortfall(at(found_on, 16, self.number))
        clock = self.teller.move_to(received + timedelta(minutes=12))
        office = self.twist == "office"
        breach = registering.report(
            self.commitment,
            actor=self.officer if office else self.clerk,
            kind=self.scene.kind,
            found_on=found_on,
            facts=self._facts(),
            performance=performance,
            harm=self.scene.harm,
            remedied_on=found_on if self.scene.remedied else None,
            received_at=received,
            now=clock,
        )
        add_evidence(
            breach.case,
            ContentFile(
                f"{_MARK}{self.number:02d}号：以核查单位存档的原件为准。\n".encode() * 8, name="核查记录.txt"
            ),
            actor=self.officer if office else self.clerk,
            kind=Evidence.Kind.PROOF,
            title="现场核查记录",
            now=clock,
        )
        return breach

    def _facts(self, more: str = "") -> str:
        texts = _FALSE if self.scene.kind == FALSE else _BROKEN
        return f"{texts[Commitment.Kind(self.commitment.kind)]}{more}（{_MARK}{self.number:02d}号）。"

    def _shortfall(self, moment: datetime) -> Performance:
        """The department reports what was not kept on the day before; the office has told the platform by hand."""
        self.teller.move_to(moment)
        part = self.scene.status == PART
        performance = report_performance(
            self.commitment,
            actor=self.clerk,
            status=self.scene.status,
            determined_on=local_day(moment),
            unfulfilled="承诺的事项尚有一项没有完成。" if part else "承诺的事项均没有完成。",
            liability_pursued="责令限期改正。",
            now=moment,
        )
        self.teller.move_to(moment + timedelta(minutes=25))
        self._told(
            Entry.objects.pending().filter(publications__commitment=self.commitment, made_at__gte=moment)
        )
        return performance

    # --- up to the notice ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        handling.accept(self.breach, actor=self.officer, now=self.after(1, 11))

    def _ask(self) -> None:
        handling.ask_departments(self.breach, actor=self.officer, now=self.after(1, 15))
        if self.twist == "urged":
            handling.urge(
                self.breach, actor=self.officer, reason="已超过答复期限，请尽快答复。", now=self.after(5)
            )

    def _answer(self) -> None:
        handling.answer(
            self.breach,
            actor=self.clerk,
            request=self.breach.case.requests.open().get(),
            text="经再次到现场核查，情况与所报一致，附核查照片存档备查。",
            now=self.after(3, 10),
        )

    def _notify(self, day: int = 4, reason: str = "承诺内容明确，违诺事实有核查记录证实。") -> None:
        clock = self.after(day, 16)
        found = Breach.objects.select_related("case", "commitment", "performance").get(pk=self.breach.pk)
        degree = suggested(found, on=local_day(clock)).severity
        hearing.notify(
            self.breach, actor=self.officer, degree=degree, reason=reason, now=clock,
            measures=self._measures(degree, local_day(clock)),
        )  # fmt: skip

    def _measures(self, degree: str, day: date) -> list[Measure]:
        """A serious breach is handed over too."""
        listed = measures_for(degree, self.commitment.kind, on=day)
        serious = degree == Record.Severity.SERIOUS
        return [one for one in listed if serious or one.effect != Measure.Effect.REFERRAL]

    # --- the subject is heard ----------------------------------------------------------------------------------------

    def _deliver_notice(self, day: int = 5) -> None:
        self.after(day, 10)
        self._deliver(Letter.Kind.NOTICE)

    def _deliver(self, kind: str) -> None:
        letter = Letter.objects.filter(case=self.breach.case, kind=kind).order_by("-pk")[0]
        record_delivery(
            letter, actor=self.officer, method="direct", delivered_on=local_day(self.teller.clock),
            received_by="示例人甲", now=self.teller.clock,
        )  # fmt: skip

    def _state(self) -> None:
        if self.twist == "silent":
            return
        said = "因资金周转困难没有按期做到，正在整改，请从轻处理。"
        if self.twist == "not broken":
            said = "核查的是本单位原址，承诺的场所已于核查前迁至新址并符合条件，附租赁合同和照片。"
        hearing.record_statement(
            self.breach, actor=self.officer, statement=said, stated_by="示例人甲",
            hearing_asked=self.twist == "hearing", now=self.after(7, 10),
        )  # fmt: skip

    def _arrange(self) -> None:
        if self.twist != "hearing":
            return
        clock = self.after(8, 10)
        day = hearing.first_hearing_day(self.breach.case, on=local_day(clock))
        self.hearing_at = at(day, 9, 30)
        hearing.arrange_hearing(
            self.breach, actor=self.officer, at=self.hearing_at, place="银川市示例路1号301室", chair=self.people.chair,
            now=clock,
        )  # fmt: skip
        # On the same day: the time ahead of the hearing runs from the delivery.
        self.after(8, 15)
        self._deliver(Letter.Kind.HEARING)

    def _end(self) -> None:
        self.day = 11
        if self.twist == "hearing":
            self.day = 15
            clock = self.teller.move_to(self.hearing_at + timedelta(hours=2))
            hearing.record_hearing(self.breach, actor=self.officer, minutes=_HELD, now=clock)
        hearing.end_statement(self.breach, actor=self.officer, now=self.after(self.day, 15))
        if self.twist == "graver":
            self._notify_again()

    def _notify_again(self) -> None:
        """Graver than told at first: the subject is told and heard once more."""
        handling.restate(
            self.breach,
            actor=self.officer,
            reason="单位补充报告危害后果。",
            harm=Breach.Harm.GRAVE,
            facts=self._facts("，并造成消费者人身损害"),
            now=self.after(12, 9),
        )
        self._notify(12, "补充查明造成人身损害，程度较前次告知为重，重新告知。")
        self._deliver_notice(13)
        hearing.record_statement(
            self.breach, actor=self.officer, stated_by="示例人甲", waived=True,
            statement="对补充查明的情况没有异议，不再陈述，不要求听证。", now=self.after(14, 10),
        )  # fmt: skip
        self.day = 14
        hearing.end_statement(self.breach, actor=self.officer, now=self.after(self.day, 15))

    # --- the end of it ---------------------------------------------------------------------------------------------

    def _propose(self) -> None:
        clock = self.after(self.day + 1, 10)
        notice = self.breach.notices.order_by("-number")[0]
        if self.twist == "not broken":
            reason = "当事人的陈述经核实属实，承诺已经履行，不认定违诺。"
            ruling = Ruling(Decision.Outcome.NOT_BROKEN, answer="所述场所变更经核实属实，予以采纳。")
        else:
            reason = "事实清楚，证据充分，程序合法。"
            keys = [one["key"] for one in notice.measures]
            chosen = tuple(Measure.objects.filter(key__in=keys).order_by("pk").values_list("pk", flat=True))
            answer = "所述理由不影响承诺的效力，整改完成后可以申请信用修复，对从轻的请求不予采纳。"
            ruling = Ruling(Decision.Outcome.BROKEN, notice.degree, chosen, answer)
        deciding.propose(self.breach, actor=self.officer, ruling=ruling, reason=reason, now=clock)

    def _decide(self) -> None:
        digest = Decision.objects.get(case=self.breach.case, state=Decision.State.PROPOSED).digest
        deciding.decide(
            self.breach, actor=self.people.approver, digest=digest, reason="同意。",
            now=self.after(self.day + 3, 10),
        )  # fmt: skip

    def _close(self) -> None:
        self.after(self.day + 4, 10)
        self._deliver(Letter.Kind.DECISION)
        handling.close(self.breach, actor=self.officer, now=self.after(self.day + 4, 16))
        self._told(entries_of(self.breach.case.number))

    def _told(self, entries: Iterable[Entry]) -> None:
        """The demo city has no platform to send to: what is older was reported by hand, what was just decided waits."""
        for entry in entries:
            register_by_hand(
                entry, actor=self.officer, reason="尚未接通上级平台，通过平台网页填报。",
                number=f"违诺示例报送{entry.pk:04d}", on=local_day(self.teller.clock), now=self.teller.clock,
            )  # fmt: skip

    def _end_oddly(self) -> None:
        match self.twist:
            case "refused":
                handling.refuse(
                    self.breach, actor=self.officer, now=self.after(2, 10),
                    reason="承诺约定的履行期限尚未届满，现有材料不足以说明没有履行。",
                )  # fmt: skip
            case "withdrawn":
                handling.withdraw(
                    self.breach, actor=self.officer, now=self.after(6, 10),
                    reason="经核实，当事人已在立案前履行承诺，单位书面撤回移送。",
                )  # fmt: skip
            case "lifted":
                taken = DecidedMeasure.objects.filter(
                    breach=self.breach, measure__effect=Measure.Effect.INSPECTION
                )
                for measure in taken:
                    lifting.lift_measure(
                        measure, actor=self.people.approver, reason="整改已经验收，不再列为重点监管对象。",
                        now=self.after(self.day + 30),
                    )  # fmt: skip
            case _:
                pass


__all__ = ["Story", "told_already"]
