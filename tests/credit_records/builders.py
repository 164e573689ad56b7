"""Files of the national layout about invented companies, for tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

from credit_records.rules.identifiers import make_uscc

SOURCE = ("银川市市场监督管理局", "11640100DEP00001XK")
OTHER_SOURCE = ("银川市生态环境局", "11640100DEP000028K")


def company_code(number: int) -> str:
    return make_uscc("91", "640104", f"DEM{number:05d}")


def penalty(number: int = 1, **changes: object) -> dict[str, object]:
    """One good penalty row; `changes` by column title replace cells."""
    row: dict[str, object] = {
        "行政相对人名称": f"银川示例第{number}商贸有限公司",
        "行政相对人类别": "法人及非法人组织",
        "行政相对人代码_1(统一社会信用代码)": company_code(number),
        "法定代表人": "示例人甲",
        "行政处罚决定书文号": f"银市监罚〔2026〕{number}号",
        "违法行为类型": "违反安全管理规定",
        "违法事实": "经查,当事人存在违法行为。",
        "处罚依据": "《中华人民共和国行政处罚法》第三十二条",
        "处罚类别": "罚款",
        "处罚内容": "处以罚款0.5万元。",
        "罚款金额(万元)": 0.5,
        "没收违法所得、没收非法财物的金额(万元)": None,
        "暂扣或吊销证照名称及编号": None,
        "处罚决定日期": "2026/05/20",
        "处罚有效期": "2099/12/31",
        "公示截止期": "2027/05/20",
        "处罚机关": SOURCE[0],
        "处罚机关统一社会信用代码": SOURCE[1],
        "数据来源单位": SOURCE[0],
        "数据来源单位统一社会信用代码": SOURCE[1],
        "备注": None,
    }
    unknown = set(changes) - set(row)
    assert not unknown, unknown
    return {**row, **changes}


def licence(number: int = 1, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "行政相对人名称": f"银川示例第{number}商贸有限公司",
        "行政相对人类别": "法人及非法人组织",
        "行政相对人代码_1(统一社会信用代码)": company_code(number),
        "法定代表人": "示例人甲",
        "行政许可决定文书名称": "准予行政许可决定书",
        "行政许可决定文书号": f"银市监许〔2026〕{number}号",
        "许可类别": "核准",
        "许可证书名称": "经营许可证",
        "许可编号": f"JY{number:08d}",
        "许可内容": "准予从事许可范围内的经营活动。",
        "许可决定日期": "2026/06/25",
        "有效期自": "2026/06/25",
        "有效期至": "2031/06/25",
        "许可机关": SOURCE[0],
        "许可机关统一社会信用代码": SOURCE[1],
        "当前状态": "有效",
        "数据来源单位": SOURCE[0],
        "数据来源单位统一社会信用代码": SOURCE[1],
        "备注": None,
    }
    return {**row, **changes}


def write_xlsx(
    path: Path, rows: Sequence[Mapping[str, object]], *, above: Sequence[str] = (), formulas: bool = False
) -> Path:
    """A workbook; text that looks like a formula is text, unless `formulas`."""
    book = Workbook()
    sheet = book.active
    for line in above:
        sheet.append([line])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
        if not formulas:
            for cell in sheet[sheet.max_row]:
                if cell.data_type == "f":
                    cell.data_type = "s"
    book.save(path)
    return path


def write_csv(path: Path, rows: Sequence[Mapping[str, object]], *, encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
