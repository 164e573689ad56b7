"""Delivery is written down once, with what the law wants noted, and printed on the receipt (送达回证)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from accounts.policy import NotAllowed, NotVisible
from audit.faults import Refused
from audit.models import Event
from casework.letters.typesetting import render
from casework.models import Letter
from casework.selectors.letters import delivery_form
from casework.services.letters import record_delivery

from .sheets import text_of

pytestmark = pytest.mark.django_db
LATER = datetime(2026, 11, 20, 2, tzinfo=UTC)
WHOLE = {"method": "direct", "delivered_on": date(2026, 11, 18), "received_by": "马示例", "now": LATER}


def test_a_delivery_is_kept_with_who_wrote_it_down(write, city):
    letter = record_delivery(write(), actor=city.officer, note="本人到窗口领取", **WHOLE)
    found = Letter.objects.get(pk=letter.pk)
    assert found.delivery_method == Letter.Method.DIRECT
    assert found.delivered_on == date(2026, 11, 18)
    assert (found.received_by, found.delivery_note) == ("马示例", "本人到窗口领取")
    assert found.delivery_recorded_by == city.officer
    row = found.history.first()
    assert (row.delivered_on, row.received_by) == (found.delivered_on, found.received_by)
    assert Event.objects.filter(verb="letter.record_delivery", pk=row.event_id).exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"delivered_on": date(2026, 11, 16)}, "letter.delivered_before_issue"),
        ({"delivered_on": date(2026, 11, 21)}, "letter.delivered_in_future"),
        ({"received_by": "  "}, "letter.receiver_missing"),
        ({"method": "post", "received_by": ""}, "letter.receiver_missing"),
        ({"method": "left"}, "letter.delivery_note_missing"),
        ({"method": "announcement", "received_by": ""}, "letter.delivery_note_missing"),
    ],
)
def test_what_cannot_be_is_refused(write, city, changes, code):
    letter = write()
    with pytest.raises(Refused) as caught:
        record_delivery(letter, actor=city.officer, **{**WHOLE, **changes})
    assert caught.value.code == code
    assert Letter.objects.get(pk=letter.pk).delivered_on is None


@pytest.mark.parametrize("day", [date(2026, 11, 17), date(2026, 11, 20)])
def test_the_day_of_issue_and_today_are_in_time(write, city, day):
    assert record_delivery(write(), actor=city.officer, **{**WHOLE, "delivered_on": day}).delivered_on == day


@pytest.mark.parametrize("method", ["left", "announcement"])
def test_delivery_without_receiver_needs_the_note_only(write, city, method):
    letter = record_delivery(
        write(),
        actor=city.officer,
        **{**WHOLE, "method": method, "received_by": ""},
        note="示例见证人在场，拒收。",
    )
    assert letter.delivery_method == method


def test_a_delivery_is_written_down_once(write, city):
    letter = write()
    record_delivery(letter, actor=city.officer, **WHOLE)
    with pytest.raises(Refused) as caught:
        record_delivery(letter, actor=city.officer, **WHOLE)
    assert caught.value.code == "letter.delivered_already"


@pytest.mark.parametrize(
    ("who", "outcome"),
    [("approver", NotAllowed), ("supervisor", NotAllowed), ("stranger", NotVisible), ("clerk", NotVisible)],
)
def test_only_officers_write_deliveries_down(write, city, who, outcome):
    with pytest.raises(outcome):
        record_delivery(write(), actor=getattr(city, who), **WHOLE)


def lines(letter: Letter) -> dict[str, str]:
    return {line.label: line.value for line in delivery_form(letter).lines}


def test_the_receipt_names_the_letter_and_leaves_the_rest_to_be_filled_in(write):
    letter = write()
    found = lines(letter)
    assert found["送达文书及文号"] == f"《{letter.title}》（{letter.number}）"
    assert found["受送达人"] == letter.addressee
    assert found["案件编号"] == letter.case.number
    assert {found[label] for label in ("送达方式", "送达日期", "受送达人签名或者盖章", "送达人签名")} == {""}


def test_the_receipt_shows_the_recorded_delivery(write, city):
    letter = record_delivery(write(), actor=city.officer, **WHOLE)
    found = lines(letter)
    assert (found["送达方式"], found["送达日期"]) == ("直接送达", "2026年11月18日")
    assert found["受送达人签名或者盖章"] == "马示例"


def test_the_receipt_is_one_page_in_chinese(write):
    letter = write()
    assert letter.number in text_of(render(delivery_form(letter)))
