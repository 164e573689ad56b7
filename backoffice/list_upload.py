"""Pages that take a filled-in list in: the form for the file, and how its faults are told by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms


class ListFileForm(forms.Form):
    """One workbook; what is in it is judged by the service that takes it in."""

    file = forms.FileField(
        label="工作簿",
        max_length=400,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv", "class": "ca-file"}),
        help_text="可以是xlsx、xls或者csv，最多2000行。",
        error_messages={
            "required": "请选择文件。",
            "empty": "文件是空的，请核对。",
            "max_length": "文件名过长，请改短。",
        },
    )


def faults_by_column(
    faults: Iterable[Any], letters: Mapping[str, str], titles: Mapping[str, str]
) -> list[dict[str, str]]:
    """Each fault (code, column, message) with the column as the office sees it: its letter, where the sheet has it, and its title."""
    return [
        {
            "column": f"{letters[one.column]}列 {titles[one.column]}"
            if one.column in letters
            else titles[one.column],
            "message": one.message,
            "code": one.code,
        }
        for one in faults
    ]
