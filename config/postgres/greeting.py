"""Asks a server on a Unix socket whether it takes connections, cheaply enough for every command."""

import socket
import struct
from pathlib import Path
from typing import NamedTuple

ACCEPTED = "00000"
NO_SUCH_DATABASE = "3D000"
CANNOT_CONNECT_NOW = "57P03"
TOO_MANY_CONNECTIONS = "53300"


class Answer(NamedTuple):
    sqlstate: str
    message: str


def greet(path: Path, user: str, database: str, *, timeout: float = 5) -> Answer | None:
    """The server's answer to a connection; None when nobody listens there.

    Speaks the first messages of the wire protocol itself: unlike the driver this tells the SQLSTATE of a
    refusal. A merely open socket is no proof, because a recovering server listens and refuses.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(path))
            fields = b"user\0" + user.encode() + b"\0database\0" + database.encode() + b"\0\0"
            body = struct.pack("!i", 3 << 16) + fields
            connection.sendall(struct.pack("!i", len(body) + 4) + body)
            return _verdict(connection)
        except (FileNotFoundError, ConnectionError):
            return None
        except (TimeoutError, BlockingIOError):
            return Answer(CANNOT_CONNECT_NOW, "no answer within the time allowed")


def _verdict(connection: socket.socket) -> Answer | None:
    with connection.makefile("rb") as stream:
        while len(header := stream.read(5)) == 5:
            kind, size = header[:1], struct.unpack("!i", header[1:])[0]
            body = stream.read(size - 4)
            if kind == b"Z":
                connection.sendall(b"X\0\0\0\4")
                return Answer(ACCEPTED, "")
            if kind == b"E":
                fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
                return Answer(fields.get(b"C", ""), fields.get(b"M", ""))
    return None
