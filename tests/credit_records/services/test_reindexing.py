"""After a change of its key the index finds everybody again, or the change is refused."""

from __future__ import annotations

import pytest
from django.core.management import call_command, load_command_class

from accounts.sealing import blind_index
from audit.faults import Refused
from audit.system import system_actor
from credit_records.checks import people_are_found_by_their_number
from credit_records.models import Correction, Record, Subject
from credit_records.services import reindexing

from ..decided import breach_values, enter_breach

pytestmark = pytest.mark.django_db
NUMBER = "110101199003070011"


@pytest.fixture
def record(city, catalogue):
    values = breach_values(
        WN_XDR_MC="示例人丙", WN_XDR_LB="自然人", WN_XDR_SHXYM="", WN_FRDB="", WN_XDR_ZJLX="身份证", WN_XDR_ZJHM=NUMBER
    )  # fmt: skip
    return enter_breach(city, values=values)


def _told() -> list[str]:
    return [one.id for one in people_are_found_by_their_number(None)]


def test_a_start_with_another_index_key_is_refused_and_one_without_the_key_told_of(record, settings):
    assert _told() == []
    before = settings.INDEX_KEY
    settings.INDEX_KEY = b"another index key of thirty-two!"
    assert _told() == ["credit_records.E003"]
    assert load_command_class("credit_records", "rebuild_index").requires_system_checks == []
    call_command("rebuild_index")
    assert _told() == []
    settings.FIELD_KEYS = {"00000000": bytes(32)}
    assert _told() == ["credit_records.W004"]
    assert before != settings.INDEX_KEY


def test_everybody_is_found_again_and_the_same_report_is_still_the_same(record, settings, capsys):
    settings.INDEX_KEY = b"another index key of thirty-two!"
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_index", "--check")
    assert ended.value.code == 1
    before = record.digest
    history = record.history.count()
    call_command("rebuild_index")
    assert NUMBER not in capsys.readouterr().out
    found = Subject.objects.get(id_index=blind_index(NUMBER))
    assert found == record.subject
    again = Record.objects.get(pk=record.pk)
    kept = again.details["WN_XDR_ZJHM"]
    assert kept["index"] == blind_index(NUMBER)
    assert kept["sealed"] == record.details["WN_XDR_ZJHM"]["sealed"]
    assert {code: value for code, value in again.details.items() if code != "WN_XDR_ZJHM"} == {
        code: value for code, value in record.details.items() if code != "WN_XDR_ZJHM"
    }
    assert again.digest != before
    assert again.history.count() == history
    assert reindexing.rebuild_index(actor=system_actor()).fingerprints_left == 0
    assert Record.objects.get(pk=record.pk).digest == again.digest


def test_while_a_correction_names_a_number_the_key_stays(record, city, settings):
    Correction.objects.create(
        record=record, department=record.department, item=record.item, batch=record.batch, field_code="WN_XDR_ZJHM",
        field_title="证件号码", wrong="a" * 64, right=blind_index(NUMBER), wrong_text="***", right_text="***",
        reference="示例", reason="示例", at=record.entered_at, by=city.approver,
    )  # fmt: skip
    settings.INDEX_KEY = b"another index key of thirty-two!"
    with pytest.raises(Refused) as refusal:
        reindexing.rebuild_index(actor=system_actor())
    assert refusal.value.code == "index.corrections"
    assert Subject.objects.get(pk=record.subject_id).id_index != blind_index(NUMBER)


def test_a_number_that_does_not_open_stops_it(record, settings):
    settings.FIELD_KEYS = {"other": b"o" * 32}
    with pytest.raises(Refused) as refusal:
        reindexing.rebuild_index(actor=system_actor())
    assert refusal.value.code == "index.unopened"
