"""A single record by form obeys the same rules as a file."""

from __future__ import annotations

import pytest

from accounts.policy import NotAllowed
from audit.faults import Refused
from credit_records.intake.pipeline import ground_for
from credit_records.models import IntakeBatch, Record
from credit_records.services import entry

from ..builders import penalty
from ..reporting import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def values(city, penalties):
    """The cells of a penalty as a form sends them: by field code, all text."""

    def of(row):
        spec = ground_for(city.scjg, penalties, today=NOW.date()).versions[0][1]
        by_title = {field.title: field.code for field in spec.fields}
        return {by_title[title]: "" if cell is None else str(cell) for title, cell in row.items()}

    return of


def enter(values, city, penalties, **options):
    return entry.enter(
        values,
        actor=options.pop("actor", city.clerk),
        department=city.scjg,
        item=penalties,
        now=NOW,
        **options,
    )


def test_a_form_makes_the_same_record_as_a_file(values, city, penalties, report):
    typed = enter(values(penalty(1)), city, penalties)
    content = {
        key: value for key, value in Record.objects.values().get(pk=typed.pk).items() if key != "batch_id"
    }
    again = report(penalty(1), submit=True)
    assert again.unchanged == 1
    assert {
        key: value for key, value in Record.objects.values().get().items() if key != "batch_id"
    } == content
    assert typed.state == Record.State.SUBMITTED


def test_a_faulty_form_keeps_nothing_and_says_which_field(values, city, penalties):
    with pytest.raises(entry.Faulty) as caught:
        enter(values(penalty(1, 处罚决定日期="2026-02-30", 处罚类别="口头劝导")), city, penalties)
    assert {finding.code for finding in caught.value.findings} == {"date.impossible", "choice.unknown"}
    assert not IntakeBatch.objects.exists()
    assert not Record.objects.exists()


def test_a_draft_stays_with_the_clerk_until_submitted(values, city, penalties):
    draft = enter(values(penalty(1)), city, penalties, submit=False)
    assert draft.state == Record.State.DRAFT
    mended = enter(values(penalty(1, 备注="补充")), city, penalties, record=draft)
    assert mended.pk == draft.pk
    assert mended.state == Record.State.SUBMITTED
    assert mended.details["BZ"] == "补充"


def test_a_corrected_document_number_mends_the_record_itself(values, city, penalties):
    draft = enter(values(penalty(1)), city, penalties, submit=False)
    mended = enter(
        values(penalty(1, 行政处罚决定书文号="银市监罚〔2026〕77号")), city, penalties, record=draft
    )
    assert mended.pk == draft.pk
    assert Record.objects.get().document_number == "银市监罚〔2026〕77号"


def test_a_corrected_document_number_that_another_record_has_is_refused(values, city, penalties):
    enter(values(penalty(1)), city, penalties)
    other = enter(
        values(penalty(1, 行政处罚决定书文号="银市监罚〔2026〕77号")), city, penalties, submit=False
    )
    with pytest.raises(Refused):
        enter(values(penalty(1)), city, penalties, record=other)
    assert Record.objects.count() == 2


def test_a_published_record_changes_only_after_review(values, city, penalties, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    enter(values(penalty(1, 备注="更正")), city, penalties, record=record)
    record.refresh_from_db()
    assert "BZ" not in record.details
    assert record.state == Record.State.PUBLISHED


def test_only_a_clerk_of_the_department_enters(values, city, penalties):
    for actor in (city.reviewer, city.stranger, city.officer, city.auditor):
        with pytest.raises(NotAllowed):
            enter(values(penalty(1)), city, penalties, actor=actor)


def test_a_draft_by_form_is_no_batch_to_review_until_it_is_submitted(values, city, penalties):
    from credit_records.services import records

    draft = enter(values(penalty(1)), city, penalties, submit=False)
    assert draft.batch.state == IntakeBatch.State.CHECKED
    records.submit(draft, actor=city.clerk)
    draft.batch.refresh_from_db()
    assert draft.batch.state == IntakeBatch.State.SUBMITTED
    draft.refresh_from_db()
    records.publish(draft, actor=city.reviewer)
    draft.batch.refresh_from_db()
    assert draft.batch.state == IntakeBatch.State.PUBLISHED
