"""The budget of looks: in which languages, sizes and colour schemes a page is measured, and for what."""

import os
from dataclasses import dataclass

from playwright.sync_api import Page

from lotsen.i18n import DEFAULT, LOCALES
from tests.support.browser import axe, no_sideways_scroll, shoot

FULL = bool(os.environ.get("LOTSEN_FULL"))
"""Whether every rule is tried in every combination, as `make budget` does, and not in a Latin square."""

WIDTHS = (320, 768, 1280)
# Three steps on, both have changed: two languages that lie so far apart see a page as differently as can be.
COMBINATIONS = (
    (320, "light"),
    (768, "light"),
    (1280, "light"),
    (1280, "dark"),
    (320, "dark"),
    (768, "dark"),
)
COLOURS = ("color-contrast", "link-in-text-block")
SIZES = ("target-size", "scrollable-region-focusable")
EVERYTHING = ()

MIRRORED = 0.99
"""How much of a page has to stand where its mirror image says."""

# Three things are told apart. Boxes are laid out, so they must be mirrored to the pixel that rounding may
# shift. Where the text in a box reaches to must be mirrored up to half a letter: a full stop after foreign
# words changes sides, and with it the kerning. What stands inside running text is put into order by the text
# itself, whatever the direction of the page: what is around it must be mirrored, and it must keep its lines.
_MIRROR = """() => {
    const own = "bdi, [dir]:not(html), svg, select, textarea";
    const root = document.documentElement;
    const inline = element => getComputedStyle(element).display === "inline";
    const written = element => [...element.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    const edges = ({left, top, right, bottom}) => [left, top, right, bottom];
    const reach = element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return edges(range.getBoundingClientRect());
    };
    const running = element => {
        while (inline(element)) {
            element = element.parentElement;
            if (written(element)) return element;
        }
        return null;
    };
    const seen = [...document.body.querySelectorAll("*")].filter(element => {
        const {width, height} = element.getBoundingClientRect();
        const shown = width && height && element.checkVisibility({visibilityProperty: true});
        return shown && !element.parentElement.closest(own);
    }).map(element => ({element, around: running(element), text: written(element) && !element.matches(own)}));
    const measure = ({element, around, text}) => ({
        box: edges(element.getBoundingClientRect()),
        around: around && reach(around),
        text: text && reach(element),
    });
    const given = seen.map(measure);
    const {dir} = root;
    root.dir = dir === "rtl" ? "ltr" : "rtl";
    const turned = seen.map(measure);
    root.dir = dir;
    const page = root.clientWidth;
    const near = (one, other, slack) => one.every((edge, at) => Math.abs(edge - other[at]) <= slack);
    const mirror = ([left, top, right, bottom]) => [page - right, top, page - left, bottom];
    const boxFits = (one, other) => near(one, mirror(other), 1);
    const textFits = (one, other) => near(one, mirror(other), 8);
    const stays = (one, other) => near([one[1], one[3]], [other[1], other[3]], 1);
    const stray = seen.flatMap(({element}, at) => {
        const [one, other] = [given[at], turned[at]];
        const moved = one.around && textFits(one.around, other.around) && stays(one.box, other.box);
        const box = moved || (inline(element) ? textFits : boxFits)(one.box, other.box);
        if (box && (moved || !one.text || textFits(one.text, other.text))) return [];
        const [is, should] = box ? [one.text, mirror(other.text)] : [one.box, mirror(other.box)];
        const words = edges => edges.map(Math.round).join(" ");
        const what = box ? "the text of " : "";
        return [`${what}${element.outerHTML.slice(0, 90)} is at ${words(is)}, mirrored at ${words(should)}`];
    });
    return {count: seen.length, stray};
}"""


@dataclass(frozen=True)
class Mirror:
    """How many elements of a page were compared, and which do not stand where its mirror image says."""

    count: int
    stray: list[str]

    @property
    def share(self) -> float:
        """Return the share of those that do."""
        return 1 - len(self.stray) / self.count


def plan(number: int, language: str, *, full: bool = FULL) -> dict[tuple[int, str], tuple[str, ...]]:
    """Return which rules of axe to try on the nth page of a walk, by width and colour scheme.

    Every rule in one combination, which is another for each of six languages. In German also what colours
    change in the other scheme, and what sizes change at the other widths. `full` tries every rule everywhere.
    """
    if full:
        return dict.fromkeys(COMBINATIONS, EVERYTHING)
    chosen = COMBINATIONS[(number + LOCALES.index(language)) % len(COMBINATIONS)]
    tried: dict[tuple[int, str], tuple[str, ...]] = {chosen: EVERYTHING}
    if language == DEFAULT:
        for width, scheme in COMBINATIONS:
            if width == chosen[0]:
                tried.setdefault((width, scheme), COLOURS)
            elif scheme == chosen[1]:
                tried[width, scheme] = SIZES
    return tried


def look(page: Page, number: int, language: str, name: str) -> list[str]:
    """Return what is wrong with a page in any size: what axe finds, what sticks out, what is not mirrored."""
    tried = plan(number, language)
    found: list[str] = []
    for width in _widths(page):
        page.set_viewport_size({"width": width, "height": 800})
        no_sideways_scroll(page)
        for (at, scheme), rules in tried.items():
            if at == width:
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                found += [f"{width} px, {scheme}: {one}" for one in axe(page, rules=rules)]
                shoot(page, f"axe-{language}-{name}-{width}-{scheme}")
        if language == "ar" and width != WIDTHS[1]:
            mirror = mirrored(page)
            if mirror.share < MIRRORED:
                found += [
                    f"{width} px, {mirror.share:.1%} of {mirror.count} are mirrored: {one}"
                    for one in mirror.stray
                ]
    return found


def mirrored(page: Page) -> Mirror:
    """Compare the page with itself in the other direction of writing.

    Each visible element, and where its text reaches to, has to lie where the other page has its mirror image.
    What has a direction of its own (numbers, addresses, drawings, fields) counts as one box.
    """
    return Mirror(**page.evaluate(_MIRROR))


def _widths(page: Page) -> tuple[int, ...]:
    size = page.viewport_size
    return WIDTHS if size is None or size["width"] < WIDTHS[-1] else WIDTHS[::-1]
