"""违诺程度规则 and 违诺后果措施: readable, drafted by one, put in force by another."""

from __future__ import annotations

import pytest

from breaches.models import DegreeRule, Measure

from .conftest import as_user, text_of

pytestmark = pytest.mark.django_db

RULES = "/admin/breaches/degreerule/"
MEASURES = "/admin/breaches/measure/"


def _tables(**more):
    """The tables as the form sends them: three degrees, two cases, an empty row."""
    rows = [
        {"severity": "serious", "title": "造成严重危害后果的", "harm": "grave"},
        {"severity": "general", "title": "一年内再犯且没有整改的", "earlier": "1", "unremedied": "on"},
        {"severity": "", "title": ""},
    ]
    grades = [("serious", "严重违诺"), ("general", "一般违诺"), ("minor", "轻微违诺")]
    given = {
        "title": "违诺程度规则2027", "key": "degrees-2027", "source": "示例文件，本系统口径", "in_force_from": "2027-01-01",
        "in_force_to": "", "earlier_months": "12", "otherwise": "minor", "reason": "",
        "grade-TOTAL_FORMS": 3, "grade-INITIAL_FORMS": 3, "case-TOTAL_FORMS": 3, "case-INITIAL_FORMS": 0,
    }  # fmt: skip
    for at, (severity, title) in enumerate(grades):
        given |= {
            f"grade-{at}-severity": severity,
            f"grade-{at}-title": title,
            f"grade-{at}-source": "示例来源",
        }
    for at, row in enumerate(rows):
        given |= {f"case-{at}-{name}": value for name, value in row.items()}
    return {**given, **more}


def test_a_rule_is_read_as_sentences_drafted_as_tables_and_confirmed_by_another(city):
    shipped = DegreeRule.objects.get()
    for who in ("auditor", "sysadmin", "upper"):
        assert as_user(getattr(city, who)).get(RULES).status_code in (403, 404)
        assert as_user(getattr(city, who)).get(f"{RULES}{shipped.pk}/change/").status_code == 404
    # Which rules there are is no secret from clerks; they write none.
    clerk = as_user(city.clerk)
    text = text_of(clerk.get(f"{RULES}{shipped.pk}/change/"))
    for part in ("认定为严重违诺", "造成严重危害后果", "此前24个月内已有1次以上被认定违诺", "来源："):
        assert part in text
    assert shipped.source in text_of(clerk.get(RULES))
    assert clerk.get(f"{RULES}add/").status_code == 403

    officer = as_user(city.officer)
    assert "造成严重危害后果的" in text_of(officer.get(f"{RULES}add/"))  # begun from the one in force
    wrong = officer.post(f"{RULES}add/", _tables(**{"case-0-severity": "", "do": "save"}))
    assert wrong.status_code == 422
    assert "请选择程度" in text_of(wrong)
    wrong = officer.post(
        f"{RULES}add/", _tables(**{"grade-0-source": "", "earlier_months": "0", "do": "save"})
    )
    assert wrong.status_code == 422
    for part in ("程度“严重”缺少来源", "往前计算多少个月", "造成严重危害后果的"):
        assert part in text_of(wrong)
    looked = officer.post(f"{RULES}add/", _tables(do="preview"))
    assert looked.status_code == 200
    assert "没有自行整改完成" in text_of(looked)
    assert DegreeRule.objects.count() == 1
    assert officer.post(f"{RULES}add/", _tables(do="save")).status_code == 302
    draft = DegreeRule.objects.get(key="degrees-2027")
    assert draft.body["grades"][1]["any"] == [
        {"title": "一年内再犯且没有整改的", "earlier": 1, "unremedied": True}
    ]
    page = f"{RULES}{draft.pk}/"
    assert clerk.get(f"{page}change/").status_code == 404  # a draft is the office's own
    text = text_of(officer.get(f"{page}amend/"))
    assert "一年内再犯且没有整改的" in text
    changed = officer.post(f"{page}amend/", _tables(title="改过的名称", do="save"))
    assert changed.status_code == 302
    assert officer.post(f"{page}verb/confirm/", {"reason": ""}).status_code == 403
    assert as_user(city.approver).post(f"{page}verb/confirm/", {"reason": ""}).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.state) == ("改过的名称", "in_force")
    assert officer.get(f"{page}amend/").status_code == 403

    assert (
        officer.post(
            f"{RULES}add/", _tables(key="degrees-2028", in_force_from="2028-01-01", do="save")
        ).status_code
        == 302
    )
    thrown = DegreeRule.objects.get(key="degrees-2028")
    assert officer.post(f"{RULES}{thrown.pk}/verb/discard/", {"reason": ""}).status_code == 302
    assert not DegreeRule.objects.filter(pk=thrown.pk).exists()


def test_a_measure_shows_its_legal_basis_and_is_confirmed_and_ended_by_an_approver(city):
    shipped = Measure.objects.get(effect="no_commitment")
    for who in ("auditor", "sysadmin", "upper"):
        assert as_user(getattr(city, who)).get(f"{MEASURES}{shipped.pk}/change/").status_code == 404
    clerk, officer, approver = (as_user(one) for one in (city.clerk, city.officer, city.approver))
    assert shipped.legal_basis in text_of(clerk.get(MEASURES))
    text = text_of(clerk.get(f"{MEASURES}{shipped.pk}/change/"))
    assert shipped.text in text
    assert "至记录修复或者撤回" in text
    # A referral is one act: it has no period, and none can be given to it.
    referral = text_of(clerk.get(f"{MEASURES}{Measure.objects.get(effect='referral').pk}/change/"))
    assert "一次办理" in referral
    assert "至记录修复或者撤回" not in referral
    given = {
        "title": "示例措施", "key": "example-2027", "effect": "inspection", "text": "列为重点监管对象", "legal_basis": "",
        "degrees": ["serious"], "commitment_kinds": ["approval"], "months": "12", "in_force_from": "2026-11-16",
        "in_force_to": "",
    }  # fmt: skip
    wrong = officer.post(f"{MEASURES}add/", given)
    assert wrong.status_code == 422
    assert "请填写法律依据" in text_of(wrong)
    assert 'value="示例措施"' in text_of(wrong)
    assert clerk.post(f"{MEASURES}add/", given).status_code == 403
    basis = {"legal_basis": "示例条例第一条"}
    taken = officer.post(f"{MEASURES}add/", {**given, **basis, "key": shipped.key})
    assert taken.status_code == 422
    assert "请换一个代号" in text_of(taken)
    assert officer.post(f"{MEASURES}add/", {**given, **basis}).status_code == 302
    measure = Measure.objects.get(key="example-2027")
    page = f"{MEASURES}{measure.pk}/"
    assert clerk.get(f"{page}change/").status_code == 404
    amended = {**given, "legal_basis": "示例条例第二条", "reason": "条款有误"}
    assert officer.post(f"{page}amend/", amended).status_code == 302
    assert officer.post(f"{page}verb/confirm/", {"reason": ""}).status_code == 403
    assert approver.post(f"{page}verb/confirm/", {"reason": ""}).status_code == 302
    text = text_of(clerk.get(f"{page}change/"))
    for part in ("示例条例第二条", "严重违诺；审批替代型", "12个月", "施行中"):
        assert part in text
    assert officer.post(f"{page}verb/end/", {"reason": "不用了"}).status_code == 403
    assert approver.post(f"{page}verb/end/", {"reason": "依据废止", "last_day": ""}).status_code == 302
    measure.refresh_from_db()
    assert str(measure.in_force_to) == "2026-11-16"
