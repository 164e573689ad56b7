"""The command and the box on the record's page give the same answer."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from audit.acts import act
from credit_records.models import Record, RuleSet
from credit_records.services.catalogue import load_shipped_catalogue

from ..credit_records.admin.pages import as_user, text_of


def _ask(*args: str) -> tuple[int, str]:
    said, status = StringIO(), 0
    try:
        call_command("repair_eligibility", *args, stdout=said, stderr=said)
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, said.getvalue()


def test_the_command_explains_every_condition(records):
    status, said = _ask(records[0].document_number, "--on", "2026-09-01", "--json")
    answer = json.loads(said)
    assert status == 1
    assert (answer["eligible"], answer["from"], answer["record"]) == (False, "2026-08-21", records[0].pk)
    verdicts = {one["code"]: one["verdict"] for one in answer["conditions"]}
    assert (verdicts["minimum"], verdicts["duties"], verdicts["commitment"]) == ("met", "open", "open")
    status, said = _ask(str(records[0].pk), "--on", "2026-08-20")
    assert status == 1
    assert "材料齐备的，自2026-08-21起可以修复" in said
    assert "依据：" in said


@pytest.mark.parametrize(
    ("args", "sentence"),
    [(["没有这个文号"], "没有找到"), (["999999999"], "没有找到"), (["{pk}", "--on", "2026-13-01"], "读不懂")],
)
def test_wrong_questions_are_answered_with_a_sentence(records, args, sentence):
    status, said = _ask(*(arg.format(pk=records[0].pk) for arg in args))
    assert status == 2
    assert sentence in said


def test_a_rule_set_without_repair_says_so(system, records):
    rules = RuleSet.objects.get(key=records[0].rule_set)
    rules.body = {name: value for name, value in rules.body.items() if name != "repair"}
    with act("test.rules", actor=system):
        rules.save(update_fields=["body"])
    assert _ask(str(records[0].pk)) == (2, "该记录没有适用的修复规则，请办公室核对公示规则中的修复部分。\n")


def test_the_record_page_shows_the_conditions_of_a_penalty_in_force(city, records):
    page = reverse("admin:credit_records_record_change", args=[records[0].pk])
    text = text_of(as_user(city.clerk).get(page))
    assert "信用修复" in text
    assert "可申请" in text
    assert "最短公示至2026-08-20" in text
    assert "没有履行完毕的证明" in text
    assert Record.objects.get(pk=records[0].pk).state == Record.State.PUBLISHED


def test_loading_again_adds_the_part_that_an_older_database_lacks(system, records):
    rules = RuleSet.objects.get(key=records[0].rule_set)
    with act("test.rules", actor=system):
        rules.body = {**{n: v for n, v in rules.body.items() if n != "repair"}, "other_kinds": "minor"}
        rules.save(update_fields=["body"])
    load_shipped_catalogue(actor=system)
    body = RuleSet.objects.get(pk=rules.pk).body
    assert body["repair"]["bar_months"] == 36
    assert body["other_kinds"] == "minor"
