"""One way to say that a name is not known: what was given, what is allowed, the nearest match."""

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 24


def nearest(given: str, allowed: Iterable[str]) -> str:
    """'; did you mean 'hidden'?', or nothing where no name is near."""
    names = list(allowed)
    lower = {name.lower(): name for name in reversed(names)}
    plain = given.lower().replace("-", "_")
    near = get_close_matches(plain, list(lower), n=1, cutoff=0.55)
    near = near or [name for name in sorted(lower) if len(plain) > 2 and name.startswith(plain)]
    return f"; did you mean {lower[near[0]]!r}?" if near else ""


def unknown(what: str, given: str, allowed: Iterable[str], why: str = "is not known") -> str:
    """'kind 'lsmt' not in cells/; allowed: gru, lstm; did you mean 'lstm'?' (long lists are cut)."""
    names = list(allowed)
    shown = ", ".join(names[:_SHOWN]) + (f", ... ({len(names)} in all)" if len(names) > _SHOWN else "")
    return f"{what} {given!r} {why}; allowed: {shown or 'none'}{nearest(given, names)}"
