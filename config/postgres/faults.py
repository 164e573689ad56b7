"""What the embedded PostgreSQL says when it cannot help."""

HINTS = {
    "No space left on device": "The disk is full: free some space and try again.",
    "Read-only file system": "The folder is on a read-only file system.",
    "Permission denied": "The folder, or one above it, does not let this user in.",
    "pg_trgm": "This PostgreSQL was installed without its extensions (postgresql-contrib).",
}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot be used; the message says why and what the person at the keyboard can do."""


def with_hint(said: str) -> str:
    """What the system or the server said, and what to do about it where that is known."""
    hints = [hint for sign, hint in HINTS.items() if sign in said]
    return "\n".join([said, *hints, "A real server can be named in DATABASE_URL instead."])
