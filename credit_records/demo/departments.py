"""The forty bodies of the demo city, on three levels.

The names are those of public bodies, the codes are invented: their organisation part begins with DEP.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from accounts.models import Department, User
from audit.acts import act
from credit_records.rules.identifiers import make_uscc

REGION, CITY = "640000", "640100"
DISTRICTS = {
    "640104": "银川市兴庆区",
    "640105": "银川市西夏区",
    "640106": "银川市金凤区",
    "640121": "永宁县",
    "640122": "贺兰县",
    "640181": "灵武市",
}


class Body(NamedTuple):
    """A reporting body: `slug` ends its account names, `sign` begins its document numbers (银市监罚…)."""

    slug: str
    name: str
    sign: str
    division: str
    sector: str
    weight: float
    """Its share of the records, compared with others of its trade."""

    @property
    def level(self) -> str:
        if self.division == REGION:
            return Department.Level.REGION
        return Department.Level.CITY if self.division == CITY else Department.Level.DISTRICT

    @property
    def code(self) -> str:
        return make_uscc("11", self.division, f"DEP{BODIES.index(self) + 1:05d}")

    @property
    def is_office(self) -> bool:
        return self.slug == OFFICE


OFFICE = "xyb"


def _of_region(slug: str, name: str, sign: str, sector: str, weight: float) -> Body:
    return Body(slug, f"宁夏回族自治区{name}", f"宁{sign}", REGION, sector, weight)


def _of_city(slug: str, name: str, sign: str, sector: str, weight: float) -> Body:
    return Body(slug, f"银川市{name}", f"银{sign}", CITY, sector, weight)


def _of_district(division: str, slug: str, name: str, sign: str, sector: str, weight: float) -> Body:
    return Body(slug, f"{DISTRICTS[division]}{name}", sign, division, sector, weight)


# The place in the list is the number in the code: add at the end only.
BODIES = (
    _of_city("scjg", "市场监督管理局", "市监", "market", 16),
    _of_city("sthj", "生态环境局", "环", "environment", 14),
    _of_city(OFFICE, "社会信用体系建设领导小组办公室", "信用办", "office", 3),
    _of_city("spfw", "审批服务管理局", "审服", "approval", 25),
    _of_city("zjj", "住房和城乡建设局", "建", "construction", 6),
    _of_city("jtj", "交通运输局", "交", "transport", 8),
    _of_city("yjj", "应急管理局", "应急", "safety", 5),
    _of_city("wjw", "卫生健康委员会", "卫", "health", 5),
    _of_city("wlj", "文化旅游广电局", "文旅", "culture", 5),
    _of_city("rsj", "人力资源和社会保障局", "人社", "labour", 5),
    _of_city("zrj", "自然资源局", "自然资", "land", 5),
    _of_city("nyj", "农业农村局", "农", "farming", 4),
    _of_city("cgj", "城市管理局", "城管", "streets", 6),
    _of_city("swj", "水务局", "水", "water", 4),
    _of_city("jyj", "教育局", "教", "education", 4),
    _of_city("mzj", "民政局", "民", "civil", 4),
    _of_city("xfd", "消防救援支队", "消", "fire", 6),
    _of_region("nxscjg", "市场监督管理厅", "市监", "market", 3),
    _of_region("nxsthj", "生态环境厅", "环", "environment", 4),
    _of_region("nxzjt", "住房和城乡建设厅", "建", "construction", 4),
    _of_region("nxjtt", "交通运输厅", "交", "transport", 4),
    _of_region("nxyjt", "应急管理厅", "应急", "safety", 3),
    _of_region("nxypj", "药品监督管理局", "药监", "drugs", 4),
    _of_region("nxrst", "人力资源和社会保障厅", "人社", "labour", 3),
    _of_region("nxzrt", "自然资源厅", "自然资", "land", 3),
    _of_district("640104", "xqscj", "市场监督管理局", "兴市监", "market", 6),
    _of_district("640105", "xxscj", "市场监督管理局", "西市监", "market", 5),
    _of_district("640106", "jfscj", "市场监督管理局", "金市监", "market", 6),
    _of_district("640121", "ynscj", "市场监督管理局", "永市监", "market", 4),
    _of_district("640122", "hlscj", "市场监督管理局", "贺市监", "market", 4),
    _of_district("640181", "lwscj", "市场监督管理局", "灵市监", "market", 4),
    _of_district("640104", "xqwjj", "卫生健康局", "兴卫", "health", 3),
    _of_district("640106", "jfwjj", "卫生健康局", "金卫", "health", 3),
    _of_district("640104", "xqzfj", "综合执法局", "兴综执", "streets", 4),
    _of_district("640106", "jfzfj", "综合执法局", "金综执", "streets", 4),
    _of_district("640105", "xxzfj", "综合执法局", "西综执", "streets", 3),
    _of_district("640121", "ynnyj", "农业农村局", "永农", "farming", 2),
    _of_district("640122", "hlnyj", "农业农村局", "贺农", "farming", 2),
    _of_district("640181", "lwyjj", "应急管理局", "灵应急", "safety", 3),
    _of_district("640181", "lwzjj", "住房和城乡建设局", "灵建", "construction", 3),
)


def ensure_departments(*, actor: User) -> dict[str, Department]:
    """The bodies by slug, those that are missing added; the city's office answers for those of the region too.

    Each reports for itself, none stands under another: a superior body could report the decisions of its subordinates
    (intake.pipeline.ground_for).
    """
    codes = {body.code: body for body in BODIES}
    names = {body.name: body for body in BODIES}
    present = {
        (codes.get(found.code) or names[found.name]).slug: found
        for found in Department.objects.filter(Q(code__in=codes) | Q(name__in=names))
    }
    missing = [(code, body) for code, body in codes.items() if body.slug not in present]
    if missing:
        with act("demo.departments", actor=actor, data={"count": len(missing)}):
            for code, body in missing:
                present[body.slug] = Department.objects.create(
                    code=code,
                    name=body.name,
                    short_name=body.name.removeprefix("宁夏回族自治区").removeprefix("银川市"),
                    level=body.level,
                    division=body.division,
                    is_office=body.is_office,
                    office=present[OFFICE] if body.division == REGION else None,
                )
    _answered_for(present, actor=actor)
    return {body.slug: present[body.slug] for body in BODIES}


def _answered_for(present: dict[str, Department], *, actor: User) -> None:
    """Demos of an earlier day get it too: the region's bodies lie outside the city's division, and nobody else is here."""
    office = present[OFFICE]
    without = [
        body for one in BODIES if one.division == REGION and (body := present[one.slug]).office_id is None
    ]
    if without:
        with act("demo.departments", actor=actor, data={"count": len(without)}):
            for body in without:
                body.office = office
                body.save(update_fields=["office"])
