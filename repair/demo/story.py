"""One invented repair, led to its stage by the services."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile

from audit.clock import local_day
from casework.demo import Storyteller
from casework.models import Case, Decision, Evidence, Letter
from casework.services import assignment, extensions, verifying
from casework.services.evidence import add as add_evidence
from casework.services.letters import record_delivery
from casework.services.opening import Applicant
from credit_records.models import Record
from exchange.selectors.outbox import entries_of
from exchange.services.handling import register_by_hand
from repair.models import Application, Item, Material, Shielding
from repair.services import deciding, handling, materials, registering, revoking
from repair.services.deciding import Ruling
from repair.services.handling import ItemAnswer
from repair.services.materials import Verdict
from repair.services.registering import Claim

from .people import People
from .scenes import WHOLE_WAY, Scene

S = Case.State
MARK = "修复示例"
"""Begins the number by which the sender knows the application: what was told is found by it."""


class Story:
    """One repair led to its stage by the services."""

    def __init__(
        self, people: People, records: list[Record], scene: Scene, number: int, teller: Storyteller
    ) -> None:
        self.people, self.records, self.scene, self.number = people, records, scene, number
        self.teller, self.after = teller, teller.after
        self.officer = people.second if number % 3 == 0 else people.officer
        self.received = local_day(teller.received)

    @property
    def twist(self) -> str:
        return self.scene.twist

    def tell(self) -> None:
        self.application = self._receive()
        if self.twist != "unassigned":
            assignment.take(self.application.case, actor=self.officer, now=self.after(0, 9))
        match self.scene.stage:
            case S.CORRECTING:
                self._correct()
            case S.REFUSED:
                self._refuse("最短公示期未满，现在申请不符合条件。期满后可以再次申请。")
            case S.WITHDRAWN if self.twist == "lapsed":
                self._correct()
                handling.lapse_correction(self.application, actor=self.officer, now=self.after(8))
            case S.WITHDRAWN:
                self._lead(1)
                handling.withdraw(
                    self.application, actor=self.officer, reason="申请人书面撤回，拟补充材料后再申请。",
                    now=self.after(1),
                )  # fmt: skip
            case stage:
                self._lead(WHOLE_WAY.index(S(stage)))
        self._twist()

    def _lead(self, length: int) -> None:
        if length == 0 and self.twist in ("missing", "agent"):
            self._check()
        stretches = (
            self._accept, self._ask, self._answer, self._propose, self._decide, self._confirm, self._close,
        )  # fmt: skip
        for stretch in stretches[:length]:
            stretch()

    # --- receipt -------------------------------------------------------------------------------------------------

    def _receive(self) -> Application:
        agent, shield = self.twist == "agent", self.twist.startswith("shield")
        check = Case.IdentityCheck.AUTHORISATION if agent else Case.IdentityCheck.DOCUMENTS
        channels = (Case.Channel.WINDOW, Case.Channel.POST, Case.Channel.PLATFORM)
        order = {
            "kind": Application.Kind.SHIELD,
            "court": "银川市示例区人民法院",
            "order_number": f"(2026)宁示破{self.number}号",
            "ordered_on": self.received - timedelta(days=6),
        }
        application = registering.receive(
            self.records[0].subject,
            [Claim(record, None if shield else self._fulfilled(record)) for record in self.records],
            actor=self.officer,
            applicant=Applicant(
                name="示例代理人" if agent else f"示例人{'甲乙丙丁'[self.number % 4]}",
                role=Case.ApplicantRole.AGENT if agent else Case.ApplicantRole.REPRESENTATIVE,
                identity_check=Case.IdentityCheck.NONE if self.twist == "unverified" else check,
                phone="13800000000",
                address="银川市示例路1号",
            ),
            channel=channels[self.number % 3],
            channel_number=f"{MARK}{self.number:03d}",
            received_at=self.teller.received,
            statement="" if shield else "罚款已缴清，违法行为已经整改，并作出信用承诺。",
            now=self.teller.clock,
            **(order if shield else {}),
        )
        self.proof = add_evidence(
            application.case,
            ContentFile(f"示例材料第{self.number}号：以原件为准。\n".encode() * 8, name="履行证明.txt"),
            actor=self.officer,
            kind=Evidence.Kind.PROOF,
            title="人民法院裁定书" if shield else "缴款凭证和整改验收单",
            provided_by=Evidence.ProvidedBy.APPLICANT,
            now=self.teller.clock,
        )
        return application

    def _fulfilled(self, record: Record) -> date:
        """Some weeks after the decision, and before the application."""
        return min(record.decision_date + timedelta(days=25), self.received - timedelta(days=2))

    def _check(self) -> None:
        lines = list(Material.objects.filter(application=self.application))
        verdicts = {line.pk: self._verdict(line) for line in lines}
        promised = any(
            line.kind == Material.Kind.COMMITMENT and verdicts[line.pk].state == Material.State.PRESENT
            for line in lines
        )
        materials.check_materials(
            self.application,
            actor=self.officer,
            verdicts=verdicts,
            committed_on=self.received - timedelta(days=3) if promised else None,
            commitment="本单位承诺依法诚信经营，不再发生同类违法行为，自觉接受监督。" if promised else None,
            now=self.after(0, 10),
        )

    def _verdict(self, line: Material) -> Verdict:
        if self.twist == "missing" or self.scene.stage == S.CORRECTING or self.twist == "lapsed":
            if line.kind == Material.Kind.COMMITMENT:
                return Verdict(Material.State.MISSING)
            if line.kind == Material.Kind.LICENCE:
                return Verdict(Material.State.FAULTY, "复印件没有加盖公章")
        proves = line.kind in (Material.Kind.FULFILMENT, Material.Kind.COURT_ORDER)
        return Verdict(Material.State.PRESENT, "与原件核对一致", self.proof if proves else None)

    def _correct(self) -> None:
        self._check()
        handling.ask_correction(self.application, actor=self.officer, now=self.after(0, 16))

    def _refuse(self, reason: str) -> None:
        self._check()
        handling.refuse(self.application, actor=self.officer, reason=reason, now=self.after(1, 10))

    # --- the way -------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        self._check()
        handling.accept(self.application, actor=self.officer, now=self.after(0, 11))

    def _ask(self) -> None:
        handling.ask_departments(self.application, actor=self.officer, now=self.after(0, 15))

    def _answer(self) -> None:
        for request in self.application.case.requests.open().select_related("department"):
            items = Item.objects.filter(request=request).select_related("record")
            handling.answer(
                self.application,
                actor=self.people.clerk_of(request.department),
                request=request,
                answers={item.number: self._answer_for(item) for item in items},
                now=self.after(1, 11),
            )

    def _answer_for(self, item: Item) -> ItemAnswer:
        if self._denied(item):
            return ItemAnswer(Item.Finding.NOT_FULFILLED, "经查，罚款尚未缴清，已催告。")
        return ItemAnswer(Item.Finding.FULFILLED, "罚款已入库，整改已验收。", self._fulfilled(item.record))

    def _denied(self, item: Item) -> bool:
        return self.twist == "unfulfilled" or (self.twist == "partly" and item.number == 2)

    def _propose(self) -> None:
        rulings = {
            item.number: Ruling(Item.Outcome.DENIED, "处罚决定规定的义务没有履行完毕，不符合修复条件。")
            if self._denied(item)
            else Ruling(Item.Outcome.GRANTED, "来源单位确认履行完毕，已作出信用承诺，符合规定的条件。")
            for item in Item.objects.filter(application=self.application, pending=True)
        }
        deciding.propose(
            self.application, actor=self.officer, rulings=rulings, reason="材料齐全，条件经逐项审查。",
            now=self.after(1, 16),
        )  # fmt: skip

    def _digest(self, state: str) -> str:
        return Decision.objects.get(case=self.application.case, state=state).digest

    def _decide(self) -> None:
        deciding.decide(
            self.application, actor=self.people.approver, digest=self._digest("proposed"), reason="同意。",
            now=self.after(2, 10),
        )  # fmt: skip

    def _confirm(self) -> None:
        if self.application.case.state != S.UPPER_REVIEW:
            return
        deciding.confirm(
            self.application, actor=self.people.upper, digest=self._digest("endorsed"), reason="同意。",
            now=self.after(3, 10),
        )  # fmt: skip

    def _close(self) -> None:
        late = self.twist == "late"
        self.after(5 if late else 3, 15)
        self._deliver(Letter.Kind.DECISION)
        handling.close(
            self.application, actor=self.officer, now=self.after(5 if late else 3, 16),
            breach_reason="来源单位答复较迟。" if late else "",
        )  # fmt: skip
        self._report()

    def _deliver(self, kind: str) -> None:
        letter = Letter.objects.filter(case=self.application.case, kind=kind).order_by("-pk")[0]
        record_delivery(
            letter, actor=self.officer, method="direct", delivered_on=local_day(self.teller.clock),
            received_by="示例人甲", now=self.teller.clock,
        )  # fmt: skip

    def _report(self) -> None:
        """The demo city has no platform to send to: what is closed was reported by hand, what was just decided waits."""
        for entry in entries_of(self.application.case.number):
            register_by_hand(
                entry, actor=self.officer, reason="尚未接通上级平台，通过平台网页填报。",
                number=f"{MARK}报送{entry.pk:04d}", on=local_day(self.teller.clock), now=self.teller.clock,
            )  # fmt: skip

    # --- what is odd ----------------------------------------------------------------------------------------------

    def _twist(self) -> None:
        case = Case.objects.get(pk=self.application.case_id)
        match self.twist:
            case "extension":
                extensions.ask_extension(
                    case, actor=self.officer, days=2, reason="来源单位补充核实整改情况。", now=self.after(2)
                )
            case "urged":
                verifying.urge(
                    self.application.case, actor=self.officer, reason="请今日内答复。", now=self.after(4)
                )
            case "delivered":
                self._deliver(Letter.Kind.DECISION)
            case "questioned":
                self._find_false(self.teller.move_to(self.teller.now - timedelta(days=1)))
            case "barred":
                self._find_false(self.after(5))
                self._revoke(6)
                self._apply_again()
            case "shield ended":
                shielding = Shielding.objects.get(item__application=self.application)
                revoking.end_shielding(
                    shielding,
                    actor=self.people.approver,
                    reason="人民法院裁定终结重整程序。",
                    now=self.after(20),
                )
                self._report()

    def _find_false(self, moment: datetime) -> None:
        revoking.report_false_material(
            self.application, actor=self.people.approver, reason="来源单位来函：缴款凭证系伪造，罚款没有入库。",
            now=moment,
        )  # fmt: skip

    def _revoke(self, days: int) -> None:
        items = Item.objects.filter(application=self.application, pending=True)
        rulings = {
            item.number: Ruling(Item.Outcome.REVOKED, "缴款凭证系伪造，义务没有履行。") for item in items
        }
        deciding.propose(
            self.application, actor=self.officer, rulings=rulings, reason="事实清楚，证据充分。",
            now=self.after(days, 10),
        )  # fmt: skip
        deciding.decide(
            self.application, actor=self.people.approver, digest=self._digest("proposed"), reason="同意。",
            now=self.after(days),
        )  # fmt: skip
        self.after(days + 1, 10)
        self._deliver(Letter.Kind.REVOCATION)
        handling.close(self.application, actor=self.officer, now=self.after(days + 1))
        self._report()

    def _apply_again(self) -> None:
        """While the bar lasts an application is registered, and refused with the reason."""
        received = self.after(days=8, hour=9)
        again = registering.receive(
            self.records[0].subject,
            [Claim(record) for record in self.records],
            actor=self.officer,
            applicant=Applicant(
                name="示例人甲",
                role=Case.ApplicantRole.REPRESENTATIVE,
                identity_check=Case.IdentityCheck.DOCUMENTS,
            ),
            channel=Case.Channel.WINDOW,
            received_at=received,
            now=received,
        )
        handling.refuse(
            again,
            actor=self.officer,
            reason="因提供虚假材料被限制申请，限制期内不予受理。",
            now=self.after(8),
        )
