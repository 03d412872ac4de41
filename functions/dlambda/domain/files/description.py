"""A plot out of a video's description: what is left when links, tags and advertising are gone (downloads.md 7)."""

import re

LONGEST = 1200  # characters
FEWEST_WORDS = 8

_TIME = r"(?<![\d:])(?:\d{1,2}:)?\d{1,2}:\d{2}(?![\d:])"
_CHAPTER = re.compile(rf"^\W*{_TIME}|{_TIME}\W*$")  # "00:01:23 Intro", "Intro (1:23)"
_HASHTAGS = re.compile(r"(?:#\w[\w-]*[\s,;|]*)+")
_MENTION = re.compile(r"(?:^|[\s(:\u2013-])@\w[\w.]*")
_MARKDOWN_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# Names without a scheme, by the endings that descriptions use; a wider pattern would eat "end.Next".
_DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|tv|gg|me|ly|be|app|dev|info|shop|store|fm|link|de|uk|fr|jp)\b(?:/\S*)?",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"""\b(?:
        subscribe | follow\s+(?:me|us|him|her|them|on) | patreon | ko-?fi | buymeacoffee | paypal | venmo | cash\s?app
      | facebook | instagram | twitter | tik\s?tok | discord | snapchat | twitch | linkedin | reddit | whats\s?app
      | telegram | threads\.net | bsky | mastodon | spotify | soundcloud | bandcamp | apple\s+music
      | bit\.ly | goo\.gl | tinyurl | amzn\.to | youtu\.be | linktr\.ee | lnk\.to | fanlink
      | merch(?:andise)? | promo\s?code | discount\s?code | use\s+code | affiliate | sponsor(?:ed|s)?\s+by | coupon
      | (?:hit|smash|click)\s+(?:the|that)\s+(?:like|bell|subscribe) | like\s+and\s+(?:share|comment)
      | join\s+(?:this|our|the)\s+(?:channel|community) | become\s+a\s+member | check\s+out\s+my | business\s+inquir\w+
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WORD = re.compile(r"\w[\w'\u2019-]*")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002](?=[\s\"')\u201d\u2019]|$)")


def _without_links(text: str) -> str:
    labelled = _MARKDOWN_LINK.sub(r"\1", text)
    return _DOMAIN.sub("", _URL.sub("", labelled))


def _one_line(lines: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(lines)).strip()


def _is_noise(line: str) -> bool:
    return bool(_CHAPTER.search(line) or _HASHTAGS.fullmatch(line) or _MENTION.search(line) or _PROMOTION.search(line))


def _shorten(text: str) -> str:
    """At most `LONGEST` characters, ended behind a sentence, else behind a word."""
    if len(text) <= LONGEST:
        return text
    start = text[:LONGEST]
    ends = [end_match.end() for end_match in _SENTENCE_END.finditer(start)]
    if ends:
        return start[: ends[-1]]
    return start[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(" ,;:-") + "\u2026"


def plot_of(description: str) -> str:
    """The description as one clean line of at most 1,200 characters; `""` when nothing of use is in it."""
    lines = [line.strip() for line in description.splitlines()]
    useful_lines = [_without_links(line).strip(" \t-|:>\u2022") for line in lines if line and not _is_noise(line)]
    clean = _one_line([line for line in useful_lines if _WORD.search(line)])
    if len(_WORD.findall(clean)) < FEWEST_WORDS:
        whole = _one_line([_without_links(line) for line in lines])
        if len(_WORD.findall(whole)) >= FEWEST_WORDS:
            clean = whole
    return _shorten(clean)
