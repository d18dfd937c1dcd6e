"""Presets of towns: what a new pool starts with, read from one data file each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypedDict, cast

from lotsen.domain.settings import PoolSettings, from_mapping
from lotsen.errors import NotFound
from lotsen.reference import read_toml


@dataclass(frozen=True, slots=True)
class DistrictPreset:
    """A district and its place on the schematic map: x grows to the east, y to the south."""

    code: str
    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class PoolPreset:
    """A pool before its first day; `neighbours` holds each pair once, `texts` sentences by locale and key."""

    slug: str
    name: str
    timezone: str
    settings: PoolSettings
    districts: tuple[DistrictPreset, ...]
    neighbours: tuple[tuple[str, str], ...]
    neighbouring_towns: tuple[str, ...]
    texts: Mapping[str, Mapping[str, tuple[str, ...]]]


class _Place(TypedDict):
    name: str
    x: int
    y: int


class _PresetFile(TypedDict):
    slug: str
    name: str
    timezone: str
    neighbouring_towns: list[str]
    settings: dict[str, object]
    texts: dict[str, dict[str, list[str]]]
    districts: dict[str, _Place]
    neighbours: dict[str, list[tuple[str, str]]]


PRESETS = ("neuss",)
"""The names of the presets that ship with lotsen."""


@cache
def preset(name: str) -> PoolPreset:
    """Return a preset by its name; an unknown name raises NotFound."""
    if name not in PRESETS:
        raise NotFound(f"preset {name}")
    content = cast(_PresetFile, read_toml(f"{name}.toml"))
    return PoolPreset(
        slug=content["slug"],
        name=content["name"],
        timezone=content["timezone"],
        settings=from_mapping(content["settings"]),
        districts=tuple(DistrictPreset(code, **place) for code, place in content["districts"].items()),
        neighbours=tuple((one, other) for one, other in content["neighbours"]["pairs"]),
        neighbouring_towns=tuple(content["neighbouring_towns"]),
        texts={
            locale: {key: tuple(lines) for key, lines in texts.items()}
            for locale, texts in content["texts"].items()
        },
    )
