"""Rule sets on the pages: drafted in tables, rehearsed figure by figure, put in force by another person."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.core.management import call_command

from audit.acts import act
from credit_records.models import Record, Rehearsal, RehearsedRecord, RuleSet, SeverityFinding
from credit_records.selectors.rule_sets import data_of
from credit_records.services import classifying, rule_sets
from credit_records.services.rehearsing import rehearse

from ..builders import penalty
from ..reporting import NOW
from ..services.lawmaking import AMOUNTS, drafted
from .pages import as_user, said, text_of, url

pytestmark = pytest.mark.django_db
FINE = "罚款金额(万元)"


def page(thing, name="change"):
    return url("ruleset", name, thing.pk)


def form_of(response) -> dict[str, object]:
    """What a browser would send back unchanged."""
    tables = response.context["tables"]
    data: dict[str, object] = {"seen": response.context["seen"]}
    forms = [tables.head, tables.repair]
    for part in tables.parts.values():
        forms += [part.management_form, *part.forms]
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None:
                data[field.html_name] = value
    return data | {"head-reason": "按征求意见稿修改"}


@pytest.fixture
def world(report):
    report(
        penalty(1, 处罚决定日期="2026/07/01", 公示截止期=None, **{FINE: 80}),
        penalty(2, 处罚决定日期="2026/07/02", 公示截止期=None),
        publish=True,
    )


@pytest.fixture
def draft(world, city):
    return drafted(city, amounts=AMOUNTS)


def test_a_draft_saved_as_it_was_shown_says_the_same(catalogue, city):
    draft = drafted(city, amounts=AMOUNTS, sectors=[{"code": "food", "title": "食品", "minimum_months": 12,
                    "basis_keywords": ["食品安全法", "食品安全条例"]}])  # fmt: skip
    before = data_of(draft)
    client = as_user(city.officer)
    response = client.post(page(draft, "edit"), form_of(client.get(page(draft, "edit"))))
    assert said(response) == ["分类标准(示例)：草稿已保存，请预演。"]
    draft.refresh_from_db()
    assert data_of(draft) == before


def test_the_tables_change_what_they_say(catalogue, city):
    draft = drafted(city)
    client = as_user(city.officer)
    data = form_of(client.get(page(draft, "edit")))
    kinds = len(draft.body["kinds"])
    data |= {
        "classes-1-maximum_months": "9", "kinds-0-value": "", f"kinds-{kinds}-value": "责令限期改正",
        f"kinds-{kinds}-severity": "minor", "amounts-0-kind": "罚款", "amounts-0-at_least": "50.5",
        "amounts-0-severity": "serious", "amounts-0-basis_keywords": "食品安全法，药品管理法",
        "sectors-0-title": "消防", "sectors-0-minimum_months": "6", "sectors-0-basis_keywords": "消防法",
        "repair-upper_review": ["serious", "general"], "repair-upper_review_source": "示例文件第五条",
        "head-in_force_from": "2026-08-01",
    }  # fmt: skip
    assert client.post(page(draft, "edit"), data).status_code == 302
    draft.refresh_from_db()
    body = draft.body
    assert body["classes"][1]["maximum_months"] == 9
    assert "警告" not in {one["value"] for one in body["kinds"]}
    assert {"value": "责令限期改正", "severity": "minor"} in body["kinds"]
    assert body["amounts"] == [
        {
            "kind": "罚款",
            "at_least": 50.5,
            "severity": "serious",
            "basis_keywords": ["食品安全法", "药品管理法"],
        }
    ]
    assert body["sectors"][0] | {"code": ""} == {
        "code": "", "title": "消防", "minimum_months": 6, "basis_keywords": ["消防法"],
    }  # fmt: skip
    assert set(body["repair"]["upper_review"]["severities"]) == {"general", "serious"}
    assert draft.in_force_from == date(2026, 8, 1)
    shown = text_of(client.get(page(draft)))
    for words in (
        "一般：最长公示期由12个月改为9个月",
        "增加数额规则：罚款50.5万元以上",
        "不再列入处罚类别“警告”",
    ):
        assert words in shown


def test_mistakes_are_listed_and_what_was_typed_stays(catalogue, city):
    draft = drafted(city)
    client = as_user(city.officer)
    data = form_of(client.get(page(draft, "edit")))
    data |= {"classes-1-minimum_months": "13", "amounts-0-kind": "罚金", "amounts-0-at_least": "50"}
    response = client.post(page(draft, "edit"), data)
    shown = text_of(response)
    assert response.status_code == 422
    for words in ("没有保存", "最短公示期长于最长公示期", "“罚金”没有列出", 'value="罚金"'):
        assert words in shown
    data |= {"classes-1-minimum_months": "很久", "head-title": "", "head-reason": ""}
    shown = text_of(client.post(page(draft, "edit"), data))
    for words in ("最短公示期请填整数", "请填写名称", "请填写修改理由"):
        assert words in shown


def test_experts_write_the_data_itself(catalogue, city):
    draft = drafted(city)
    client = as_user(city.officer)
    data = {**data_of(draft), "amounts": AMOUNTS, "key": "another", "in_force_to": "2026-12-31"}
    seen = client.get(page(draft, "edit")).context["seen"]
    answers = {"as_data": "1", "expert-data": json.dumps(data), "expert-reason": "改", "seen": seen}
    assert client.post(page(draft, "edit"), answers).status_code == 302
    draft.refresh_from_db()
    assert (draft.body["amounts"], draft.in_force_to) == (AMOUNTS, None)
    assert draft.key != "another"
    for text, words in (("{", "不是有效的数据格式"), ("[]", "应是一个对象"), ("{}", "缺少“title”")):
        response = client.post(page(draft, "edit"), answers | {"expert-data": text, "seen": ""})
        assert response.status_code == 422
        assert words in text_of(response)


def test_two_editors_do_not_overwrite_each_other(catalogue, city):
    draft = drafted(city)
    client = as_user(city.officer)
    data = form_of(client.get(page(draft, "edit")))
    rule_sets.amend_rule_set(draft, actor=city.officer, data=data_of(draft), reason="另一处修改")
    assert "已被修改" in text_of(client.post(page(draft, "edit"), data))


@pytest.mark.parametrize(("who", "status"), [("clerk", 403), ("approver", 403), ("auditor", 404)])
def test_only_the_officer_edits(catalogue, city, who, status):
    draft = drafted(city)
    client = as_user(getattr(city, who))
    assert client.get(page(draft, "edit")).status_code == status
    assert client.post(page(draft, "edit"), {}).status_code == status


@pytest.mark.parametrize(
    ("who", "status"), [("clerk", 403), ("reviewer", 403), ("auditor", 404), ("supervisor", 200)]
)
def test_the_rehearsal_is_for_the_office(draft, city, who, status):
    rehearse(draft, actor=city.officer, now=NOW)
    client = as_user(getattr(city, who))
    assert client.get(page(draft, "rehearsal")).status_code == status
    listed = client.get(url("rehearsedrecord", "changelist"))
    assert listed.status_code == (200 if status == 200 else 403)


def test_from_the_draft_to_its_confirmation_by_buttons(world, city):
    officer, approver = as_user(city.officer), as_user(city.approver)
    base = RuleSet.objects.get(key="order-36")
    answers = {"base": base.pk, "title": "新标准(示例)", "source": "示例文件", "in_force_from": "2026-07-01"}
    assert officer.post(url("ruleset", "add"), answers).status_code == 302
    draft = RuleSet.objects.get(title="新标准(示例)")
    assert draft.key == "rules-20260701"
    response = officer.post(url("ruleset", "verb", draft.pk, "rehearse"), {}, follow=True)
    assert response.redirect_chain[-1][0] == page(draft, "rehearsal")
    officer.post(url("ruleset", "verb", draft.pk, "propose"), {})
    shown = text_of(officer.get(page(draft)))
    assert 'data-dialog="verb-confirm"' not in shown
    response = approver.post(url("ruleset", "verb", draft.pk, "reject"), {"reason": "缺依据"})
    assert "已退回：缺依据" in text_of(officer.get(page(draft)))
    officer.post(url("ruleset", "verb", draft.pk, "propose"), {})
    response = approver.post(url("ruleset", "verb", draft.pk, "confirm"), {"reason": ""})
    assert said(response)[-1] == (
        "新标准(示例)已确认，适用于2026-07-01起作出的决定；2条记录已重新确定失信程度和公示期，都有历史可查。"
    )
    assert "适用于以前的决定" in text_of(officer.get(page(base)))
    assert "施行中" in text_of(officer.get(page(draft)))


def test_every_figure_of_the_rehearsal_opens_as_many_rows(draft, city):
    found = rehearse(draft, actor=city.officer, now=NOW)
    client = as_user(city.officer)
    response = client.get(page(draft, "rehearsal"))
    context = response.context
    figures = [
        context["records"],
        context["changed"],
        context["unchanged"],
        *context["figures"],
        *context["kept"],
    ]
    for _, row in (*context["matrix"], *context["departments"]):
        figures += row
    assert sum(figure.count for figure in figures) > 4
    for figure in figures:
        listed = client.get(figure.url)
        assert listed.status_code == 200, figure
        assert len(listed.context["cl"].result_list) == figure.count, figure
    assert "没有在办的修复案件" in text_of(response)
    assert found.rows.count() == 2


def test_the_rows_are_exported_as_they_are_shown(draft, city):
    rehearse(draft, actor=city.officer, now=NOW)
    rehearsal = Rehearsal.objects.get()
    query = f"?rehearsal__exact={rehearsal.pk}&changed__exact=1"
    response = as_user(city.officer).post(url("rehearsedrecord", "export") + query, {"format": "csv"})
    lines = response.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "共1行" in lines[3]
    assert "一般,严重,2026-07-01,2026-07-01,2026-10-01,2027-07-01,2027-07-01,2029-07-01" in lines[1]


def test_a_stale_rehearsal_says_so(draft, city):
    rehearse(draft, actor=city.officer, now=NOW)
    rule_sets.amend_rule_set(
        draft, actor=city.officer, data=data_of(draft) | {"other_kinds": "minor"}, reason="改"
    )
    client = as_user(city.officer)
    assert "请重新预演" in text_of(client.get(page(draft, "rehearsal")))
    assert "请重新预演" in text_of(client.get(page(draft)))


def test_a_coming_law_is_said_to_be_rehearsed_as_if(world, city):
    draft = drafted(city, start=date(2027, 3, 1))
    rehearse(draft, actor=city.officer, now=NOW)
    shown = text_of(as_user(city.officer).get(page(draft, "rehearsal")))
    assert "假定适用。" in shown
    assert "2024-11-21 至 2026-11-20" in shown


def test_the_command_rehearses_and_changes_nothing(draft, city, capsys):
    before = list(Record.objects.order_by("pk").values())
    call_command("rehearse_rule_set", draft.key)
    shown = capsys.readouterr().out
    assert "记录2条，有变化1条" in shown
    assert "一般 → 严重 1" in shown
    call_command("rehearse_rule_set", draft.key, "--json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["as_if"], answer["whole"]["graver"], answer["matrix"]) == (
        False, 1, {"general>serious": 1, "general>general": 1},
    )  # fmt: skip
    assert list(Record.objects.order_by("pk").values()) == before
    for key, words in (("nothing", draft.key), ("order-36", "已经施行")):
        with pytest.raises(SystemExit) as stopped:
            call_command("rehearse_rule_set", key)
        assert stopped.value.code == 2
        assert words in capsys.readouterr().err


# --- findings -----------------------------------------------------------------------------------------------


def test_the_reviewer_finds_the_class_on_the_records_page(world, city):
    record = Record.objects.order_by("pk").first()
    reviewer = as_user(city.reviewer)
    shown = text_of(reviewer.get(url("record", "change", record.pk)))
    assert 'data-dialog="verb-classify"' in shown
    assert 'data-dialog="verb-lift_finding"' not in shown
    answers = {"severity": "minor", "reason": "初次违法", "legal_basis": "示例裁量基准第三条"}
    response = reviewer.post(url("record", "verb", record.pk, "classify"), answers)
    assert said(response) == ["已认定为轻微失信，不予公示。"]
    shown = text_of(reviewer.get(url("record", "change", record.pk)))
    assert "失信程度由来源单位认定为轻微，按规则为一般：初次违法；法律依据：示例裁量基准第三条" in shown
    assert 'data-dialog="verb-lift_finding"' in shown
    assert reviewer.post(url("record", "verb", record.pk, "classify"), {"severity": ""}).status_code == 422


@pytest.mark.parametrize(
    ("asked", "count"), [("yes", 1), ("lighter", 1), ("minor", 1), ("serious", 0), ("", 2)]
)
def test_the_office_lists_every_finding(world, city, asked, count):
    record = Record.objects.order_by("pk").first()
    classifying.classify(
        record, actor=city.reviewer, severity="minor", reason="初次违法", legal_basis="示例", now=NOW
    )
    listed = as_user(city.officer).get(url("record", "changelist") + f"?finding={asked}")
    assert len(listed.context["cl"].result_list) == count


def test_a_lifted_finding_is_listed_no_more(world, city):
    record = Record.objects.order_by("pk").first()
    with act("test", actor=city.system):
        SeverityFinding.objects.create(
            record=record,
            severity="minor",
            reason="示例",
            set_by=city.reviewer,
            set_at=NOW,
            superseded_at=NOW,
        )
    listed = as_user(city.officer).get(url("record", "changelist") + "?finding=yes")
    assert not listed.context["cl"].result_list


def test_no_page_shows_codes_of_the_program(draft, city):
    rehearse(draft, actor=city.officer, now=NOW)
    client = as_user(city.officer)
    for address in (page(draft), page(draft, "rehearsal"), url("ruleset", "changelist")):
        shown = re.sub(r"<(script|style|svg).*?</\1>|<[^>]*>", " ", text_of(client.get(address)), flags=re.S)
        for code in ("general", "serious", "in_force", "None"):
            assert code not in shown, (address, code)
    assert RehearsedRecord.objects.exists()
