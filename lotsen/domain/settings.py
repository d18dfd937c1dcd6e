"""The rules that a pool sets for itself: every setting once, with default, range and meaning."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time
from typing import Any, TypeVar, cast

from lotsen.domain import setting_texts
from lotsen.domain.vocabulary import Conformity, FitPart, InstitutionKind, Level, Occasion, TaxFreeRule
from lotsen.errors import SettingInvalid

_EnumT = TypeVar("_EnumT", Level, Occasion, InstitutionKind, TaxFreeRule)
_RANGE = "range"
_READ = "read"
_TEXT_LIMIT = 4000


def _whole(default: int, low: int, high: int) -> int:
    return field(default=default, metadata={_RANGE: (low, high)})


def _read_by(read: Callable[[str, object], str], default: str = "") -> str:
    return field(default=default, metadata={_READ: read})


def _conformity(name: str, value: object) -> Conformity:
    try:
        return Conformity(str(value))
    except ValueError:
        raise SettingInvalid(name, value, ", ".join(Conformity)) from None


@dataclass(frozen=True)
class PoolSettings:
    """All rules and texts of a pool; defaults after DOMAIN.md, hours and minutes and cents as named."""

    lead_working_days: int = _whole(5, 0, 20)
    handling_working_days: int = _whole(3, 1, 10)
    shortest_notice_hours: int = _whole(4, 0, 72)
    horizon_days: int = _whole(365, 30, 730)
    shortest_minutes: int = _whole(30, 15, 120)
    usual_minutes: int = _whole(60, 15, 240)
    longest_minutes: int = _whole(180, 30, 480)
    windows_max: int = _whole(3, 1, 5)
    guides_max: int = _whole(3, 1, 3)
    series_max: int = _whole(6, 0, 52)
    billing_note_asked: bool = False
    cancel_free_hours: int = _whole(24, 0, 168)
    language_level: Level = Level.B2
    german_level: Level = Level.B2
    occasions: tuple[Occasion, ...] = tuple(Occasion)
    police_certificate_for: tuple[InstitutionKind, ...] = (
        InstitutionKind.SCHOOL,
        InstitutionKind.DAYCARE,
        InstitutionKind.FAMILY_CENTRE,
    )
    measles_proof_for: tuple[InstitutionKind, ...] = ()
    confidentiality_required: bool = True
    phone_shared_if_agreed: bool = True

    answer_hours_over_10_days: int = _whole(48, 1, 168)
    answer_hours_5_to_10_days: int = _whole(24, 1, 96)
    answer_hours_2_to_5_days: int = _whole(8, 1, 48)
    answer_hours_under_2_days: int = _whole(2, 1, 24)
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    reminder_at: time = time(17)

    asks_per_week: int = _whole(3, 1, 20)
    travel_same_minutes: int = _whole(15, 0, 120)
    travel_step_minutes: int = _whole(5, 0, 60)
    travel_default_minutes: int = _whole(40, 0, 240)
    weight_language: int = _whole(6, 0, 10)
    weight_nearness: int = _whole(4, 0, 10)
    weight_continuity: int = _whole(3, 0, 10)
    weight_experience: int = _whole(2, 0, 10)
    weight_load: int = _whole(4, 0, 10)
    weight_asks: int = _whole(3, 0, 10)
    weight_room: int = _whole(1, 0, 10)
    weight_wishes: int = _whole(3, 0, 10)
    weekly_pattern_on_holidays: bool = False
    plan_seconds: int = _whole(60, 5, 600)
    plan_fit_band: int = _whole(10, 1, 50)
    plan_fairness: bool = True
    ask_stand_by_at_once: bool = True
    board_allowed: bool = True

    allowance_cents: int = _whole(1250, 0, 10000)
    allowance_further_hour_cents: int = _whole(500, 0, 5000)
    travel_cents_per_km: int = _whole(30, 0, 100)
    tax_free_rule: TaxFreeRule = TaxFreeRule.VOLUNTEER

    hours_reminder_hours: int = _whole(24, 1, 336)
    feedback_reminder_hours: int = _whole(72, 1, 336)
    feedback_change_days: int = _whole(14, 0, 90)

    draft_days: int = _whole(14, 1, 60)
    confirm_address_hours: int = _whole(72, 1, 336)
    tracking_days: int = _whole(90, 7, 730)
    retention_request_months: int = _whole(12, 1, 120)
    retention_guide_months: int = _whole(12, 1, 120)
    retention_message_days: int = _whole(90, 7, 730)
    retention_plan_days: int = _whole(30, 1, 365)
    retention_audit_months: int = _whole(24, 6, 120)
    smallest_published_count: int = _whole(5, 1, 20)

    reference_prefix: str = "L"
    country: str = "DE"
    subdivision: str = "NW"
    languages_first: tuple[str, ...] = ("ar", "uk", "ru", "tr", "fa", "prs", "kmr", "ro")
    office_name: str = ""
    office_phone: str = ""
    office_email: str = ""
    office_hours: str = ""
    scope_text: str = ""
    out_of_scope: tuple[str, ...] = ()
    messengers: tuple[str, ...] = ()
    imprint_text: str = _read_by(setting_texts.long_text)
    privacy_text: str = _read_by(setting_texts.long_text)

    # Who stands behind the pages. None of these has a default that anybody could take for the truth.
    provider_name: str = ""
    provider_form: str = ""
    provider_address: str = _read_by(setting_texts.long_text)
    provider_represented_by: str = ""
    provider_supervision: str = _read_by(setting_texts.long_text)
    provider_register: str = ""
    provider_vat_id: str = ""
    content_responsible: str = _read_by(setting_texts.long_text)
    privacy_officer: str = _read_by(setting_texts.long_text)
    privacy_officer_email: str = _read_by(setting_texts.mail_address)
    hosting_processor: str = _read_by(setting_texts.long_text)
    privacy_authority: str = _read_by(
        setting_texts.long_text,
        "Landesbeauftragte für Datenschutz und Informationsfreiheit Nordrhein-Westfalen\n"
        "Kavalleriestraße 2–4\n40213 Düsseldorf",
    )
    privacy_authority_url: str = _read_by(setting_texts.web_address, "https://www.ldi.nrw.de")

    # BITVNRW, section 2 (declaration and feedback), and what it asks for beside.
    accessibility_conformity: Conformity = field(default=Conformity.PARTLY, metadata={_READ: _conformity})
    accessibility_gaps: tuple[str, ...] = ()
    accessibility_made_on: date | None = field(default=None, metadata={_READ: setting_texts.day})
    accessibility_reviewed_on: date | None = field(default=None, metadata={_READ: setting_texts.day})
    enforcement_body: str = _read_by(
        setting_texts.long_text,
        "Ombudsstelle für barrierefreie Informationstechnik des Landes Nordrhein-Westfalen\n"
        "bei der Beauftragten für die Belange der Menschen mit Behinderungen\n"
        "Fürstenwall 25\n40219 Düsseldorf",
    )
    enforcement_email: str = _read_by(setting_texts.mail_address, "ombudsstelle-barrierefreie-it@mags.nrw.de")
    enforcement_url: str = _read_by(setting_texts.web_address, "https://www.lbbp.nrw.de/ombudsstelle")
    easy_language_text: str = _read_by(setting_texts.long_text)
    sign_language_video: str = _read_by(setting_texts.video)
    sign_language_captions: str = _read_by(setting_texts.captions)
    sign_language_text: str = _read_by(setting_texts.long_text)

    def weights(self) -> dict[FitPart, int]:
        """Return the weight of each part of the fit."""
        return {part: cast(int, getattr(self, f"weight_{part.value}")) for part in FitPart}

    def allowance_for(self, minutes: int) -> int:
        """Return the allowance in cents: one sum for the first hour, another for each further hour begun."""
        further = max(0, -(-(minutes - 60) // 60))
        return self.allowance_cents + further * self.allowance_further_hour_cents


def from_mapping(values: Mapping[str, object]) -> PoolSettings:
    """Build settings from stored or typed values; SettingInvalid for unknown names and wrong values."""
    defaults = PoolSettings()
    known = {one.name: one for one in fields(PoolSettings)}
    read: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise SettingInvalid(name, value, "a known setting")
        reader = known[name].metadata.get(_READ)
        read[name] = (
            _read(name, value, getattr(defaults, name), known[name].metadata.get(_RANGE))
            if reader is None
            else reader(name, value)
        )
    settings = PoolSettings(**read)
    if not settings.shortest_minutes <= settings.usual_minutes <= settings.longest_minutes:
        raise SettingInvalid(
            "usual_minutes",
            settings.usual_minutes,
            f"{settings.shortest_minutes} to {settings.longest_minutes}",
        )
    return settings


def to_mapping(settings: PoolSettings) -> dict[str, object]:
    """Return what differs from the defaults, in types that JSON can hold."""
    defaults = in_full(PoolSettings())
    return {name: value for name, value in in_full(settings).items() if value != defaults[name]}


def in_full(settings: PoolSettings) -> dict[str, object]:
    """Return every setting, in types that JSON can hold."""
    return {one.name: _plain(getattr(settings, one.name)) for one in fields(PoolSettings)}


def _plain(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, tuple):
        return [str(item) for item in cast(tuple[object, ...], value)]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _read(name: str, value: object, default: object, allowed: tuple[int, int] | None) -> object:
    if allowed is not None:
        low, high = allowed
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SettingInvalid(name, value, f"{low} to {high}")
        return value
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise SettingInvalid(name, value, "true or false")
        return value
    if isinstance(default, time):
        try:
            return time.fromisoformat(str(value))
        except ValueError:
            raise SettingInvalid(name, value, "00:00 to 23:59") from None
    if isinstance(default, Level):
        return _member(name, value, Level)
    if isinstance(default, TaxFreeRule):
        return _member(name, value, TaxFreeRule)
    if isinstance(default, tuple):
        return _read_list(name, value)
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
        raise SettingInvalid(name, value, f"text of at most {_TEXT_LIMIT} characters")
    return value


def _read_list(name: str, value: object) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise SettingInvalid(name, value, "a list")
    items = cast("list[object] | tuple[object, ...]", value)
    if name == "occasions":
        return tuple(_member(name, item, Occasion) for item in items)
    if name in ("police_certificate_for", "measles_proof_for"):
        return tuple(_member(name, item, InstitutionKind) for item in items)
    return tuple(str(item) for item in items)


def _member(name: str, value: object, kind: type[_EnumT]) -> _EnumT:
    try:
        return kind(str(value))
    except ValueError:
        raise SettingInvalid(name, value, ", ".join(kind)) from None
