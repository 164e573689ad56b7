"""What the upper platform is told of a decided breach: what the public may read, nothing of a person's numbers."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace

import pytest

from accounts.sealing import blind_index, seal
from audit.acts import act
from breaches.services.publishing import TOPIC, put_entry
from exchange.models import Entry
from exchange.topics import readable, topic_label

from ..commitments.counter import Counter
from .entered import NO_COMMITMENT, at, decided, opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalogue")]
DAY = date(2026, 11, 16)
NUMBER = "110101199003070011"


@pytest.fixture
def counter(city) -> Counter:
    return Counter(city)


def put(city, breach, *, letter: str = "银诺认〔2026〕1号") -> Entry | None:
    work = SimpleNamespace(case=breach.case, actor=city.approver, now=at(DAY, 16), today=DAY)
    with act("test.decide", actor=city.approver):
        return put_entry(work, breach, letter=letter)


def test_an_entered_breach_is_told_once_with_its_measures_and_the_record_as_it_is(city, counter):
    breach = opened(city, counter.register(made_on=date(2026, 11, 9)), DAY)
    assert put(city, breach) is None
    decided(city, breach, DAY, NO_COMMITMENT, severity="serious")
    entry = put(city, breach)
    assert put(city, breach) == entry
    assert (Entry.objects.filter(topic=TOPIC).count(), entry.record_id) == (1, breach.record_id)
    told = entry.payload
    assert (told["degree"], told["breach_kind"], told["decided_on"]) == ("serious", "false", "2026-11-16")
    assert (told["public"], told["record"]["state"], told["record"]["item_code"]) == (
        True,
        "published",
        "commitment-breach",
    )
    (measure,) = told["measures"]
    assert (measure["measure"], measure["until"]) == ("限制适用告知承诺", "")
    assert "国办发〔2020〕42号" in measure["legal_basis"]
    lines = {line.label: line.value for line in readable(told)}
    assert (topic_label(TOPIC), lines["违诺程度"], lines["违诺类型"], lines["记录状态"]) == (
        "违诺认定决定",
        "严重",
        "虚假承诺",
        "已发布",
    )
    assert "证据确凿" not in json.dumps(told, ensure_ascii=False)


def test_what_the_public_does_not_see_is_told_as_such(city, counter):
    breach = opened(city, counter.register(made_on=date(2026, 11, 9)), DAY)
    decided(city, breach, DAY, severity="minor")
    assert put(city, breach).payload["public"] is False


def test_of_a_person_neither_name_nor_number_leaves(city, counter):
    with act("test.person", actor=city.system):
        person = counter.person
        person.id_type, person.id_sealed, person.id_index = "身份证", seal(NUMBER), blind_index(NUMBER)
        person.save()
        promised = counter.register(made_on=date(2026, 11, 9))
        promised.subject, promised.subject_name = person, person.name
        promised.save()
    breach = opened(city, promised, DAY)
    with act("test.facts", actor=city.officer):
        breach.facts = f"{person.name}提交的证明不实。"
        breach.save()
    decided(city, breach, DAY, number=NUMBER)
    text = json.dumps(put(city, breach).payload, ensure_ascii=False)
    assert "示**" in text or "示*" in text
    for hidden in (person.name, NUMBER):
        assert hidden not in text
