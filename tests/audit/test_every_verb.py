"""Every verb of the product leaves an event, and every event has a name that an auditor can read.

Read from the code itself, so that a service written tomorrow is asked as well. That a refusal is told too is no matter of the single service:
`Refused` and the policies' answers go through `audit.acts` and `audit.afterwards` (test_told_afterwards.py, test_running.py).
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import get_resolver

from backoffice.labels import named_verbs, verb_label

ROOT = Path(__file__).resolve().parent.parent.parent
TELLING = frozenset({"act", "note", "event_of"})
VERB = re.compile(r"[a-z_]+\.[a-z_]+").fullmatch
WORD = re.compile(r"[a-z_]+(\.[a-z_]+)?").fullmatch
OF_THE_DEMO = "demo."


@cache
def modules() -> dict[Path, ast.Module]:
    rooms = [Path(config.path) for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
    paths = [path for room in rooms for path in sorted(room.rglob("*.py")) if "migrations" not in path.parts]
    return {
        path.relative_to(ROOT): _under_their_own_names(ast.parse(path.read_text("utf-8"))) for path in paths
    }


def _under_their_own_names(tree: ast.Module) -> ast.Module:
    """`from audit.acts import note as journal`: a note all the same."""
    imports = [
        one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.module == "audit.acts"
    ]
    renamed = {one.asname: one.name for node in imports for one in node.names if one.asname}
    for node in ast.walk(tree) if renamed else ():
        if isinstance(node, ast.Name) and node.id in renamed:
            node.id = renamed[node.id]
    return tree


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


# --- names of verbs ----------------------------------------------------------------------------------------------


def _text(node: ast.AST | None, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def _constants(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = _text(node.value, {})
            if value is not None:
                found[node.targets[0].id] = value
    return found


def _template(node: ast.AST) -> tuple[str, str, str] | None:
    """`verb` or `f"case.{verb}"`: what stands before and after the name, and the name."""
    if isinstance(node, ast.Name):
        return "", "", node.id
    if isinstance(node, ast.JoinedStr):
        texts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
        names = [part.value.id for part in node.values if isinstance(part, ast.FormattedValue)
                 and isinstance(part.value, ast.Name)]  # fmt: skip
        if len(names) == 1 and texts.count(None) == 1:
            place = texts.index(None)
            return "".join(texts[:place]), "".join(texts[place + 1 :]), names[0]
    return None


def _ways() -> dict[str, list[tuple[str, str, str, int]]]:
    """Functions that are given the verb, or its end, by whoever calls them."""
    found = defaultdict(list)
    for tree in modules().values():
        if not any(
            name_of(call) in TELLING and call.args and _template(call.args[0]) for call in calls(tree)
        ):
            continue
        for function in functions(tree):
            names = [one.arg for one in [*function.args.posonlyargs, *function.args.args]]
            for call in calls(function):
                about = _template(call.args[0]) if name_of(call) in TELLING and call.args else None
                if about and about[2] in names + [one.arg for one in function.args.kwonlyargs]:
                    place = names.index(about[2]) if about[2] in names else -1
                    found[function.name].append((*about, place))
    return found


def verbs_of_the_product() -> dict[str, Path]:
    found: dict[str, Path] = {}
    ways = {name: ways for name, ways in _ways().items() if name not in TELLING}
    for path, tree in modules().items():
        constants = _constants(tree)
        for call in calls(tree):
            if name_of(call) in TELLING and call.args:
                verb = _text(call.args[0], constants)
                if verb is not None:
                    found.setdefault(verb, path)
            for before, after, parameter, place in ways.get(name_of(call), ()):
                given = next((one.value for one in call.keywords if one.arg == parameter), None)
                if given is None and 0 <= place < len(call.args):
                    given = call.args[place]
                word = _text(given, constants)
                if word is not None and WORD(word) and VERB(before + word + after):
                    found.setdefault(before + word + after, path)
    return found


VERBS = verbs_of_the_product()


def test_the_search_finds_verbs_written_out_and_verbs_put_together():
    for verb in (
        "batch.submit", "account.deactivate", "personal.read", "case.accept", "calendar.propose", "record.publish",
        "server.start", "settings.change",
    ):  # fmt: skip
        assert verb in VERBS, verb
    assert len(VERBS) > 150


@pytest.mark.parametrize("verb", sorted(verb for verb in VERBS if not verb.startswith("test.")))
def test_every_verb_has_a_name_for_the_auditor(verb):
    _ = get_resolver().url_patterns  # the rooms name their verbs with their pages
    assert verb_label(verb) != verb, f"{verb} ({VERBS[verb]}) has no name: backoffice.labels.name_verbs"
    assert re.search("[一-鿿]", verb_label(verb))


def test_no_name_stands_for_two_verbs_of_one_kind():
    """A filter with the same line twice cannot be used."""
    twice = defaultdict(set)
    for verb, label in named_verbs().items():
        twice[verb.partition(".")[0], label].add(verb)
    assert [verbs for verbs in twice.values() if len(verbs) > 1] == []


# --- services ------------------------------------------------------------------------------------------------------


def _services() -> list[tuple[str, ast.FunctionDef]]:
    found = []
    for path, tree in modules().items():
        if "services" not in path.parts and path.stem != "services":
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                names = [one.arg for one in [*node.args.args, *node.args.kwonlyargs]]
                if "actor" in names:
                    found.append((f"{path}:{node.name}", node))
    return found


SERVICES = _services()
NOT_A_VERB = {
    "accounts/services/keeping.py:require_keeper": "asks for the right",
    "casework/services/evidence.py:obstacle_to_removal": "answers whether it could be done",
    "casework/services/evidence.py:obstacle_to_sharing": "answers whether it could be done",
    "casework/services/leaving.py:end_substitutions": "part of `leave`, inside its act",
    "casework/services/news.py:tell_received": "notices, inside the act of the registration",
    "casework/services/notices.py:read": "that somebody has read their own news is nobody's business",
    "casework/services/notices.py:read_all": "as `read`",
    "casework/services/reminders.py:require_system": "asks for the right",
    "casework/services/views.py:remove_view": "a person's own bookmark",
    "casework/services/views.py:save_view": "a person's own bookmark",
    "commitments/services/publishing_batches.py:queue_telling": "has a job do it, which tells",
    "credit_records/services/batch_steps.py:obstacle": "answers whether it could be done",
    "credit_records/services/classifying.py:obstacle": "answers whether it could be done",
    "credit_records/services/records.py:obstacle": "answers whether it could be done",
}


def called_in(tree: ast.AST, imported: frozenset[str]) -> set[str]:
    """Functions called by their name, or by that of the module they stand in; methods of objects tell nothing here."""
    plain = {call.func.id for call in calls(tree) if isinstance(call.func, ast.Name)}
    of_modules = {
        call.func.attr for call in calls(tree)
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id in imported
    }  # fmt: skip
    return plain | of_modules


@cache
def imported_in(path: Path) -> frozenset[str]:
    nodes = [node for node in ast.walk(modules()[path]) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return frozenset((one.asname or one.name).partition(".")[0] for node in nodes for one in node.names)


@cache
def telling_functions() -> frozenset[str]:
    """Names of functions of modules that write an event, themselves or by another; to a fixed point."""
    called = defaultdict(set)
    for path, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                called[node.name] |= called_in(node, imported_in(path))
    telling = set(TELLING)
    while True:
        more = {name for name, names in called.items() if names & telling} - telling
        if not more:
            return frozenset(telling)
        telling |= more


@pytest.mark.parametrize("name", [name for name, _ in SERVICES if name not in NOT_A_VERB])
def test_every_service_that_somebody_does_leaves_an_event(name):
    path = Path(name.partition(":")[0])
    assert called_in(dict(SERVICES)[name], imported_in(path)) & telling_functions(), name


def test_the_services_are_found_and_what_is_excepted_is_there():
    assert len(SERVICES) > 150
    assert set(NOT_A_VERB) <= {name for name, _ in SERVICES}
