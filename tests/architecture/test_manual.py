"""The manual is true: every code is explained, buttons are named as on the pages, rules as in their data."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.contrib import admin

from backoffice.exports import FORMATS

ROOT = Path(__file__).resolve().parent.parent.parent
ROOM = ROOT / "credit_records"
MANUAL = ROOT / "docs" / "manual"
ROOMS = [
    path
    for name in (
        "accounts",
        "signin",
        "worktime",
        "credit_records",
        "exchange",
        "casework",
        "commitments",
        "objections",
        "repair",
        "breaches",
        "oversight",
        "supervision",
    )
    if (path := ROOT / name).is_dir()
]
PAGES = sorted(MANUAL.glob("*.md"))
RULE_SETS = sorted((ROOM / "data" / "rulesets").glob("*.json"))
REJECT, HOLD, HINT, UNUSABLE, REFUSED = "拒绝", "存疑", "提示", "文件不可用", "不能办理"
WEIGHTS = {"reject": REJECT, "hold": HOLD, "hint": HINT}

# What a code looks like, wherever it stands: "uscc.check_digit". Names of parts of a workbook do not count.
CODE = re.compile(r"[a-z][a-z_]{2,}\.[a-z][a-z_]+").fullmatch
QUOTED_IN_SQL = re.compile(r"'([a-z][a-z_]{2,}\.[a-z][a-z_]+)'").findall
PARTS_OF_FILES = (".xml", ".bin", ".xlsx", ".csv")
ABOUT_A_CELL = re.compile(r"_?(reject|hold|hint|refused)").fullmatch
ABOUT_A_FILE = "FileRefused"
ABOUT_A_STEP = re.compile(r"_?(Refused|Unusable)").fullmatch


def _calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Name of the function and first argument of every call whose first argument is a text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function, first = node.func, node.args[0].value
            name = getattr(function, "id", getattr(function, "attr", ""))
            if isinstance(first, str):
                yield name, first


def _texts(tree: ast.AST) -> list[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str)]


def _refused_in_init(tree: ast.AST) -> Iterator[str]:
    """Codes that a kind of refusal gives itself: `super().__init__("record.faulty", ...)`."""
    for node in ast.walk(tree):
        bases = node.bases if isinstance(node, ast.ClassDef) else []
        if any(ABOUT_A_STEP(getattr(base, "id", "")) for base in bases):
            yield from (first for name, first in _calls(node) if name == "__init__")


def codes_of_the_product() -> dict[str, set[str]]:
    """Every stable code with what it can mean for a row, file or step; nothing where only the run decides."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(path for room in ROOMS for path in room.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name, code in _calls(tree):
            if name == ABOUT_A_FILE:
                found[code].add(UNUSABLE)
            elif ABOUT_A_STEP(name):
                found[code].add(REFUSED)
            elif ABOUT_A_CELL(name) and CODE(code):
                found[code].add(WEIGHTS.get(name, REJECT))
        for code in _refused_in_init(tree):
            found[code].add(REFUSED)
        if path.relative_to(ROOT).parts[1] in ("rules", "intake"):
            # Also what no helper with a telling name hands on.
            for text in _texts(tree):
                for code in [text] if CODE(text) else QUOTED_IN_SQL(text):
                    if not code.endswith(PARTS_OF_FILES):
                        found.setdefault(code, set())
    for path in sorted((ROOM / "data" / "catalogue").glob("*.json")):
        for version in json.loads(path.read_text(encoding="utf-8"))["versions"]:
            for check in version["checks"]:
                found[check["code"]].add(WEIGHTS[check["severity"]])
    return dict(found)


def codes_of_the_manual() -> dict[str, list[str]]:
    """Rows of the table: code, what it means for the row, the meaning, how to mend."""
    rows: dict[str, list[str]] = {}
    for line in (MANUAL / "error-codes.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `"):
            code = cells[0].strip("`")
            assert code not in rows, f"{code} stands in the table twice"
            rows[code] = cells[1:]
    return rows


CODES = codes_of_the_product()
# The command's own word for a missing right, which carries no code of its own.
WITHOUT_A_PLACE_IN_THE_CODE = {"not_allowed"}


def test_the_search_for_codes_finds_all_kinds_of_places():
    assert CODES["uscc.check_digit"] == {REJECT}
    assert CODES["department.other_spelling"] == {HINT}
    assert CODES["row.repeated"] == set()
    assert CODES["fine.zero"] == {HOLD}
    assert CODES["file.zip_bomb"] == {UNUSABLE}
    assert CODES["four_eyes"] == CODES["record.faulty"] == {REFUSED}
    assert len(CODES) > 80


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_explained_with_its_weight_and_how_to_mend_it(code):
    explained = codes_of_the_manual()
    assert code in explained, f"docs/manual/error-codes.md says nothing of {code}"
    weight, meaning, mending = explained[code]
    assert CODES[code] <= set(weight.split("、"))
    assert len(meaning) > 3
    assert mending


def test_the_table_explains_no_code_that_is_gone():
    assert set(codes_of_the_manual()) - set(CODES) == WITHOUT_A_PLACE_IN_THE_CODE


def _texts_of_the_pages() -> str:
    """What can stand on a page: templates, texts in the code, the theme's and Django's translations."""
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("backoffice/templates/**/*.html")]
    for room in (
        "accounts",
        "audit",
        "signin",
        "backoffice",
        "worktime",
        "credit_records",
        "exchange",
        "casework",
        "commitments",
        "objections",
        "repair",
        "breaches",
        "oversight",
        "supervision",
    ):
        files += [path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
    texts = [path.read_text(encoding="utf-8") for path in files]
    texts += [f"导出{title}" for _, _, title in FORMATS.values()]
    translations = "locale/zh_Hans/LC_MESSAGES/django.po"
    for catalogue in (ROOT / translations, Path(admin.__file__).parent / translations):
        texts += [entry.msgstr for entry in polib.pofile(str(catalogue))]
    return "\n".join(texts).translate(FULL_WIDTH)


# Whether a page writes a comma in half or in full width is no question of truth.
FULL_WIDTH = str.maketrans(",:;?!()", "，：；？！（）")
LABEL = re.compile(r"「([^」]+)」")
LABELS = sorted({(page.name, label) for page in PAGES for label in LABEL.findall(page.read_text("utf-8"))})


@pytest.fixture(scope="module")
def texts_of_the_pages() -> str:
    return _texts_of_the_pages()


@pytest.mark.parametrize(("page", "label"), LABELS, ids=lambda value: str(value))
def test_what_the_manual_quotes_stands_on_a_page(texts_of_the_pages, page, label):
    assert texts_of_the_pages.count(label.translate(FULL_WIDTH)) > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_the_index_names_every_page(page):
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if not (MANUAL / link).is_file()] == []
    if page.name == "README.md":
        assert {path.name for path in PAGES} - {"README.md"} == set(links)
    else:
        assert "## 做什么用" in text
        assert "## 可能遇到的问题" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_prose_is_punctuated_in_full_width(page):
    quoted = r"```.*?```|`[^`]*`|「[^」]*」|“[^”]*”|\]\([^)]*\)"
    prose = re.sub(quoted, "", page.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r".{0,8}[一-鿿）][,;:?!()]|[,;:?!(][一-鿿].{0,8}", prose) == []


@pytest.mark.parametrize("path", RULE_SETS, ids=lambda path: path.stem)
def test_the_page_on_publicity_repeats_the_rule_sets(path):
    rules = json.loads(path.read_text(encoding="utf-8"))
    text = (MANUAL / "publicity.md").read_text(encoding="utf-8")
    section = text.partition(f"## {rules['title']}\n")[2].partition("\n## ")[0]
    assert rules["source"] in section
    for day in filter(None, (rules["in_force_from"], rules["in_force_to"])):
        assert day in section
    titles = {}
    for one in rules["classes"]:
        titles[one["severity"]] = one["title"]
        row = re.search(rf"^\| {re.escape(one['title'])} \|.*$", section, re.M)
        assert row, one["title"]
        shown = one["publication"] != "never"
        months = [str(one[key]) if shown else "—" for key in ("minimum_months", "maximum_months")]
        assert [cell.strip() for cell in row[0].split("|")[3:5]] == months
    for kind in rules["kinds"]:
        assert f"\n| {kind['value']} | {titles[kind['severity']]}" in section, kind["value"]
    for sector in rules["sectors"]:
        words = "、".join(sector["basis_keywords"])
        assert f"| {sector['title']} | {sector['minimum_months']} | {words} |" in section
