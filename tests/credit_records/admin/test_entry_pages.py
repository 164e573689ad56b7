"""录入一条 and 撤回 by business key: the form built from the catalogue, judged like a file of one row."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.urls import reverse

from accounts.services import give_role
from credit_records.models import CatalogueItem, IntakeBatch, Record
from credit_records.selectors.catalogue import versions_ever_in_force
from credit_records.selectors.record_pages import pending_change
from credit_records.services import records

from ..builders import company_code, penalty
from .pages import as_user, said, text_of, url

pytestmark = pytest.mark.django_db
ADD = "record", "add"


@pytest.fixture
def spec(penalties):
    return versions_ever_in_force(penalties)[0][1]


@pytest.fixture
def typed(spec):
    """What a browser sends for a row of the national layout; `changes` by field code."""
    codes = {field.title: field.code for field in spec.fields}

    def of(row=None, do="submit", **changes):
        data = {
            codes[title]: "" if cell is None else str(cell) for title, cell in (row or penalty(1)).items()
        }
        data["CF_CFLB"] = data["CF_CFLB"].split(";")
        return {**data, "do": do, **changes}

    return of


@pytest.fixture
def clerk(city):
    return as_user(city.clerk)


FORM = "?item=penalty-org"


def add(client, data):
    return client.post(url(*ADD) + FORM, data)


# --- the form -----------------------------------------------------------------------------------------------


def test_first_the_item_is_chosen_among_those_in_force(clerk, penalties):
    shown = text_of(clerk.get(url(*ADD)))
    for item in CatalogueItem.objects.all():
        # Commitments are entered at their own counter, breaches by the decision of their case.
        elsewhere = (*CatalogueItem.NOT_RECORDS, *CatalogueItem.BY_DECISION)
        assert (f'href="?item={item.code}"' in shown) is (item.kind not in elsewhere)
    assert "法人行政处罚" in shown


def test_every_input_of_the_form_has_its_name(clerk, penalties):
    shown = text_of(clerk.get(url(*ADD) + FORM))
    assert '<label for="">' not in shown
    form = shown[shown.index('class="cr-entry') :]
    named = set(re.findall(r'<label for="([^"]+)"', form))
    assert named - {"id_explanation"} <= set(re.findall(r' id="([^"]+)"', form))
    assert re.search(r"<fieldset class=\"cr-field[^>]*>\s*<legend>处罚类别", form)


def test_without_an_item_in_force_nothing_can_be_entered(clerk):
    assert "没有施行中的事项" in text_of(clerk.get(url(*ADD)))


def test_a_clerk_of_two_departments_says_for_which(city, penalties):
    give_role(city.clerk, "clerk", actor=city.system, department=city.sthj, since=date(2020, 1, 1))
    client = as_user(city.clerk)
    assert "为哪个单位录入" in text_of(client.get(url(*ADD) + FORM))
    chosen = client.get(f"{url(*ADD)}{FORM}&department={city.sthj.pk}")
    assert chosen.context["department"] == city.sthj
    foreign = client.get(f"{url(*ADD)}{FORM}&department={city.office.pk}")
    assert "为哪个单位录入" in text_of(foreign)


def test_the_form_has_every_column_with_marks_conditions_and_the_departments_codes(clerk, city, spec):
    response = clerk.get(url(*ADD) + FORM)
    form, shown = response.context["form"], text_of(response)
    drawn = [field.name for section in form.sections() for field in section.fields]
    assert sorted(drawn) == sorted(field.code for field in spec.fields)
    assert shown.count('title="必填"') == sum(field.required == "yes" for field in spec.fields)
    assert "处罚类别含“罚款”时必填" in shown
    assert form["CF_SJLYDM"].value() == city.scjg.code
    assert form["CF_CFJG"].value() == city.scjg.name
    assert 'value="罚款"' in shown


def test_notes_leave_out_what_concerns_workbooks_whole(clerk, penalties):
    shown = text_of(clerk.get(url(*ADD) + FORM))
    assert "其他的写作“其他-具体名称”" in shown
    assert "多种用“" not in shown


# --- what becomes of it -------------------------------------------------------------------------------------


def test_a_good_form_becomes_a_record_awaiting_review(clerk, city, typed):
    response = add(clerk, typed())
    record = Record.objects.get()
    assert response.url == url("record", "change", record.pk)
    assert record.state == Record.State.SUBMITTED
    assert record.entered_by == city.clerk
    assert record.kinds == ["罚款"]
    assert any("已提交审核" in message for message in said(response))


def test_a_draft_is_kept_and_mended_through_the_same_form(clerk, typed):
    add(clerk, typed(do="draft"))
    record = Record.objects.get()
    assert record.state == Record.State.DRAFT
    edit = url("record", "edit", record.pk)
    form = clerk.get(edit).context["form"]
    assert form["CF_CFLB"].value() == "罚款"
    assert form["CF_JDRQ"].value() == "2026-05-20"
    clerk.post(edit, typed(BZ="补充"))
    record.refresh_from_db()
    assert record.state == Record.State.SUBMITTED
    assert record.details["BZ"] == "补充"


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost(clerk, typed):
    wrong = typed(
        CF_JDRQ="2026-02-30", CF_NR_FK="伍万元", CF_XDR_SHXYM="91640104DEM00001XX", CF_WFXW="自己写的"
    )
    wrong |= {"CF_CFLB": ["罚款", "警告"], "CF_CFLB_other": "责令改正"}
    response = add(clerk, wrong)
    form = response.context["form"]
    assert response.status_code == 200
    assert set(form.errors) == {"CF_JDRQ", "CF_NR_FK", "CF_XDR_SHXYM"}
    assert form["CF_JDRQ"].value() == "2026-02-30"
    assert form["CF_NR_FK"].value() == "伍万元"
    shown = text_of(response)
    for kept in ("2026-02-30", "伍万元", "91640104DEM00001XX", "自己写的"):
        assert kept in shown
    assert form["CF_CFLB"].value() == "罚款；警告；其他-责令改正"
    assert 'value="责令改正"' in shown
    assert not Record.objects.exists()
    assert not IntakeBatch.objects.exists()


def test_a_missing_required_field_is_named(clerk, typed):
    form = add(clerk, typed(CF_WSH="", CF_NR_FK="")).context["form"]
    assert "必填" in form.errors["CF_WSH"][0]
    assert "罚款" in form.errors["CF_NR_FK"][0]


def test_another_departments_code_is_refused_as_in_a_file(clerk, city, typed):
    form = add(clerk, typed(CF_SJLYDM=city.sthj.code)).context["form"]
    assert "其他单位的记录由其他单位自行报送" in form.errors["CF_SJLYDM"][0]


def test_what_is_held_asks_for_an_explanation_and_goes_on_with_it(clerk, city, typed, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    held = add(clerk, typed())
    assert held.context["form"].held
    assert "存疑：" in text_of(held)
    assert 'name="explanation"' in text_of(held)
    response = add(clerk, typed(explanation="重新作出决定"))
    assert response.status_code == 302
    record.refresh_from_db()
    assert record.state == Record.State.WITHDRAWN, "comes back only after review"
    waiting = IntakeBatch.objects.get(state="submitted")
    assert waiting.staged.get().explanation == "重新作出决定"


def test_the_form_without_anything_held_asks_for_no_explanation(clerk, typed):
    assert 'name="explanation"' not in text_of(clerk.get(url(*ADD) + FORM))
    assert 'name="explanation"' not in text_of(add(clerk, typed(CF_WSH="")))


def test_the_same_decision_twice_changes_nothing_and_says_so(clerk, typed, report):
    report(penalty(1), publish=True)
    response = add(clerk, typed())
    assert "与现有记录的内容相同" in text_of(response)
    assert Record.objects.count() == 1


def test_a_published_record_waits_for_review(clerk, typed, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    edit = url("record", "edit", record.pk)
    shown = text_of(clerk.get(edit))
    assert "审核员发布后才生效" in shown
    assert 'value="draft"' not in shown
    response = clerk.post(edit, typed(CF_NR_FK="0.3"))
    assert any("审核发布后生效" in message for message in said(response))
    record.refresh_from_db()
    assert str(record.fine) == "0.500000"
    assert record.state == Record.State.PUBLISHED
    assert pending_change(record) is not None
    assert "已有一处修改在等待审核" in text_of(clerk.get(edit))


def test_the_reviewer_finds_a_change_to_a_published_record_and_puts_it_in_force(clerk, city, typed, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    clerk.post(url("record", "edit", record.pk), typed(CF_NR_FK="0.3"))
    change = IntakeBatch.objects.get(state="submitted")
    reviewer = as_user(city.reviewer)
    assert "待审核批次" in text_of(reviewer.get(reverse("admin:index")))
    listed = reviewer.get(url("intakebatch", "changelist"), {"waiting": "review"}).context["cl"].result_list
    assert [batch.pk for batch in listed] == [change.pk]
    page = reviewer.get(url("intakebatch", "change", change.pk), {"tab": "update"})
    assert "上传改正后的文件" not in text_of(page)
    reviewer.post(url("intakebatch", "verb", change.pk, "publish"))
    record.refresh_from_db()
    assert str(record.fine) == "0.300000"
    assert not reviewer.get(url("intakebatch", "changelist"), {"waiting": "review"}).context["cl"].result_list


def test_a_returned_change_comes_back_to_the_clerk_with_the_way_to_mend_it(clerk, city, typed, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    clerk.post(url("record", "edit", record.pk), typed(CF_NR_FK="0.3"))
    change = IntakeBatch.objects.get(state="submitted")
    as_user(city.reviewer).post(
        url("intakebatch", "verb", change.pk, "return"), {"reason": "金额与决定书不符"}
    )
    listed = clerk.get(url("intakebatch", "changelist"), {"waiting": "returned"}).context["cl"].result_list
    assert [batch.pk for batch in listed] == [change.pk]
    shown = text_of(clerk.get(url("intakebatch", "change", change.pk)))
    assert "金额与决定书不符" in shown
    assert "请到记录页点“修改内容”" in shown


def test_a_new_record_typed_into_the_form_is_reviewed_singly(clerk, city, typed):
    add(clerk, typed())
    reviewer = as_user(city.reviewer)
    shown = text_of(reviewer.get(reverse("admin:index")))
    assert "待审核记录" in shown
    assert "待审核批次" not in shown
    assert not reviewer.get(url("intakebatch", "changelist")).context["cl"].result_list


def test_closed_records_are_not_mended(clerk, city, typed, report):
    report(penalty(1), publish=True)
    record = Record.objects.get()
    records.withdraw(record, actor=city.reviewer, reason="决定被撤销", legal_basis="银市监撤〔2026〕1号")
    edit = url("record", "edit", record.pk)
    assert clerk.get(edit).status_code == 302
    clerk.post(edit, typed(CF_NR_FK="0.3"))
    record.refresh_from_db()
    assert str(record.fine) == "0.500000"
    assert not IntakeBatch.objects.filter(state="submitted").exists()


def test_a_document_number_of_another_record_is_refused(clerk, typed, report):
    report(penalty(1), penalty(1, 行政处罚决定书文号="银市监罚〔2026〕77号"), submit=True)
    other = Record.objects.get(document_number="银市监罚〔2026〕77号")
    response = clerk.post(url("record", "edit", other.pk), typed())
    assert "已有另一条记录" in text_of(response)
    other.refresh_from_db()
    assert other.document_number == "银市监罚〔2026〕77号"


def test_strangers_do_not_mend(city, typed, report):
    report(penalty(1), submit=True)
    record = Record.objects.get()
    edit = url("record", "edit", record.pk)
    assert as_user(city.stranger).post(edit, typed(CF_NR_FK="9")).status_code == 404
    assert as_user(city.reviewer).post(edit, typed(CF_NR_FK="9")).status_code == 403
    record.refresh_from_db()
    assert str(record.fine) == "0.500000"


# --- withdrawal by key --------------------------------------------------------------------------------------

BY_KEY = "record", "by_key"


@pytest.fixture
def asked(penalties):
    return {
        "item": penalties.pk,
        "document_number": "银市监罚[2026]1号",
        "subject": company_code(1),
        "reason": "复议机关撤销原决定",
        "legal_basis": "银政复决〔2026〕3号",
    }


@pytest.fixture
def published(report):
    report(penalty(1), penalty(2), publish=True)
    return Record.objects.get(document_number="银市监罚〔2026〕1号")


@pytest.mark.parametrize("subject", [company_code(1), "银川示例第1商贸有限公司"])
def test_the_record_found_is_shown_before_it_is_withdrawn(city, published, asked, subject):
    client = as_user(city.reviewer)
    asked["subject"] = subject
    shown = text_of(client.post(url(*BY_KEY), asked))
    assert "确认撤回这条记录" in shown
    assert "银市监罚〔2026〕1号" in shown
    published.refresh_from_db()
    assert published.state == Record.State.PUBLISHED
    response = client.post(url(*BY_KEY), {**asked, "confirmed": published.pk})
    assert response.url == url("record", "change", published.pk)
    published.refresh_from_db()
    assert published.state == Record.State.WITHDRAWN
    assert published.state_reason == "复议机关撤销原决定(依据：银政复决〔2026〕3号)"
    assert Record.objects.filter(state="published").count() == 1


def test_a_confirmation_of_another_record_than_the_one_shown_does_nothing(city, published, asked):
    other = Record.objects.get(document_number="银市监罚〔2026〕2号")
    response = as_user(city.reviewer).post(url(*BY_KEY), {**asked, "confirmed": other.pk})
    assert "确认撤回这条记录" in text_of(response)
    assert Record.objects.filter(state="published").count() == 2


@pytest.mark.parametrize("missing", ["document_number", "subject", "reason", "legal_basis", "item"])
def test_nothing_is_looked_for_without_all_answers(city, published, asked, missing):
    response = as_user(city.reviewer).post(url(*BY_KEY), {**asked, missing: "", "confirmed": published.pk})
    assert missing in response.context["form"].errors
    assert Record.objects.filter(state="published").count() == 2


def test_nobody_withdraws_by_key_what_is_not_theirs(city, published, asked):
    confirmed = {**asked, "confirmed": published.pk}
    assert "没有找到" in text_of(as_user(city.strange_reviewer).post(url(*BY_KEY), confirmed))
    for user in (city.clerk, city.officer, city.supervisor, city.auditor):
        assert as_user(user).post(url(*BY_KEY), confirmed).status_code == 403
    assert Record.objects.filter(state="published").count() == 2


def test_a_record_that_cannot_be_withdrawn_is_named_with_the_reason(city, report, asked):
    report(penalty(1), submit=True)
    shown = text_of(as_user(city.reviewer).post(url(*BY_KEY), asked))
    assert "只有“已发布、公示终止、暂停公示、已修复”的记录可以撤回" in shown
