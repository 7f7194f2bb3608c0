"""Formal languages read again, slowly, in plain Python: from the text of a string to the answers at its steps.

Written from the definitions of the papers, as they stand in the docstrings, and with other means than the generators:
Python's own arithmetic, regular expressions, search. Each reader raises AssertionError for a string that is not of its
language, and gives for every step the answer as text: a symbol, a sorted set of symbols, or "." where none is wanted.
"""

import re
from collections.abc import Callable, Iterable


def last(text: str, answer: object) -> list[str]:
    return ["."] * (len(text) - 1) + [str(answer)]


def after(text: str, answer: Iterable[str], blanks: int) -> list[str]:
    """Answers on the first of the blanks that follow the string."""
    string = text.rstrip("_")
    assert "_" not in string
    assert len(text) - len(string) == blanks
    answers = list(answer)
    return ["."] * len(string) + answers + ["."] * (blanks - len(answers))


def parity(text: str) -> list[str]:
    assert set(text) <= set("01")
    odd = False
    for bit in text:
        odd ^= bit == "1"
    return last(text, int(odd))


def even_pairs(text: str) -> list[str]:
    assert set(text) <= set("01")
    unequal = [text[i : i + 2] for i in range(len(text) - 1)].count("01") + sum(
        text[i : i + 2] == "10" for i in range(len(text) - 1)
    )
    return last(text, unequal % 2)


def cycle_navigation(text: str) -> list[str]:
    circle = [0, 1, 2, 3, 4]
    for step in text:
        if step == ">":
            circle = circle[1:] + circle[:1]
        elif step == "<":
            circle = circle[-1:] + circle[:-1]
        else:
            assert step == "."
    return last(text, circle[0])


def modular_arithmetic(text: str) -> list[str]:
    assert re.fullmatch(r"[0-4]([-+*][0-4])*", text)
    return last(text, eval(text) % 5)


def without_precedence(text: str) -> list[str]:
    """Wrong on purpose: from left to right."""
    value = int(text[0])
    for operator, digit in zip(text[1::2], text[2::2], strict=True):
        value = {"+": value + int(digit), "-": value - int(digit), "*": value * int(digit)}[operator]
    return last(text, value % 5)


def modular_arithmetic_brackets(text: str) -> list[str]:
    """The grammar of the docstring by rewriting: a string is of it if it shrinks to one expression."""
    left = text
    # Bracketed parts first, innermost: each becomes a digit-like `d`; a signed one only as `-d` of two symbols.
    left = re.sub(r"[0-4]", "d", left)
    while (shorter := re.sub(r"\((?:-?d|-?[de][-+*]-?[de])\)", "e", left)) != left:
        left = shorter
    assert re.fullmatch(r"e|-?d", left), text
    return last(text, eval(text) % 5)


def reverse(text: str) -> list[str]:
    string = text.rstrip("_")
    return after(text, reversed(string), len(string))


def duplicate(text: str) -> list[str]:
    string = text.rstrip("_")
    return after(text, string + string, 2 * len(string))


def odds_first(text: str) -> list[str]:
    string = text.rstrip("_")
    odd = [symbol for number, symbol in enumerate(string, 1) if number % 2 == 1]
    even = [symbol for number, symbol in enumerate(string, 1) if number % 2 == 0]
    return after(text, odd + even, len(string))


def bucket_sort(text: str) -> list[str]:
    string = text.rstrip("_")
    assert set(string) <= set("01234")
    return after(text, "".join(symbol * string.count(symbol) for symbol in "01234"), len(string))


def binary_addition(text: str) -> list[str]:
    string = text.rstrip("_")
    assert re.fullmatch(r"[01]+\+[01]+", string)
    a, b = (int(number[::-1], 2) for number in string.split("+"))
    assert a >= 1
    assert b >= 1
    return after(text, f"{a + b:b}"[::-1] + ".", len(string) + 1)


def stack_manipulation(text: str) -> list[str]:
    string = text.rstrip("_")
    held, actions = re.fullmatch(r"([01]+)([<oi]*)", string).groups()
    assert actions or len(string) == 1
    stack = list(held)
    for action in actions:
        if action == "<":
            stack = stack[:-1]
        else:
            stack.append({"o": "0", "i": "1"}[action])
    return after(text, [*reversed(stack), "."], len(string) + 1)


def dyck(text: str, symbols: str = "()[]") -> list[str]:
    """What may come next, by trying every symbol: does what remains after erasing pairs consist of opening ones?"""

    def erased(string: str) -> str:
        while (shorter := re.sub(r"\(\)|\[\]|\{\}|<>", "", string)) != string:
            string = shorter
        return string

    assert erased(text) == ""
    assert set(text) <= set(symbols)
    found, rest = [], ""
    for symbol in text:
        rest = erased(rest + symbol)
        found.append("".join(sorted(c for c in symbols if not set(erased(rest + c)) & set(")]}>"))))
    return found


def counted(letters: str, text: str) -> list[str]:
    """What may come next, from all strings of the language up to one letter more."""
    string = text[1:]
    assert text[0] == "_"
    of_it = ["".join(letter * n for letter in letters) + "T" for n in range(1, len(string) + 2)]
    assert string + "T" in of_it
    return [
        "".join(sorted({other[n] for other in of_it if other[:n] == string[:n] and len(other) > n}))
        for n in range(len(text))
    ]


def anbn(text: str) -> list[str]:
    return counted("ab", text)


def anbncn(text: str) -> list[str]:
    return counted("abc", text)


INNER = r"B(TS*X(S|X(T|VPX)*V(V|PS))|P(T|VPX)*V(V|PS))E"
"""The grammar as a regular expression, by hand from Hochreiter & Schmidhuber 1997, Figure 3."""

WHOLE = re.compile(INNER)

ENDINGS = ["", "E", "SE", "VE", "PSE", "XSE", "VVE", "XVVE", "TVVE", "TXSE", "PVVE", "BTXSE"]
"""With one of these, whatever has begun can be a string of the grammar."""


def follows(beginning: str) -> str:
    """Symbols that may follow a beginning, by search for an ending that makes a string of the grammar."""
    return "".join(sorted(c for c in "BTSXPVE" if any(WHOLE.fullmatch(beginning + c + end) for end in ENDINGS)))


def reber(text: str) -> list[str]:
    assert re.fullmatch(INNER, text)
    return [follows(text[: n + 1]) or "." for n in range(len(text))]


def embedded_reber(text: str) -> list[str]:
    assert text[0] == "B"
    assert text[1] in "TP"
    assert text[-2:] == text[1] + "E"
    inner = reber(text[2:-2])
    return ["PT", "B", *inner[:-1], text[1], "E", "."]


def continual_reber(text: str) -> list[str]:
    found, left = [], text
    while left:
        whole = re.match(r"B([TP])" + INNER + r"\1E", left)
        if whole:
            found += [*embedded_reber(whole[0])[:-1], "B"]
            left = left[len(whole[0]) :]
            continue
        # The last one is cut: as far as it goes, and on from there.
        assert left[0] == "B"
        found.append("PT")
        if len(left) > 1:
            assert left[1] in "TP"
            found.append("B")
        inner = left[2:]
        end = re.match(INNER, inner)
        if end:
            found += [*reber(end[0])[:-1], left[1]]
            rest = inner[len(end[0]) :]
            assert rest in ("", left[1])
            found += ["E"] * len(rest)
        else:
            steps = [follows(inner[: n + 1]) for n in range(len(inner))]
            assert all(steps)
            found += steps
        break
    return found


READERS: dict[str, Callable[[str], list[str]]] = {
    read.__name__: read
    for read in (
        parity, even_pairs, cycle_navigation, modular_arithmetic, modular_arithmetic_brackets, reverse, duplicate,
        odds_first, bucket_sort, binary_addition, stack_manipulation, dyck, anbn, anbncn, reber, embedded_reber,
        continual_reber,
    )
}  # fmt: skip
