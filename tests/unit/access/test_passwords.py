"""What is refused as a password, and how passwords are kept."""

import re

import pytest

from storekeeper.access.model import WeakPasswordError
from storekeeper.access.rules import passwords as rules
from storekeeper.access.service.passwords import MEMORY_KIB, Passwords, made_up

ADA = "ada@example.com"


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("seven77", "8 characters"),
        ("x" * 257, "256"),
        ("aaaaaaaab", "different"),
        ("ada@example.com", "name"),
        ("password", "attackers"),
        ("Password123!", "attackers"),
        ("12345678", "attackers"),
        ("Welcome2026", "attackers"),
        ("storekeeper1", "attackers"),
    ],
)
def test_refused(fast_passwords, password, word):
    with pytest.raises(WeakPasswordError, match=word) as refused:
        fast_passwords.accepted(password, email=ADA, field="new")
    assert refused.value.extra["errors"][0]["key"] == "new"


@pytest.mark.parametrize(
    "password", ["tide-pool-lantern", "dragonfly in the welcome hall", "пароль-из-слов", "x9Kq2mVd"]
)
def test_accepted(fast_passwords, password):
    assert fast_passwords.verify(password, fast_passwords.accepted(password, email=ADA))


def test_made_up_passwords_are_acceptable_and_differ():
    made = {made_up() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password) for password in made)
    assert not any(rules.fault(password, email=ADA, common=frozenset()) for password in made)


def test_the_hash_is_argon2id_with_at_least_the_parameters_promised():
    stored = Passwords().hashed("tide-pool-lantern")
    assert stored.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t=2,p=1$")
    assert MEMORY_KIB >= 19 * 1024


def test_a_wrong_password_an_unknown_user_and_a_broken_hash_are_all_just_wrong(fast_passwords):
    stored = fast_passwords.hashed("tide-pool-lantern")
    assert not fast_passwords.verify("tide-pool-lanterns", stored)
    assert not fast_passwords.verify("tide-pool-lantern", None)
    assert not fast_passwords.verify("tide-pool-lantern", "not a hash")
    assert not fast_passwords.verify("x" * 100_000, stored)


def test_an_accent_typed_in_two_ways_is_one_password(fast_passwords):
    composed, decomposed = "café-crème-brûlée", "cafe\u0301-cre\u0300me-bru\u0302le\u0301e"
    assert composed != decomposed
    assert fast_passwords.verify(decomposed, fast_passwords.hashed(composed))


def test_hashes_of_older_parameters_are_recognized(fast_passwords):
    assert Passwords(time_cost=2, memory_kib=64).is_outdated(fast_passwords.hashed("tide-pool-lantern"))
    assert not fast_passwords.is_outdated(fast_passwords.hashed("tide-pool-lantern"))
