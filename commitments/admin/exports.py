"""What leaves the house: the lists in the titles of the national field set, personal numbers masked, names of persons too."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field as Column
from import_export.resources import ModelResource

from commitments.models import Commitment, CommitmentMatter, OwedMaterial, Performance, Verification
from commitments.selectors.pages import promisor_label, text_shown

_OF_COMMITMENT = ("commitment__subject", "commitment__department")


class _Text(Column):
    """What was written freely: in it, too, a person stands with surname and stars."""

    def export(self, instance: Any, **kwargs: Any) -> Any:
        told = super().export(instance, **kwargs)
        of = instance if isinstance(instance, Commitment) else instance.commitment
        return text_shown(of, told) if told else told


class CommitmentExport(ModelResource):
    code = Column("code", column_name="承诺编码")
    name = Column(column_name="承诺人名称")
    category = Column(column_name="承诺人类别")
    number = Column(column_name="承诺人代码")
    kind = _Text("kind_in_words", column_name="承诺类型")
    cause = _Text("cause", column_name="承诺事由")
    content = _Text("content", column_name="承诺内容")
    liability = _Text("liability", column_name="违诺责任")
    made_on = Column(column_name="承诺作出日期")
    valid_until = Column(column_name="承诺有效期")
    department = Column("department__name", column_name="承诺受理单位")
    department_code = Column("department__code", column_name="承诺受理单位统一社会信用代码")
    disclosure = Column("get_disclosure_display", column_name="公开类型")
    remark = _Text("remark_shown", column_name="备注")
    state = Column("get_state_display", column_name="状态")
    status = Column(column_name="承诺履行状态")

    class Meta:
        model = Commitment
        fields = (
            "code", "name", "category", "number", "kind", "cause", "content", "liability", "made_on", "valid_until",
            "department", "department_code", "disclosure", "remark", "state", "status",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("subject", "department")

    def dehydrate_name(self, one: Commitment) -> str:
        return promisor_label(one)

    def dehydrate_category(self, one: Commitment) -> str:
        return str(one.subject.get_kind_display())

    def dehydrate_number(self, one: Commitment) -> str:
        return one.subject.code or one.subject.id_masked

    def dehydrate_made_on(self, one: Commitment) -> str:
        return one.made_on.isoformat()

    def dehydrate_valid_until(self, one: Commitment) -> str:
        return one.valid_until.isoformat() if one.valid_until else ""

    def dehydrate_status(self, one: Any) -> str:
        return dict(Performance.Status.choices).get(one.last_status, "")


class PerformanceExport(ModelResource):
    code = Column("commitment__code", column_name="承诺编码")
    name = Column(column_name="承诺人名称")
    status = Column("get_status_display", column_name="承诺履行状态")
    unfulfilled = _Text("unfulfilled", column_name="未履行的承诺内容")
    liability_pursued = _Text("liability_pursued", column_name="违诺责任追究内容")
    determined_on = Column(column_name="认定日期")
    department = Column("department__name", column_name="认定单位")
    department_code = Column("department__code", column_name="认定单位统一社会信用代码")
    withdrawn = Column(column_name="撤回")

    class Meta:
        model = Performance
        fields = (
            "code", "name", "status", "unfulfilled", "liability_pursued", "determined_on", "department",
            "department_code", "withdrawn",
        )  # fmt: skip

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("commitment__subject", "department")

    def dehydrate_name(self, one: Performance) -> str:
        return promisor_label(one.commitment)

    def dehydrate_determined_on(self, one: Performance) -> str:
        return one.determined_on.isoformat()

    def dehydrate_withdrawn(self, one: Performance) -> str:
        return "已撤回" if one.withdrawn_at else ""


class VerificationExport(ModelResource):
    code = Column("commitment__code", column_name="承诺编码")
    name = Column(column_name="承诺人名称")
    asks = _Text("asks", column_name="核查内容")
    due_on = Column(column_name="应核查日")
    state = Column("get_state_display", column_name="状态")
    done_on = Column(column_name="核查或取消日期")
    how = _Text("how", column_name="核查方式和情况")
    department = Column("commitment__department__name", column_name="承诺受理单位")

    class Meta:
        model = Verification
        fields = ("code", "name", "asks", "due_on", "state", "done_on", "how", "department")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related(*_OF_COMMITMENT)

    def dehydrate_name(self, one: Verification) -> str:
        return promisor_label(one.commitment)

    def dehydrate_due_on(self, one: Verification) -> str:
        return one.due_on.isoformat()

    def dehydrate_done_on(self, one: Verification) -> str:
        return one.done_on.isoformat() if one.done_on else ""


class OwedMaterialExport(ModelResource):
    code = Column("commitment__code", column_name="承诺编码")
    promisor = Column(column_name="承诺人名称")
    name = _Text("name", column_name="容缺材料")
    due_on = Column(column_name="应补交日")
    state = Column("get_state_display", column_name="状态")
    settled_on = Column(column_name="补交或免交日期")
    note = _Text("note", column_name="补交情况或免交理由")
    department = Column("commitment__department__name", column_name="承诺受理单位")

    class Meta:
        model = OwedMaterial
        fields = ("code", "promisor", "name", "due_on", "state", "settled_on", "note", "department")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related(*_OF_COMMITMENT)

    def dehydrate_promisor(self, one: OwedMaterial) -> str:
        return promisor_label(one.commitment)

    def dehydrate_due_on(self, one: OwedMaterial) -> str:
        return one.due_on.isoformat()

    def dehydrate_settled_on(self, one: OwedMaterial) -> str:
        return one.settled_on.isoformat() if one.settled_on else ""


class MatterExport(ModelResource):
    """The public list (承诺事项清单)."""

    name = Column("name", column_name="事项名称")
    kind = Column("get_kind_display", column_name="承诺类型")
    legal_basis = Column("legal_basis", column_name="法律依据")
    department = Column("department__name", column_name="主管单位")
    state = Column("get_state_display", column_name="状态")
    published_on = Column(column_name="公布日期")

    class Meta:
        model = CommitmentMatter
        fields = ("name", "kind", "legal_basis", "department", "state", "published_on")

    def filter_export(self, queryset: QuerySet, **kwargs: Any) -> QuerySet:
        return queryset.select_related("department")

    def dehydrate_published_on(self, one: CommitmentMatter) -> str:
        return one.published_on.isoformat() if one.published_on else ""
