"""The language that the name of a subtitle file says (docs/contract/files.md 2), as media servers document it."""

import re
from collections.abc import Mapping, Sequence
from itertools import dropwhile

UNDEFINED = "und"

# What may follow a language: `hi` is for the hard of hearing there, and Hindi where it stands alone.
_FLAGS = frozenset({"cc", "default", "forced", "foreign", "hi", "sdh"})
_PLAIN_FLAGS = _FLAGS - {"hi"}
# `en`, `eng`, `pt-BR`, `pt_BR`, `zh-Hans`, `zh-Hant-TW`, `es-419`.
_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
# yt-dlp's: a language and the id of one of several tracks of it, `en-eEY6OEpapPo`.
_CODE_OF_TRACK = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?)-[A-Za-z0-9_-]{11}")
_NAMED = (
    "arabic=ar basque=eu bengali=bn bulgarian=bg catalan=ca chinese=zh croatian=hr czech=cs danish=da dutch=nl "
    "english=en estonian=et farsi=fa filipino=fil finnish=fi french=fr galician=gl german=de greek=el hebrew=he "
    "hindi=hi hungarian=hu icelandic=is indonesian=id irish=ga italian=it japanese=ja korean=ko latvian=lv "
    "lithuanian=lt macedonian=mk malay=ms norwegian=no persian=fa polish=pl portuguese=pt romanian=ro russian=ru "
    "serbian=sr slovak=sk slovenian=sl spanish=es swedish=sv tamil=ta telugu=te thai=th turkish=tr ukrainian=uk "
    "urdu=ur vietnamese=vi welsh=cy deutsch=de español=es français=fr italiano=it nederlands=nl polski=pl "
    "português=pt русский=ru українська=uk 日本語=ja 中文=zh 한국어=ko"
)
_CODES: Mapping[str, str] = dict(pair.split("=") for pair in _NAMED.split())


def language_of(name: str, stem: str = "") -> str:
    """The language that a subtitle's name says after `stem`, flags of other kinds left out; `und` without one."""
    parts = name.removeprefix(stem).split(".")[1:-1]
    while len(parts) > 1 and parts[-1].lower() in _FLAGS and _has_language(parts[:-1]):
        parts.pop()
    return (parts and _language(parts[-1])) or UNDEFINED


def _has_language(parts: Sequence[str]) -> bool:
    """True if a language is the last of `parts`, flags left out."""
    candidates = dropwhile(lambda part: part.lower() in _PLAIN_FLAGS, reversed(parts))
    return bool(_language(next(candidates, "")))


def _language(part: str) -> str:
    """The language that this part of a name is; nothing when it is none."""
    lower = part.lower()
    if lower in _CODES:
        return _CODES[lower]
    if lower in _PLAIN_FLAGS:
        return ""
    if track := _CODE_OF_TRACK.fullmatch(part):
        return track[1]
    return part.replace("_", "-") if _CODE.fullmatch(part) else ""
