"""Every option of yt-dlp 2026.10.26 and what it may do here (docs/contract/README.md, "Options from users").

Three classes. ALLOWED: as given, some with limits on the value (`options.py` beside). DROPPED: no effect in a
service, reported as removed with the reason. REFUSED: runs code, reads or writes files elsewhere, loads code or
configuration, redirects or weakens traffic, or ends the program. A test compares this table with the parser of the
installed yt-dlp.
"""

from dataclasses import dataclass
from enum import StrEnum


class OptionClass(StrEnum):
    ALLOWED = "allowed"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True)
class Option:
    """`flags` as written, short before long; `values`: how many words follow; `kind`: what they are (`""`: text)."""

    flags: tuple[str, ...]
    dest: str
    values: int = 0
    kind: str = ""
    choices: tuple[str, ...] = ()
    class_: OptionClass = OptionClass.ALLOWED

    @property
    def label(self) -> str:
        """`-q, --quiet`: how a removed option is reported."""
        short = [flag for flag in self.flags if not flag.startswith("--")][:1]
        long = [flag for flag in self.flags if flag.startswith("--")][:1]
        return ", ".join([*short, *long])


def _rows(class_: OptionClass, *rows: tuple[str, str] | tuple[str, str, str]) -> tuple[Option, ...]:
    """Rows are (flags, dest[, value]); value: `text`, `text 2`, `int`, `float`, or choices separated by `|`."""
    options = []
    for flags, dest, *value_kinds in rows:
        value = value_kinds[0] if value_kinds else ""
        kind, _, count = value.partition(" ")
        choices = tuple(kind.split("|")) if "|" in kind else ()
        options.append(
            Option(
                flags=tuple(flags.split()),
                dest=dest,
                values=int(count or 1) if value else 0,
                kind="choice" if choices else kind.replace("text", ""),
                choices=choices,
                class_=class_,
            )
        )
    return tuple(options)


# Of `--compat-options`: what is never allowed, and how yt-dlp's groups change that.
UNSAFE_COMPAT = frozenset({"allow-unsafe-ext", "allow-unsafe-exec-expansion"})
COMPAT_GROUPS = {
    "all": ("allow-unsafe-ext", "allow-unsafe-exec-expansion"),
    "youtube-dl": ("all", "-allow-unsafe-ext", "-allow-unsafe-exec-expansion"),
    "youtube-dlc": ("all", "-allow-unsafe-ext", "-allow-unsafe-exec-expansion"),
}

# The presets of `-t`: yt-dlp's own. What they expand to is all ALLOWED.
PRESET_ALIASES = ("mp3", "aac", "mp4", "mkv", "sleep")

# Post-processors that `--use-postprocessor` may name, without the final PP.
POSTPROCESSORS = frozenset(
    {
        "EmbedThumbnail", "FFmpegConcat", "FFmpegCopyStream", "FFmpegEmbedSubtitle", "FFmpegExtractAudio",
        "FFmpegFixupDuplicateMoov", "FFmpegFixupDuration", "FFmpegFixupM3u8", "FFmpegFixupM4a", "FFmpegFixupStretched",
        "FFmpegFixupTimestamp", "FFmpegMetadata", "FFmpegSplitChapters", "FFmpegSubtitlesConvertor",
        "FFmpegThumbnailsConvertor", "FFmpegVideoConvertor", "FFmpegVideoRemuxer", "ModifyChapters", "NFOMaker",
        "SponsorBlock",
    }
)  # fmt: skip

# Keys of yt-dlp's parameters that are taken out of parsed options, with the labels they are reported under, in the
# order of docs/contract/ytdlp.md 2.1.
REMOVED_KEYS = (
    ("paths", "-P, --paths"),
    ("outtmpl", "-o, --output"),
    ("progress_hooks", "--progress_hooks"),
    ("postprocessor_hooks", "--postprocessor_hooks"),
    ("post_hooks", "--post_hooks"),
    ("quiet", "-q, --quiet"),
    ("no_warnings", "--no-warnings"),
    ("skip_download", "--skip-download"),
    ("forceprint", "-O, --print"),
    ("simulate", "--simulate"),
    ("noprogress", "--no-progress"),
    ("wait_for_video", "--wait-for-video"),
    ("progress_delta", "--progress-delta"),
    ("progress_template", "--progress-template"),
    ("consoletitle", "--console-title"),
    ("progress_with_newline", "--newline"),
    ("forcejson", "-j, --dump-single-json"),
)

# What the list of options marks as ignored: the labels above, and options that have no key.
IGNORED_LABELS = frozenset(flag for _, label in REMOVED_KEYS for flag in label.split(", ")) | {
    "--update-to", "--ap-list-mso", "-a", "--batch-file", "--alias", "--list-extractors", "--version", "-h", "--help",
    "-U", "--update", "--list-subs", "--list-thumbnails", "-F", "--list-formats", "--dump-user-agent",
    "--extractor-descriptions", "--list-impersonate-targets",
}  # fmt: skip

_ALLOWED = _rows(
    OptionClass.ALLOWED,
    # General Options
    ("-i --ignore-errors", "ignoreerrors"),
    ("--no-abort-on-error", "ignoreerrors"),
    ("--use-extractors --ies", "allowed_extractors", "text"),
    ("--force-generic-extractor", "force_generic_extractor"),
    ("--live-from-start", "live_from_start"),
    ("--no-live-from-start", "live_from_start"),
    ("--mark-watched", "mark_watched"),
    ("--no-mark-watched", "mark_watched"),
    ("--compat-options", "compat_opts", "text"),
    ("-t --preset-alias", "", "text"),
    # Network Options
    ("--proxy", "proxy", "text"),
    ("--socket-timeout", "socket_timeout", "float"),
    ("--impersonate", "impersonate", "text"),
    ("-4 --force-ipv4", "source_address"),
    ("-6 --force-ipv6", "source_address"),
    # Geo-restriction
    ("--geo-verification-proxy", "geo_verification_proxy", "text"),
    ("--xff", "geo_bypass", "text"),
    ("--geo-bypass", "geo_bypass"),
    ("--no-geo-bypass", "geo_bypass"),
    ("--geo-bypass-country", "geo_bypass", "text"),
    ("--geo-bypass-ip-block", "geo_bypass", "text"),
    # Video Selection
    ("--playlist-start", "playliststart", "int"),
    ("--playlist-end", "playlistend", "int"),
    ("-I --playlist-items", "playlist_items", "text"),
    ("--match-title", "matchtitle", "text"),
    ("--reject-title", "rejecttitle", "text"),
    ("--min-filesize", "min_filesize", "text"),
    ("--max-filesize", "max_filesize", "text"),
    ("--date", "date", "text"),
    ("--datebefore", "datebefore", "text"),
    ("--dateafter", "dateafter", "text"),
    ("--min-views", "min_views", "int"),
    ("--max-views", "max_views", "int"),
    ("--match-filters", "match_filter", "text"),
    ("--no-match-filters", "match_filter"),
    ("--break-match-filters", "breaking_match_filter", "text"),
    ("--no-break-match-filters", "breaking_match_filter"),
    ("--no-playlist", "noplaylist"),
    ("--yes-playlist", "noplaylist"),
    ("--age-limit", "age_limit", "int"),
    ("--download-archive", "download_archive", "text"),
    ("--no-download-archive", "download_archive"),
    ("--max-downloads", "max_downloads", "int"),
    ("--break-on-existing", "break_on_existing"),
    ("--no-break-on-existing", "break_on_existing"),
    ("--break-on-reject", "break_on_reject"),
    # Download Options
    ("-N --concurrent-fragments", "concurrent_fragment_downloads", "int"),
    ("-r --limit-rate --rate-limit", "ratelimit", "text"),
    ("--throttled-rate", "throttledratelimit", "text"),
    ("-R --retries", "retries", "text"),
    ("--file-access-retries", "file_access_retries", "text"),
    ("--fragment-retries", "fragment_retries", "text"),
    ("--retry-sleep", "retry_sleep", "text"),
    ("--skip-unavailable-fragments --no-abort-on-unavailable-fragments", "skip_unavailable_fragments"),
    ("--abort-on-unavailable-fragments --no-skip-unavailable-fragments", "skip_unavailable_fragments"),
    ("--buffer-size", "buffersize", "text"),
    ("--resize-buffer", "noresizebuffer"),
    ("--no-resize-buffer", "noresizebuffer"),
    ("--http-chunk-size", "http_chunk_size", "text"),
    ("--playlist-reverse", "playlist_reverse"),
    ("--no-playlist-reverse", "playlist_reverse"),
    ("--playlist-random", "playlist_random"),
    ("--lazy-playlist", "lazy_playlist"),
    ("--no-lazy-playlist", "lazy_playlist"),
    ("--hls-prefer-native", "hls_prefer_native"),
    ("--hls-prefer-ffmpeg", "hls_prefer_native"),
    ("--hls-use-mpegts", "hls_use_mpegts"),
    ("--no-hls-use-mpegts", "hls_use_mpegts"),
    ("--download-sections", "download_ranges", "text"),
    # Filesystem Options
    ("--output-na-placeholder", "outtmpl_na_placeholder", "text"),
    ("--autonumber-size", "autonumber_size", "int"),
    ("--autonumber-start", "autonumber_start", "int"),
    ("--restrict-filenames", "restrictfilenames"),
    ("--no-restrict-filenames", "restrictfilenames"),
    ("--windows-filenames", "windowsfilenames"),
    ("--no-windows-filenames", "windowsfilenames"),
    ("--trim-filenames --trim-file-names", "trim_file_name", "int"),
    ("-w --no-overwrites", "overwrites"),
    ("--force-overwrites --yes-overwrites", "overwrites"),
    ("--no-force-overwrites", "overwrites"),
    ("-c --continue", "continue_dl"),
    ("--no-continue", "continue_dl"),
    ("--no-mtime", "updatetime"),
    ("--write-description", "writedescription"),
    ("--no-write-description", "writedescription"),
    ("--write-info-json", "writeinfojson"),
    ("--no-write-info-json", "writeinfojson"),
    ("--clean-info-json --clean-infojson", "clean_infojson"),
    ("--no-clean-info-json --no-clean-infojson", "clean_infojson"),
    ("--write-comments --get-comments", "getcomments"),
    ("--no-write-comments --no-get-comments", "getcomments"),
    # Thumbnail Options
    ("--write-thumbnail", "writethumbnail"),
    ("--no-write-thumbnail", "writethumbnail"),
    ("--write-all-thumbnails", "writethumbnail"),
    # Internet Shortcut Options
    ("--write-link", "writelink"),
    ("--write-url-link", "writeurllink"),
    ("--write-webloc-link", "writewebloclink"),
    ("--write-desktop-link", "writedesktoplink"),
    # Verbosity and Simulation Options
    ("--ignore-no-formats-error", "ignore_no_formats_error"),
    ("--no-ignore-no-formats-error", "ignore_no_formats_error"),
    # Workarounds
    ("--legacy-server-connect", "legacy_server_connect"),
    ("--prefer-insecure --prefer-unsecure", "prefer_insecure"),
    ("--user-agent", "user_agent", "text"),
    ("--referer", "referer", "text"),
    ("--add-headers", "headers", "text"),
    ("--sleep-requests", "sleep_interval_requests", "float"),
    ("--sleep-interval --min-sleep-interval", "sleep_interval", "float"),
    ("--max-sleep-interval", "max_sleep_interval", "float"),
    ("--sleep-subtitles", "sleep_interval_subtitles", "float"),
    # Video Format Options
    ("-f --format", "format", "text"),
    ("-S --format-sort", "format_sort", "text"),
    ("--format-sort-reset", "format_sort"),
    ("--format-sort-force --S-force", "format_sort_force"),
    ("--no-format-sort-force", "format_sort_force"),
    ("--video-multistreams", "allow_multiple_video_streams"),
    ("--no-video-multistreams", "allow_multiple_video_streams"),
    ("--audio-multistreams", "allow_multiple_audio_streams"),
    ("--no-audio-multistreams", "allow_multiple_audio_streams"),
    ("--all-formats", "format"),
    ("--prefer-free-formats", "prefer_free_formats"),
    ("--no-prefer-free-formats", "prefer_free_formats"),
    ("--check-formats", "check_formats"),
    ("--check-all-formats", "check_formats"),
    ("--no-check-formats", "check_formats"),
    ("--merge-output-format", "merge_output_format", "text"),
    ("--allow-unplayable-formats", "allow_unplayable_formats"),
    ("--no-allow-unplayable-formats", "allow_unplayable_formats"),
    # Subtitle Options
    ("--write-subs --write-srt", "writesubtitles"),
    ("--no-write-subs --no-write-srt", "writesubtitles"),
    ("--write-auto-subs --write-automatic-subs", "writeautomaticsub"),
    ("--no-write-auto-subs --no-write-automatic-subs", "writeautomaticsub"),
    ("--all-subs", "allsubtitles"),
    ("--sub-format", "subtitlesformat", "text"),
    ("--sub-langs --srt-langs", "subtitleslangs", "text"),
    # Authentication Options
    ("-u --username", "username", "text"),
    ("-p --password", "password", "text"),
    ("-2 --twofactor", "twofactor", "text"),
    ("--video-password", "videopassword", "text"),
    ("--ap-mso", "ap_mso", "text"),
    ("--ap-username", "ap_username", "text"),
    ("--ap-password", "ap_password", "text"),
    # Post-Processing Options
    ("-x --extract-audio", "extractaudio"),
    ("--audio-format", "audioformat", "text"),
    ("--audio-quality", "audioquality", "text"),
    ("--remux-video", "remuxvideo", "text"),
    ("--recode-video", "recodevideo", "text"),
    ("--postprocessor-args --ppa", "postprocessor_args", "text"),
    ("-k --keep-video", "keepvideo"),
    ("--no-keep-video", "keepvideo"),
    ("--post-overwrites", "nopostoverwrites"),
    ("--embed-subs", "embedsubtitles"),
    ("--no-embed-subs", "embedsubtitles"),
    ("--embed-thumbnail", "embedthumbnail"),
    ("--no-embed-thumbnail", "embedthumbnail"),
    ("--embed-metadata --add-metadata", "addmetadata"),
    ("--no-embed-metadata --no-add-metadata", "addmetadata"),
    ("--embed-chapters --add-chapters", "addchapters"),
    ("--no-embed-chapters --no-add-chapters", "addchapters"),
    ("--embed-info-json", "embed_infojson"),
    ("--no-embed-info-json", "embed_infojson"),
    ("--metadata-from-title", "metafromtitle", "text"),
    ("--parse-metadata", "parse_metadata", "text"),
    ("--replace-in-metadata", "parse_metadata", "text 3"),
    ("--fixup", "fixup", "never|ignore|warn|detect_or_warn|force"),
    ("--convert-subs --convert-sub --convert-subtitles", "convertsubtitles", "text"),
    ("--convert-thumbnails", "convertthumbnails", "text"),
    ("--split-chapters --split-tracks", "split_chapters"),
    ("--no-split-chapters --no-split-tracks", "split_chapters"),
    ("--remove-chapters", "remove_chapters", "text"),
    ("--no-remove-chapters", "remove_chapters"),
    ("--force-keyframes-at-cuts", "force_keyframes_at_cuts"),
    ("--no-force-keyframes-at-cuts", "force_keyframes_at_cuts"),
    ("--use-postprocessor", "add_postprocessors", "text"),
    # SponsorBlock Options
    ("--sponsorblock-mark", "sponsorblock_mark", "text"),
    ("--sponsorblock-remove", "sponsorblock_remove", "text"),
    ("--sponsorblock-chapter-title", "sponsorblock_chapter_title", "text"),
    ("--no-sponsorblock", "no_sponsorblock"),
    ("--sponsorblock-api", "sponsorblock_api", "text"),
    # Extractor Options
    ("--extractor-retries", "extractor_retries", "text"),
    ("--allow-dynamic-mpd --no-ignore-dynamic-mpd", "dynamic_mpd"),
    ("--ignore-dynamic-mpd --no-allow-dynamic-mpd", "dynamic_mpd"),
    ("--hls-split-discontinuity", "hls_split_discontinuity"),
    ("--no-hls-split-discontinuity", "hls_split_discontinuity"),
    ("--extractor-args", "extractor_args", "text"),
)  # fmt: skip

_DROPPED = _rows(
    OptionClass.DROPPED,
    # General Options
    ("--no-update", "update_self"),
    ("--list-extractors", "list_extractors"),
    ("--extractor-descriptions", "list_extractor_descriptions"),
    ("--ignore-config --no-config", "ignoreconfig"),
    ("--no-config-locations", "config_locations"),
    ("--no-plugin-dirs", "plugin_dirs"),
    ("--no-js-runtimes", "js_runtimes"),
    ("--no-remote-components", "remote_components"),
    ("--wait-for-video", "wait_for_video", "text"),
    ("--no-wait-for-video", "wait_for_video"),
    ("--no-colors --no-colours", "color"),
    ("--color", "color", "text"),
    # Network Options
    ("--list-impersonate-targets", "list_impersonate_targets"),
    # Download Options
    ("--keep-fragments", "keep_fragments"),
    ("--no-keep-fragments", "keep_fragments"),
    ("--test", "test"),
    # Filesystem Options
    ("--no-batch-file", "batchfile"),
    ("--id", "useid"),
    ("-P --paths", "paths", "text"),
    ("-o --output", "outtmpl", "text"),
    ("--part", "nopart"),
    ("--no-part", "nopart"),
    ("--no-cookies", "cookiefile"),
    ("--no-cookies-from-browser", "cookiesfrombrowser"),
    ("--no-cache-dir", "cachedir"),
    # Thumbnail Options
    ("--list-thumbnails", "list_thumbnails"),
    # Verbosity and Simulation Options
    ("-q --quiet", "quiet"),
    ("--no-quiet", "quiet"),
    ("--no-warnings", "no_warnings"),
    ("-s --simulate", "simulate"),
    ("--no-simulate", "simulate"),
    ("--skip-download --no-download", "skip_download"),
    ("-O --print", "forceprint", "text"),
    ("-g --get-url", "geturl"),
    ("-e --get-title", "gettitle"),
    ("--get-id", "getid"),
    ("--get-thumbnail", "getthumbnail"),
    ("--get-description", "getdescription"),
    ("--get-duration", "getduration"),
    ("--get-filename", "getfilename"),
    ("--get-format", "getformat"),
    ("-j --dump-json", "dumpjson"),
    ("-J --dump-single-json", "dump_single_json"),
    ("--print-json", "print_json"),
    ("--newline", "progress_with_newline"),
    ("--no-progress", "noprogress"),
    ("--progress", "noprogress"),
    ("--console-title", "consoletitle"),
    ("--progress-template", "progress_template", "text"),
    ("--progress-delta", "progress_delta", "float"),
    ("-v --verbose", "verbose"),
    ("--dump-pages", "dump_intermediate_pages"),
    ("--print-traffic", "debug_printtraffic"),
    # Workarounds
    ("--encoding", "encoding", "text"),
    ("--bidi-workaround", "bidi_workaround"),
    # Video Format Options
    ("-F --list-formats", "listformats"),
    ("--list-formats-as-table", "listformats_table"),
    ("--list-formats-old --no-list-formats-as-table", "listformats_table"),
    # Subtitle Options
    ("--list-subs", "listsubtitles"),
    # Authentication Options
    ("--ap-list-mso", "ap_list_mso"),
    # Post-Processing Options
    ("--no-exec", "exec_cmd"),
    ("--no-exec-before-download", "exec_before_dl_cmd"),
    # What has nothing to act on here: an entry of a playlist is an item of its own, and files lie in a bucket
    ("--abort-on-error --no-ignore-errors", "ignoreerrors"),
    ("--flat-playlist", "extract_flat"),
    ("--no-flat-playlist", "extract_flat"),
    ("--break-per-input", "break_per_url"),
    ("--no-break-per-input", "break_per_url"),
    ("--skip-playlist-after-errors", "skip_playlist_after_errors", "int"),
    ("--concat-playlist", "concat_playlist", "never|always|multi_video"),
    ("--write-playlist-metafiles", "allow_playlist_files"),
    ("--no-write-playlist-metafiles", "allow_playlist_files"),
    ("--mtime", "updatetime"),
    ("--xattrs --xattr", "xattrs"),
    ("--default-search", "default_search", "text"),
    ("--force-write-archive --force-write-download-archive --force-download-archive", "force_write_download_archive"),
    ("--no-post-overwrites", "nopostoverwrites"),
    # Options without effect that old command lines still carry
    ("--xattr-set-filesize", ""),
    ("--youtube-include-dash-manifest", ""),
    ("--no-youtube-skip-dash-manifest", ""),
    ("--youtube-skip-dash-manifest", ""),
    ("--no-youtube-include-dash-manifest", ""),
    ("--youtube-include-hls-manifest", ""),
    ("--no-youtube-skip-hls-manifest", ""),
    ("--youtube-skip-hls-manifest", ""),
    ("--no-youtube-include-hls-manifest", ""),
    ("--sponskrub", ""),
    ("--no-sponskrub", ""),
    ("--sponskrub-cut", ""),
    ("--no-sponskrub-cut", ""),
    ("--sponskrub-force", ""),
    ("--no-sponskrub-force", ""),
    ("--prefer-avconv", ""),
    ("--no-prefer-ffmpeg", ""),
    ("--prefer-ffmpeg", ""),
    ("--no-prefer-avconv", ""),
    ("-C", ""),
    ("--call-home", ""),
    ("--no-call-home", ""),
    ("--include-ads", ""),
    ("--no-include-ads", ""),
    ("--write-annotations", ""),
    ("--no-write-annotations", ""),
    ("--sponskrub-location", "", "text"),
    ("--sponskrub-args", "", "text"),
    ("--cn-verification-proxy", "", "text"),
    ("--dump-user-agent", ""),
    ("--youtube-print-sig-code", ""),
)  # fmt: skip

_REFUSED = _rows(
    OptionClass.REFUSED,
    # General Options
    ("-h --help", "print_help"),
    ("--version", ""),
    ("-U --update", "update_self"),
    ("--update-to", "update_self", "text"),
    ("--config-locations", "config_locations", "text"),
    ("--plugin-dirs", "plugin_dirs", "text"),
    ("--js-runtimes", "js_runtimes", "text"),
    ("--remote-components", "remote_components", "text"),
    ("--alias", "", "text 2"),
    # Network Options
    ("--source-address", "source_address", "text"),
    ("--enable-file-urls", "enable_file_urls"),
    # Download Options
    ("--downloader --external-downloader", "external_downloader", "text"),
    ("--downloader-args --external-downloader-args", "external_downloader_args", "text"),
    # Filesystem Options
    ("-a --batch-file", "batchfile", "text"),
    ("--load-info-json", "load_info_filename", "text"),
    ("--cookies", "cookiefile", "text"),
    ("--cookies-from-browser", "cookiesfrombrowser", "text"),
    ("--cache-dir", "cachedir", "text"),
    ("--rm-cache-dir", "rm_cachedir"),
    # Verbosity and Simulation Options
    ("--print-to-file", "print_to_file", "text 2"),
    ("--write-pages", "write_pages"),
    ("--load-pages", "load_pages"),
    # Workarounds
    ("--no-check-certificates", "no_check_certificate"),
    # Authentication Options
    ("-n --netrc", "usenetrc"),
    ("--netrc-location", "netrc_location", "text"),
    ("--netrc-cmd", "netrc_cmd", "text"),
    ("--client-certificate", "client_certificate", "text"),
    ("--client-certificate-key", "client_certificate_key", "text"),
    ("--client-certificate-password", "client_certificate_password", "text"),
    # Post-Processing Options
    ("--ffmpeg-location", "ffmpeg_location", "text"),
    ("--exec", "exec_cmd", "text"),
    ("--exec-before-download", "exec_before_dl_cmd", "text"),
)  # fmt: skip

OPTIONS = (*_ALLOWED, *_DROPPED, *_REFUSED)

# Why an option is taken out, by its label; of the others the class tells it.
_ENTRY_REASON = "Each entry of a playlist is an item of its own."
_BUCKET_REASON = "Files are kept in a bucket, which has neither the time of the source nor extended attributes."
_OBSOLETE_REASON = "yt-dlp itself ignores it."
_CLASS_REASONS = {
    OptionClass.DROPPED: "It has no effect in a service.",
    OptionClass.REFUSED: "It is not allowed: it would run programs, read or write other files, or redirect traffic.",
}
_REASONS = {
    "--abort-on-error": _ENTRY_REASON,
    "--flat-playlist": _ENTRY_REASON,
    "--no-flat-playlist": _ENTRY_REASON,
    "--break-per-input": _ENTRY_REASON,
    "--no-break-per-input": _ENTRY_REASON,
    "--skip-playlist-after-errors": _ENTRY_REASON,
    "--concat-playlist": _ENTRY_REASON,
    "--write-playlist-metafiles": _ENTRY_REASON,
    "--no-write-playlist-metafiles": _ENTRY_REASON,
    "--mtime": _BUCKET_REASON,
    "--xattrs": _BUCKET_REASON,
    "--default-search": "An item is a URL, never a text to search for.",
    "--force-write-archive": "What is downloaded is always recorded in the archive.",
    "--no-post-overwrites": "A post-processor never meets a file of an earlier download.",
}


def removal_reason(label: str) -> str | None:
    """Why the option that is reported under `label` was taken out; None for what any service sets itself (2.1)."""
    if label in _REASONS:
        return _REASONS[label]
    option = next((option for option in OPTIONS if option.label == label), None)
    if option is None or label in {key_label for _, key_label in REMOVED_KEYS}:
        return None
    obsolete = option.class_ is OptionClass.DROPPED and not option.dest
    return _OBSOLETE_REASON if obsolete else _CLASS_REASONS.get(option.class_)
