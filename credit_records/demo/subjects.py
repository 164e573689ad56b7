"""The two thousand subjects of the demo city: invented names with 示例, well-formed codes with DEM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from accounts.models import User
from accounts.sealing import blind_index, seal
from audit import bulk
from audit.acts import act
from credit_records.models import Subject, SubjectName
from credit_records.rules.identifiers import check_resident_id, make_uscc, mask_id
from credit_records.rules.text import name_key

from .departments import CITY, DISTRICTS
from .names import lucky_word, person_name

COMPANIES, SHOPS, OTHERS, PERSONS, TWINS = 894, 450, 150, 500, 6
_DIVISIONS = [
    "640100",
    "640100",
    "640104",
    "640104",
    "640104",
    "640105",
    "640105",
    "640106",
    "640106",
    "640106",
    "640121",
    "640122",
    "640181",
]
_PLACES = {CITY: "银川", "640121": "永宁", "640122": "贺兰", "640181": "灵武"}
_TRADES = {
    "批发和零售业": ("商贸", "贸易", "连锁超市", "医药"),
    "住宿和餐饮业": ("餐饮管理", "酒店管理", "餐饮服务"),
    "制造业": ("食品", "化工", "建材", "机械制造", "乳业", "新材料"),
    "建筑业": ("建筑工程", "装饰工程", "市政工程"),
    "交通运输、仓储和邮政业": ("物流", "汽车运输", "客运"),
    "房地产业": ("房地产开发", "物业服务"),
    "信息传输、软件和信息技术服务业": ("信息科技", "网络科技"),
    "农、林、牧、渔业": ("农牧", "枸杞", "葡萄酒庄", "种业"),
    "卫生和社会工作": ("医疗管理", "口腔医院"),
    "教育": ("教育科技", "文化培训"),
    "文化、体育和娱乐业": ("文化传媒", "影院管理", "体育文化"),
    "水利、环境和公共设施管理业": ("环保科技", "环境治理", "水务工程"),
    "租赁和商务服务业": ("人力资源", "劳务派遣", "旅行社"),
    "电力、热力、燃气及水生产和供应业": ("热力", "燃气", "能源"),
}
_SHOPS = {
    "批发和零售业": ("便利店", "超市", "五金店", "药店", "水果店"),
    "住宿和餐饮业": ("餐馆", "面馆", "烧烤店", "招待所"),
    "居民服务、修理和其他服务业": ("理发店", "汽车维修部", "洗衣店"),
    "文化、体育和娱乐业": ("网吧", "棋牌室"),
}
# ending of the name, first two characters of the code, industry
_OTHERS = (
    ("职业培训学校", "52", "教育"),
    ("养老服务中心", "52", "卫生和社会工作"),
    ("行业协会", "51", "公共管理、社会保障和社会组织"),
    ("公益基金会", "53", "公共管理、社会保障和社会组织"),
    ("种植专业合作社", "93", "农、林、牧、渔业"),
    ("养殖专业合作社", "93", "农、林、牧、渔业"),
    ("企业管理合伙企业(有限合伙)", "91", "租赁和商务服务业"),
    ("会计师事务所(普通合伙)", "91", "租赁和商务服务业"),
    ("实验小学", "12", "教育"),
    ("社区卫生服务中心", "12", "卫生和社会工作"),
)


@dataclass(frozen=True)
class Body:
    """A subject as the demo knows it; a natural person has a number instead of a code."""

    kind: str
    code: str
    name: str
    region: str
    industry: str = ""
    head: str = ""
    state: str = Subject.State.EXISTING
    number: str = ""
    former: str = ""
    renamed_on: date | None = None
    doubtful: str = ""
    """A name under which files report the body now and then, and which the register does not know."""

    def name_on(self, day: date) -> str:
        return self.former if self.renamed_on is not None and day < self.renamed_on else self.name


@dataclass(frozen=True)
class Population:
    organisations: list[Body]
    persons: list[Body]
    twins: list[Body]
    """The same names under second codes; the files bring them in, so that the ledger finds them by itself."""


def population(today: date) -> Population:
    """Always the same two thousand for one day."""
    rng = Random("xinheng demo subjects")  # noqa: S311
    taken: set[str] = set()
    companies = [_company(rng, number, taken) for number in range(1, COMPANIES + 1)]
    for at in range(3, COMPANIES, 23):
        renamed = today - timedelta(days=rng.randrange(120, 600))
        companies[at] = replace(
            companies[at], former=companies[at].name.replace("示例", "老示例", 1), renamed_on=renamed
        )
    for at in range(7, COMPANIES, 60):
        reported = companies[at].name.replace("有限公司", "有限责任公司")
        companies[at] = replace(companies[at], doubtful=reported)
    shops = [_shop(rng, number, taken) for number in range(1, SHOPS + 1)]
    others = [_other(rng, number, taken) for number in range(1, OTHERS + 1)]
    organisations = companies + shops + others
    for state, first, step in (
        (Subject.State.DEREGISTERED, 5, 41),
        (Subject.State.LICENCE_REVOKED, 11, 97),
        (Subject.State.SUSPENDED, 17, 173),
        (Subject.State.MOVED_OUT, 29, 311),
    ):
        for at in range(first, len(organisations), step):
            organisations[at] = replace(organisations[at], state=state)
    persons = [_person(rng, number) for number in range(1, PERSONS + 1)]
    return Population(organisations, persons, [_twin(companies[20 + 50 * n]) for n in range(TWINS)])


def _twin(one: Body) -> Body:
    code = make_uscc("91", one.region, f"DEMT{one.code[12:16]}")
    return replace(one, code=code, former="", renamed_on=None, doubtful="")


def _fresh(rng: Random, taken: set[str], place: str, ending: str) -> str:
    while True:
        name = f"{place}示例{lucky_word(rng)}{ending}"
        if name not in taken:
            taken.add(name)
            return name


def _company(rng: Random, number: int, taken: set[str]) -> Body:
    region = rng.choice(_DIVISIONS)
    industry = rng.choice(list(_TRADES))
    name = _fresh(rng, taken, _PLACES.get(region, "银川"), f"{rng.choice(_TRADES[industry])}有限公司")
    code = make_uscc("91", region, f"DEMC{number:04d}")
    return Body(Subject.Kind.LEGAL_PERSON, code, name, region, industry, person_name(rng))


def _shop(rng: Random, number: int, taken: set[str]) -> Body:
    region = rng.choice(list(DISTRICTS))
    industry = rng.choice(list(_SHOPS))
    name = _fresh(rng, taken, DISTRICTS[region].removeprefix("银川市"), rng.choice(_SHOPS[industry]))
    code = make_uscc("92", region, f"DEMH{number:04d}")
    return Body(Subject.Kind.INDIVIDUAL_BUSINESS, code, name, region, industry, person_name(rng))


def _other(rng: Random, number: int, taken: set[str]) -> Body:
    region = rng.choice(_DIVISIONS)
    ending, pair, industry = rng.choice(_OTHERS)
    name = _fresh(rng, taken, _PLACES.get(region, "银川"), ending)
    code = make_uscc(pair, region, f"DEMQ{number:04d}")
    return Body(Subject.Kind.OTHER_ORGANISATION, code, name, region, industry, person_name(rng))


def _person(rng: Random, number: int) -> Body:
    """An adult with a well-formed number of the division 640100, in which no number was ever given out."""
    born = date(1958, 1, 1) + timedelta(days=rng.randrange(46 * 365))
    first17 = f"{CITY}{born:%Y%m%d}{number:03d}"
    number18 = next(first17 + last for last in "0123456789X" if check_resident_id(first17 + last)[0])
    region = rng.choice(list(DISTRICTS))
    return Body(Subject.Kind.NATURAL_PERSON, "", person_name(rng), region, number=number18)


def ensure_subjects(people: Population, *, actor: User) -> int:
    """Those that are missing, with their names; returns how many were added."""
    ours = [one.code for one in people.organisations]
    codes = set(Subject.objects.filter(code__in=ours).values_list("code", flat=True))
    indexes = {blind_index(one.number): one for one in people.persons}
    known = set(Subject.objects.filter(id_index__in=list(indexes)).values_list("id_index", flat=True))
    missing = [one for one in people.organisations if one.code not in codes]
    strangers = {index: one for index, one in indexes.items() if index not in known}
    if not missing and not strangers:
        return 0
    with act("demo.subjects", actor=actor, data={"count": len(missing) + len(strangers)}):
        bodies = bulk.create_all(Subject, [_subject(one) for one in missing])
        persons = bulk.create_all(Subject, [_sealed(one, index) for index, one in strangers.items()])
        pairs = zip([*bodies, *persons], [*missing, *strangers.values()], strict=True)
        bulk.create_all(SubjectName, [name for subject, one in pairs for name in _names(subject, one)])
    return len(missing) + len(strangers)


def _subject(one: Body) -> Subject:
    return Subject(
        kind=one.kind,
        code=one.code or None,
        name=one.name,
        name_key=name_key(one.name),
        legal_representative=one.head,
        region=one.region,
        industry=one.industry,
        state=one.state,
    )


def _sealed(one: Body, index: str) -> Subject:
    subject = _subject(one)
    subject.id_type, subject.id_index = "身份证", index
    subject.id_sealed, subject.id_masked = seal(one.number), mask_id(one.number)
    return subject


def _names(subject: Subject, one: Body) -> Iterator[SubjectName]:
    key = name_key(one.name)
    yield SubjectName(
        subject=subject, name=one.name, name_key=key, kind=SubjectName.Kind.CURRENT, since=one.renamed_on
    )
    if one.renamed_on is not None:
        yield SubjectName(
            subject=subject,
            name=one.former,
            name_key=name_key(one.former),
            kind=SubjectName.Kind.FORMER,
            until=one.renamed_on - timedelta(days=1),
        )
