"""Invented rows of the penalty template: the same numbers give the same file.

Every name carries 示例 and every code DEM, so that nobody takes a line for a real body.
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from credit_records.rules.identifiers import make_uscc

COLUMNS = (
    "行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)", "行政相对人代码_2(工商注册号)",
    "行政相对人代码_3(组织机构代码)", "行政相对人代码_4(税务登记号)", "行政相对人代码_5(事业单位证书号)",
    "行政相对人代码_6(社会组织登记证号)", "法定代表人", "法定代表人证件类型", "法定代表人证件号码",
    "行政处罚决定书文号", "违法行为类型", "违法事实", "处罚依据", "处罚类别", "处罚内容", "罚款金额(万元)",
    "没收违法所得、没收非法财物的金额(万元)", "暂扣或吊销证照名称及编号", "处罚决定日期", "处罚有效期", "公示截止期",
    "处罚机关", "处罚机关统一社会信用代码", "数据来源单位", "数据来源单位统一社会信用代码", "备注",
)  # fmt: skip

_TOWNS = ("银川", "金凤", "兴庆", "西夏", "灵武", "永宁", "贺兰")
_TRADES = ("商贸", "食品", "建材", "物流", "餐饮", "科技", "药业", "农牧", "机械", "劳务", "装饰", "汽车服务")
_FORMS = ("有限公司", "有限责任公司", "股份有限公司", "合作社")
_SYLLABLES = "安邦昌诚达德鼎丰福广海恒宏华汇吉佳嘉建金晋景聚凯康乐利隆茂明宁鹏启庆荣瑞润盛顺泰天通旺祥鑫兴旭洋益永裕源远泽正中众卓"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨马丁纳哈"
_WRONGS = (
    (
        "销售不符合食品安全标准的食品",
        "《中华人民共和国食品安全法》第一百二十四条第一款第(一)项、第一百三十六条",
    ),
    (
        "未按规定明码标价",
        "《中华人民共和国价格法》第四十二条、《价格违法行为行政处罚规定》第十三条第一款第(一)项",
    ),
    ("使用未经检验的特种设备", "《中华人民共和国特种设备安全法》第八十四条第(一)项"),
    ("发布违法广告", "《中华人民共和国广告法》第五十七条第(一)项、第五十八条第一款第(八)项"),
    ("侵犯注册商标专用权", "《中华人民共和国商标法》第六十条第二款"),
    ("经营超过保质期的食品", "《中华人民共和国食品安全法》第一百二十四条第一款第(五)项"),
    ("未取得许可从事经营活动", "《无证无照经营查处办法》第十三条、《中华人民共和国行政许可法》第八十一条"),
)
_KINDS = (
    "罚款",
    "警告",
    "警告;罚款",
    "没收违法所得;罚款",
    "没收非法财物",
    "通报批评",
    "暂扣许可证件",
    "责令停产停业",
)
_KIND_WEIGHTS = (46, 12, 16, 14, 4, 4, 2, 2)
_LAST_DAY = date(2026, 6, 30)


class Subject(NamedTuple):
    name: str
    category: str
    code: str
    representative: str


class Office(NamedTuple):
    """The department whose file it is."""

    name: str
    code: str


def _serial(number: int) -> str:
    """Five characters of the code's alphabet."""
    alphabet = "0123456789ABCDEFGH"
    text = ""
    for _ in range(5):
        number, rest = divmod(number, len(alphabet))
        text = alphabet[rest] + text
    return text


def subject(number: int) -> Subject:
    """The subject of that number, the same in every run; nine of ten are legal persons."""
    chance = random.Random(number)
    trade_name = "".join(chance.choices(_SYLLABLES, k=2))
    town = chance.choice(_TOWNS)
    division = f"6401{chance.choice(('04', '05', '06', '21', '22', '81'))}"
    business = number % 10 == 9
    name = (
        f"{town}区示例{trade_name}{chance.choice(_TRADES)}店{number}号"
        if business
        else f"{town}示例{trade_name}{chance.choice(_TRADES)}{chance.choice(_FORMS)}第{number}分部"
    )
    return Subject(
        name=name,
        category="个体工商户" if business else "法人及非法人组织",
        code=make_uscc("92" if business else "91", division, f"DEM{_serial(number)}"),
        representative=f"{chance.choice(_SURNAMES)}示例",
    )


def _fact(chance: random.Random, town: str, wrong: str, day: date) -> str:
    found = day - timedelta(days=chance.randrange(20, 90))
    return (
        f"经查，{found:%Y年%m月%d日}，执法人员在{town}当事人经营场所检查时发现当事人{wrong}，"
        f"涉案货值{chance.randrange(100, 90_000)}元，当事人不能提供相关凭证，上述事实有现场笔录、询问笔录第"
        f"{chance.randrange(1, 9_999)}号和照片{chance.randrange(2, 30)}张为证。"
    )


def row(number: int, office: Office, subjects: list[Subject], *, seed: int, faults: bool) -> list[str]:
    """Row `number` of the file: about one in two hundred has a fault, as in the files of a well-kept office."""
    chance = random.Random(seed * 1_000_003 + number)
    body = subjects[chance.randrange(len(subjects))]
    wrong, basis = _WRONGS[chance.randrange(len(_WRONGS))]
    kinds = chance.choices(_KINDS, _KIND_WEIGHTS)[0]
    day = _LAST_DAY - timedelta(days=chance.randrange(720))
    town = chance.choice(_TOWNS)
    fine = f"{chance.randrange(1, 2_000) / 100:.2f}" if "罚款" in kinds else ""
    taken = f"{chance.randrange(1, 90_000) / 10_000:.4f}" if "没收" in kinds else ""
    content = (
        f"依法给予{kinds.replace(';', '、')}"
        + (f"，罚款{fine}万元" if fine else "")
        + "，限十五日内缴清或改正。"
    )
    with_papers = chance.random() < 0.1
    code = body.code
    if faults and chance.random() < 0.005:
        code = code[:-1] + ("0" if code[-1] != "0" else "1")
    return [
        body.name,
        body.category,
        code,
        f"64010{number % 10}20{number:08d}" if number % 5 == 0 else "",
        "", "", "", "",
        body.representative,
        "护照号" if with_papers else "",
        f"DEM{number:07d}" if with_papers else "",
        f"银市监罚〔{day.year}〕{seed}-{number}号",
        wrong,
        _fact(chance, town, wrong, day),
        basis,
        kinds,
        content,
        fine,
        taken,
        f"许可证 DEM{number}" if "许可证" in kinds else "",
        day.strftime("%Y/%m/%d"),
        "",
        (day + timedelta(days=365)).strftime("%Y/%m/%d") if chance.random() < 0.3 else "",
        office.name, office.code, office.name, office.code,
        "" if chance.random() < 0.8 else f"经办{chance.randrange(1, 40)}组",
    ]  # fmt: skip


def write_csv(
    path: Path,
    count: int,
    office: Office,
    *,
    seed: int = 1,
    of_subjects: int | None = None,
    faults: bool = True,
) -> Path:
    """A file of `count` rows about `of_subjects` subjects, in UTF-8 with a mark, as the upper platforms ask."""
    subjects = [subject(number) for number in range(of_subjects or max(count * 3 // 10, 10))]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(
            row(number, office, subjects, seed=seed, faults=faults) for number in range(1, count + 1)
        )
    return path
