"""Two people at once about a repair, on real connections: one wins, the other is told, nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from audit.faults import Refused
from casework.models import Case, Decision, Letter
from commitments.models import Commitment
from credit_records.models import IntakeBatch, Record
from credit_records.services import batches
from credit_records.services import records as record_verbs
from exchange.models import Entry
from repair.models import Application
from repair.services import deciding, handling

from ..credit_records.builders import penalty
from ..credit_records.reporting import NOW
from .applying import at
from .decided import digest_of, record_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def db(transactional_db):
    """Everything here is committed: other connections must see it."""


def _at_once(*attempts: Callable[[], Any]) -> list[str]:
    """Run all at the same moment, each on a connection of its own; what became of each, in their order."""
    start, outcomes = threading.Barrier(len(attempts)), dict.fromkeys(range(len(attempts)), "")

    def run(place: int, attempt: Callable[[], Any]) -> None:
        try:
            start.wait()
            attempt()
        except Refused as refusal:
            outcomes[place] = refusal.code
        except Exception as other:  # a deadlock, for instance: told, not swallowed
            outcomes[place] = repr(other)
        else:
            outcomes[place] = "done"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(attempts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(outcomes.values())


def _fresh(way: Any) -> Application:
    return Application.objects.select_related("case").get(pk=way.application.pk)


def test_two_approvers_decide_at_once_and_one_is_told(city, both):
    both.propose()
    second = city.person("approver2", "褚示例", "approver", city.office)
    digest = digest_of(both.case)
    outcomes = _at_once(
        *(
            lambda who=who: deciding.decide(
                _fresh(both), actor=User.objects.get(pk=who.pk), digest=digest, now=at(18, 15)
            )
            for who in (city.approver, second)
        )
    )
    assert sorted(outcomes) == ["case.state", "done"]
    assert Decision.objects.filter(state="approved").count() == 1
    assert Letter.objects.filter(kind="decision").count() == 1
    assert Entry.objects.filter(topic__startswith="repair.").count() == 2
    assert Commitment.objects.count() == 1


def test_two_upper_reviewers_confirm_at_once_and_one_is_told(city, grave):
    grave.propose().decide()
    second = city.person("upper2", "沈示例", city.upper.memberships.get().role, city.upper_office)
    digest = digest_of(grave.case, "endorsed")
    outcomes = _at_once(
        *(
            lambda who=who: deciding.confirm(
                _fresh(grave), actor=User.objects.get(pk=who.pk), digest=digest, now=at(19)
            )
            for who in (city.upper, second)
        )
    )
    assert sorted(outcomes) == ["case.state", "done"]
    assert Entry.objects.filter(topic__startswith="repair.").count() == 1


def test_the_applicant_withdraws_while_it_is_decided_and_one_of_the_two_happens(city, both):
    both.propose()
    digest = digest_of(both.case)
    decided, withdrawn = _at_once(
        lambda: deciding.decide(_fresh(both), actor=city.approver, digest=digest, now=at(18, 15)),
        lambda: handling.withdraw(_fresh(both), actor=city.officer, reason="申请人撤回。", now=at(18, 15)),
    )
    assert {decided, withdrawn} == {"done", "case.state"}
    state = Case.objects.get(pk=both.case.pk).state
    repaired = Record.objects.filter(state="repaired").count()
    assert (state, repaired, Entry.objects.filter(topic__startswith="repair.").count()) in {
        ("decided", 2, 2),
        ("withdrawn", 0, 0),
    }


def test_the_department_withdraws_the_record_while_it_is_decided(city, both):
    both.propose()
    digest = digest_of(both.case)
    record = record_of(both)
    decided, withdrawn = _at_once(
        lambda: deciding.decide(_fresh(both), actor=city.approver, digest=digest, now=at(18, 15)),
        lambda: record_verbs.withdraw(
            record, actor=city.reviewer, reason="被撤销", legal_basis="撤〔2026〕1号"
        ),
    )
    record.refresh_from_db()
    assert withdrawn == "done"
    assert decided in {"done", "repair.not_eligible"}
    assert (record.state, bool(record.repaired_by)) == ("withdrawn", decided == "done")
    assert record_of(both, 2).state == ("repaired" if decided == "done" else "published")


def test_an_upload_is_published_while_it_is_decided_and_the_record_stays_repaired(city, both, report):
    """The change comes in before the repair or not at all; neither waits for the other for ever."""
    number = record_of(both).document_number
    waiting = report(
        penalty(1, **{"行政处罚决定书文号": number, "罚款金额(万元)": 0.2}), penalty(9), submit=True
    )
    both.propose()
    digest = digest_of(both.case)
    decided, published = _at_once(
        lambda: deciding.decide(_fresh(both), actor=city.approver, digest=digest, now=at(18, 15)),
        lambda: batches.publish(IntakeBatch.objects.get(pk=waiting.pk), actor=city.reviewer, now=NOW),
    )
    assert (decided, published) == ("done", "done")
    record = record_of(both)
    assert record.state == "repaired"
    assert str(record.fine) in {"0.500000", "0.200000"}
    repaired = record.history.filter(state="repaired").order_by("history_id")
    assert {str(row.fine) for row in repaired} == {str(record.fine)}
    assert not record.history.filter(history_id__gt=repaired[0].history_id).exclude(state="repaired").exists()


def test_an_upload_is_submitted_while_it_is_decided_and_never_changes_what_is_repaired(city, both, report):
    number = record_of(both).document_number
    checked = report(penalty(1, **{"行政处罚决定书文号": number, "罚款金额(万元)": 0.2}), penalty(9))
    both.propose()
    digest = digest_of(both.case)

    def submit_and_publish() -> None:
        batches.submit(IntakeBatch.objects.get(pk=checked.pk), actor=city.clerk, now=NOW)
        batches.publish(IntakeBatch.objects.get(pk=checked.pk), actor=city.reviewer, now=NOW)

    decided, sent = _at_once(
        lambda: deciding.decide(_fresh(both), actor=city.approver, digest=digest, now=at(18, 15)),
        submit_and_publish,
    )
    assert (decided, sent) == ("done", "done")
    record = record_of(both)
    assert (record.state, bool(record.repaired_by)) == ("repaired", True)
    first = record.history.filter(state="repaired").order_by("history_id").first()
    assert first.fine == record.fine
