"""The rows of the demo's files, as a clerk would have typed them: field code → cell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random

from credit_records.rules.dates import add_months
from credit_records.rules.field_specs import ItemSpec, Role

from .departments import CITY, REGION, Body
from .matters import Matter, licences, matters, offences
from .plan import Batch
from .subjects import Body as Party
from .subjects import Population

Row = dict[str, str]

_LONG_TERM = "2099/12/31"
_CATEGORIES = {"individual_business": "个体工商户", "natural_person": "自然人"}
_OF_PERSONS = frozenset({"licence-person", "penalty-person", "payment"})
_RARELY_OF_PERSONS = {"award": 0.4, "confirmation": 0.15, "compensation": 0.7}
_TRADES = {
    "market": ("批发和零售业", "住宿和餐饮业", "制造业"),
    "environment": ("制造业", "水利、环境和公共设施管理业", "电力、热力、燃气及水生产和供应业"),
    "construction": ("建筑业", "房地产业"),
    "transport": ("交通运输、仓储和邮政业",),
    "safety": ("制造业", "电力、热力、燃气及水生产和供应业"),
    "health": ("卫生和社会工作", "住宿和餐饮业", "居民服务、修理和其他服务业"),
    "culture": ("文化、体育和娱乐业", "租赁和商务服务业"),
    "labour": ("租赁和商务服务业", "建筑业"),
    "land": ("房地产业", "制造业"),
    "farming": ("农、林、牧、渔业",),
    "streets": ("住宿和餐饮业", "建筑业", "批发和零售业"),
    "water": ("水利、环境和公共设施管理业", "制造业"),
    "education": ("教育",),
    "civil": ("公共管理、社会保障和社会组织",),
    "fire": ("住宿和餐饮业", "文化、体育和娱乐业", "批发和零售业"),
    "drugs": ("批发和零售业", "卫生和社会工作"),
}
_OWN_TRADE = 0.93
_CHECKED_AND_FOUND = (
    ("未发现问题", "未发现违法行为。", 0.8),
    ("发现问题已责令改正", "发现台账记录不完整，已当场责令改正。", 0.93),
    ("通过登记的住所(经营场所)无法联系", "经现场核查，登记的住所无人经营。", 0.97),
    ("发现问题待后续处理", "发现涉嫌违法线索，移交立案处理。", 1.0),
)


class Parties:
    """Whom a body's decisions concern: mostly the trade it looks after, in its own district."""

    def __init__(self, people: Population) -> None:
        self.people = people
        self._pools: dict[str, tuple[list[Party], list[Party]]] = {}

    def _pool(self, body: Body) -> tuple[list[Party], list[Party]]:
        """Those of the body's own trade, and all; both of its district, for higher bodies of the city."""
        if body.slug not in self._pools:
            rng = Random(f"parties {body.slug}")  # noqa: S311
            near = [
                one
                for one in self.people.organisations
                if body.division in (REGION, CITY) or one.region in (CITY, body.division)
            ]
            rng.shuffle(near)
            own = [one for one in near if one.industry in _TRADES.get(body.sector, ())]
            self._pools[body.slug] = own or near, near
        return self._pools[body.slug]

    def one(self, batch: Batch, rng: Random) -> Party:
        if batch.item in _OF_PERSONS or rng.random() < _RARELY_OF_PERSONS.get(batch.item, 0):
            return rng.choice(self.people.persons)
        own, near = self._pool(batch.body)
        pool = own if rng.random() < _OWN_TRADE else near
        # A few are met far more often than the rest.
        return pool[int(len(pool) * rng.random() ** 1.7)]


def rows_of(batch: Batch, spec: ItemSpec, parties: Parties, *, code: str, name: str) -> list[Row]:
    """The rows of one batch; `code` and `name` are the department's as the database has them."""
    rng = Random(f"xinheng demo rows {batch.key}")  # noqa: S311
    roles = {field.role: field.code for field in spec.fields if field.role}
    style = rng.choice(("%Y/%m/%d", "%Y/%m/%d", "%Y-%m-%d", "%Y%m%d", "%Y年%m月%d日"))
    rows = []
    for place, (day, number) in enumerate(zip(batch.days, batch.numbers, strict=True)):
        party = parties.one(batch, rng)
        if place == 0 and batch.twin is not None:
            party = parties.people.twins[batch.twin]
        row = _content(batch, day, rng, prefix=roles[Role.DOCUMENT_NUMBER][:2])
        called = party.doubtful if party.doubtful and rng.random() < 0.2 else party.name_on(day)
        row |= _common(roles, party, called, day.strftime(style), number, code=code, name=name)
        rows.append(row)
    return rows


def _common(
    roles: Mapping[Role, str], party: Party, called: str, day: str, number: str, *, code: str, name: str
) -> Row:
    values = {
        Role.SUBJECT_NAME: called,
        Role.SUBJECT_CATEGORY: _CATEGORIES.get(party.kind, "法人及非法人组织"),
        Role.DOCUMENT_NUMBER: number,
        Role.DECISION_DATE: day,
        Role.AUTHORITY_NAME: name,
        Role.AUTHORITY_CODE: code,
        Role.SOURCE_NAME: name,
        Role.SOURCE_CODE: code,
    }
    if party.number:
        values |= {Role.PERSON_ID_TYPE: "身份证", Role.PERSON_ID: party.number}
    else:
        values |= {Role.SUBJECT_CODE: party.code, Role.LEGAL_REPRESENTATIVE: party.head}
    return {roles[role]: value for role, value in values.items() if role in roles}


def _content(batch: Batch, day: date, rng: Random, *, prefix: str) -> Row:
    item, trade = batch.item, batch.body.sector
    if item.startswith("licence"):
        return _licence(trade, item, day, rng)
    if item.startswith("penalty"):
        return _penalty(trade, item, day, rng)
    matter = rng.choice(matters(trade, item))
    wan = amount(rng, matter.low, matter.high)
    cells = _OTHERS[item](matter, day, wan, rng)
    return {f"{prefix}_{field}": value for field, value in cells.items()}


def amount(rng: Random, low: float, high: float) -> str:
    """万元, small sums more often than large ones; four digits are enough, the last of them whole 10 yuan."""
    if not high:
        return ""
    value = low * (high / low) ** (rng.random() ** 1.5)
    return f"{value:.3f}".rstrip("0").rstrip(".") if value < 1 else f"{round(value * 2) / 2:g}"


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def _licence(trade: str, item: str, day: date, rng: Random) -> Row:
    licence = rng.choice(licences(trade, item))
    last = add_months(day, licence.months) - timedelta(days=1) if licence.months else None
    return {
        "XK_XKWS": "准予行政许可决定书",
        "XK_XKLB": licence.category,
        "XK_XKZS": licence.certificate,
        "XK_XKBH": f"{licence.sign}{rng.randrange(10**7, 10**8)}" if licence.sign else "",
        "XK_NR": f"{licence.content}。",
        "XK_YXQZ": _day(day),
        "XK_YXQZI": _day(last) if last else _LONG_TERM,
        "XK_ZT": "有效" if rng.random() > 0.02 else "无效",
    }


def _penalty(trade: str, item: str, day: date, rng: Random) -> Row:
    offence = rng.choice(offences(trade, item))
    seen = day - timedelta(days=rng.randrange(15, 85))
    fine = amount(rng, offence.low, offence.high) if "罚款" in offence.kinds else ""
    gain = amount(rng, 0.05, 6) if "没收" in offence.kinds else ""
    lost = f"许可证〔{rng.randrange(1000, 9999)}〕" if "许可证件" in offence.kinds else ""
    outcome = [f"处以罚款{fine}万元"] if fine else []
    outcome += [f"没收{gain}万元"] if gain else []
    outcome += [kind for kind in offence.kinds.split("；") if kind != "罚款" and not kind.startswith("没收")]
    return {
        "CF_WFXW": offence.behaviour,
        "CF_SY": f"经查，当事人于{seen:%Y年%m月%d日}{offence.behaviour}，事实清楚，证据确凿。",
        "CF_YJ": offence.law,
        "CF_CFLB": offence.kinds,
        "CF_NR": ";".join(outcome) + "。",
        "CF_NR_FK": fine,
        "CF_NR_WFFF": gain,
        "CF_NR_ZKDX": lost,
        "CF_YXQ": _LONG_TERM,
        "CF_GSJZQ": _day(add_months(day, 12)) if rng.random() < 0.4 else "",
    }


def _coercion(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    execution = matter.choice == "代履行"
    return {
        "WS": "行政强制执行决定书" if execution else "查封(扣押)决定书",
        "LX": "行政强制执行" if execution else "行政强制措施",
        "FS": matter.choice,
        "SY": matter.what,
        "YJ": matter.law,
        "NR": f"{matter.about}。",
        "YXQZ": _day(day),
        "YXQZI": _day(day + timedelta(days=30)),
    }


def _confirmation(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "行政确认决定书",
        "SX": matter.what,
        "LB": matter.choice,
        "NR": f"{matter.about}。",
        "YJ": matter.law,
        "YXQZ": _day(day),
        "YXQZI": _day(add_months(day, 36)) if matter.choice == "认定" else "",
        "ZT": "有效",
    }


def _levy(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "征收决定书",
        "XM": matter.what,
        "LB": matter.choice,
        "YJ": matter.law,
        "NR": f"{matter.about}，共{wan}万元。",
        "JE": wan,
        "YXQZI": _day(day + timedelta(days=30)),
    }


def _payment(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "给付决定书",
        "XM": matter.what,
        "LB": matter.choice,
        "FS": "货币",
        "YJ": matter.law,
        "NR": f"{matter.about}{wan}万元。",
        "JE": wan,
        "YXQZ": _day(day),
        "YXQZI": _day(day + timedelta(days=364)),
    }


def _ruling(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "行政裁决书",
        "DW": rng.choice(("申请人", "被申请人")),
        "DF": "银川示例对方农牧有限公司",
        "LB": matter.choice,
        "SY": f"因{matter.what}申请裁决。",
        "YJ": matter.law,
        "NR": f"{matter.about}。",
        "YXQZI": _day(day + timedelta(days=60)),
    }


def _compensation(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "补偿决定书",
        "LB": matter.choice,
        "FS": "货币补偿",
        "SY": f"{matter.what}。",
        "YJ": matter.law,
        "NR": f"{matter.about}{wan}万元。",
        "JE": wan,
    }


def _award(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    return {
        "WS": "表彰奖励决定",
        "MC": matter.what,
        "LB": matter.choice,
        "SY": "成绩突出，符合奖励条件。",
        "YJ": matter.law,
        "NR": f"{matter.about}。",
        "JE": wan,
    }


def _inspection(matter: Matter, day: date, wan: str, rng: Random) -> Row:
    luck = rng.random()
    outcome, words, _ = next(one for one in _CHECKED_AND_FOUND if luck < one[2])
    kind = rng.choice(("双随机抽查", "双随机抽查", "日常检查", "专项检查", "投诉举报核查"))
    return {
        "WS": "现场检查笔录",
        "RW": f"{day.year}年{matter.what}",
        "LX": kind,
        "SX": matter.what,
        "YJ": matter.law,
        "JG_LB": outcome,
        "NR": words,
    }


_OTHERS = {
    "coercion": _coercion,
    "confirmation": _confirmation,
    "levy": _levy,
    "payment": _payment,
    "ruling": _ruling,
    "compensation": _compensation,
    "award": _award,
    "inspection": _inspection,
}
