"""How often tests repeat what is a matter of degree: usually so often that they are quick, by the environment as asked."""

import os

import hypothesis

KILLS, EXAMPLES = VARIABLES = ("STOREKEEPER_TEST_KILLS", "STOREKEEPER_TEST_EXAMPLES")


def times(variable: str, usually: int) -> int:
    return int(os.environ.get(variable) or usually)  # noqa: TID251 - how thorough is for who runs it


def examples(usually: int) -> int:
    """So many examples of a law, or as much fewer as the profile says that every law tries fewer."""
    return max(1, usually * hypothesis.settings().max_examples // 100)
