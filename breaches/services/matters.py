"""What every step asks of the matter itself: the commitment in force, a report that says what was not kept, facts in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError

from audit.faults import Refused
from breaches.models import Breach
from casework.models import Case, Decision
from casework.services.engine import Work
from casework.services.news import tell_body
from commitments.models import Commitment, Performance
from credit_records.rules.identifiers import resident_number_in
from credit_records.rules.text import clean_text

LONGEST = 4000
_ONE_OPEN = "breach_open_once_per_commitment"


def current(case: Case) -> Breach:
    """The breach as it is now, with all that judging and letters need: called under the lock on its case."""
    related = ("commitment__subject", "commitment__department", "commitment__matter", "performance")
    found = Breach.objects.select_related(*related).get(pk=case.pk)
    found.case = case
    return found


def write(breach: Breach, **values: Any) -> None:
    for name, value in values.items():
        setattr(breach, name, value)
    breach.save(update_fields=list(values))


def from_department(case: Case) -> bool:
    """Whether another body than the office has reported it: that one is told what became of it."""
    return case.window_id != case.owning_body_id


def tell_reporter(work: Work, text: str) -> None:
    if from_department(work.case):
        tell_body(work, work.case.window, text)


def as_refusal(error: IntegrityError) -> Exception:
    """Of two who report the same commitment at once, the second is told as if it had come later."""
    if _ONE_OPEN not in str(error):
        return error
    return Refused("breach.open_already", "该承诺刚刚由他人登记了违诺认定，请刷新后在那一件中补充。")


def require_in_force(commitment: Commitment) -> None:
    """Refused `breach.commitment_withdrawn`."""
    if not commitment.is_valid:
        raise Refused(
            "breach.commitment_withdrawn", f"承诺{commitment.code}已撤回，不能认定违诺；已立案的请撤销立案。"
        )


def require_free(commitment: Commitment) -> None:
    """One open case per commitment. Refused `breach.open_already`."""
    taken = Breach.objects.filter(commitment=commitment, pending=True).select_related("case").first()
    if taken is not None:
        raise Refused(
            "breach.open_already",
            f"承诺{commitment.code}的违诺正在{taken.case.number}中办理，请在该案中补充，不要另行登记。",
        )


def require_report(commitment: Commitment, kind: str, performance: Performance | None) -> None:
    """A broken commitment starts from the last report that stands, one of a shortfall; a false one may do without.

    What was decided once is not decided again: neither a report that was the ground of a breach, nor that the
    commitment was false. Refused `breach.kind`, `breach.performance_missing`, `breach.foreign_performance`,
    `breach.performance_withdrawn`, `breach.performance_full`, `breach.performance_not_last`, `breach.decided_already`.
    """
    if kind not in Breach.Kind.values:
        raise Refused("breach.kind", "请选择违诺类型：未履行承诺，或者虚假承诺。")
    if performance is None:
        if kind == Breach.Kind.BROKEN:
            raise Refused(
                "breach.performance_missing",
                "认定未履行承诺的，请选择所依据的履约践诺；还没有的，请先在承诺页“报告履约”。",
            )
    else:
        _require_shortfall(commitment, performance)
    before = Breach.objects.filter(commitment=commitment, case__outcome=Decision.Outcome.BROKEN)
    same = before.filter(performance=performance) if performance is not None else before.none()
    if kind == Breach.Kind.FALSE:
        same = same | before.filter(kind=Breach.Kind.FALSE)
    decided = same.select_related("case").order_by("pk").first()
    if decided is not None:
        raise Refused(
            "breach.decided_already",
            f"{decided.case.number}已就同一事实认定违诺，不能重复认定；又有未履行的，请先报告新的履约践诺。",
        )


def _require_shortfall(commitment: Commitment, performance: Performance) -> None:
    if performance.commitment_id != commitment.pk:
        raise Refused(
            "breach.foreign_performance", "所选的履约践诺不属于该承诺，请选择该承诺最近一次的履约践诺。"
        )
    if performance.withdrawn_at is not None:
        raise Refused(
            "breach.performance_withdrawn", "所选的履约践诺已经撤回，请选择最近一次有效的履约践诺。"
        )
    if performance.status == Performance.Status.FULL:
        raise Refused(
            "breach.performance_full", "所选的履约践诺为全部履行，没有违诺；有误的请先撤回后重新报告。"
        )
    later = Performance.objects.filter(
        commitment=commitment, withdrawn_at=None, number__gt=performance.number
    )
    if later.exists():
        raise Refused("breach.performance_not_last", "所选的不是最近一次履约践诺，请以最近一次有效的为依据。")


def require_words(facts: str) -> str:
    """The facts as they are kept: in words that may stand in the file.

    Refused `breach.facts_missing`, `breach.facts_long`, `breach.number_in_facts`.
    """
    text = clean_text(facts)
    if not text:
        raise Refused("breach.facts_missing", "请写明违诺事实：哪些承诺没有履行或者不属实，如何查明。")
    if len(text) > LONGEST:
        raise Refused("breach.facts_long", f"违诺事实最多{LONGEST}个字，请精简，详细情况用证据材料上传。")
    if resident_number_in(text) is not None:
        raise Refused("breach.number_in_facts", "违诺事实会记入信用记录并公示，不能写公民身份号码，请删去。")
    return text


def require_harm(harm: str) -> None:
    """Refused `breach.harm`."""
    if harm not in Breach.Harm.values:
        raise Refused("breach.harm", "请选择危害后果：未造成、一般或者严重。")


def require_found_on(commitment: Commitment, day: date | None, *, today: date) -> date:
    """Refused `breach.found_on_missing`, `breach.found_in_future`, `breach.found_before_commitment`."""
    if day is None:
        raise Refused("breach.found_on_missing", "请填写发现日期。")
    if day > today:
        raise Refused("breach.found_in_future", "发现日期不能晚于今天，请核对。")
    if day < commitment.made_on:
        raise Refused(
            "breach.found_before_commitment", f"发现日期早于承诺作出日期{commitment.made_on}，请核对。"
        )
    return day


def require_remedied_on(commitment: Commitment, day: date | None, *, today: date) -> None:
    """Refused `breach.remedied_on`."""
    if day is not None and not commitment.made_on <= day <= today:
        raise Refused(
            "breach.remedied_on", f"整改完成日期应在承诺作出日期{commitment.made_on}至今天之间，请核对。"
        )


__all__ = [
    "LONGEST", "as_refusal", "current", "from_department", "require_found_on", "require_free", "require_harm", "require_in_force",
    "require_remedied_on", "require_report", "require_words", "tell_reporter", "write",
]  # fmt: skip
