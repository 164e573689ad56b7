"""The catalogue: drafted by the officer, judged by the rules' own reader, put in force by another person."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.policy import NotAllowed
from audit.acts import act
from audit.faults import Refused
from audit.models import Event
from credit_records.models import (
    CatalogueField,
    CatalogueItem,
    CatalogueVersion,
    IntakeFinding,
    Record,
    RuleSet,
)
from credit_records.selectors.catalogue import spec_of
from credit_records.services.catalogue import draft_version, put_in_force
from credit_records.services.drafting import create_item

from ...undrawn import laid_out
from ..builders import penalty
from .pages import as_user, said, text_of, url

pytestmark = pytest.mark.django_db
FROM = date(2026, 7, 1)


@pytest.fixture
def version(penalties):
    return penalties.versions.get(number=1)


@pytest.fixture
def draft(penalties, city):
    return draft_version(penalties, actor=city.officer, in_force_from=FROM, reason="按新标准调整")


@pytest.fixture
def officer(city):
    return as_user(city.officer)


def page_of(thing):
    return url(type(thing)._meta.model_name, "change", thing.pk)


def form_of(client, draft) -> dict[str, object]:
    """What a browser would send back unchanged; it ends lines in its own way."""
    page = laid_out(client, page_of(draft))
    forms = [page["adminform"].form]
    for inline in page["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, object] = {"change_reason": "按新标准调整"}
    for bound in (bound for form in forms for bound in form):
        value = bound.value()
        if isinstance(value, str):
            value = value.replace("\n", "\r\n")
        if value not in (None, False):
            data[bound.html_name] = value
    return data


def place_of(draft, code) -> str:
    codes = list(draft.fields.order_by("position").values_list("code", flat=True))
    return f"fields-{codes.index(code)}"


# --- who sees -----------------------------------------------------------------------------------------------


def test_business_roles_read_and_the_others_do_not(version, city):
    rule_set = url("ruleset", "changelist")
    pages = [url("catalogueitem", "changelist"), page_of(version.item), page_of(version), rule_set]
    for user in (city.clerk, city.reviewer, city.stranger, city.officer, city.approver, city.supervisor):
        assert [as_user(user).get(page).status_code for page in pages] == [200] * 4
    for user in (city.auditor, city.sysadmin, city.secadmin):
        assert {as_user(user).get(page).status_code for page in pages} <= {403, 404}
    assert [Client().get(page).status_code for page in pages] == [302] * 4


def test_a_version_in_force_is_read_with_its_columns_in_words(version, city):
    shown = text_of(as_user(city.clerk).get(page_of(version)))
    assert version.legal_basis in shown
    assert "处罚类别 含 罚款 : 必填" in shown
    assert "<form" not in shown.split('<div id="content"')[1].split("cr-dense")[0]
    for column in version.fields.all():
        assert column.code in shown


def test_nobody_edits_what_is_in_force(version, city):
    before = list(version.fields.values())
    for user in (city.officer, city.approver, city.clerk):
        assert as_user(user).post(page_of(version), {"legal_basis": "x"}).status_code == 403
        assert as_user(user).get(url("catalogueversion", "add")).status_code == 403
    assert list(version.fields.values()) == before
    assert as_user(city.officer).get(page_of(version)).context.get("adminform") is None


def test_drafts_are_read_by_all_and_edited_by_the_officer_alone(draft, city):
    data = form_of(as_user(city.officer), draft)
    for user in (city.approver, city.clerk, city.supervisor):
        assert as_user(user).get(page_of(draft)).context.get("adminform") is None
        assert as_user(user).post(page_of(draft), data).status_code == 403


# --- draft, edit, put in force ------------------------------------------------------------------------------


def test_a_new_version_is_drafted_from_the_items_page(version, officer, city):
    address = url("catalogueitem", "verb", version.item_id, "draft")
    assert officer.get(address).status_code == 302
    assert officer.post(address, {"in_force_from": "2026-07-01", "reason": ""}).status_code == 422
    officer.post(address, {"in_force_from": "2026-07-01", "reason": "按新标准调整"})
    draft = version.item.versions.get(state="draft")
    assert (draft.number, draft.in_force_from) == (2, FROM)
    assert draft.fields.count() == version.fields.count()
    assert "第2版还是草稿" in text_of(officer.get(page_of(version.item)))
    assert (
        as_user(city.clerk).post(address, {"in_force_from": "2026-07-01", "reason": "x"}).status_code == 403
    )


def test_saving_a_draft_unchanged_writes_nothing(draft, officer):
    history = CatalogueField.history.model.objects.count()
    response = officer.post(page_of(draft), form_of(officer, draft))
    assert response.status_code == 302, response.context["errors"]
    assert CatalogueField.history.model.objects.count() == history
    assert draft.history.count() == 1


def test_a_draft_is_edited_with_its_columns(draft, officer):
    data = form_of(officer, draft)
    amount, kinds, remark = (place_of(draft, code) for code in ("CF_NR_FK", "CF_CFLB", "BZ"))
    data["publicity_note"] = "按新的办法确定"
    data[f"{amount}-condition"] = "处罚类别 含 罚款 : 须说明\r\n备注 未填 : 提示"
    data[f"{kinds}-options"] += "\r\n撤销登记 = 撤销 | 撤消登记"
    data[f"{remark}-DELETE"] = "on"
    # A column that another one's condition names cannot go: it is said, and nothing is saved.
    page = officer.post(page_of(draft), data)
    assert "引用了不存在的字段“备注”" in text_of(page)
    data[f"{amount}-condition"] = "处罚类别 含 罚款 : 须说明"
    response = officer.post(page_of(draft), data)
    assert response.status_code == 302, response.context["errors"]
    draft.refresh_from_db()
    assert draft.publicity_note == "按新的办法确定"
    fields = {field.code: field for field in draft.fields.all()}
    assert fields["CF_NR_FK"].condition == [{"field": "CF_CFLB", "contains": ["罚款"], "severity": "hold"}]
    assert fields["CF_CFLB"].options[-1] == {"value": "撤销登记", "accepts": ["撤销", "撤消登记"]}
    assert "BZ" not in fields
    newest = fields["CF_CFLB"].history.order_by("-history_id").first()
    assert newest.options == fields["CF_CFLB"].options
    assert Event.objects.get(pk=newest.event_id).reason == "按新标准调整"
    gone = CatalogueField.history.model.objects.filter(code="BZ", version_id=draft.pk, history_type="-")
    assert gone.count() == 1
    spec_of(draft)


def test_a_column_is_added_and_stands_last(draft, officer):
    data = form_of(officer, draft)
    number = int(data["fields-TOTAL_FORMS"])
    data |= {
        "fields-TOTAL_FORMS": str(number + 1),
        f"fields-{number}-code": "CF_XZ",
        f"fields-{number}-title": "修正说明",
        f"fields-{number}-type": "text",
        f"fields-{number}-required": "no",
        f"fields-{number}-masking": "none",
        f"fields-{number}-max_length": "200",
    }
    response = officer.post(page_of(draft), data)
    assert response.status_code == 302, response.context["errors"]
    added = draft.fields.get(code="CF_XZ")
    assert added.position > max(draft.fields.exclude(pk=added.pk).values_list("position", flat=True))
    assert "新增“修正说明”(CF_XZ)" in text_of(officer.get(page_of(draft)))


@pytest.mark.parametrize(
    ("code", "name", "text", "sentence"),
    [
        ("CF_CFLB", "options", "", "选项类字段没有选项"),
        ("CF_CFLB", "options", "= 罚", "选项第1行没有选项值"),
        ("CF_NR_FK", "condition", "处罚类别 含 不存在的类别 : 必填", "不是字段“处罚类别”的选项"),
        ("CF_NR_FK", "condition", "随便写的", "必填条件第1行“随便写的”看不懂"),
        ("CF_NR_FK", "condition", "", "条件必填的字段要写条件"),
        ("CF_WSH", "required", "no", "业务主键字段必须为必填"),
        ("CF_WSH", "role", "", "缺少角色为“document_number”的字段"),
        ("CF_WSH", "title", "处罚类别", "同时属于多个字段"),
        ("BZ", "title", "血型", "《征信业管理条例》(国务院令第631号)第十四条第一款"),
        ("BZ", "aliases", "人脸照片", "个人信息保护法》第二十八条"),
    ],
)
def test_a_fault_is_said_at_the_form_and_nothing_is_saved(draft, officer, code, name, text, sentence):
    before = list(draft.fields.values())
    data = form_of(officer, draft) | {f"{place_of(draft, code)}-{name}": text, "publicity_note": "改过"}
    response = officer.post(page_of(draft), data)
    assert response.status_code == 200
    assert sentence in text_of(response)
    assert list(draft.fields.values()) == before
    draft.refresh_from_db()
    assert draft.publicity_note != "改过"


def test_a_legal_basis_is_never_empty(draft, officer):
    response = officer.post(page_of(draft), form_of(officer, draft) | {"legal_basis": ""})
    assert response.status_code == 200
    assert "legal_basis" in response.context["adminform"].form.errors


@pytest.mark.parametrize(
    ("months", "sentence"),
    [
        ("0", "至少1个月"),
        ("-3", "至少1个月"),
        ("601", "最多600个月"),
        ("1.5", "请填整数"),
        ("9" * 30, "最多600个月"),
    ],
)
def test_a_period_that_cannot_be_meant_is_refused_with_what_to_do(draft, officer, months, sentence):
    response = officer.post(page_of(draft), form_of(officer, draft) | {"publicity_months": months})
    assert response.status_code == 200
    assert sentence in text_of(response)
    assert "请留空" in sentence or "公示期" in text_of(response)
    draft.refresh_from_db()
    assert draft.publicity_months is None


def test_columns_that_were_dragged_keep_the_new_order_and_begin_with_one(draft, officer):
    """The theme's script numbers the rows from 0 in the order in which they stand after the drag."""
    codes = list(draft.fields.order_by("position").values_list("code", flat=True))
    wanted = [codes[-1], *codes[:-1]]
    data = form_of(officer, draft)
    for place, code in enumerate(codes):
        data[f"fields-{place}-position"] = str(wanted.index(code))
    response = officer.post(page_of(draft), data)
    assert response.status_code == 302, response.context["errors"]
    saved = list(draft.fields.order_by("position").values_list("position", "code"))
    assert saved == list(enumerate(wanted, 1))


def test_the_page_of_a_draft_costs_a_fixed_number_of_queries(draft, officer):
    officer.get(page_of(draft))
    with CaptureQueriesContext(connection) as queries:
        shown = text_of(officer.get(page_of(draft)))
    # Version, rights, version and columns of the forms, their titles; newest history; columns once more for the
    # checks, the version before with its columns.
    assert sum('"credit_records_' in query["sql"] for query in queries) == 9
    assert shown.count("cr-input") > 10 * draft.fields.count()


def test_what_is_typed_into_a_draft_comes_back_as_text(draft, officer):
    place, text = place_of(draft, "CF_WFXW"), "</textarea><b>\"示例\" & 'x'"
    data = form_of(officer, draft) | {f"{place}-note": text, f"{place}-aliases": text, "legal_basis": ""}
    shown = text_of(officer.post(page_of(draft), data))
    assert "<b>" not in shown
    assert shown.count("&lt;/textarea&gt;&lt;b&gt;&quot;示例&quot; &amp; &#x27;x&#x27;") == 2


def test_another_person_puts_it_in_force_and_files_are_checked_by_it_from_that_day(
    draft, officer, city, report, version
):
    data = form_of(officer, draft) | {f"{place_of(draft, 'BZ')}-required": "yes"}
    assert officer.post(page_of(draft), data).status_code == 302
    address = url("catalogueversion", "verb", draft.pk, "put_in_force")
    assert officer.post(address, {"reason": "x"}).status_code == 403
    approver = as_user(city.approver)
    assert "修改“备注”的必填" in text_of(approver.get(page_of(draft)))
    assert approver.post(address, {"reason": ""}).status_code == 422
    approver.post(address, {"reason": "领导小组会议通过"})
    draft.refresh_from_db()
    version.refresh_from_db()
    assert (draft.state, version.in_force_to) == ("in_force", date(2026, 6, 30))
    batch = report(
        penalty(1, 处罚决定日期="2026/06/30", 公示截止期=None),
        penalty(2, 处罚决定日期="2026/07/01", 公示截止期=None),
        penalty(3, 处罚决定日期="2026/07/01", 公示截止期=None, 备注="有"),
        submit=True,
    )
    assert (batch.created, batch.rejected) == (2, 1)
    assert "备注必填" in IntakeFinding.objects.get(batch=batch, severity="reject").message
    used = dict(Record.objects.values_list("document_number", "version__number"))
    assert used == {"银市监罚〔2026〕1号": 1, "银市监罚〔2026〕3号": 2}
    assert approver.post(page_of(draft), data).status_code == 403
    assert officer.post(page_of(draft), data).status_code == 403


def test_the_form_of_one_record_follows_the_version_of_its_decision_date(draft, officer, city, version):
    """A column that the new version has dropped is still asked, and kept, for an older decision."""
    data = form_of(officer, draft) | {f"{place_of(draft, 'CF_WFXW')}-DELETE": "on"}
    assert officer.post(page_of(draft), data).status_code == 302
    put_in_force(draft, actor=city.approver, reason="通过")
    codes = {field.title: field.code for field in version.fields.all()}
    typed = {codes[title]: "" if cell is None else str(cell) for title, cell in penalty(1).items()}
    clerk = as_user(city.clerk)
    address = url("record", "add") + "?item=penalty-org"
    assert "CF_WFXW" not in clerk.get(address).context["form"].fields
    clerk.post(address, typed)
    record = Record.objects.get()
    assert record.version == version
    assert record.details["CF_WFXW"] == typed["CF_WFXW"]
    assert "CF_WFXW" in clerk.get(url("record", "edit", record.pk)).context["form"].fields


def test_a_faulty_draft_is_not_put_in_force_and_every_mistake_is_said(draft, city):
    with act("test", actor=city.officer):
        kinds = draft.fields.get(code="CF_CFLB")
        kinds.options = []
        kinds.save(update_fields=["options"])
        number = draft.fields.get(code="CF_WSH")
        number.role = ""
        number.save(update_fields=["role"])
    approver = as_user(city.approver)
    page = text_of(approver.get(page_of(draft)))
    response = approver.post(url("catalogueversion", "verb", draft.pk, "put_in_force"), {"reason": "通过"})
    for sentence in ("选项类字段没有选项", "缺少角色为“document_number”的字段"):
        assert sentence in page
        assert any(sentence in message for message in said(response))
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_reading_writes_nothing(draft, city):
    before = list(CatalogueField.objects.values())
    clients = [as_user(user) for user in (city.officer, city.approver)]
    events = Event.objects.count()
    for client in clients:
        for page in (url("catalogueitem", "changelist"), page_of(draft.item), page_of(draft)):
            client.get(page)
        address = url("catalogueversion", "verb", draft.pk, "put_in_force")
        assert client.get(address).status_code == 302
    assert list(CatalogueField.objects.values()) == before
    assert Event.objects.count() == events


# --- a new item ---------------------------------------------------------------------------------------------

NEW = {
    "name": "示例信用承诺", "code": "demo-promise", "kind": "other-power", "in_force_from": "2026-08-01",
    "legal_basis": "《示例条例》第三条", "subject_kinds": ["legal_person"], "disclosure": "public",
    "cycle": "within_7_working_days", "publicity_months": "12", "publicity_note": "示例",
}  # fmt: skip


def test_the_officer_adds_an_item_whose_first_draft_could_come_into_force(officer, city, catalogue):
    response = officer.post(url("catalogueitem", "add"), NEW)
    version = CatalogueVersion.objects.get(item__code="demo-promise")
    assert response.url == page_of(version)
    assert version.state == "draft"
    assert spec_of(version).key_fields
    assert "示例信用承诺" not in text_of(as_user(city.clerk).get(url("record", "add")))
    put_in_force(version, actor=city.approver, reason="通过")
    assert "示例信用承诺" in text_of(as_user(city.clerk).get(url("record", "add")))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"legal_basis": ""}, "法律依据"),
        ({"code": "penalty-org"}, "已有同样代码"),
        ({"subject_kinds": []}, "适用主体"),
        ({"publicity_months": "601"}, "最多600个月"),
        ({"publicity_months": "0"}, "至少1个月"),
        ({"publicity_months": "半年"}, "请填整数"),
    ],
)
def test_an_item_without_basis_or_of_a_taken_code_is_refused(officer, catalogue, change, sentence):
    count = CatalogueItem.objects.count()
    assert sentence in text_of(officer.post(url("catalogueitem", "add"), {**NEW, **change}))
    assert CatalogueItem.objects.count() == count


def test_nobody_else_adds_an_item(city, catalogue):
    for user in (city.approver, city.clerk, city.supervisor):
        assert as_user(user).post(url("catalogueitem", "add"), NEW).status_code == 403
    with pytest.raises(NotAllowed):
        create_item(actor=city.approver, **{**NEW, "in_force_from": FROM, "publicity_months": 12})
    with pytest.raises(Refused, match="法律依据"):
        create_item(
            actor=city.officer, **{**NEW, "in_force_from": FROM, "publicity_months": 12, "legal_basis": " "}
        )
    assert not CatalogueItem.objects.filter(code="demo-promise").exists()


# --- rules and costs ----------------------------------------------------------------------------------------


def test_a_rule_set_reads_in_words(catalogue, city):
    shown = text_of(as_user(city.clerk).get(page_of(RuleSet.objects.get(key="order-36"))))
    for words in ("一般失信信息", "吊销许可证件", "确有必要才公示", "从重"):
        assert words in shown


def test_lists_and_pages_cost_a_fixed_number_of_queries(version, draft, city, django_assert_num_queries):
    client = as_user(city.clerk)
    client.get(url("catalogueitem", "changelist"))
    # Session, user, roles, items, their versions; a list that is not kept by key counts itself once.
    with django_assert_num_queries(7):
        client.get(url("catalogueitem", "changelist"))
    # Session, user, roles, item, versions, rights.
    with django_assert_num_queries(7):
        client.get(page_of(version.item))
    # Session, user, roles, version, rights, columns.
    with django_assert_num_queries(7):
        client.get(page_of(version))


def test_the_page_of_an_item_asks_for_the_day_without_scripts_it_does_not_load(penalties, city):
    shown = text_of(as_user(city.officer).get(url("catalogueitem", "change", penalties.pk)))
    assert 'type="date"' in shown
    assert "calendar.js" not in shown
