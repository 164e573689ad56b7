"""The pages of the steps: what they ask, what they refuse and keep, what they do."""

from __future__ import annotations

import pytest

from accounts.models import Role
from breaches.admin.step_pages import chairs_for
from breaches.models import Breach, Measure
from breaches.services import deciding, handling
from breaches.services.deciding import Ruling
from casework.models import Decision, Letter
from casework.services import assignment
from casework.services.letters import record_delivery
from credit_records.rules.identifiers import mask_name
from credit_records.services.opening import NewSubject

from ...commitments.counter import at
from ..breaching import BreachWay, measures, report_shortfall
from .conftest import as_user, page, text_of

pytestmark = pytest.mark.django_db


def test_the_notice_starts_from_the_rule_and_is_read_before_it_goes_out(city, breach_way):
    way = breach_way.accept()
    assert as_user(city.clerk).get(page(way, "notify")).status_code == 403
    client = as_user(city.officer)
    text = text_of(client.get(page(way, "notify")))
    degrees = text.partition('data-field="degree"')[2].partition("</fieldset>")[0]
    assert 'value="general"' in degrees
    assert 'value="serious"' not in degrees  # the rule says general at the most
    assert "checked" in degrees.partition('value="general"')[2][:40]
    for one in measures():
        assert (one.legal_basis in text) == bool({"minor", "general"} & set(one.degrees))

    chosen = [str(one.pk) for one in measures("inspection")]
    answers = {"degree": "general", "measures": chosen, "reason": "拟认定的理由在此。"}
    looked = client.post(page(way, "notify"), {**answers, "do": "preview"})
    assert looked.status_code == 200
    for part in ("预览", "（出具时编号）", "违诺认定事先告知书", "拟认定的理由在此。"):
        assert part in text_of(looked)
    assert not Letter.objects.exists()
    assert way.fresh().case.state == "accepted"

    wrong = client.post(page(way, "notify"), {**answers, "degree": "serious", "do": "notify"})
    assert wrong.status_code == 422
    assert "不能重于规则建议的程度" in text_of(wrong)
    assert "拟认定的理由在此。" in text_of(wrong)

    assert client.post(page(way, "notify"), {**answers, "do": "notify"}).status_code == 302
    notice = way.fresh().notices.get()
    assert [one["key"] for one in notice.measures] == [one.key for one in measures("inspection")]
    assert notice.letter.kind == Letter.Kind.NOTICE


def test_the_statement_the_hearing_and_the_minutes_are_written_down(city, breach_way, on_day):
    way = breach_way.accept().notify()
    on_day(17)
    client = as_user(city.officer)
    # Before the delivery there is nothing to answer.
    assert client.get(page(way, "statement")).status_code == 302
    way.deliver_notice()
    on_day(19)
    said = {
        "what": "stated",
        "statement": "",
        "stated_by": "示例人甲",
        "stated_on": "2026-11-19",
        "hearing_asked": "on",
    }
    wrong = client.post(page(way, "statement"), said)
    assert wrong.status_code == 422
    assert "请写明陈述申辩的内容" in text_of(wrong)
    assert "示例人甲" in text_of(wrong)
    # At the window too.
    window = as_user(city.clerk)
    assert 'value="waived"' in text_of(client.get(page(way, "statement")))
    assert 'value="waived"' not in text_of(window.get(page(way, "statement")))
    assert window.post(page(way, "statement"), {**said, "statement": "房东违约。"}).status_code == 302
    assert way.fresh().notices.get().statement == "房东违约。"
    # Sent twice, after the way back in the browser, it is written down once.
    again = client.post(page(way, "statement"), {**said, "statement": "房东违约。"})
    assert again.status_code == 422
    assert "已经登记" in text_of(again)
    assert way.fresh().notices.get().statement == "房东违约。"

    assert window.get(page(way, "hearing")).status_code == 403
    early = {"day": "2026-11-20", "at_time": "09:00", "place": "301室", "chair": str(city.approver.pk)}
    refused = client.post(page(way, "hearing"), early)
    assert refused.status_code == 422
    assert "最早可以安排在2026-11-30" in text_of(refused)
    assert "301室" in text_of(refused)
    assert (
        f'value="{city.officer.pk}"'
        not in text_of(refused).partition('name="chair"')[2].partition("</select>")[0]
    )
    assert client.post(page(way, "hearing"), {**early, "day": "2026-11-30"}).status_code == 302
    assert client.get(page(way, "minutes")).status_code == 302  # not told, not held yet
    text = text_of(client.get(page(way)))
    letter = way.fresh().notices.get().hearing_letter
    assert f"/admin/casework/letter/{letter.pk}/" in text.partition("还没有送达")[0][-300:]
    record_delivery(
        letter, actor=city.officer, method="direct", delivered_on=at(19).date(), received_by="示例人甲", now=at(19, 19),
    )  # fmt: skip
    on_day(30)
    assert "期限" in text_of(client.get(page(way)))
    assert client.post(page(way, "minutes"), {"minutes": "到场陈述。"}).status_code == 302
    assert way.fresh().notices.get().hearing_minutes == "到场陈述。"


def test_the_department_answers_and_the_officer_puts_the_facts_right(city, breach_way):
    way = breach_way.accept().ask()
    assert as_user(city.officer).get(page(way, "answer")).status_code == 403
    client = as_user(city.clerk)
    assert client.post(page(way, "answer"), {"text": ""}).status_code == 422
    assert client.post(page(way, "answer"), {"text": "经核查属实。"}).status_code == 302
    officer = as_user(city.officer)
    assert "经核查属实。" in text_of(officer.get(page(way)))
    breach = way.fresh()
    given = {
        "kind": "broken", "performance": str(breach.performance_id), "facts": "补正后的事实。", "harm": "some",
        "remedied_on": "", "reason": "",
    }  # fmt: skip
    wrong = officer.post(page(way, "restate"), given)
    assert wrong.status_code == 422
    assert "补正后的事实。" in text_of(wrong)
    assert officer.post(page(way, "restate"), {**given, "reason": "现场核实。"}).status_code == 302
    assert (way.fresh().facts, way.breach.harm) == ("补正后的事实。", "some")

    # Meanwhile the subject has put it right: the case keeps its report, and says so; other reports cannot be chosen.
    report_shortfall(city, breach.commitment, status="full", on=at(16).date())
    reports = text_of(officer.get(page(way, "restate"))).partition('data-field="performance"')[2]
    assert reports.partition("</fieldset>")[0].count('type="radio"') == 2
    assert f'value="{breach.performance_id}"' in reports
    given |= {"remedied_on": "2026-11-16", "reason": "已经整改。"}
    assert officer.post(page(way, "restate"), given).status_code == 302
    assert way.fresh().remedied_on == at(16).date()
    assert way.breach.performance_id == breach.performance_id


def test_the_approver_decides_exactly_what_was_read(city, breach_way, on_day):
    way = breach_way.accept()
    on_day(17)
    client = as_user(city.officer)
    # Without a notice nothing but 不认定 can be proposed.
    text = text_of(client.get(page(way, "propose")))
    assert 'value="not_broken"' in text
    assert 'value="broken"' not in text
    way.notify().deliver_notice().state().end()
    on_day(26)
    text = text_of(client.get(page(way, "propose")))
    assert "因房东违约未能取得证明。" in text
    ticks = text.partition('data-field="measures"')[2].partition("</fieldset>")[0]
    assert ticks.count('type="checkbox"') == len(way.fresh().notices.get().measures)
    assert "checked" not in ticks  # the officer chooses them
    chosen = [
        str(one.pk)
        for one in Measure.objects.filter(key__in=[m["key"] for m in way.fresh().notices.get().measures])
    ]
    answers = {
        "outcome": "broken",
        "degree": "general",
        "measures": chosen,
        "answer": "",
        "reason": "事实清楚。",
    }
    wrong = client.post(page(way, "propose"), answers)
    assert wrong.status_code == 422
    assert "请写明采纳与否和理由" in text_of(wrong)
    assert "事实清楚。" in text_of(wrong)
    assert client.post(page(way, "propose"), {**answers, "degree": "serious"}).status_code == 422
    assert client.post(page(way, "propose"), {**answers, "answer": "不予采纳。"}).status_code == 302

    approver = as_user(city.approver)
    assert client.get(page(way, "decide")).status_code == 403
    text = text_of(approver.get(page(way, "decide")))
    for part in ("批准后", "记入一条违诺信息", "不予采纳。", "因房东违约未能取得证明。"):
        assert part in text
    stale = approver.post(page(way, "decide"), {"digest": "0" * 64, "opinion": "我的意见", "do": "decide"})
    assert stale.status_code == 409
    assert "我的意见" in text_of(stale)
    assert way.fresh().case.state == "approving"
    digest = Decision.objects.get(case=way.breach.pk).digest
    assert (
        approver.post(page(way, "decide"), {"digest": digest, "opinion": "", "do": "decide"}).status_code
        == 302
    )
    assert Breach.objects.get(pk=way.breach.pk).degree == "general"


def test_who_has_proposed_takes_no_chair_and_an_ended_notice_is_no_finished_one(city, breach_way, on_day):
    city.second_officer = city.person("officer2", "沈示例", Role.OFFICER, city.office)
    way = breach_way.accept().told()
    assignment.assign(way.fresh().case, actor=city.approver, officer=city.second_officer, now=at(26, 11))
    deciding.propose(
        way.fresh(), actor=city.second_officer, ruling=Ruling(Decision.Outcome.NOT_BROKEN), reason="证据不足。",
        now=at(26, 11),
    )  # fmt: skip
    deciding.send_back(way.fresh(), actor=city.approver, reason="请再核实。", now=at(26, 12))
    assignment.assign(way.fresh().case, actor=city.approver, officer=city.officer, now=at(26, 12))
    on_day(26)
    assert city.second_officer not in chairs_for(way.fresh().case)
    assert city.approver in chairs_for(way.case)

    way.notify(now=at(26, 16))
    handling.withdraw(way.fresh(), actor=city.officer, reason="查无此事。", now=at(26, 17))
    client = as_user(city.officer)
    text = text_of(client.get(page(way)))
    for part in ("已收回", "撤销立案", "本次告知不再等待当事人意见"):
        assert part in text
    assert "终止办理<" not in text
    handling.reopen(way.fresh(), actor=city.approver, reason="有新的事实。", now=at(26, 18))
    on_day(26, 19)
    way.fresh()
    handling.accept(way.breach, actor=city.officer, now=at(26, 18))
    assert "还没有完成事先告知" in text_of(client.get(page(way, "propose")))
    # What was intended in the round before is no choice of this one.
    assert (
        "checked"
        not in text_of(client.get(page(way, "notify")))
        .partition('data-field="measures"')[2]
        .partition("</fieldset>")[0]
    )


def test_a_person_is_masked_and_letters_are_links_for_whoever_may_open_them(
    city, counter, report_breach, catalogue, on_day
):
    """The office has found it and asked the department: that reads along, the letter to the subject is not its own."""
    person = NewSubject("natural_person", "示例人丁", id_type="身份证", number="110101199003070011")
    promise = counter.register(person, made_on=at(2).date(), disclosure="closed", now=at(2))
    found = report_breach(commitment=promise, performance=report_shortfall(city, promise), actor=city.officer)
    way = BreachWay(city, found).accept().ask().answer().notify().deliver_notice()
    way.state(stated_by="")
    on_day(19)
    notice = way.fresh().notices.get()
    assert notice.stated_by == person.name
    masked, link = mask_name(person.name), f"/admin/casework/letter/{notice.letter_id}/"
    for who, leads in ((city.officer, True), (city.clerk, False)):
        text = text_of(as_user(who).get(page(way)))
        said = text.partition('id="br-notices"')[2].partition("</section>")[0]
        assert notice.letter.number in said
        assert (link in said) == leads
        assert person.name not in said
        assert masked in said
    way.end().propose()
    on_day(26)
    text = text_of(as_user(city.approver).get(page(way, "decide")))
    assert f"在{masked}的信用记录中" in text
    assert person.name not in text
