import random
import string

import pytest


@pytest.fixture
def story():
    """Makes a text of so many random words, the same for one seed; texts of different seeds share no five words in a row."""

    def make(seed: int, n_words: int = 80) -> str:
        letters = random.Random(seed)  # noqa: S311  # reproducible words, no secret
        return " ".join("".join(letters.choices(string.ascii_lowercase, k=6)) for _ in range(n_words))

    return make


@pytest.fixture
def edited(story):
    """`text` with every `step`-th word replaced, by other words for another seed."""

    def edit(text: str, step: int, seed: int = 1) -> str:
        words, others = text.split(), story(1_000_000 + seed, len(text.split())).split()
        return " ".join(
            other if at % step == step - 1 else word for at, (word, other) in enumerate(zip(words, others, strict=True))
        )

    return edit
