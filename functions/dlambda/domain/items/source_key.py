"""Keys of sources: what no two records may have, and what names and work folders belong to."""


def source_key(url: str, *details: str, owner: str = "") -> str:
    """The key of `url` with its `details`: the entry that is meant of it, the part that is asked for.

    Members have keys of their own, so that what one has is no duplicate for another. No URL begins with `@`.
    """
    return " ".join(text for text in (f"@{owner}" if owner else "", url, *details) if text)
