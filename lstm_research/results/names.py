"""One way to say that a name is not known: what was given, what is allowed, the nearest match."""

from collections.abc import Iterable
from difflib import get_close_matches


def unknown(what: str, given: str, allowed: Iterable[str]) -> str:
    """'metric 'nl' is not known; allowed: mse, nll; did you mean 'nll'?' (long lists are cut after 12)."""
    names = sorted(set(allowed))
    shown = ", ".join(names[:12]) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")
    near = get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{what} {given!r} is not known; allowed: {shown or 'none'}{hint}"
