"""Countries by code or by name in the languages of quotes, from the Unicode CLDR by way of babel."""

from __future__ import annotations

from functools import cache

from gpuplan.quotes.numbers import Unclear, normal, shown

LANGUAGES = ("en", "de", "fr", "ko", "ja", "zh")
_SHORT = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "uk": "GB",
    "south korea": "KR",
    "korea": "KR",
    "한국": "KR",
    "prc": "CN",
}


@cache
def _names() -> dict[str, str]:
    from babel import Locale

    found = dict(_SHORT)
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB"):
                found[normal(name).casefold()] = code
                found[code.casefold()] = code
    return found


def country_of(text: str) -> str:
    """Code of a country (ISO 3166); raises Unclear for anything else."""
    found = _names().get(normal(text).casefold().strip(" ."))
    if found is None:
        raise Unclear(f"{shown(text)!r} is no country", "Write its code of two letters, such as DE.")
    return found
