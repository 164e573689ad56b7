"""Recordings: sound and film, told from their frames and boxes."""

from __future__ import annotations

from typing import IO

from . import file_refusals as refuse
from .file_types import M4A, MP3, MP4, WAV, FileType

_BRANDS = {
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"M4VP", b"MSNV",
    b"dash", b"f4v ",
}  # fmt: skip
_SOUND_BRANDS = {b"M4A ", b"M4B "}
_OTHER_BRANDS = (
    ((b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis"), "这是手机的HEIC照片，请另存为jpg"),
    ((b"avif", b"avis"), "这是AVIF图片，请另存为jpg"),
    ((b"qt  ",), "这是MOV录像，请转存为mp4"),
    ((b"3gp", b"3g2"), "这是3GP录音录像，请转存为mp3或者mp4"),
)
_MOST_BOXES = 100_000
# Kilobits of layer III by MPEG-1 and MPEG-2, samples a second by version.
_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SEARCHED = 8192


def recording_of(stream: IO[bytes], head: bytes, size: int) -> FileType | None:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        if b"fmt " not in head:
            raise refuse.damaged()
        return WAV
    if head[4:8] == b"ftyp":
        return _film(stream, head, size)
    if head.startswith(b"ID3"):
        if not _sounds(stream, _after_tag(head), size, _SEARCHED):
            raise refuse.damaged()
        return MP3
    return MP3 if _sounds(stream, 0, size, 1) else None


def _film(stream: IO[bytes], head: bytes, size: int) -> FileType:
    brand = head[8:12]
    for brands, what in _OTHER_BRANDS:
        if brand.startswith(brands):
            raise refuse.not_allowed(what)
    if brand not in _BRANDS | _SOUND_BRANDS:
        raise refuse.not_allowed("无法识别这个录音录像的格式")
    _walk(stream, size)
    return M4A if brand in _SOUND_BRANDS else MP4


def _walk(stream: IO[bytes], size: int) -> None:
    """A recording that was cut off misses its index, or ends inside a box."""
    place, found, boxes = 0, False, 0
    while place + 8 <= size and boxes < _MOST_BOXES:
        boxes += 1
        stream.seek(place)
        header = stream.read(16)
        length, name = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        elif length == 0:
            length = size - place
        if length < 8 or place + length > size:
            raise refuse.damaged("(录制没有完整保存)")
        found = found or name == b"moov"
        place += length
    if not found:
        raise refuse.damaged("(录制没有完整保存)")


def _after_tag(head: bytes) -> int:
    """Where the sound begins behind the titles; their length is written with seven bits a byte."""
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return 10 + length + (10 if len(head) > 5 and head[5] & 0x10 else 0)


def _sounds(stream: IO[bytes], place: int, size: int, searched: int) -> bool:
    """Whether a frame of layer III begins there, followed by another: two bytes alone may be anything."""
    stream.seek(min(place, size))
    window = stream.read(searched + 4096)
    for start in range(min(searched, max(0, len(window) - 3))):
        length = _frame_length(window[start : start + 4])
        if not length:
            continue
        after = start + length
        if place + after == size or _frame_length(window[after : after + 4]):
            return True
    return False


def _frame_length(frame: bytes) -> int:
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return 0
    version, layer = frame[1] >> 3 & 3, frame[1] >> 1 & 3
    rate, sample, padding = frame[2] >> 4, frame[2] >> 2 & 3, frame[2] >> 1 & 1
    if version == 1 or layer != 1 or rate in (0, 15) or sample == 3:
        return 0
    rates = _RATES_1 if version == 3 else _RATES_2
    factor = 144 if version == 3 else 72
    return factor * rates[rate] * 1000 // _SAMPLES[version][sample] + padding
