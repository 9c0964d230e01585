"""The family of a user agent: Firefox, Chrome Mobile. Pure."""

from functools import lru_cache


@lru_cache(maxsize=10_000)
def family(agent: str) -> str:
    """The family's name without a version; the agent itself where the parser does not know it."""
    from ua_parser import parse_user_agent  # 30 MB of expressions, which only a stage that asks for origins needs

    found = parse_user_agent(agent)
    return found.family if found else agent
