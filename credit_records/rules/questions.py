"""The questions by which people read a decision: who, what, on which basis, decided how, when, by whom.

A template lists columns for data entry; a page answers questions. Columns with a role say themselves where
they belong. The others are placed by the order of the template, which is that of a decision document: facts
stand before the legal basis, the decision after it.
"""

from __future__ import annotations

from enum import StrEnum

from credit_records.rules.field_specs import FieldSpec, FieldType, ItemSpec, Role


class Question(StrEnum):
    WHO = "who"
    WHAT = "what"
    BASIS = "basis"
    DECISION = "decision"
    WHEN = "when"
    BY_WHOM = "by_whom"


_OF_ROLE: dict[Role, Question] = {
    Role.SUBJECT_NAME: Question.WHO,
    Role.SUBJECT_CATEGORY: Question.WHO,
    Role.SUBJECT_CODE: Question.WHO,
    Role.REGISTRATION_NUMBER: Question.WHO,
    Role.ORGANISATION_CODE: Question.WHO,
    Role.TAX_NUMBER: Question.WHO,
    Role.INSTITUTION_NUMBER: Question.WHO,
    Role.SOCIAL_ORG_NUMBER: Question.WHO,
    Role.LEGAL_REPRESENTATIVE: Question.WHO,
    Role.LEGAL_REPRESENTATIVE_ID_TYPE: Question.WHO,
    Role.LEGAL_REPRESENTATIVE_ID: Question.WHO,
    Role.PERSON_ID_TYPE: Question.WHO,
    Role.PERSON_ID: Question.WHO,
    Role.DOCUMENT_NAME: Question.BASIS,
    Role.DOCUMENT_NUMBER: Question.BASIS,
    Role.LEGAL_BASIS: Question.BASIS,
    Role.KINDS: Question.DECISION,
    Role.SEVERITY: Question.DECISION,
    Role.FINE: Question.DECISION,
    Role.CONFISCATED: Question.DECISION,
    Role.STATE: Question.DECISION,
    Role.REMARK: Question.DECISION,
    Role.DECISION_DATE: Question.WHEN,
    Role.VALID_FROM: Question.WHEN,
    Role.VALID_UNTIL: Question.WHEN,
    Role.PUBLICITY_DEADLINE: Question.WHEN,
    Role.AUTHORITY_NAME: Question.BY_WHOM,
    Role.AUTHORITY_CODE: Question.BY_WHOM,
    Role.SOURCE_NAME: Question.BY_WHOM,
    Role.SOURCE_CODE: Question.BY_WHOM,
}
_BASIS_TITLE = "依据"

TITLES: dict[Question, str] = {
    Question.WHO: "谁",
    Question.WHAT: "做了什么",
    Question.BASIS: "依据什么",
    Question.DECISION: "怎么决定的",
    Question.WHEN: "什么时候",
    Question.BY_WHOM: "谁公布",
}
_DECISION_TITLES = {
    "penalty": "怎么处罚的",
    "licence": "许可了什么",
    "inspection": "检查结果怎样",
    "breach": "怎么认定的",
}


def title_of(question: Question, kind: str) -> str:
    """The question as it is asked of an item of this kind (a penalty: 怎么处罚的)."""
    if question is Question.DECISION:
        return _DECISION_TITLES.get(kind, TITLES[question])
    return TITLES[question]


def _is_basis(field: FieldSpec) -> bool:
    return field.role is Role.LEGAL_BASIS or (field.role is None and field.title.endswith(_BASIS_TITLE))


def by_question(spec: ItemSpec) -> dict[Question, tuple[FieldSpec, ...]]:
    """Every column of a version under the question it answers, in the order of the template."""
    positions = [place for place, field in enumerate(spec.fields) if _is_basis(field)]
    basis = positions[0] if positions else -1
    groups: dict[Question, list[FieldSpec]] = {question: [] for question in Question}
    for place, field in enumerate(spec.fields):
        if field.role is not None:
            question = _OF_ROLE[field.role]
        elif _is_basis(field):
            question = Question.BASIS
        elif field.type is FieldType.DATE:
            question = Question.WHEN
        else:
            question = Question.WHAT if place < basis else Question.DECISION
        groups[question].append(field)
    return {question: tuple(fields) for question, fields in groups.items()}
