"""Option texts and what they mean (docs/contract/ytdlp.md 2.2)."""

EMBED = [{"key": "FFmpegEmbedSubtitle", "already_have_subtitle": True}]
NFO = [{"key": "NFOMaker", "when": "after_move", "mode": "tv", "prefix": "true"}]

PARSED = [
    ("--write-sub --embed-subs", {"writesubtitles": True, "postprocessors": EMBED}),
    ("--format best", {"format": "best"}),
    (
        "--match-filters 'duration<2min' --download-archive archive.txt",
        {"download_archive": "archive.txt", "match_filter": {"filters": ["duration<2min"]}},
    ),
    ("--no-playlist", {"noplaylist": True}),
    ("--socket-timeout 30", {"socket_timeout": 30.0}),
    ("--max-downloads 5", {"max_downloads": 5}),
    ("--sub-langs en,ja --write-auto-subs", {"subtitleslangs": ["en", "ja"], "writeautomaticsub": True}),
    ("--dateafter 20240101", {"daterange": {"start": "20240101", "end": "99991231"}}),
    ("-x --audio-format mp3", {"format": "bestaudio/best", "final_ext": "mp3"}),
    ("# a comment\n-f bv", {"format": "bv"}),
]
