"""The name a file is kept and handed out under: readable, without folders, harmless on every machine."""

from __future__ import annotations

import re
import unicodedata

from .file_types import TYPES, FileType

LONGEST = 120
NAMELESS = "未命名"
_DROPPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Control characters, direction marks and other signs without ink, half surrogates, line ends."""
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.I)
_SUFFIX = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,4})$")
_KNOWN = {ending for kind in TYPES.values() for ending in kind.endings}
_DANGEROUS = {
    "exe", "com", "scr", "pif", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "lnk", "msi", "ps1", "jar", "cpl",
    "dll", "reg", "chm", "url", "apk", "sh", "php", "asp", "aspx", "jsp", "htm", "html", "xhtml", "svg", "xml", "mht", "docm",
    "xlsm", "dotm", "xlam", "zip", "rar", "7z", "iso", "img",
}  # fmt: skip


def clean_line(text: str) -> str:
    """One line of text: signs without ink gone, every blank a single space."""
    spaced = "".join(" " if char.isspace() else char for char in text)
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
    return " ".join(unicodedata.normalize("NFC", kept).replace("\ufffd", "").split())


def _mended(name: str) -> str:
    """A name in GB18030 that arrived as half surrogates becomes readable again."""
    if name.isascii():
        return name
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "ignore").decode("utf-8")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _trimmed(name: str) -> str:
    return name.strip().lstrip(". ").rstrip(". ")


def clean_name(name: str) -> str:
    """The sender's name for a file without folders, control and direction characters, at most 120 characters long."""
    last = clean_line(_mended(name).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1])
    last = _trimmed(_FORBIDDEN.sub("_", last))
    if not last:
        return NAMELESS
    if _RESERVED.match(last):
        last = f"_{last}"
    return _shortened(last)


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    ending = _SUFFIX.search(name)
    kept = ending[0] if ending else ""
    return (_trimmed(name[: LONGEST - len(kept)]) or NAMELESS) + kept


def name_as(name: str, kind: FileType) -> str:
    """The clean name with the ending of what the file really is; endings that lie about it are taken off."""
    stem = clean_name(name)
    while (suffix := _SUFFIX.search(stem)) is not None:
        ending = suffix[1].lower()
        if ending not in _KNOWN | _DANGEROUS:
            break
        stem = _trimmed(stem[: suffix.start()]) or NAMELESS
    return clean_name(f"{stem[: LONGEST - len(kind.ending) - 1].rstrip('. ')}.{kind.ending}")


def title_of(name: str) -> str:
    """The name without its ending, as a title when none was given."""
    return name.rpartition(".")[0] or name
