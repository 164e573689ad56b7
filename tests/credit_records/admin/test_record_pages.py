"""The list and the page of records: who sees what, what is said, and what it costs."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.test import Client
from openpyxl import load_workbook

from accounts.services import give_role
from audit.acts import act
from audit.models import Event
from credit_records.models import CatalogueItem, IntakeBatch, Record, RuleSet
from credit_records.selectors import record_pages as read
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.services import batches, entry, records
from credit_records.services.entry_values import prefilled, texts_of

from ...accounts.granting import let_in
from ..builders import company_code, licence, penalty
from ..reporting import NOW
from .pages import as_user, said, text_of, url

pytestmark = pytest.mark.django_db
LIST = "record", "changelist"
DAY = NOW.date()


@pytest.fixture
def submitted(report):
    report(penalty(1), penalty(2), penalty(3), submit=True)
    return list(Record.objects.order_by("pk"))


@pytest.fixture
def published(report):
    report(penalty(1), publish=True)
    return Record.objects.get()


def page_of(record) -> str:
    return url("record", "change", record.pk)


def change(record, **changes):
    """The same record with some fields typed anew, as its clerk."""
    return entry.enter(
        {**texts_of(record), **changes},
        actor=record.entered_by,
        department=record.department,
        item=record.item,
        record=record,
        now=NOW,
    )


# --- who sees -----------------------------------------------------------------------------------------------


def pages(record):
    return [
        page_of(record),
        url("record", "history", record.pk),
        url("record", "edit", record.pk),
    ]


def test_clerk_colleague_and_office_read_strangers_and_auditors_find_nothing(submitted, city):
    record = submitted[0]
    for user in (city.clerk, city.second_clerk, city.reviewer, city.officer, city.approver, city.supervisor):
        assert as_user(user).get(page_of(record)).status_code == 200
        assert as_user(user).get(url("record", "history", record.pk)).status_code == 200
        assert record.document_number in text_of(as_user(user).get(url(*LIST)))
    for user in (city.stranger, city.strange_reviewer):
        assert [as_user(user).get(page).status_code for page in pages(record)] == [404, 404, 404]
        shown = text_of(as_user(user).get(url(*LIST)))
        assert record.document_number not in shown
        assert "还没有记录" in shown
    for user in (city.auditor, city.sysadmin, city.secadmin):
        assert as_user(user).get(url(*LIST)).status_code == 403
        assert {as_user(user).get(page).status_code for page in pages(record)} <= {403, 404}
    for page in [url(*LIST), *pages(record)]:
        assert Client().get(page).status_code == 302


def test_only_clerks_of_the_department_reach_the_form(submitted, city):
    edit = url("record", "edit", submitted[0].pk)
    assert as_user(city.second_clerk).get(edit).status_code == 200
    for user in (city.reviewer, city.officer, city.supervisor):
        assert as_user(user).get(edit).status_code == 403
        assert as_user(user).get(url("record", "add")).status_code == 403


def test_reading_changes_nothing_and_no_address_writes_by_get(submitted, city):
    before = list(Record.objects.order_by("pk").values())
    clients = [as_user(user) for user in (city.clerk, city.reviewer, city.officer)]
    events = Event.objects.filter(result="done").count()
    for client in clients:
        for page in [url(*LIST), *pages(submitted[0]), url("record", "add"), url("record", "by_key")]:
            client.get(page)
        for verb in ("submit", "publish", "return", "withdraw"):
            assert client.get(url("record", "verb", submitted[0].pk, verb)).status_code in (302, 403, 404)
            assert client.get(url("record", "bulk", verb)).status_code in (302, 403, 404)
        assert client.get(url("record", "export")).status_code == 302
    assert list(Record.objects.order_by("pk").values()) == before
    assert clients[0].post(page_of(submitted[0])).status_code == 405
    assert Event.objects.filter(result="done").count() == events


# --- the list -----------------------------------------------------------------------------------------------


def test_the_list_is_newest_decision_first_with_amounts_in_words(report, city):
    report(
        penalty(1, 处罚决定日期="2026/03/01", 公示截止期=None),
        penalty(2, 处罚决定日期="2026/06/01", 公示截止期=None, **{"罚款金额(万元)": "0.1234"}),
        submit=True,
    )
    shown = text_of(as_user(city.clerk).get(url(*LIST)))
    assert shown.index("银市监罚〔2026〕2号") < shown.index("银市监罚〔2026〕1号")
    assert "罚款0.5万元" in shown
    assert "罚款1,234.00元" in shown
    assert "0.500000" not in shown
    assert company_code(1) in shown


def test_filters_narrow_by_state_item_and_month(report, city):
    report(penalty(1, 处罚决定日期="2026/03/31", 公示截止期=None), publish=True)
    report(penalty(2, 处罚决定日期="2026/04/01", 公示截止期=None), submit=True)
    report(licence(3), item=CatalogueItem.objects.get(code="licence-org"), submit=True)
    client = as_user(city.clerk)

    def found(query):
        shown = text_of(client.get(f"{url(*LIST)}?{query}"))
        numbers = ("银市监罚〔2026〕1号", "银市监罚〔2026〕2号", "银市监许〔2026〕3号")
        return [number for number in numbers if number in shown]

    assert found("state__exact=published") == ["银市监罚〔2026〕1号"]
    assert found("item=licence-org") == ["银市监许〔2026〕3号"]
    assert found("month=2026-03") == ["银市监罚〔2026〕1号"]
    assert found("month=2026-04") == ["银市监罚〔2026〕2号"]
    assert found("item=none-such") == []


def test_choosing_a_department_is_for_the_office(submitted, city):
    query = f"?department__id__exact={city.scjg.pk}"
    assert submitted[0].document_number in text_of(as_user(city.officer).get(url(*LIST) + query))
    other = f"?department__id__exact={city.sthj.pk}"
    assert submitted[0].document_number not in text_of(as_user(city.officer).get(url(*LIST) + other))
    assert "来源单位" in text_of(as_user(city.officer).get(url(*LIST)))
    assert "来源单位" not in text_of(as_user(city.clerk).get(url(*LIST)))


@pytest.mark.parametrize("count", [3, 12])
def test_the_list_costs_the_same_however_many_rows(report, city, count, django_assert_num_queries):
    report(*(penalty(number) for number in range(1, count + 1)), submit=True)
    client = as_user(city.clerk)
    client.get(url(*LIST))
    # Session, user, roles, rows, items of the filter, notices waiting.
    with django_assert_num_queries(6):
        response = client.get(url(*LIST))
    assert len(response.context["cl"].result_list) == count


def test_the_list_pages_by_key_and_counts_nothing(report, city):
    report(*(penalty(number) for number in range(1, 24)), submit=True)
    client = as_user(city.clerk)
    first = client.get(url(*LIST)).context["cl"]
    later = client.get(url(*LIST) + first.next_page_url).context["cl"]
    seen = [record.pk for record in (*first.result_list, *later.result_list)]
    assert len(seen) == len(set(seen)) == 23
    assert not later.has_next_page


# --- bulk and export ----------------------------------------------------------------------------------------


def test_bulk_publication_shows_a_verdict_for_each_and_does_only_what_it_may(submitted, city):
    records.publish(submitted[0], actor=city.reviewer)
    client = as_user(city.reviewer)
    chosen = [record.pk for record in submitted]
    asked = client.post(url(*LIST), {"action": "publish", "_selected_action": chosen})
    shown = text_of(asked)
    assert "选中3条，可办理2条" in shown
    assert "只有“待审核”的记录可以发布" in shown
    assert Record.objects.filter(state="published").count() == 1
    client.post(url("record", "bulk", "publish"), {"_selected_action": chosen, "reason": ""})
    assert Record.objects.filter(state="published").count() == 3


def test_bulk_never_reaches_beyond_the_scope(submitted, city):
    chosen = [record.pk for record in submitted]
    as_user(city.strange_reviewer).post(url("record", "bulk", "publish"), {"_selected_action": chosen})
    as_user(city.clerk).post(url("record", "bulk", "publish"), {"_selected_action": chosen})
    assert not Record.objects.exclude(state="submitted").exists()


def test_the_export_holds_what_the_list_shows_and_is_journaled(report, city):
    report(penalty(1), submit=True)
    response = as_user(city.clerk).post(url("record", "export"), {"format": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response) if response.streaming else response.content)).active
    header, row, _, mark = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert dict(zip(header, row, strict=True))["罚款金额(万元)"] == 0.5
    assert row[header.index("决定书文号")] == "银市监罚〔2026〕1号"
    event = Event.objects.get(verb="record.export", actor=city.clerk)
    assert f"共1行，编号：{event.pk}" in mark[0]
    assert as_user(city.auditor).post(url("record", "export")).status_code == 403


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_answers_the_questions_in_the_catalogues_words(published, city):
    shown = text_of(as_user(city.clerk).get(page_of(published)))
    for question in ("谁", "做了什么", "依据什么", "怎么处罚的", "什么时候", "谁公布"):
        assert f"<h2>{question}</h2>" in shown
    assert "违法行为类型" in shown
    assert "0.5万元" in shown
    assert "未填：" in shown
    assert "目录规定社会公开" in shown


def test_every_filled_column_is_shown_once(published):
    spec = read.spec_of_record(published)
    groups = read.answers(published, spec)
    titles = [answer.title for group in groups for answer in group.answers]
    empty = [title for group in groups for title in group.empty]
    assert sorted(titles + empty) == sorted(field.title for field in spec.fields)
    assert len(titles) == len(published.details)


def test_the_page_costs_a_fixed_number_of_queries(published, city, django_assert_num_queries):
    client = as_user(city.clerk)
    client.get(page_of(published))
    # Session, user, roles, record with all it names, rights, versions, rule set, waiting batches, history,
    # its events, statements of the subject, corrections by decision, notices waiting, objections, the finding on its
    # class; repair: applications, rule set, what is known; the notice on repair: rules, whether it is due, calendar.
    with django_assert_num_queries(24):
        client.get(page_of(published))


def test_steps_are_buttons_or_grey_with_the_reason(submitted, city):
    shown = text_of(as_user(city.reviewer).get(page_of(submitted[0])))
    assert 'data-dialog="verb-publish"' in shown
    assert 'data-dialog="verb-withdraw"' not in shown
    assert "只有“已发布、公示终止、暂停公示、已修复”的记录可以撤回" in shown
    clerk = text_of(as_user(city.clerk).get(page_of(submitted[0])))
    assert "verb-publish" not in clerk


def test_a_step_that_can_never_come_again_is_not_shown(published, city):
    client = as_user(city.reviewer)
    address = url("record", "change", published.pk)
    assert [button.verb.name for button in client.get(address).context["verb_buttons"]] == [
        "classify",
        "withdraw",
    ]
    records.withdraw(published, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    assert client.get(address).context["verb_buttons"] == []


def test_who_entered_sees_why_another_must_review(submitted, city):
    give_role(city.clerk, "reviewer", actor=city.system, department=city.scjg, since=date(2020, 1, 1))
    shown = text_of(as_user(city.clerk).get(page_of(submitted[0])))
    assert "您是录入人，不能自己发布" in shown
    response = as_user(city.clerk).post(url("record", "verb", submitted[0].pk, "publish"))
    assert any("您是录入人" in message for message in said(response))
    submitted[0].refresh_from_db()
    assert submitted[0].state == "submitted"


def test_a_verb_is_done_by_its_service_with_reason_and_legal_basis(published, city):
    client = as_user(city.reviewer)
    withdraw = url("record", "verb", published.pk, "withdraw")
    refused = client.post(withdraw, {"reason": "决定被撤销", "legal_basis": ""})
    assert refused.status_code == 422
    assert "法律依据" in text_of(refused)
    client.post(withdraw, {"reason": "决定被撤销", "legal_basis": "银市监撤〔2026〕1号"})
    published.refresh_from_db()
    assert published.state == "withdrawn"
    shown = text_of(client.get(page_of(published)))
    assert "决定被撤销" in shown
    assert "银市监撤〔2026〕1号" in shown


def test_strangers_cannot_do_verbs(submitted, city):
    for verb in ("submit", "publish", "return", "withdraw"):
        address = url("record", "verb", submitted[0].pk, verb)
        data = {"reason": "x", "legal_basis": "x"}
        assert as_user(city.strange_reviewer).post(address, data).status_code == 404
        assert as_user(city.officer).post(address, data).status_code == 403
    assert not Record.objects.exclude(state="submitted").exists()


def test_history_reads_as_sentences_with_titles_and_words(published, city):
    change(published, CF_NR_FK="0.3")
    batches.publish(IntakeBatch.objects.get(state="submitted"), actor=city.reviewer, reason="更正决定书")
    shown = text_of(as_user(city.clerk).get(url("record", "history", published.pk)))
    assert "罚款金额(万元)" in shown
    assert "0.5万元" in shown
    assert "0.3万元" in shown
    assert "更正决定书" in shown
    side = text_of(as_user(city.clerk).get(page_of(published)))
    assert "将 罚款金额(万元) 从 0.5万元 改为 0.3万元" in side


# --- publicity and the public -------------------------------------------------------------------------------


def test_the_publicity_bar_marks_start_earliest_and_latest_end(published):
    view = read.publicity_view(published, read.spec_of_record(published), today=date(2026, 8, 20))
    assert [(mark.label, mark.day) for mark in view.marks] == [
        ("开始", date(2026, 5, 20)),
        ("最早可修复", date(2026, 8, 20)),
        ("最长截止", date(2027, 5, 20)),
    ]
    assert view.today == view.marks[1].percent
    assert view.state == "公示中，还有273天"
    assert any("一般失信信息" in reason for reason in view.reasons)
    assert not any("有过修改" in reason for reason in view.reasons)


def test_a_rule_set_changed_later_is_said_and_not_applied(published, system):
    rule_set = RuleSet.objects.get(key=published.rule_set)
    for one in rule_set.body["classes"]:
        one["maximum_months"] = 24 if one["severity"] == "general" else one["maximum_months"]
    with act("test", actor=system):
        rule_set.save(update_fields=["body"])
        published.details.pop("CF_GSJZQ")
        published.save(update_fields=["details"])
    view = read.publicity_view(published, read.spec_of_record(published), today=DAY)
    assert view.marks[-1].day == date(2027, 5, 20)
    assert "公示规则在录入之后有过修改，本记录的日期仍按录入时的规则。" in view.reasons


def test_a_record_that_is_not_published_says_so(report, city):
    report(penalty(1, 处罚类别="警告", **{"罚款金额(万元)": None, "公示截止期": None}), publish=True)
    record = Record.objects.get()
    view = read.publicity_view(record, read.spec_of_record(record), today=DAY)
    assert view.state == "不公示"
    assert view.marks == []
    assert any("原则上不公示" in reason for reason in view.reasons)
    assert as_user(city.clerk).get(page_of(record)).status_code == 200


def test_a_licence_of_long_term_has_no_end(report, city):
    item = CatalogueItem.objects.get(code="licence-org")
    report(licence(1, 有效期至="2099/12/31"), item=item, publish=True)
    record = Record.objects.get()
    shown = text_of(as_user(city.clerk).get(page_of(record)))
    assert "公示中，没有截止日期" in shown
    assert "许可了什么" in shown
    assert "长期" in shown


def test_whether_the_public_sees_it_agrees_with_the_query(published, system):
    start = published.publicity_start
    days = [start + timedelta(days=shift) for shift in (-1, 0, 365, 366)]
    agreed = 0
    for state in Record.State.values:
        for disclosure in ("public", "shared", "authorised"):
            with act("test", actor=system):
                published.state, published.disclosure = state, disclosure
                published.repaired_by = "信用修复决定书" if state == "repaired" else ""
                published.save(update_fields=["state", "disclosure", "repaired_by"])
            for day in days:
                sees, why = read.public_or_not(published, today=day)
                assert sees == Record.objects.public(day).filter(pk=published.pk).exists(), (
                    state,
                    disclosure,
                )
                assert why
                agreed += sees
    assert agreed == 2


# --- changes that wait --------------------------------------------------------------------------------------


def test_a_change_to_a_published_record_is_announced_until_it_is_reviewed(published, city):
    assert read.pending_change(published) is None
    change(published, BZ="更正")
    published.refresh_from_db()
    assert "BZ" not in published.details
    waiting = read.pending_change(published)
    shown = text_of(as_user(city.reviewer).get(page_of(published)))
    assert "正在等待审核" in shown
    assert url("intakebatch", "change", waiting.batch_id) in shown
    assert [(one.title, one.new) for one in read.pending_changes(published, waiting)] == [("备注", "更正")]
    let_in(published, city.sthj, by=city.reviewer)
    opened = as_user(city.stranger).get(page_of(published))
    assert opened.status_code == 200
    assert "正在等待审核" not in text_of(opened)


def test_a_natural_person_is_shown_masked(catalogue, city):
    item = CatalogueItem.objects.get(code="penalty-person")
    spec = versions_ever_in_force(item)[0][1]
    values = {
        **prefilled(spec, city.scjg),
        "CF_XDR_MC": "欧阳示例",
        "CF_XDR_LB": "自然人",
        "CF_XDR_ZJLX": "身份证",
        "CF_XDR_ZJHM": resident_id("64010419900101001"),
        "CF_WSH": "银市监罚〔2026〕9号",
        "CF_WFXW": "违反安全管理规定",
        "CF_SY": "经查,当事人存在违法行为。",
        "CF_YJ": "《中华人民共和国行政处罚法》第三十二条",
        "CF_CFLB": "罚款",
        "CF_NR": "处以罚款0.05万元。",
        "CF_NR_FK": "0.05",
        "CF_JDRQ": "2026-05-20",
    }
    record = entry.enter(values, actor=city.clerk, department=city.scjg, item=item, now=NOW)
    client = as_user(city.clerk)
    for page in (
        url(*LIST),
        page_of(record),
        url("record", "history", record.pk),
        url("record", "edit", record.pk),
    ):
        shown = text_of(client.get(page))
        assert values["CF_XDR_ZJHM"] not in shown
        assert "a1." not in shown, "sealed text on a page"
    assert "欧阳**" in text_of(client.get(url(*LIST)))
    assert "欧阳**" in text_of(client.get(page_of(record)))
    # Mended with the number left empty: the same number, no change of it in the history.
    client.post(
        url("record", "edit", record.pk), {**values, "CF_XDR_ZJHM": "", "CF_CFLB": ["罚款"], "BZ": "补充"}
    )
    record.refresh_from_db()
    assert record.details["BZ"] == "补充"
    assert record.details["CF_XDR_ZJHM"]["masked"].startswith("640")
    told = text_of(client.get(url("record", "history", record.pk)))
    assert "备注" in told
    assert "将 <b>证件号码</b>" not in told


def resident_id(first: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(w * int(d) for w, d in zip(weights, first, strict=True)) % 11]
