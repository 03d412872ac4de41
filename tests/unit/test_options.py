"""Options of users without yt-dlp (docs/contract/README.md "Options from users", ytdlp.md 2, 4)."""

import os
import subprocess
import sys

import pytest

from dlambda.domain.ytdlp.option_table import OPTIONS, POSTPROCESSORS, UNSAFE_COMPAT, OptionClass, removal_reason
from dlambda.domain.ytdlp.options import check_options, read_options, split_words
from dlambda.errors import Invalid


def reason(text: str) -> str:
    with pytest.raises(Invalid) as caught:
        check_options(text)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("--format best --output test.mp4", ["--format", "best", "--output", "test.mp4"]),
        ('--output "%(title)s.%(ext)s"', ["--output", "%(title)s.%(ext)s"]),
        ("-f 'bestvideo[height<=1080]+bestaudio/best'", ["-f", "bestvideo[height<=1080]+bestaudio/best"]),
        ("# all\n-f b\n   # indented\n#tight\n-x", ["-f", "b", "-x"]),
        ('--postprocessor-args "-movflags +faststart"', ["--postprocessor-args", "-movflags +faststart"]),
        ("-f\nb\n\n -x", ["-f", "b", "-x"]),
        ("", []),
        ("x", []),
        (None, []),
        (5, []),
        ("# only a comment", []),
    ],
)
def test_texts_are_split_like_a_shell_does(text: object, words: list[str]) -> None:
    assert split_words(text) == words


def test_an_open_quote_is_an_error() -> None:
    with pytest.raises(Invalid, match="No closing quotation"):
        split_words("-f 'b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-f",  # under three characters: ignored
        "--format bv*+ba -S res:1080",
        "--quiet --skip-download -F",
        "--no-exec --no-cookies",
        "-o '%(id)s.%(ext)s' -P sub/folder",
        "-o '%(download_path)s/%(title)s.%(ext)s'",
        "-t mp3",
        "--preset-alias mkv",
        "--use-postprocessor 'NFOMakerPP:when=after_move;mode=tv;prefix=true'",
        "--use-postprocessor FFmpegMetadata",
        "--postprocessor-args '-movflags +faststart'",
        "--ppa 'Merger+ffmpeg_o:-movflags +faststart'",
        "--proxy socks5://user:pass@8.8.8.8:1080",
        "--proxy ''",
        "--download-archive %(archive_file)s",
        "--download-archive %(config_path)s/second.log",
        "--download-archive archive.txt",
        "-u me -p secret",
        "--call-home --sponskrub-args x",
        "--dateafter 20240101 --match-filters 'duration<2min'",
        "# --exec is mentioned in a comment\n-f b",
        "--extractor-args 'youtube:player_client=web'",
    ],
)
def test_is_allowed(text: str) -> None:
    check_options(text)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("--exec 'rm -rf /'", "--exec"),
        ("--exec=rm", "--exec"),
        ("-f b --exec before_dl:id", "--exec"),
        ("--exec-before x", "--exec-before-download"),
        ("--netrc-c 'echo'", "--netrc-cmd"),
        ("--cookies /etc/passwd", "--cookies"),
        ("--cookies-from chrome", "--cookies-from-browser"),
        ("--plugin-dir /x", "--plugin-dirs"),
        ("--config-loc /etc", "--config-locations"),
        ("--ffmpeg-loc /x", "--ffmpeg-location"),
        ("--external-downloader aria2c", "--external-downloader"),
        ("--downloader aria2c", "--downloader"),
        ("--downloader-args 'aria2c:-x'", "--downloader-args"),
        ("--load-info x", "--load-info-json"),
        ("--batch-file x", "--batch-file"),
        ("-ax", "-a"),
        ("-qa x", "-a"),
        ("-Uf b", "-U"),
        ("-nv -f b", "-n"),
        ("--update-to nightly", "--update-to"),
        ("--alias a,b -x", "--alias"),
        ("--enable-file", "--enable-file-urls"),
        ("--print-to-file a b", "--print-to-file"),
        ("--cache-dir /x", "--cache-dir"),
        ("--rm-cache", "--rm-cache-dir"),
        ("--source-address 1.2.3.4", "--source-address"),
        ("--no-check-cert", "--no-check-certificates"),
        ("--client-certificate x", "--client-certificate"),
        ("--js-runtimes node:/x", "--js-runtimes"),
        ("--remote-comp ejs:github", "--remote-components"),
        ("--write-pages", "--write-pages"),
        ("--version", "--version"),
        ("--help", "--help"),
        ("-f b -h", "-h"),
        ("--format -", "--format -"),
        ("--match-filters -", "--match-filters -"),
        ("--compat-options allow-unsafe-ext", "--compat-options allow-unsafe-ext"),
    ],
)
def test_is_refused_however_it_is_written(text: str, written: str) -> None:
    assert reason(text) == f"Option '{written}' is not allowed."


COMPAT_VALUES = [
    "all", "ALL", " All ", "all,-filename", "filename,all", "all,-multistreams,-filename", "-youtube-dl", "-youtube-dlc",
    "-YouTube-DL", "all,-youtube-dl", "youtube-dl,all", "youtube-dl,allow-unsafe-ext", "Allow-Unsafe-Ext",
    "filename, allow-unsafe-ext", "allow-unsafe-exec-expansion", "ALLOW-UNSAFE-EXEC-EXPANSION", "-all,allow-unsafe-ext",
    "youtube-dl", "youtube-dlc", "2021", "2022", "2023", "2024", "2025", "-2021", "-all", "filename", "-filename",
    "all,-all", "allow-unsafe-ext,-allow-unsafe-ext", "-allow-unsafe-ext", "all,youtube-dl", "2021,multistreams",
    "all,-allow-unsafe-ext", "all,-allow-unsafe-exec-expansion",
    "all,-allow-unsafe-ext,-allow-unsafe-exec-expansion", "youtube-dlc,-youtube-dl", "-youtube-dl,youtube-dl",
]  # fmt: skip


@pytest.mark.parametrize("value", COMPAT_VALUES)
def test_unsafe_compatibility_is_refused_by_what_a_group_expands_to(value: str) -> None:
    """Whatever yt-dlp itself makes of it."""
    from yt_dlp.options import create_parser

    options, _ = create_parser().parse_args(["--compat-options", value])
    is_unsafe = not UNSAFE_COMPAT.isdisjoint(options.compat_opts)
    for text in (f"--compat-options '{value}'", f"--compat-options='{value}'", f"--compat-opt '{value}'"):
        refused = [found for found in read_options(text) if found.refused]
        assert bool(refused) is is_unsafe, text
        if is_unsafe:
            assert reason(text).startswith("Option '--compat-options allow-unsafe-ex"), text


def test_every_group_of_yt_dlp_is_known() -> None:
    from yt_dlp.options import create_parser

    (option,) = [each for group in create_parser().option_groups for each in group.option_list
                 if "--compat-options" in each._long_opts]  # fmt: skip
    groups = {**option.callback_kwargs["aliases"], "all": option.callback_kwargs["allowed_values"]}
    for name in groups:
        for value in (name, f"-{name}", f"filename,{name}", f"all,{name}", f"{name},-all"):
            test_unsafe_compatibility_is_refused_by_what_a_group_expands_to(value)
    unsafe = {value for value in groups["all"] if "unsafe" in value}
    assert unsafe == UNSAFE_COMPAT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--bogus-option", "No such option: --bogus-option"),
        ("-f b -Ö", "No such option: -ö"),
        ("-x -f", "-f option requires 1 argument"),
        ("--max-downloads five", "Option --max-downloads: invalid integer value: 'five'"),
        ("--socket-timeout x", "Option --socket-timeout: invalid floating-point value: 'x'"),
        ("--no-playlist=1", "--no-playlist option does not take a value"),
        ("-t flac", "Unknown preset alias: flac"),
        ("-u me", "Account password missing"),
        ("-o /etc/x", "Option '-o' must stay inside the download folder."),
        ("-o chapter:../x", "Option '-o' must stay inside the download folder."),
        ("-P home:/x", "Option '-P' must stay inside the download folder."),
        ("-P '~/x'", "Option '-P' must stay inside the download folder."),
        ("-o '%(download_path)s/../x'", "Option '-o' must stay inside the download folder."),
        ("--download-archive /etc/passwd", "Option '--download-archive' takes the name of an archive, not a path."),
        ("--download-archive ../x", "Option '--download-archive' takes the name of an archive, not a path."),
        ("--ppa 'ffmpeg:-i /etc/passwd'", "Option '--ppa' may only be given as \"-movflags +faststart\"."),
        ("--use-postprocessor Exec:exec_cmd=id", "Option '--use-postprocessor' does not allow the post-processor 'Exec'."),
        ("--proxy http://127.0.0.1:8080", "Access to internal urls or private networks is not allowed."),
        ("--proxy 10.0.0.1:3128", "Access to internal urls or private networks is not allowed."),
        ("--proxy http://[::1]:1", "Access to internal urls or private networks is not allowed."),
        ("--proxy localhost:1", "Access to internal urls or private networks is not allowed."),
        ("--geo-verification-proxy http://192.168.0.1", "Access to internal urls or private networks is not allowed."),
        ("--proxy file:///x", "Option '--proxy' is not a valid proxy."),
        ("--proxy http://a:b:c", "Option '--proxy' is not a valid proxy."),
    ],
)  # fmt: skip
def test_a_wrong_option_says_what_is_wrong(text: str, expected: str) -> None:
    assert reason(text) == expected


def test_a_proxy_of_the_own_network_is_allowed_where_internal_addresses_are() -> None:
    check_options("--proxy socks5://127.0.0.1:9050", allow_internal=True)


def test_ambiguous_abbreviations_are_errors() -> None:
    assert reason("--write-a").startswith("Ambiguous option: --write-a")


def test_found_options_carry_their_values() -> None:
    found = read_options("-f b --replace-in-metadata title a b -xk")
    assert [(one.option.label, one.values) for one in found] == [
        ("-f, --format", ("b",)),
        ("--replace-in-metadata", ("title", "a", "b")),
        ("-x, --extract-audio", ()),
        ("-k, --keep-video", ()),
    ]


def test_the_check_needs_no_yt_dlp() -> None:
    code = (
        "import sys; from dlambda.domain.ytdlp.options import check_options; check_options('-f b');"
        "print('yt_dlp' in sys.modules)"
    )
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"


def test_no_postprocessor_runs_commands() -> None:
    assert not {"Exec", "ExecAfterDownload", "MoveFilesAfterDownload", "MetadataParser"} & POSTPROCESSORS


# The table against the installed yt-dlp


def parser_options() -> dict[frozenset[str], object]:
    from yt_dlp.options import create_parser

    parser = create_parser()
    groups = [parser, *parser.option_groups]
    return {frozenset(o._short_opts + o._long_opts): o for group in groups for o in group.option_list}


def test_every_option_of_the_installed_yt_dlp_has_a_class() -> None:
    known = {frozenset(option.flags) for option in OPTIONS}
    assert set(parser_options()) == known


def test_every_option_takes_as_many_words_as_yt_dlp_says() -> None:
    theirs = parser_options()
    for option in OPTIONS:
        real = theirs[frozenset(option.flags)]
        values = real.nargs if real.takes_value() and real.type else 0  # type: ignore[attr-defined]
        assert option.values == values, option.flags
        if real.type in ("int", "float"):  # type: ignore[attr-defined]
            assert option.kind == real.type, option.flags  # type: ignore[attr-defined]
        if real.type == "choice":  # type: ignore[attr-defined]
            assert option.choices == tuple(real.choices), option.flags  # type: ignore[attr-defined]


def test_presets_are_those_of_yt_dlp() -> None:
    from yt_dlp.options import _PRESET_ALIASES

    from dlambda.domain.ytdlp.option_table import PRESET_ALIASES

    assert set(PRESET_ALIASES) == set(_PRESET_ALIASES)
    for words in _PRESET_ALIASES.values():
        assert all(one.option.class_ is OptionClass.ALLOWED for one in read_options(" ".join(map(repr, words))))


def test_the_installed_yt_dlp_is_the_pinned_one() -> None:
    from yt_dlp.version import __version__

    assert __version__ == "2026.10.26"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("--mtime", "bucket"), ("--xattrs", "bucket"), ("--abort-on-error", "item of its own"),
        ("--call-home", "yt-dlp itself ignores it."), ("--exec", "not allowed"),
        ("-v, --verbose", "no effect in a service"),
    ],
)  # fmt: skip
def test_why_an_option_is_taken_out(label: str, reason: str) -> None:
    assert reason in (removal_reason(label) or "")


def test_what_a_service_sets_itself_needs_no_reason() -> None:
    assert removal_reason("-q, --quiet") is removal_reason("-o, --output") is removal_reason("--newline") is None
