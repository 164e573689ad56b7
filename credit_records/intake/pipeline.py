"""From a stored file to staged, judged rows: reading, checking, staging and matching in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from pathlib import Path

from accounts.models import Department
from accounts.sealing import blind_index, seal
from credit_records.intake import staging
from credit_records.intake.cells import Sealing
from credit_records.intake.checking import Ground, check_rows
from credit_records.intake.matching import Counts
from credit_records.intake.reading import FieldTitle, FileRefused, open_sheet
from credit_records.intake.sinks import place_of, sink_of
from credit_records.models import CatalogueItem, IntakeBatch
from credit_records.rules.field_specs import ItemSpec, Requirement, Role
from credit_records.selectors.catalogue import publicity_rules, versions_ever_in_force

# So few that a chunk stays in the processor's cache on its way from the file to the database.
_ROWS_AT_A_TIME = 250


def field_titles(versions: Sequence[tuple[int, ItemSpec]]) -> list[FieldTitle]:
    """The columns that a file may have: those of the newest version, and of older ones for older decisions."""
    titles: dict[str, FieldTitle] = {}
    for newest, (_, spec) in zip([True, *[False] * len(versions)], versions, strict=False):
        for field in spec.fields:
            titles.setdefault(
                field.code,
                FieldTitle(
                    code=field.code,
                    title=field.title,
                    required=newest and field.required is Requirement.YES,
                    aliases=field.aliases,
                ),
            )
    return list(titles.values())


class _LazyTemplates(Mapping[str, list[FieldTitle]]):
    """The templates of the other items by name, looked up only when a file does not fit its own."""

    def __init__(self, item: CatalogueItem) -> None:
        self.others = CatalogueItem.objects.exclude(pk=item.pk).exclude(kind__in=CatalogueItem.BY_DECISION)

    @cached_property
    def templates(self) -> dict[str, list[FieldTitle]]:
        found = ((item.name, versions_ever_in_force(item)) for item in self.others)
        return {name: field_titles(versions) for name, versions in found if versions}

    def __getitem__(self, name: str) -> list[FieldTitle]:
        return self.templates[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.templates)

    def __len__(self) -> int:
        return len(self.templates)


def ground_for(department: Department, item: CatalogueItem, *, today: date) -> Ground:
    """What the check of this department's rows must know (four queries).

    Raises `FileRefused` when the item has no version in force: no record without a legal basis.
    """
    versions = versions_ever_in_force(item)
    if not versions:
        raise FileRefused(
            "catalogue.not_in_force", f"“{item.name}”没有施行中的目录版本，没有依据的事项不能报送。"
        )
    others = Department.objects.exclude(pk=department.pk).exclude(parent=department)
    if item.by_decision:
        others = others.none()  # the office may have decided on a matter of the department's
    return Ground(
        department_code=department.code,
        department_name=department.name,
        other_departments=dict(others.values_list("code", "name")),
        versions=versions,
        publicity=publicity_rules(),
        today=today,
        sealing=Sealing(seal, blind_index),
        checks=sink_of(item).checks,
    )


def check_file(
    batch: IntakeBatch,
    path: Path,
    *,
    today: date,
    progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> Counts:
    """Judge every row of a batch's file; what an earlier check left is replaced. Raises `FileRefused`."""
    ground = ground_for(batch.department, batch.item, today=today)
    staging.clear(batch.pk)
    with open_sheet(
        path,
        file_name=batch.file_name,
        fields=field_titles(ground.versions),
        other_templates=_LazyTemplates(batch.item),
    ) as sheet:
        places = {
            column.field_code: (column.index, column.title.strip().strip("*＊"))
            for column in sheet.columns
            if column.field_code is not None
        }
        progress(0, sheet.total_rows)
        rows = staging.stage(
            batch.pk,
            check_rows(ground, sheet.field_codes, places, sheet.chunks(_ROWS_AT_A_TIME)),
            progress=lambda done: progress(done, sheet.total_rows),
        )
        if not rows:
            raise FileRefused(
                "file.empty", "表头之后没有数据行，请填写后再上传；本月没有决定的请办理零报送。"
            )
        batch.layout = {
            "sheet": asdict(sheet.layout),
            "other_tables": list(sheet.other_tables),
            "columns": [[c.index, c.title, c.field_code] for c in sheet.columns],
            "unknown": list(sheet.unknown_titles),
            "document_column": _document_column(ground.versions[0][1], places),
        }
    sink, place = sink_of(batch.item), place_of(batch)
    sink.reject_repeats(batch, place)
    return sink.match(batch, place)


def _document_column(spec: ItemSpec, places: dict[str, tuple[int, str]]) -> tuple[int | None, str]:
    """Where remarks on the record as a whole are shown: at its document number."""
    field = spec.field_by_role(Role.DOCUMENT_NUMBER)
    return (None, "") if field is None else places.get(field.code, (None, field.title))
