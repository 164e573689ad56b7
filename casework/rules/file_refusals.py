"""The refusals that several kinds of evidence files share."""

from __future__ import annotations

from audit.faults import Refused

ACCEPTED_IN_WORDS = (
    "可以提交：PDF、OFD、Word(docx、doc)、Excel(xlsx、xls)、图片(jpg、png、bmp、tif)、文本(txt)、"
    "录音录像(mp3、wav、m4a、mp4)。"
)


def damaged(what: str = "") -> Refused:
    return Refused(
        "evidence.damaged", f"文件损坏或者不完整，打不开{what}。请在自己的电脑上打开核对，重新导出后再上传。"
    )


def encrypted() -> Refused:
    return Refused("evidence.encrypted", "文件有打开密码，办理的人打不开。请取消密码，另存后再上传。")


def macros() -> Refused:
    return Refused(
        "evidence.macros",
        "文件里有宏，可能会自动运行，不能收。请另存为不带宏的docx、xlsx，或者导出为PDF后再上传。",
    )


def bomb() -> Refused:
    return Refused(
        "evidence.bomb", "文件展开后异常庞大，已停止读取。请确认文件来源；内容正常的，请导出为PDF后再上传。"
    )


def not_allowed(what: str) -> Refused:
    """A type that is not in the table, called by its name where that is known."""
    return Refused("evidence.type", f"{what}，不能作为材料提交。{ACCEPTED_IN_WORDS}")


def archive() -> Refused:
    return Refused("evidence.archive", f"这是压缩包。请解压后逐个上传里面的材料。{ACCEPTED_IN_WORDS}")


def program() -> Refused:
    return Refused("evidence.program", "这是程序或者脚本，不能收。请核对文件来源，不要打开它。")


def web_page() -> Refused:
    return Refused(
        "evidence.web_page",
        "这是网页或者矢量图，打开时会运行其中的内容，不能收。请打印成PDF或者截图后再上传。",
    )


def too_large(size: int, limit: int, what: str) -> Refused:
    shown, most = size / 1024 / 1024, limit // 1024 // 1024
    return Refused(
        "evidence.too_large",
        f"{what}有{shown:.1f}MB，超过{most}MB的上限。请降低扫描或者录制的清晰度，或者分成几个文件。",
    )
