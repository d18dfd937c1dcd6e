import json
from dataclasses import fields
from datetime import date, time

import pytest

from lotsen.domain.settings import PoolSettings, from_mapping, in_full, to_mapping
from lotsen.domain.vocabulary import Conformity, FitPart, InstitutionKind, Level, Occasion
from lotsen.errors import SettingInvalid

RANGES = [(one.name, *one.metadata["range"]) for one in fields(PoolSettings) if "range" in one.metadata]


def test_every_number_has_a_range_and_a_default_within_it():
    for one in fields(PoolSettings):
        if type(one.default) is int:
            low, high = one.metadata["range"]
            assert low <= one.default <= high, one.name


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_numbers_out_of_range_are_refused(name, low, high):
    for value in (low - 1, high + 1, str(low), float(low), True, None):
        with pytest.raises(SettingInvalid) as caught:
            from_mapping({name: value})
        assert caught.value.name == name


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_numbers_at_the_ends_of_the_range_are_taken(name, low, high):
    together = {"shortest_minutes": 15, "usual_minutes": 120, "longest_minutes": 480}
    for value in (low, high):
        if name not in together:
            assert getattr(from_mapping({name: value}), name) == value


@pytest.mark.parametrize(
    "values",
    [
        {"shortest_minutes": 90, "usual_minutes": 60},
        {"usual_minutes": 200, "longest_minutes": 180},
        {"longest_minutes": 30},
    ],
)
def test_lengths_must_stand_in_order(values):
    with pytest.raises(SettingInvalid) as caught:
        from_mapping(values)
    assert caught.value.name == "usual_minutes"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_such_setting", 1),
        ("language_level", "b2"),
        ("quiet_from", "24:00"),
        ("quiet_from", "late"),
        ("confidentiality_required", 1),
        ("occasions", ["parent_talk", "wedding"]),
        ("occasions", "parent_talk"),
        ("police_certificate_for", ["bank"]),
        ("office_name", 7),
        ("office_name", "x" * 4001),
        ("privacy_text", "x" * 20_001),
        ("provider_address", "Markt\u202e1"),
        ("privacy_authority_url", "http://amt.example"),
        ("enforcement_url", "https://"),
        ("enforcement_url", "https://[amt"),
        ("enforcement_url", 'https://amt.example/"><script>'),
        ("enforcement_email", "ombudsstelle"),
        ("accessibility_conformity", "partially"),
        ("accessibility_made_on", "27.11.2026"),
        ("sign_language_video", "../secret"),
        ("sign_language_video", "film.avi"),
        ("sign_language_video", "http://video.example/dgs.mp4"),
        ("sign_language_captions", "dgs.txt"),
        ("imprint_text", 7),
    ],
)
def test_what_cannot_be_is_refused_and_named(name, value):
    with pytest.raises(SettingInvalid, match=name):
        from_mapping({name: value})


def test_what_differs_from_the_defaults_comes_back_through_json():
    settings = PoolSettings(
        lead_working_days=0,
        language_level=Level.C1,
        occasions=(Occasion.PARENT_TALK,),
        measles_proof_for=(InstitutionKind.DAYCARE,),
        confidentiality_required=False,
        quiet_from=time(20, 30),
        languages_first=("ar",),
        office_name="Büro",
    )
    kept = json.loads(json.dumps(to_mapping(settings)))
    assert set(kept) == {
        "lead_working_days",
        "language_level",
        "occasions",
        "measles_proof_for",
        "confidentiality_required",
        "quiet_from",
        "languages_first",
        "office_name",
    }
    assert from_mapping(kept) == settings


def test_texts_of_a_certain_kind_are_cleaned_and_come_back_through_json():
    settings = from_mapping(
        {
            "imprint_text": " Erstens\r\n\r\nZweitens ",
            "privacy_officer_email": "Datenschutz@Beispiel.example",
            "enforcement_url": " https://amt.example/ombud ",
            "accessibility_conformity": "not",
            "accessibility_made_on": "2026-11-27",
            "sign_language_video": "dgs.mp4",
        }
    )
    assert settings.imprint_text == "Erstens\n\nZweitens"
    assert settings.privacy_officer_email == "datenschutz@beispiel.example"
    assert settings.enforcement_url == "https://amt.example/ombud"
    assert settings.accessibility_conformity is Conformity.NOT
    assert settings.accessibility_made_on == date(2026, 11, 27)
    assert from_mapping(json.loads(json.dumps(to_mapping(settings)))) == settings
    emptied = {"enforcement_email": "", "enforcement_url": "", "accessibility_made_on": ""}
    assert from_mapping(emptied).accessibility_made_on is None
    assert to_mapping(from_mapping(emptied)) == {"enforcement_email": "", "enforcement_url": ""}


def test_every_setting_can_be_listed_and_read_again():
    assert from_mapping(in_full(PoolSettings())) == PoolSettings()


def test_the_defaults_need_no_room():
    assert to_mapping(PoolSettings()) == {}
    assert from_mapping({}) == PoolSettings()


def test_every_part_of_the_fit_has_its_weight():
    weights = from_mapping({"weight_load": 9}).weights()
    assert set(weights) == set(FitPart)
    assert weights[FitPart.LOAD] == 9


@pytest.mark.parametrize(
    ("minutes", "cents"), [(0, 1250), (1, 1250), (60, 1250), (61, 1750), (120, 1750), (121, 2250)]
)
def test_each_further_started_hour_adds_to_the_allowance(minutes, cents):
    assert PoolSettings().allowance_for(minutes) == cents
