"""What is measured on each page is measured, and finds what it is there to find."""

import pytest

from lotsen.i18n import DEFAULT, LOCALES
from tests.support.browser import PageAt
from tests.support.looking import COLOURS, COMBINATIONS, EVERYTHING, MIRRORED, SIZES, WIDTHS, mirrored, plan

ITEMS = "".join(f"<li><a href='#'>{number} طلب</a></li>" for number in range(30))
ARABIC = f"""<!doctype html><html lang="ar" dir="rtl"><title>طلب</title><style>
    body {{ margin: 0 }} main {{ padding-inline: 1rem 3rem }}
    .field {{ display: inline-block; inline-size: 60%% }} %s
</style><main><h1>طلب جديد</h1>
<p>يرجى الاتصال <strong>بنا</strong> على الرقم <bdi dir="ltr"><i>0221</i> 4710131</bdi> قبل الموعد.</p>
<label for="a">الهاتف <small>(اختياري)</small></label><div class="field"><input id="a"></div>
<ul>{ITEMS}</ul></main></html>"""


@pytest.mark.parametrize("number", range(7))
def test_each_page_is_tried_in_each_language_and_in_each_size_and_scheme(number: int) -> None:
    plans = {language: plan(number, language, full=False) for language in LOCALES}
    wholes = [[at for at, rules in tried.items() if rules == EVERYTHING] for tried in plans.values()]
    assert all(len(whole) == 1 for whole in wholes)
    assert {whole[0] for whole in wholes} == set(COMBINATIONS)
    german = plans[DEFAULT]
    assert {scheme for (_, scheme), rules in german.items() if rules in (EVERYTHING, COLOURS)} == {
        "light",
        "dark",
    }
    assert {width for (width, _), rules in german.items() if rules in (EVERYTHING, SIZES)} == set(WIDTHS)
    assert plan(number, "ar", full=True) == dict.fromkeys(COMBINATIONS, EVERYTHING)


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_of_logical_properties_is_its_own_mirror_image(page_at: PageAt, width: int) -> None:
    page = page_at(width)
    page.set_content(ARABIC % "")
    seen = mirrored(page)
    assert seen.count > 60
    assert seen.stray == []
    assert page.locator("html").get_attribute("dir") == "rtl"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("physical", "strays"),
    [
        ("li { margin-left: 40px }", "<li>"),
        ("main { padding-right: 4rem }", "<h1>"),
        ("ul { position: relative; left: 5px }", "<ul>"),
        ("h1, p { text-align: left }", "the text of <h1>"),
        ("p { direction: ltr }", "the text of <p>"),
        (".field { float: left }", '<div class="field">'),
    ],
)
def test_what_is_not_mirrored_is_found(page_at: PageAt, physical: str, strays: str) -> None:
    page = page_at(320)
    page.set_content(ARABIC % physical)
    seen = mirrored(page)
    assert seen.share < MIRRORED
    assert any(strays in one for one in seen.stray), seen.stray
