from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from lotsen import i18n
from lotsen.errors import UnknownLanguage

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = date(2026, 11, 27)
TEN = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
OFFICE = ("lotsen/web/coordinators/", "lotsen/templates/coordinators/")
TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"


def catalogue(locale: str) -> Catalog:
    with (TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def gaps(locale: str) -> list[object]:
    with (TRANSLATIONS / "messages.pot").open("rb") as file:
        wanted = [message.id for message in read_po(file) if message.id]
    found = catalogue(locale)
    return [
        msgid
        for msgid in wanted
        if not (entry := found.get(msgid)) or entry.fuzzy or not _filled(entry.string)
    ]


def _filled(text: str | tuple[str, ...]) -> bool:
    return all(text) if isinstance(text, tuple) else bool(text)


def test_the_template_holds_exactly_what_code_and_pages_say():
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
    said = {
        text if isinstance(text, str) else text[:2]
        for _, _, text, _, _ in extract_from_dir(
            str(TRANSLATIONS.parent), methods, options, keywords, directory_filter=_is_source
        )
    }
    with (TRANSLATIONS / "messages.pot").open("rb") as file:
        assert said == {message.id for message in read_po(file) if message.id}


def _is_source(folder: str) -> bool:
    return "lotsen" in Path(folder).relative_to(TRANSLATIONS.parent).parts[:1]


def test_every_locale_has_a_catalogue_and_its_compiled_form():
    found = {file.parent.parent.name for file in TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo")}
    assert found == set(i18n.LOCALES)


@pytest.mark.parametrize("locale", i18n.OFFICE)
def test_catalogues_of_the_office_have_no_gap(locale: str):
    assert gaps(locale) == []


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_whatever_guides_and_institutions_read_is_there_in_every_language(locale: str):
    with (TRANSLATIONS / "messages.pot").open("rb") as file:
        of_office = {
            message.id
            for message in read_po(file)
            if all(str(path).startswith(OFFICE) for path, _ in message.locations)
        }
    assert set(gaps(locale)) <= of_office


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_translations_keep_their_placeholders(locale: str):
    for message in catalogue(locale):
        if message.id and _filled(message.string):
            assert list(message.check()) == [], message.id


def test_english_texts_are_the_msgids():
    different = [message.id for message in catalogue("en") if message.id and message.string != message.id]
    assert different == []


def test_a_gap_is_filled_in_german():
    assert i18n.translator("ar").gettext("Batch proposal") == "Sammelvorschlag"
    assert i18n.translator("en").gettext("Appointment") == "Appointment"
    assert i18n.translator("de").gettext("A text that no catalogue has") == "A text that no catalogue has"


def test_placeholders_are_filled_only_where_there_are_values():
    words = i18n.translator("de")
    assert words.gettext("Confirmed: %(day)s", day="Fr") == "Bestätigt: Fr"
    assert words.gettext("100 %") == "100 %"
    assert words.ngettext("%(num)s cat", "%(num)s cats", 1) == "1 cat"
    assert words.ngettext("%(num)s cat", "%(num)s cats", 2) == "2 cats"


def test_unknown_locales_get_the_default():
    assert i18n.translator("xx").locale == "de"
    assert i18n.known(None) == "de"
    assert i18n.known("ar", i18n.OFFICE) == "de"


def test_direction():
    directions = {locale: i18n.translator(locale).direction for locale in i18n.LOCALES}
    assert directions.pop("ar") == "rtl"
    assert set(directions.values()) == {"ltr"}


@pytest.mark.parametrize(
    ("locale", "long", "short"),
    [
        ("de", "Freitag, 27. November 2026", "Fr, 27.11."),
        ("en", "Friday, 27 November 2026", "Fri, 27 Nov"),
        ("tr", "Cuma, 27 Kasım 2026", "Cum, 27 Kas"),
        ("ar", "الجمعة، 27 نوفمبر 2026", "الجمعة، 27 نوفمبر"),
        ("uk", "пʼятниця, 27 листопада 2026 р.", "пт, 27.11"),
        ("ru", "пятница, 27 ноября 2026 г.", "пт, 27.11"),
        ("fr", "vendredi 27 novembre 2026", "ven. 27 nov."),
    ],
)
def test_dates(locale: str, long: str, short: str):
    assert i18n.date_long(FRIDAY, locale) == long
    assert i18n.date_short(FRIDAY, locale) == short


@pytest.mark.parametrize(
    ("locale", "span"),
    [
        ("de", "Freitag, 27. November 2026, 10:00 bis 11:30 Uhr"),
        ("en", "Friday, 27 November 2026, 10:00 to 11:30"),
        ("tr", "Cuma, 27 Kasım 2026, saat 10:00 ile 11:30 arası"),
        ("ar", "الجمعة، 27 نوفمبر 2026، من 10:00 إلى 11:30"),
        ("uk", "пʼятниця, 27 листопада 2026 р., з 10:00 до 11:30"),
        ("ru", "пятница, 27 ноября 2026 г., с 10:00 до 11:30"),
        ("fr", "vendredi 27 novembre 2026, de 10:00 à 11:30"),
    ],
)
def test_spans_are_said_in_words(locale: str, span: str):
    assert i18n.span(TEN, TEN + timedelta(minutes=90), locale, BERLIN) == span


def test_a_span_over_midnight_names_both_days():
    late = datetime(2026, 11, 27, 22, 0, tzinfo=UTC)
    assert i18n.span(late, late + timedelta(hours=2), "de", BERLIN) == (
        "Freitag, 27. November 2026, 23:00 Uhr bis Samstag, 28. November 2026, 01:00 Uhr"
    )


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_afternoons_are_told_in_24_hours_and_latin_digits(locale: str):
    text = i18n.day_and_time(datetime(2026, 7, 3, 13, 5, tzinfo=UTC), locale, BERLIN)
    assert "15:05" in text
    assert all(letter in "0123456789" for letter in text if letter.isdigit())


def test_times_follow_the_clock_of_the_zone():
    before, after = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert i18n.time_of_day(before, "de", BERLIN) == i18n.time_of_day(after, "de", BERLIN) == "02:30 Uhr"
    assert i18n.time_of_day(TEN, "en", BERLIN) == "10:00"


def test_short_times_leave_out_empty_minutes():
    assert i18n.day_and_time_short(TEN, "de", BERLIN) == "Fr, 27.11., 10 Uhr"
    assert i18n.day_and_time_short(TEN + timedelta(minutes=30), "de", BERLIN) == "Fr, 27.11., 10:30 Uhr"
    assert i18n.time_short(TEN, "ar", BERLIN) == "10:00"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 Minuten"), (30, "30 Minuten"), (60, "1 Stunde"), (90, "1 Stunde 30 Minuten"), (120, "2 Stunden")],
)
def test_minutes_in_words(minutes: int, text: str):
    assert i18n.minutes_in_words(minutes, "de") == text


@pytest.mark.parametrize(
    ("cents", "locale", "text"),
    [
        (2000, "de", "20 Euro"),
        (1250, "de", "12,50 Euro"),
        (123456, "de", "1.234,56 Euro"),
        (1250, "en", "12.50 euros"),
        (2000, "ar", "20 يورو"),
    ],
)
def test_euros(cents: int, locale: str, text: str):
    assert i18n.euros(cents, locale) == text


def test_language_names():
    assert i18n.language_name("ckb", "de") == "Kurdisch (Sorani)"
    assert i18n.language_name("ckb", "en") == "Sorani Kurdish"
    assert i18n.language_name("ar", "tr") == "Arapça"
    assert i18n.language_name("kmr", "fr") == "Kurdisch (Kurmandschi)"
    with pytest.raises(UnknownLanguage):
        i18n.language_name("xx", "de")


def test_locales_are_offered_by_their_own_names():
    names = [i18n.locale_name(locale) for locale in i18n.LOCALES]
    assert names == ["Deutsch", "English", "Türkçe", "العربية", "Українська", "Русский", "Français"]
