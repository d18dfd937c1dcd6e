"""What each module may do is written in the source, and a breach is noticed."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.lotsen import ROOT

SOURCES = sorted((ROOT / "lotsen").rglob("*.py"))
Rule = Callable[[ast.Module], Iterator[ast.AST]]

_LIFECYCLES = {"GuideRequest", "Assignment"}
_NOW = {"now", "utcnow", "today"}


def status_writes(tree: ast.Module) -> Iterator[ast.AST]:
    """Find what writes a status: attributes, setattr, bulk updates, and rows born with one (but drafts)."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            yield from (one for one in targets if isinstance(one, ast.Attribute) and one.attr == "status")
        if isinstance(node, ast.Call):
            named = {one.arg: one.value for one in node.keywords}
            if _name(node) == "setattr" and isinstance(node.args[1], ast.Constant):
                yield from [node] if node.args[1].value == "status" else []
            if _name(node) in ("update", "insert") and _LIFECYCLES & set(map(_name, node.args)):
                yield node
            if (
                _name(node) in _LIFECYCLES
                and "status" in named
                and ast.unparse(named["status"]) != "RequestStatus.DRAFT"
            ):
                yield node


def commits(tree: ast.Module) -> Iterator[ast.AST]:
    """Find whatever ends a transaction by saving it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = ast.unparse(node.func)
            if node.func.attr == "commit" or text.endswith("engine.begin") or "sessionmaker" in text:
                yield node


def clocks(tree: ast.Module) -> Iterator[ast.AST]:
    """Find whatever asks what time it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            is_now = node.func.attr in _NOW and owner.rpartition(".")[2] in ("datetime", "date", "func")
            if is_now or ast.unparse(node.func) in ("time.time", "func.current_timestamp"):
                yield node
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (one for one in node.names if one.name == "time")


def prints(tree: ast.Module) -> Iterator[ast.AST]:
    """Find what writes to the terminal past click and the log."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node) in ("print", "pprint"):
            yield node


def late_imports(tree: ast.Module) -> Iterator[ast.AST]:
    """Find imports that wait inside functions, where they hide a circle."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from (one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom))
        if isinstance(node, ast.Call) and _name(node) in ("import_module", "__import__"):
            yield node


def _name(node: ast.AST) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    return getattr(node, "id", None) or getattr(node, "attr", "")


# rule, the only modules where it may be broken, a breach
RULES: list[tuple[Rule, set[str], str]] = [
    (status_writes, {"services/workflow.py", "errors.py"}, "request.status = RequestStatus.OPEN"),
    (status_writes, {"services/workflow.py"}, "update(GuideRequest).values(status='open')"),
    (status_writes, {"services/workflow.py"}, "setattr(request, 'status', 'open')"),
    (status_writes, {"services/workflow.py"}, "Assignment(status=AssignmentStatus.OFFERED)"),
    (commits, {"database.py"}, "session.commit()"),
    (commits, {"database.py"}, "with engine.begin() as connection: pass"),
    (clocks, {"clock.py"}, "datetime.now(UTC)"),
    (clocks, {"clock.py"}, "datetime.date.today()"),
    (clocks, {"clock.py"}, "time.time()"),
    (clocks, {"clock.py"}, "func.now()"),
    (prints, set(), "print('here')"),
    (late_imports, set(), "def f():\n    from lotsen import clock"),
    (late_imports, set(), "importlib.import_module('lotsen.clock')"),
]


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in RULES), ids=lambda rule: rule.__name__)
def test_the_rule_holds_in_every_module(rule: Rule) -> None:
    allowed = next(modules for known, modules, _ in RULES if known is rule)
    found: list[str] = []
    for path in SOURCES:
        name = path.relative_to(ROOT / "lotsen").as_posix()
        if name not in allowed:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{name}:{getattr(node, 'lineno', 0)} {ast.unparse(node)[:80]}" for node in rule(tree)]
    assert found == []


@pytest.mark.parametrize(("rule", "breach"), [(rule, breach) for rule, _, breach in RULES])
def test_a_breach_is_noticed(rule: Rule, breach: str) -> None:
    assert list(rule(ast.parse(breach)))


def test_a_draft_may_be_born_anywhere() -> None:
    assert not list(status_writes(ast.parse("GuideRequest(status=RequestStatus.DRAFT)")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_module_says_what_it_owns(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, "no docstring"
    first = docstring.splitlines()[0]
    assert first.endswith((".", ":", "?")), first
