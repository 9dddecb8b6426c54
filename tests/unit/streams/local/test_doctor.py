"""What `doctor` finds is one finding a fault, each with what to do."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from streams.errors import ConfigurationError
from streams.local import doctor
from streams.local.doctor import Finding, examine
from streams.settings import ModelSettings, Settings
from tests.fakes import FakeReader


def found(settings: Settings) -> Mapping[str, Finding]:
    return {finding.subject: finding for finding in asyncio.run(examine(settings))}


def no_readers(_settings: Settings) -> Any:
    raise ConfigurationError("model: there is no such reader")


def test_a_reader_that_does_not_load_is_one_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator, whose phrases the readers read again, is not examined, and is said not to be."""
    monkeypatch.setattr(doctor, "load_readers", no_readers)
    findings = found(Settings())
    assert findings["model"].status == "failed"
    assert findings["generator"].status == "note"
    assert "not examined" in findings["generator"].message
    assert "no such reader" not in findings["generator"].message


def test_readers_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator is examined with those that were."""
    loads: list[Settings] = []

    def load_readers(settings: Settings) -> Mapping[str, FakeReader]:
        loads.append(settings)
        return {"en": FakeReader()}

    given: list[Mapping[str, Any]] = []

    def load_voices(settings: Settings, load: Any) -> Any:
        given.append(load(settings))
        return {}, {}

    monkeypatch.setattr(doctor, "load_readers", load_readers)
    monkeypatch.setattr(doctor, "load_voices", load_voices)
    settings = Settings()
    assert found(settings)["model"].status == "ok"
    assert loads == [settings]
    assert list(given[0]) == ["en"]


def test_without_a_generator_nothing_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the readers do."""
    monkeypatch.setattr(doctor, "load_readers", no_readers)
    generator = found(Settings(model=ModelSettings(generators={})))["generator"]
    assert (generator.status, generator.advice) == ("note", "")
    assert "counted and quoted" in generator.message


@pytest.mark.parametrize("subject", ["packages", "broker", "redis", "model", "generator"])
def test_a_subject_that_does_not_answer_comes_with_advice(
    monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    """Of its own, and the others are examined all the same."""

    async def silent(*_arguments: object) -> list[Finding]:
        await asyncio.sleep(3_600)
        return []

    async def fine(*_arguments: object) -> list[Finding]:
        return []

    for name in ("packages", "broker", "redis", "model", "generator"):
        monkeypatch.setattr(doctor, f"_{name}", silent if name == subject else fine)
    monkeypatch.setattr(doctor, "_TIMEOUT_S", 0.01)
    findings = found(Settings())
    assert set(findings) == {"configuration", subject}
    assert findings[subject].status == "failed"
    assert findings[subject].message.startswith("no answer within")
    assert len(findings[subject].advice) > 20
