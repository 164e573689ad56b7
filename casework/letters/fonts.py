"""Which of the machine's fonts draw a letter: those that GB/T 9704 names where the machine has them, else the free ones.

GB/T 9704-2012, 5.2.2 and 7: text 3号仿宋, title 2号小标宋, first headings 黑体. These fonts may not be handed on with the
product; Debian's fonts-noto-cjk stands in for them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

INSTALL = (
    "这台服务器没有中文字体，不能生成PDF。请系统管理员在服务器上执行“apt install fonts-noto-cjk”后再试；"
    "现在可以先打开打印页打印。"
)

_SONG = (
    "Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "Source Han Serif CN", "SimSun", "NSimSun", "STSong"
)  # fmt: skip
TEXT = (
    "FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FZFangSong-Z02", "FZFangSong-Z02S", *_SONG
)  # fmt: skip
_SMALL_TITLE = (
    "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "方正小标宋_GBK", "FZXBSJW--GB1-0", "FZXiaoBiaoSong"
)  # fmt: skip
_SANS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Zen Hei")
HEADING = ("SimHei", "黑体", "STHeiti", *_SANS)


class FontsMissing(Exception):
    """The machine has no Chinese font; the message says what to install."""

    def __init__(self) -> None:
        super().__init__(INSTALL)


@dataclass(frozen=True)
class FontChoice:
    text: str
    title: str
    title_weight: str
    """小标宋 is heavy by itself; a 宋体 in its place is set bold."""
    heading: str


def choose(families: Collection[str]) -> FontChoice:
    """Of the families the machine has; raises `FontsMissing` when there is no Chinese one."""
    present = {family.casefold(): family for family in families}

    def first(wanted: tuple[str, ...]) -> str | None:
        return next((present[name.casefold()] for name in wanted if name.casefold() in present), None)

    heading = first(HEADING)
    text = first(TEXT) or heading
    if text is None:
        raise FontsMissing
    small_title = first(_SMALL_TITLE)
    title = small_title or first(_SONG) or text
    return FontChoice(text, title, "regular" if small_title else "bold", heading or text)
