"""Templates and stylesheets keep to what the security policy and both reading directions need."""

import re
from pathlib import Path

import pytest

from lotsen.domain.vocabulary import Notice
from tests.support.lotsen import ROOT

TEMPLATES = ROOT / "lotsen" / "templates"
STYLES = sorted((ROOT / "lotsen" / "static").glob("*.css"))
PAGES = sorted(one for one in TEMPLATES.rglob("*.html") if TEMPLATES / "emails" not in one.parents)

INLINE = re.compile(
    r"<style(?![^>]*nonce=\"\{\{ csp_nonce \}\}\")|<script(?![^>]*nonce=\"\{\{ csp_nonce \}\}\")|\sstyle=|"
    r"\son[a-z]+=|javascript:|https?://(?!www\.w3\.org/)",
    re.IGNORECASE,
)
UNESCAPED = re.compile(r"(?<!['\"])\|\s*safe\b|autoescape\s+false", re.IGNORECASE)
PHYSICAL = re.compile(
    r"(?:^|[;{\s])(?:"
    r"(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[\w-]*|"
    r"border-(?:top|bottom)-(?:left|right)-radius|left|right|top|bottom|"
    r"(?:min-|max-)?(?:width|height))\s*:|"
    r"(?:text-align|float|clear)\s*:\s*(?:left|right)|"
    r"(?:margin|padding)\s*:(?:\s+[\w.-]+){4}\s*[;}]",
)


def names(paths: list[Path]) -> list[str]:
    return [one.relative_to(ROOT / "lotsen").as_posix() for one in paths]


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_pages_have_no_inline_code_and_load_nothing_from_elsewhere(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=names(PAGES))
def test_pages_escape_everything_but_literals(path: Path) -> None:
    assert UNESCAPED.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "breach",
    [
        '<p style="color: red">',
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        '<a href="#" onclick="go()">',
        '<img src="https://elsewhere.example/a.png">',
    ],
)
def test_inline_code_is_noticed(breach: str) -> None:
    assert INLINE.search(breach)


def test_unescaped_values_are_noticed() -> None:
    assert UNESCAPED.search("{{ request.remarks|safe }}")
    assert not UNESCAPED.search('{{ "<br>"|safe }}')


def test_classes_in_pages_stand_in_the_stylesheet() -> None:
    known = set(re.findall(r"\.([a-z][\w-]*)", "".join(one.read_text(encoding="utf-8") for one in STYLES)))
    used: dict[str, set[str]] = {}
    for path, name in zip(PAGES, names(PAGES), strict=True):
        for value in re.findall(r'\bclass="([^"]*)"', path.read_text(encoding="utf-8")):
            plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " {} ", value)
            unknown = {one for one in plain.split() if "{}" not in one and not one.endswith("-")} - known
            if unknown:
                used.setdefault(name, set()).update(unknown)
    assert used == {}


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_stylesheets_speak_of_start_and_end_only(path: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [one.strip() for one in PHYSICAL.findall(css)] == []


@pytest.mark.parametrize(
    "breach",
    [
        "p { margin-left: 1rem; }",
        "p { text-align: right; }",
        "p { top: 0; }",
        "p { border-top-left-radius: 0; }",
        "p { width: 3rem; }",
        "p { padding: 1rem 2rem 3rem 4rem; }",
    ],
)
def test_physical_directions_are_noticed(breach: str) -> None:
    assert PHYSICAL.search(breach)


def test_every_notice_has_its_folder_and_every_folder_its_notice() -> None:
    folders = {one.name: {file.name for file in one.iterdir()} for one in (TEMPLATES / "emails").glob("*/")}
    assert set(folders) == set(Notice)
    assert all(files == {"subject.txt", "body.jinja"} for files in folders.values()), folders
