"""Which combinations of the field set pass the check of a file, and with which code the others stay out."""

from __future__ import annotations

import pytest

from commitments.rules.fields import Owed
from commitments.rules.owed_text import parse_owed
from commitments.rules.performance import Report, faults_of, parse_status
from credit_records.rules.faults import Fault

from .counter import DAY
from .uploading import commitment, performance

CODE = "64010020261110000007"
SHORTFALL = {"未履行的承诺内容": "第二项未履行。", "违诺责任追究内容": "责令限期改正。"}
_PERSON = {
    "承诺人类别": "自然人",
    "承诺人代码": None,
    "承诺人证件类型": "护照号",
    "承诺人证件号码": "DEM1234567",
}
_MISSING = "容缺受理型"

COMMITMENTS = [
    ({}, []),
    ({"承诺编码": CODE}, []),
    ({"承诺编码": "６４０１００２０２６１１１０ 000008"}, []),
    ({"承诺编码": "6401002026111000007"}, ["commitment.code_shape"]),
    ({"承诺编码": "64010020261110000000"}, ["commitment.code_serial"]),
    ({"承诺编码": "00010020261110000007"}, ["commitment.code_division"]),
    ({"承诺编码": "64010020261310000007"}, ["commitment.code_day"]),
    ({"承诺编码": "64010020261109000007"}, ["commitment.code_other_day"]),
    ({"承诺编码": 6.40100202611e19}, ["cell.lost_digits"]),
    ({"承诺类型": _MISSING, "容缺材料": "验资报告(5)"}, []),
    ({"承诺类型": _MISSING}, ["field.required_here"]),
    ({"承诺类型": _MISSING, "容缺材料": "验资报告"}, ["commitment.owed_form"]),
    ({"承诺类型": _MISSING, "容缺材料": "验资报告(0)"}, ["commitment.owed_days"]),
    ({"容缺材料": "验资报告(5)"}, ["commitment.owed_needless"]),
    *[({"承诺类型": kind}, []) for kind in ("证明事项型", "行业自律型", "主动型", "其他-安全生产承诺")],
    ({"承诺类型": "信用修复型"}, ["choice.elsewhere"]),
    ({"承诺类型": "其他"}, ["choice.other_not_spelled_out"]),
    ({"承诺类型": "随便型"}, ["choice.unknown"]),
    ({"承诺类型": f"其他-{'长' * 41}"}, ["text.too_long"]),
    ({"承诺类型": None}, ["field.required"]),
    ({"承诺作出日期": "2026/11/21"}, ["commitment.made_in_future"]),
    ({"承诺作出日期": "2019/07/08"}, ["catalogue.not_in_force"]),
    ({"承诺作出日期": "2026/11/31"}, ["date.impossible"]),
    ({"承诺有效期": "2026/11/10"}, []),
    ({"承诺有效期": "2026/11/09"}, ["commitment.ends_before_it_begins"]),
    ({"公开类型": "随便公开"}, ["choice.unknown"]),
    ({"公开类型": None}, ["field.required"]),
    *[({column: None}, ["field.required"]) for column in ("承诺人名称", "承诺事由", "承诺内容", "违诺责任")],
    ({"承诺事由": "长" * 513}, ["text.too_long"]),
    ({"承诺人代码": None}, ["field.required_here"]),
    ({"承诺人代码": "00000000000000000X"}, []),
    (_PERSON, []),
    ({**_PERSON, "承诺人证件号码": None}, ["field.required_here"]),
    ({"承诺受理单位统一社会信用代码": "11640100DEP000028K"}, ["department.other_source"]),
]  # fmt: skip
PERFORMANCES = [
    ({}, []),
    ({"承诺履行状态": "部分履行", **SHORTFALL}, []),
    ({"承诺履行状态": "全部未履行", **SHORTFALL}, []),
    (SHORTFALL, ["performance.full_with_shortfall"] * 2),
    ({"违诺责任追究内容": "责令改正。"}, ["performance.full_with_shortfall"]),
    ({"承诺履行状态": "部分履行"}, ["field.required_here"] * 2),
    ({"承诺履行状态": "全部未履行", "未履行的承诺内容": "全部。"}, ["field.required_here"]),
    ({"承诺履行状态": "全部未履行", "违诺责任追究内容": "撤销。"}, ["field.required_here"]),
    ({"承诺履行状态": "基本履行"}, ["choice.unknown"]),
    ({"承诺履行状态": None}, ["field.required"]),
    ({"认定日期": None}, ["field.required"]),
    ({"认定日期": "2026/11/10"}, []),
    ({"认定日期": "2026/11/09"}, ["performance.before_commitment"]),
    ({"认定日期": "2026/11/21"}, ["performance.in_future"]),
    ({"承诺编码": None}, ["field.required"]),
    ({"承诺编码": "64010020261110"}, ["commitment.code_shape"]),
    ({"认定单位统一社会信用代码": "11640100DEP000028K"}, ["department.other_source"]),
]


@pytest.mark.django_db
def test_commitments_pass_or_stay_out_with_their_code(upload):
    rows = [commitment(number, **changes) for number, (changes, _) in enumerate(COMMITMENTS, start=1)]
    _compare(upload(*rows), COMMITMENTS)


@pytest.mark.django_db
def test_reports_pass_or_stay_out_with_their_code(upload):
    numbers = range(1, len(PERFORMANCES) + 1)
    own = [f"64010020261110{number:06d}" for number in numbers]
    upload(*(commitment(n, 承诺编码=code) for n, code in zip(numbers, own, strict=True)), publish=True)
    rows = [
        performance(changes.get("承诺编码", code), n, **{k: v for k, v in changes.items() if k != "承诺编码"})
        for n, code, (changes, _) in zip(numbers, own, PERFORMANCES, strict=True)
    ]
    _compare(upload.performances(*rows), PERFORMANCES)


def _compare(batch, table):
    found = {row: [] for row in range(2, len(table) + 2)}
    for row, code in batch.findings.exclude(severity="hint").order_by("row", "id").values_list("row", "code"):
        found[row].append(code)
    wanted = {row: expected for row, (_, expected) in enumerate(table, start=2)}
    assert {row: sorted(codes) for row, codes in found.items()} == wanted
    assert batch.accepted == sum(not expected for _, expected in table)
    assert batch.rejected == sum(bool(expected) for _, expected in table)


@pytest.mark.parametrize("status", ["全部履行", "部分履行", "全部未履行"])
@pytest.mark.parametrize("unfulfilled", ["", "第二项。"])
@pytest.mark.parametrize("pursued", ["", "责令改正。"])
def test_files_and_the_counter_agree_which_reports_may_stand(status, unfulfilled, pursued):
    """The catalogue's conditions, edited by the office, against the rules of the counter."""
    import json
    from pathlib import Path

    import credit_records
    from credit_records.rules.fields import item_specs_from_file

    from ..credit_records.rules.one_row import failed_checks

    path = Path(credit_records.__file__).parent / "data" / "catalogue" / "performance.json"
    spec = item_specs_from_file(json.loads(path.read_text(encoding="utf-8")))[-1]
    row = {"LY_ZT": status, "LY_WLXNR": unfulfilled or None, "LY_ZRZJ": pursued or None}
    conditional = [field for field in spec.fields if field.conditions]
    missing = [one for one in conditional if row[one.code] is None and one.missing_severity(row)]
    faulty = bool(missing or failed_checks(spec, row, today=DAY))
    key = parse_status(status)
    assert isinstance(key, str)
    report = Report(key, DAY, unfulfilled, pursued)
    assert faulty == bool(faults_of(report, made_on=DAY, today=DAY))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("验资报告(5)", [("验资报告", 5)]),
        ("验资报告（5个工作日）；场地证明（原件）(10)", [("验资报告", 5), ("场地证明（原件）", 10)]),
        ("验资报告(5);\n场地证明(250)；", [("验资报告", 5), ("场地证明", 250)]),
    ],
)
def test_owed_material_is_read_from_one_cell(text, pieces):
    assert parse_owed(text) == tuple(Owed(*piece) for piece in pieces)


@pytest.mark.parametrize(
    "text", ["验资报告", "验资报告5", "(5)", "验资报告(251)", "验资报告(5)场地证明(6)x", "；"]
)
def test_owed_material_without_name_or_deadline_is_refused(text):
    assert isinstance(parse_owed(text), Fault)
