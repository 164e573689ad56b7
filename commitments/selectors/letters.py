"""The commitment letter (信用承诺书) as a sheet to print and sign: the promisor's words, on a form of the field set."""

from __future__ import annotations

from datetime import date

from casework.letters.sheet import Line, Sheet, date_words, plain
from commitments.models import Commitment, CommitmentMatter, MatterTemplate
from commitments.rules.letter_text import filled_in
from credit_records.models import Subject

_NOTE = "承诺人已知悉以上内容，对承诺的真实性负责；违反承诺的，按上列违诺责任处理，并记入信用记录。"


def sheet_of(commitment: Commitment) -> Sheet:
    """What is printed; needs subject and department, reads the owed material."""
    subject = commitment.subject
    person = subject.kind == Subject.Kind.NATURAL_PERSON
    asked = [
        ("承诺编码", commitment.code),
        ("承诺人", commitment.subject_name),
        ("证件号码" if person else "统一社会信用代码", subject.code or subject.id_masked or "无"),
        ("承诺类型", commitment.kind_in_words),
        ("承诺事由", commitment.cause),
        ("承诺内容", commitment.content),
        ("违诺责任", commitment.liability),
    ]
    owed = "；".join(
        f"{number}. {one.name}(于{one.due_on}前补交)"
        for number, one in enumerate(commitment.owed.order_by("number"), start=1)
    )
    if owed:
        asked.append(("容缺材料", owed))
    until = date_words(commitment.valid_until) if commitment.valid_until else "长期"
    asked += [("有效期至", until), ("公开类型", str(commitment.get_disclosure_display()))]
    return Sheet(
        form="receipt",
        head=commitment.department.name,
        title="信用承诺书",
        number="",
        dated=commitment.made_on.isoformat(),
        lines=(
            *(Line(label, plain(text)) for label, text in asked),
            Line("承诺人签章", "", 2),
            Line("承诺日期", date_words(commitment.made_on)),
        ),
        note=_NOTE,
    )


_NAME, _CODE = "承诺人名称", "统一社会信用代码"


def wording_for(
    template: MatterTemplate, matter: CommitmentMatter, subject: Subject | None, day: date
) -> tuple[str, str]:
    """Content and liability of the template with its marks filled in for a subject.

    Of one that nobody knows yet the marks of name and code stay, until it is written down (`with_promisor`).
    """
    values = {
        _NAME: subject.name if subject is not None else f"{{{_NAME}}}",
        _CODE: (subject.code or subject.id_masked) if subject is not None else f"{{{_CODE}}}",
        "承诺事项": matter.name,
        "受理单位": matter.department.name,
        "承诺日期": date_words(day),
    }
    return filled_in(template.content, values), filled_in(template.liability, values)


def with_promisor(text: str, name: str, number: str) -> str:
    """A wording with the marks of a subject that has now been written down; `number` as it may be shown."""
    return text.replace(f"{{{_NAME}}}", name).replace(f"{{{_CODE}}}", number)
