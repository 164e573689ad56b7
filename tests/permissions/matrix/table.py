"""The tables (`tables/*.txt`): who gets what at every address.

A line names an address and what GET and POST answer there. `A ! B` means: A get the page or may do it, B see the thing and are
told 403, to everybody else it is not there (404); `*` stands for everybody else. A number before A is what they get instead (405: the page
is theirs, but not by this method); a number alone is the answer to all who are signed in. Who is not signed in is sent to the sign-in everywhere, but where the line ends in `public`.

People are written as in `people`: a role stands for its holder at the own place, `clerk@other,below` for those elsewhere, `clerk@*` for
all. Those with a grant that is over, taken back or to come are where `other` is, the three administrators and whoever has no role get with a
grant what they get without. `@keeping` are the places of an office that keeps what all share: of a city or above. `let-in` are all who
have been let in to the record and the cases by a grant in force, to themselves or to their body. `name = ...` gives a set of people a name within its file; the names below serve in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .asking import FORBIDDEN, MISSING, OK, SIGN_IN
from .people import EVERYBODY, INVITED, LAPSED, LET_IN_NOWHERE, NOBODY

TABLES = Path(__file__).parent / "tables"
SIGNED_IN = frozenset(EVERYBODY) - {NOBODY}
_GROUPS = {
    "department": ("clerk", "reviewer"),
    "office": ("officer", "approver", "supervisor"),
    "deciders": ("officer", "approver"),
    "business": ("clerk", "reviewer", "officer", "approver", "supervisor"),
    "keepers": ("auditor", "sysadmin", "secadmin"),
}
_KEEPING = ("own", "other", "above", "granted", INVITED)
_LET_IN = frozenset(
    one
    for one in EVERYBODY
    if one.endswith(("@granted", f"@{INVITED}")) and one.partition("@")[0] not in LET_IN_NOWHERE
)


@dataclass(frozen=True)
class Cell:
    done: frozenset[str]
    refused: frozenset[str]
    right: str = OK
    """The answer to those who may."""

    def answer(self, who: str) -> str:
        return self.right if who in self.done else FORBIDDEN if who in self.refused else MISSING


@dataclass(frozen=True)
class Row:
    get: Cell
    post: Cell
    public: bool

    def answer(self, who: str, method: str) -> str:
        if who == NOBODY and not self.public:
            return SIGN_IN
        return (self.get if method == "get" else self.post).answer(who)


def rows() -> dict[str, Row]:
    found: dict[str, Row] = {}
    for path in sorted(TABLES.glob("*.txt")):
        named: dict[str, frozenset[str]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            if "|" in line:
                address, get, post = (part.strip() for part in line.split("|"))
                assert address not in found, f"{path.name}:{number}: {address} has a line already"
                public = post.endswith(" public")
                cells = (_cell(text, named) for text in (get, post.removesuffix(" public")))
                found[address] = Row(*cells, public)
            else:
                name, text = (part.strip() for part in line.split("=", 1))
                named[name] = _people(text, named)
    return found


def _cell(text: str, named: dict[str, frozenset[str]]) -> Cell:
    first, _, rest = text.strip().partition(" ")
    right = first if first.isdigit() else OK
    done, _, refused = (rest or "*" if first.isdigit() else text).partition("!")
    return Cell(_people(done, named), _people(refused, named), right)


def _people(text: str, named: dict[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    for token in text.split():
        base, _, places = token.partition("@")
        if token == "-":
            continue
        if token == "*":
            found |= {*SIGNED_IN, NOBODY}
        elif token == "let-in":
            found |= _LET_IN
        elif token in named:
            found |= named[token]
        else:
            for role in _GROUPS.get(base, (base,)):
                found |= _placed(role, places or "own")
    return frozenset(found)


def _placed(role: str, places: str) -> set[str]:
    wanted = set(places.split(","))
    if "keeping" in wanted:
        wanted |= {*_KEEPING}
    if "other" in wanted:
        wanted |= {*LAPSED}
    if role in LET_IN_NOWHERE:
        wanted = {"*"}
    there = {
        one
        for one in EVERYBODY
        if one.partition("@")[0] == role and ("*" in wanted or (one.partition("@")[2] or "own") in wanted)
    }
    assert there, f"nobody is {role}@{places}"
    return there
