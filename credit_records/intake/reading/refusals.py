"""Why a file as a whole cannot be used, and how much of a file is accepted."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1024 * 1024


class FileRefused(Exception):
    """The whole file is turned away before any row is judged.

    `code` is stable (programs and statistics rely on it), `message` is the sentence the clerk reads: what
    is wrong and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is refused.

    A month of a department has tens of thousands of rows and some thirty columns at most; the limits leave
    room above that and keep a hostile file from taking the memory of the server. `max_cells` bounds the
    rectangle that a workbook spans (the reader keeps all of it in memory, 32 bytes a cell).
    """

    max_file_bytes: int = 100 * MEGABYTE
    max_rows: int = 200_000
    max_columns: int = 500
    max_cells: int = 12_000_000
    max_formulas: int = 500_000
    max_unpacked_bytes: int = 1536 * MEGABYTE
    max_strings_bytes: int = 400 * MEGABYTE
    max_entries: int = 5_000
    max_ratio: int = 200
    ratio_counts_from: int = 8 * MEGABYTE
    header_within: int = 30


def too_many_columns(most: int, where: str, columns: int, detail: str = "") -> FileRefused:
    return FileRefused(
        "file.too_many_columns",
        f"{where}有 {columns} 列{detail}，超过 {most} 列的上限。请删去右侧多余的列后重新上传。",
    )


def damaged(detail: str = "") -> FileRefused:
    """The file has the right kind but cannot be read to its end."""
    return FileRefused(
        "file.damaged",
        f"文件已损坏或不完整，无法读取{detail}。请用 Excel 或 WPS 打开并另存为 .xlsx 后重新上传。",
    )


def encrypted() -> FileRefused:
    return FileRefused(
        "file.encrypted",
        "文件设有打开密码或加密保护，无法读取。请在 Excel 或 WPS 中取消密码，另存后重新上传。",
    )


def not_a_workbook(what: str) -> FileRefused:
    return FileRefused(
        "file.not_a_workbook",
        f"{what}，不是可以读取的表格。请上传 .xlsx、.xlsm、.xls 或 .csv 文件；"
        "如能用 Excel 或 WPS 打开，请另存为 .xlsx 再上传。",
    )
