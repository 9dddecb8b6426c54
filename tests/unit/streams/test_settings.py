import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from pydantic import SecretStr, ValidationError

import streams
from streams.errors import ConfigurationError
from streams.lane.values import LaneLimits
from streams.settings import PREFIX, DeliveryGuarantee, LaneSettings, Settings, load, variables
from streams.settings.secrets import secrets_of


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """Every kind of setting, as an operator writes it."""
    names = {
        "DELIVERY": "at_least_once",
        "KAFKA__BOOTSTRAP_SERVERS": "one:9092,two:9092",
        "KAFKA__PARTITIONS": "12",
        "KAFKA__SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA__SASL_USERNAME": "shop",
        "KAFKA__SASL_PASSWORD": "hunter2",
        "REDIS__URL": "redis://:hunter2@cache:6379/0",
        "MODEL__READERS": '{"en": "path:/a", "*": "hf:a/b@c"}',
        "MODEL__LABELS": '{"LABEL_0": "negative"}',
        "MODEL__GENERATORS": '{"en": "path:/g", "zh": "hf:c/d@e"}',
        "MODEL__ADAPTERS": '{"en": "/adapters/en"}',
        "CHUNK__DRAIN_TIMEOUT_S": "2.5",
    }
    for name, value in names.items():
        monkeypatch.setenv(PREFIX + name, value)
    return names


def test_without_variables_there_are_defaults() -> None:
    """A fresh machine needs no setting."""
    settings = load()
    assert settings == Settings()
    assert settings.kafka.bootstrap_servers is None
    assert settings.delivery is DeliveryGuarantee.AUTO
    assert settings.http.host == "127.0.0.1"


@pytest.mark.usefixtures("environment")
def test_nested_variables_are_read() -> None:
    """Two underscores lead into a section; numbers, lists and mappings arrive as what they are."""
    settings = load()
    assert settings.delivery is DeliveryGuarantee.AT_LEAST_ONCE
    assert settings.kafka.bootstrap_servers == "one:9092,two:9092"
    assert settings.kafka.partitions == 12
    assert settings.model.readers == {"en": "path:/a", "*": "hf:a/b@c"}
    assert settings.model.labels == {"LABEL_0": "negative"}
    assert settings.model.generators == {"en": "path:/g", "zh": "hf:c/d@e"}
    assert settings.model.adapters == {"en": Path("/adapters/en")}
    assert settings.chunk.drain_timeout_s == 2.5


@pytest.mark.usefixtures("environment")
def test_secrets_do_not_show() -> None:
    """Neither the text of the settings nor their dump tells a password."""
    settings = load()
    assert settings.kafka.sasl_password is not None
    assert settings.kafka.sasl_password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings) + str(settings) + str(settings.model_dump())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVER", "REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS"),
        ("REVIEWSTREAM_KAFKA_PARTITIONS", "REVIEWSTREAM_KAFKA__PARTITIONS"),
        ("REVIEWSTREAM_DELIVRY", "REVIEWSTREAM_DELIVERY"),
    ],
)
def test_a_misspelt_variable_is_an_error_with_a_suggestion(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    """A setting that would silently do nothing ends the start, and the nearest name is told."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(ConfigurationError, match=f"unknown variable {name}; did you mean {meant}?"):
        load()


def test_an_unknown_variable_like_none_lists_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no name is near, all are told."""
    monkeypatch.setenv("REVIEWSTREAM_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", "1")
    with pytest.raises(ConfigurationError, match="known are REVIEWSTREAM_DELIVERY, "):
        load()


def test_variables_of_others_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only our prefix counts."""
    monkeypatch.setenv("KAFKA__PARTITIONS", "7")
    monkeypatch.setenv("REVIEWSTREAMS_DELIVERY", "x")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REVIEWSTREAM_HTTP__PORT", "http"),
        ("REVIEWSTREAM_HTTP__PORT", "70000"),
        ("REVIEWSTREAM_DELIVERY", "twice"),
        ("REVIEWSTREAM_KAFKA__PARTITIONS", "0"),
        ("REVIEWSTREAM_KAFKA__SECURITY_PROTOCOL", "TLS"),
        ("REVIEWSTREAM_MODEL__THREADS", "-1"),
        ("REVIEWSTREAM_MODEL__READERS", "en"),
        ("REVIEWSTREAM_MODEL__LABELS", '{"LABEL_0": "angry"}'),
        ("REVIEWSTREAM_MODEL__GENERATORS", "builtin:smollm2-135m-instruct"),
        ("REVIEWSTREAM_MODEL__GENERATORS", "{'en': 'path:/g'}"),
        ("REVIEWSTREAM_MODEL__GENERATORS", '["path:/g"]'),
        ("REVIEWSTREAM_MODEL__GENERATORS", '{"en": 1}'),
        ("REVIEWSTREAM_MODEL__ADAPTERS", "/adapters/en"),
        ("REVIEWSTREAM_MODEL__ADAPTERS", '{"en": 1}'),
        ("REVIEWSTREAM_GENERATION__BATCH_S", "0"),
        ("REVIEWSTREAM_GENERATION__BATCH_SNAPSHOTS", "0"),
        ("REVIEWSTREAM_GENERATION__SAMPLES", "33"),
        ("REVIEWSTREAM_LANE__FORWARD_TIMEOUT_S", "nan"),
        ("REVIEWSTREAM_CHUNK__COMMIT_INTERVAL_S", "0"),
    ],
)
def test_a_value_that_does_not_fit_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """An operator reads which variable to change, in one line without a traceback."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as caught:
        load()
    assert "\n" not in str(caught.value)


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass empty strings for what is not configured."""
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__BOOTSTRAP_SERVERS", "")
    monkeypatch.setenv("REVIEWSTREAM_HTTP__PORT", "")
    assert load() == Settings()


def test_nobody_phrases_where_no_generator_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty object is not an empty variable, which stands for the default."""
    monkeypatch.setenv("REVIEWSTREAM_MODEL__GENERATORS", "{}")
    assert load().model.generators == {}
    monkeypatch.setenv("REVIEWSTREAM_MODEL__GENERATORS", "")
    assert load().model.generators == {"en": "builtin:smollm2-135m-instruct"}


@pytest.mark.parametrize("missing", ["SASL_USERNAME", "SASL_PASSWORD"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_sasl_needs_its_credentials(monkeypatch: pytest.MonkeyPatch, protocol: str, missing: str) -> None:
    """A SASL protocol without user or password is refused at the start, and no secret is in the message."""
    values = {"SECURITY_PROTOCOL": protocol, "SASL_USERNAME": "shop", "SASL_PASSWORD": "hunter2"}
    for name, value in values.items():
        if name != missing:
            monkeypatch.setenv(f"REVIEWSTREAM_KAFKA__{name}", value)
    with pytest.raises(ConfigurationError, match="needs sasl_username and sasl_password") as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    """What was checked at the start stays as it is."""
    with pytest.raises(ValidationError):
        Settings().kafka.partitions = 9  # type: ignore[misc]


def test_every_setting_has_one_variable() -> None:
    """The documented variables are distinct, and setting each to its own default changes nothing."""
    names = [name for name, _, _ in variables()]
    assert len(set(names)) == len(names)
    assert all(name.startswith(PREFIX) and name == name.upper() for name in names)
    assert "REVIEWSTREAM_LANE__MAX_BATCH_TOKENS" in names


def test_documented_defaults_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the configuration table into the environment gets what runs without it."""
    for name, default, _ in variables():
        monkeypatch.setenv(name, default)
    assert load() == Settings()


def test_the_lane_takes_the_lanes_settings() -> None:
    """The lane's limits are the settings by the same names, with the same defaults."""
    assert LaneLimits(**LaneSettings().model_dump()) == LaneLimits()


def test_every_variable_that_a_message_names_exists() -> None:
    """What an error or a help text tells an operator to set is a setting there is."""
    known = {name for name, _, _ in variables()}
    sources = Path(streams.__file__).parent.rglob("*.py")
    named = {
        name for path in sources for name in re.findall(r"REVIEWSTREAM\w*[A-Z]", path.read_text("utf-8"))
    }
    assert named - known - {PREFIX.rstrip("_")} == set()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('{"new-reviews": 30}', r"KAFKA: .*wanted one of new-review, .*; got 'new-reviews'"),
        ('{"product-summary": 30}', r"got 'product-summary'"),  # compacted: nothing in it expires
        ('{"new-review": 0}', r"KAFKA__RETENTION_DAYS__NEW-REVIEW: .*greater than 0"),
        ("new-review=30", r"KAFKA__RETENTION_DAYS: wanted JSON"),
    ],
)
def test_retention_is_of_topics_that_there_are(
    value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic that does not exist or never forgets, no time at all, and no JSON are refused by name."""
    monkeypatch.setenv("REVIEWSTREAM_KAFKA__RETENTION_DAYS", value)
    with pytest.raises(ConfigurationError, match=told):
        load()


#: Passwords as people and generators make them; each as it has to be written in a URL.
PASSWORDS = ("xq/xq/xq", "xq@xq@xq", "xq:xq:xq", "xq%2Fxq", "xq?xq#xq", "50%xq", "xqｘｑ/xq", "[xq]xq")


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("form", ["redis://:{}@cache:6379/0", "redis://shop:{}@cache/0", "rediss://{}@cache"])
@pytest.mark.parametrize("is_escaped", [True, False])
def test_no_part_of_a_redis_password_is_told(
    monkeypatch: pytest.MonkeyPatch, password: str, form: str, is_escaped: bool
) -> None:
    """A URL that can be read leads to the host it names; one that cannot is refused without repeating any of it."""
    written = quote(password, safe="") if is_escaped else password
    monkeypatch.setenv("REVIEWSTREAM_REDIS__URL", form.format(written))
    try:
        settings = load()
    except ConfigurationError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert not is_escaped
        assert "REVIEWSTREAM_REDIS__URL: " in refused
        assert "xq" not in refused
        return
    assert settings.redis.url is not None
    read = urlsplit(settings.redis.url.get_secret_value())
    assert read.hostname == "cache"
    if is_escaped:
        assert password in {unquote(part) for part in (read.password, read.username) if part}


@pytest.mark.parametrize(
    "url",
    [
        "cache:6379",
        "http://cache",
        "redis://cache:port/0",
        "redis://ca che/0",
        "redis://[::1/0",
        "redis://:a/b@c",
        "redis:/foo",
        "redis:foo",
        "redis://",
        "redis:///foo",
        "redis:///0",
        "redis://:6379/0",
        "redis://cache/foo",
        "redis://cache/0/1",
        "redis://cache/-1",
        "rediss://u:p@/0",
        "redis://cache?db=x",
        "redis://cache?db=",
        "unix://",
        "unix:///",
        "unix:///run/redis?db=one",
    ],
)
def test_a_redis_url_that_is_none_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """And not when something is first asked of it."""
    monkeypatch.setenv("REVIEWSTREAM_REDIS__URL", url)
    with pytest.raises(ConfigurationError, match="REVIEWSTREAM_REDIS__URL: "):
        load()


@pytest.mark.parametrize(
    "url",
    [
        "redis://cache",
        "redis://cache/",
        "redis://[::1]:6379/15",
        "redis://cache?db=3",
        "rediss://u:p%2Fw@cache:6380/1?a=b",
        "unix://u:p@/run/redis",
        "unix:///r",
        "unix:///r?db=1",
    ],
)
def test_every_kind_of_redis_url_is_read(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """With and without user, port, database and options; sockets, too."""
    monkeypatch.setenv("REVIEWSTREAM_REDIS__URL", url)
    assert load().redis.url == SecretStr(url)


def test_every_secret_is_known() -> None:
    """Whatever the settings hold as a secret, and the password in the URL, raw and escaped."""
    settings = Settings.model_validate(
        {
            "kafka": {"sasl_password": "kafka-pw", "ssl_key_password": "key-pw"},
            "redis": {"url": "redis://:redis%2Fpw@cache"},
            "serving": {"token": "bearer-pw"},
        }
    )
    known = set(secrets_of(settings))
    assert known == {"kafka-pw", "key-pw", "redis://:redis%2Fpw@cache", "redis%2Fpw", "redis/pw", "bearer-pw"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "oauth_token_file, or oauth_token_url"),
        ({"OAUTH_TOKEN_URL": "https://login.example.com/token"}, "sasl_username and sasl_password"),
        ({"SASL_USERNAME": "shop", "SASL_PASSWORD": "hunter2"}, "oauth_token_file, or oauth_token_url"),
        ({"OAUTH_TOKEN_URL": "https://user:hunter2@login.example.com/"}, "OAUTH_TOKEN_URL"),
    ],
)
def test_tokens_need_a_source(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], missing: str) -> None:
    """OAUTHBEARER without a file, or without a provider and who asks it, is refused at the start."""
    values = {"SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "OAUTHBEARER", **given}
    for name, value in values.items():
        monkeypatch.setenv(f"REVIEWSTREAM_KAFKA__{name}", value)
    with pytest.raises(ConfigurationError, match=missing) as caught:
        load()
    assert "hunter2" not in str(caught.value)
