import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.infra.crypto import SealBrokenError, Sealer, derive

PLACE = {"table": "bucket", "row": "1", "column": "secret"}


@given(st.text())
def test_what_is_sealed_opens_again(text):
    sealer = Sealer("k" * 64)
    sealed = sealer.seal(text, **PLACE)
    assert sealer.open(sealed, **PLACE) == text
    assert sealed != sealer.seal(text, **PLACE)


@pytest.mark.parametrize("moved", [{"table": "other"}, {"row": "2"}, {"column": "token"}])
def test_a_sealed_value_does_not_open_in_another_place(moved):
    sealer = Sealer("k" * 64)
    with pytest.raises(SealBrokenError, match="was changed"):
        sealer.open(sealer.seal("secret", **PLACE), **(PLACE | moved))


def test_another_key_is_named_by_its_id():
    sealed = Sealer("a" * 64).seal("secret", **PLACE)
    other = Sealer("b" * 64)
    with pytest.raises(SealBrokenError, match=other.key_id) as caught:
        other.open(sealed, **PLACE)
    assert "secret" not in caught.value.hint.replace("the secret", "")


@pytest.mark.parametrize("sealed", ["", "v1", "v2.abc.def", "plain"])
def test_what_was_never_sealed_does_not_open(sealed):
    with pytest.raises(SealBrokenError):
        Sealer("k" * 64).open(sealed, **PLACE)


def test_every_bit_of_a_sealed_value_counts():
    sealer = Sealer("k" * 64)
    sealed = sealer.seal("secret", **PLACE)
    head, body = sealed.rsplit(".", 1)
    for position in range(len(body) - 1):  # the last character may hold padding bits
        flipped = body[:position] + ("A" if body[position] != "A" else "B") + body[position + 1 :]
        with pytest.raises(SealBrokenError):
            sealer.open(f"{head}.{flipped}", **PLACE)


def test_each_purpose_has_its_own_key():
    assert derive("k", "a") != derive("k", "b")
    assert len(derive("k", "a")) == 32
