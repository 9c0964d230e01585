"""How many examples hypothesis draws: all of them, or a tenth with EXAMPLES=fast (`make test-fast`)."""

import os

from hypothesis import settings

FAST = os.environ.get("EXAMPLES") == "fast"


def examples(whole: int) -> int:
    """The number of examples of a test that wants `whole` of them."""
    return max(5, whole // 10) if FAST else whole


settings.register_profile("suite", max_examples=examples(100), deadline=None)
settings.load_profile("suite")
