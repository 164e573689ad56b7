"""A file does not reword what a room above keeps as it is: the counter's refusal stands beside the row."""

from __future__ import annotations

import pytest

from audit.faults import Refused
from commitments import obstacles
from commitments.models import Commitment, Performance
from credit_records.services import batches

from .counter import at
from .uploading import codes_of, commitment, figures, performance


@pytest.fixture
def kept(monkeypatch):
    """Commitments and reports about which a case is open, by their keys."""
    held: set[tuple[int, int | None]] = set()

    def ask(one, report):
        if (one.pk, report and report.pk) in held:
            return Refused("breach.under_way", f"{one.code}正在示例案件中办理。")
        return None

    monkeypatch.setattr(obstacles, "_undoing", [ask])
    return held


def test_a_kept_commitment_is_not_reworded_and_the_others_are(upload, kept):
    upload(commitment(1), commitment(2), publish=True)
    first, second = Commitment.objects.order_by("pk")
    kept.add((first.pk, None))
    changed = [
        commitment(n, 承诺编码=one.code, 承诺内容="新的内容。")
        for n, one in enumerate((first, second), start=1)
    ]
    batch = upload(*changed, publish=True)
    assert (figures(batch), codes_of(batch)) == ((0, 1, 0, 0, 1), ["breach.under_way"])
    assert [one.content for one in Commitment.objects.order_by("pk")] == [
        "承诺符合食品经营许可条件。",
        "新的内容。",
    ]


def test_its_disclosure_is_changed_by_a_file_as_at_the_counter(upload, kept):
    upload(commitment(1), publish=True)
    one = Commitment.objects.get()
    kept.add((one.pk, None))
    assert figures(upload(commitment(1, 承诺编码=one.code, 公开类型="不可公开"), publish=True)) == (
        0,
        1,
        0,
        0,
        0,
    )
    assert Commitment.objects.get().disclosure == "closed"


def test_a_kept_report_is_not_rewritten_even_if_the_case_begins_after_the_check(upload, kept, city):
    upload(commitment(1), commitment(2), publish=True)
    codes = list(Commitment.objects.order_by("pk").values_list("code", flat=True))
    short = {
        "承诺履行状态": "全部未履行",
        "未履行的承诺内容": "未履行。",
        "违诺责任追究内容": "责令限期改正。",
    }
    upload.performances(
        *[performance(code, n, **short) for n, code in enumerate(codes, start=1)], publish=True
    )
    batch = upload.performances(*[performance(code, n) for n, code in enumerate(codes, start=1)], submit=True)
    assert figures(batch) == (0, 2, 0, 0, 0)
    first = Performance.objects.order_by("commitment").first()
    kept.add((first.commitment_id, first.pk))
    batch = batches.publish(batch, actor=city.reviewer, now=at(20, 13))
    assert (figures(batch), codes_of(batch)) == ((0, 1, 0, 0, 1), ["breach.under_way"])
    assert [one.status for one in Performance.objects.order_by("commitment")] == ["none", "full"]
