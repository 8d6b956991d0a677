"""What is typed into the forms of health, with its units, and what is wrong with it by field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.health import forms
from storekeeper.health.model import BreakerAction, HealthChange, HealthConfig
from storekeeper.health.rules import settings as rules
from storekeeper.health.views import settings as views
from storekeeper.kernel.errors import BadInputError
from storekeeper.objectstore.probing import ProbeOperation

GENERAL = HealthConfig()


def typed(**fields):
    """The general form as it is, but for what is typed."""
    return views.stored_values(GENERAL) | {
        name.replace("op_", "op-"): value for name, value in fields.items()
    }


CONFIGS = st.builds(
    HealthConfig,
    check_interval=st.integers(1000, 86_400_000),
    timeout=st.integers(100, 60_000),
    failure_threshold=st.integers(1, 100),
    recovery_timeout=st.integers(1000, 86_400_000),
    monitoring_window=st.integers(1000, 86_400_000),
    slow_response_threshold=st.integers(100, 60_000),
    test_operations=st.lists(st.sampled_from(ProbeOperation), min_size=1, unique=True).map(
        lambda chosen: tuple(one for one in ProbeOperation if one in chosen)
    ),
    alert_on_failure=st.booleans(),
    alert_on_recovery=st.booleans(),
    enabled=st.booleans(),
)


@given(CONFIGS)
def test_saving_what_is_shown_changes_nothing(config):
    change, errors = forms.general_change(views.stored_values(config))
    assert errors == {}
    said = rules.given(change)
    assert {name: getattr(config, name) for name in said} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }


@given(CONFIGS, st.sets(st.sampled_from([one.name for one in views.NUMBERS])))
def test_nor_does_it_for_one_bucket(config, names):
    own = HealthChange(**{name: getattr(config, name) for name in names})
    change, errors = forms.own_change(views.own_values(own, GENERAL), GENERAL)
    assert errors == {}
    assert rules.given(rules.merged(own, change)) == rules.given(own)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("check_interval", "0.5", "From 1 to 86,400 seconds."),
        ("check_interval", "1e400", "Write a number."),
        ("check_interval", "nan", "Write a number."),
        ("timeout", "soon", "Write a number."),
        ("timeout", "", "Write a number."),
        ("timeout", "60001", "From 100 to 60,000 milliseconds."),
        ("timeout", "1000.5", "Not so fine: the smallest step is a millisecond."),
        ("failure_threshold", "2.5", "Not so fine: the smallest step is a whole one."),
        ("failure_threshold", "0", "From 1 to 100 checks."),
    ],
)
def test_what_is_wrong_is_told_at_its_field(field, text, words):
    change, errors = forms.general_change(typed(**{field: text}))
    assert errors == {field: words}
    assert field not in rules.given(change)


def test_units_are_those_of_the_labels():
    change, errors = forms.general_change(typed(check_interval="1.5", timeout="750"))
    assert (errors, change.check_interval, change.timeout) == ({}, 1500, 750)


def test_some_operation_must_be_tested():
    none = {f"op_{one}": "" for one in ProbeOperation}
    assert set(forms.general_change(typed(**none))[1]) == {views.OPERATIONS}


def test_a_box_that_is_not_ticked_switches_off():
    data = typed()
    del data["enabled"]
    assert forms.general_change(data)[0].enabled is False


def test_what_a_bucket_leaves_empty_is_inherited():
    own = views.own_values(HealthChange(timeout=700, enabled=False), GENERAL)
    assert (own["timeout"], own["check_interval"], own["enabled"]) == ("700", "", "false")
    change, _ = forms.own_change(own | {"timeout": "", "op-list": "true"}, GENERAL)
    assert (change.timeout, change.enabled, change.alert_on_failure) == (None, False, None)
    assert change.test_operations == [
        ProbeOperation.PUT,
        ProbeOperation.GET,
        ProbeOperation.LIST,
        ProbeOperation.DELETE,
    ]
    assert forms.own_change(own, GENERAL)[0].test_operations is None


def test_contradictions_are_told_at_the_field_that_they_begin_with():
    contradiction = HealthChange(slow_response_threshold=9000)
    with pytest.raises(BadInputError) as raised:
        rules.changed(GENERAL, contradiction)
    field, words = views.placed(raised.value.detail)
    assert field == "slow_response_threshold"
    assert words.startswith("“Slow from” is longer than “Time-out”")


def test_settings_of_one_bucket_in_words():
    own = HealthChange(check_interval=10_000, enabled=False, test_operations=[ProbeOperation.GET])
    assert views.own_words(own) == ["check every 10 seconds", "operations GET", "check on schedule: off"]


# Orders to a breaker


def test_an_order_has_its_own_reason_and_time():
    data = {
        "action": "force-open",
        "reason-force-open": " moving ",
        "minutes-force-open": "1.5",
        "reason-open": "x",
    }
    order = forms.order(data)
    assert (order.action, order.reason, order.seconds) == (BreakerAction.FORCE_OPEN, "moving", 90.0)
    assert forms.order({"action": "reset"}).seconds is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "explode"}, "no such action"),
        ({"action": "force-open"}, "say why"),
        ({"action": "disable", "reason-disable": "  "}, "say why"),
        ({"action": "open", "reason-open": "x", "minutes-open": "0"}, "number of minutes"),
        ({"action": "open", "reason-open": "x", "minutes-open": "nan"}, "number of minutes"),
        ({"action": "open", "reason-open": "x", "minutes-open": "1e9"}, "number of minutes"),
    ],
)
def test_an_order_that_can_not_be_followed_says_why(data, words):
    with pytest.raises(BadInputError, match=words):
        forms.order(data)
