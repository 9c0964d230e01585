"""The family of a user agent, such as Firefox or Chrome Mobile. Pure."""

from functools import lru_cache


@lru_cache(maxsize=10_000)
def family(agent: str) -> str:
    """Returns the family's name without a version; `agent` itself if the parser does not recognize it."""
    from ua_parser import parse_user_agent  # 30 MB of expressions, which only stages with origins need

    parsed = parse_user_agent(agent)
    return parsed.family if parsed else agent
