"""Options of yt-dlp that run programs, read or write files elsewhere, or load code: refused in every spelling."""

from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.service import Service
from tests.security.lab import Lab
from tests.security.submission import Submission, submit_all

_REFUSED = (
    "--exec 'touch @MARK@'", "--exec='touch @MARK@'", "--exec=before_dl:'touch @MARK@'", "--exec after_move:x",
    "--exe 'touch @MARK@'", "--exec-before-download 'touch @MARK@'", "--exec-before 'touch @MARK@'",
    "--exec-b='touch @MARK@'", "\n--exec 'touch @MARK@'", "# comment\n--exec 'touch @MARK@'",
    "--no-exec --exec 'touch @MARK@'", "-f best\n   --exec 'touch @MARK@'", '--format best --exec "touch @MARK@"',
    "'--exec' 'touch @MARK@'", "--ex\\ec 'touch @MARK@'", "\"--e\"xec 'touch @MARK@'", "--exec 'id' -- http://pub.test/",
    "--netrc", "-n --quiet", "--netrc-cmd 'touch @MARK@'", "--netrc-cmd='touch @MARK@'", "--netrc-c 'touch @MARK@'",
    "--netrc-location /etc", "--netrc-l=/etc",
    "--config-location /etc/passwd", "--config-locations /etc/passwd", "--config-locations=-", "--conf /etc/passwd",
    "--alias get '--exec id' --get", "--alias x '--exec {0}'", "--plugin-dirs /tmp", "--plugin-d=/tmp",
    "--batch-file -", "--batch-file=/etc/passwd", "-a /etc/passwd", "-a/etc/passwd", "-a -",
    "--load-info-json /etc/passwd", "--load-info /etc/passwd", "--load-info=/etc/passwd",
    "--cookies /etc/passwd", "--cookies=/etc/passwd", "--cookies-from-browser firefox", "--cookies-f chrome:/etc",
    "--cache-dir /etc", "--cache-d=/tmp/x", "--rm-cache-dir", "--rm",
    "--print-to-file title @MARK@", "--print-to title @MARK@", "--print-to-file=title @MARK@", "--write-pages",
    "--load-pages", "--enable-file-urls", "--enable-f", "--no-check-certificates", "--no-check-cert",
    "--js-runtimes node:/bin/sh", "--js-runtimes=deno:/tmp/x", "--remote-components ejs:github", "--remote-comp=ejs:npm",
    "--client-certificate /etc/passwd", "--client-certificate-key /etc/passwd", "--client-certificate-password x",
    "--source-address 127.0.0.1", "--source=0.0.0.0", "-U --quiet", "--update --quiet", "--update-to master",
    "--version", "--help", "-h --quiet",
    "--downloader curl", "--downloader=m3u8:ffmpeg", "--downloader dash,m3u8:native", "--downloader /bin/sh",
    "--downloader-args 'ffmpeg:-i /etc/passwd'", "--external-downloader aria2c", "--external-downloader-args '-x 5'",
    "--external-d=wget", "--downloader-a 'curl:-o x'", "--ffmpeg-location @MARK@", "--ffmpeg-l=/tmp",
    "--use-postprocessor Exec:exec_cmd=id", "--use-postprocessor ExecPP:exec_cmd=id",
    "--use-postprocessor 'Exec:when=before_dl;exec_cmd=id'", "--use-postprocessor=FFmpegPP",
    "--use-postprocessor FFmpeg", "--use-postprocessor MoveFilesAfterDownload", "--use-postprocessor MetadataParser:x=y",
    "--use-post Exec", "--use-postprocessor exec", "--use-postprocessor ' Exec'",
    "--postprocessor-args '-i /etc/passwd'", "--ppa 'ffmpeg:-f lavfi'", "--ppa 'exec:touch @MARK@'",
    "--ppa 'ffmpeg_i1:-protocol_whitelist file'", "--ppa '-movflags +faststart -i /etc/passwd'",
    "--postprocessor-a '-attach /etc/passwd'", "--ppa=Merger+ffmpeg_o:-y",
    "-o /tmp/x", "-o '../x'", "-o '~/x'", "-o 'a/../../x'", "-o 'chapter:/tmp/x'", "-o 'thumbnail:../x'",
    "--output=/tmp/x", "-o/tmp/x", "--outp /tmp/x", "-P /tmp", "-P ../x", "-P '~'", "-P home:/tmp", "-P temp:/tmp",
    "--paths=temp:../x", "-P 'chapter:~/x'", "--path /tmp",
    "--download-archive /tmp/x", "--download-archive ../x", "--download-archive=~/x", "--download-a /etc/passwd",
    "-f -", "--format=-", "--match-filters -", "--match-filter=-", "--break-match-filters -",
    "--compat-options allow-unsafe-ext", "--compat-options=no-live-chat,allow-unsafe-ext",
    "--compat-options all", "--compat-opt allow-unsafe-ext", "--compat-options youtube-dl,all", "--compat-options -all,all",
    "--proxy http://127.0.0.1:3128", "--proxy=localhost:3128", "--proxy http://[::1]:3128", "--proxy file:///etc/passwd",
    "--proxy socks5://10.1.2.3:1080", "--proxy http://169.254.169.254", "--geo-verification-proxy http://127.0.0.1:1",
    "--proxy 127.1:3128", "--proxy http://[::ffff:127.0.0.1]:1", "--proxy ftp://pub.test",
    "--prox=http://127.0.0.1",
)  # fmt: skip
_EVERYWHERE = (
    "--exec 'touch @MARK@'", "--exec-b='touch @MARK@'", "# c\n--exec 'touch @MARK@'", "--netrc-cmd 'touch @MARK@'",
    "--config-locations /etc/passwd", "--ppa 'exec:touch @MARK@'", "--cookies /etc/passwd", "--alias x '--exec {0}'",
    "--use-postprocessor Exec:exec_cmd=id", "--plugin-dirs /tmp", "-o /tmp/x", "--compat-options allow-unsafe-ext",
    "--proxy http://127.0.0.1:3128", "--downloader curl", "--ffmpeg-location @MARK@", "--enable-file-urls",
)  # fmt: skip
_PLACES = {
    "a preset": lambda api, cli: api.post("/api/presets", {"name": "hostile", "cli": cli}),
    "a condition": lambda api, cli: api.post(
        "/api/conditions", {"name": "hostile", "filter": "duration>1", "cli": cli}
    ),
    "a task": lambda api, cli: api.post("/api/tasks", {"name": "t", "url": "http://pub.test/f.rss", "cli": cli}),
    "the command": lambda api, cli: api.post("/api/yt-dlp/command/", {"url": "http://pub.test/x", "cli": cli}),
}


@pytest.fixture
def marker(lab: Lab) -> str:
    """A file that a program of an attempt would make."""
    path = lab.folder / "made-by-an-option"
    path.unlink(missing_ok=True)
    return str(path)


@pytest.fixture(scope="module")
def submission(lab: Lab, service: Service) -> Submission:
    """All of them, sent one by one, each with a file of its own that it may make."""
    bodies = {cli: {"url": _url(cli), "cli": cli.replace("@MARK@", str(_mark(lab, cli)))} for cli in _REFUSED}
    with lab.inside():
        return submit_all(service.api, bodies)


def _url(cli: str) -> str:
    return f"http://pub.test/options/{_REFUSED.index(cli)}.mp4"


def _mark(lab: Lab, cli: str) -> Path:
    return lab.folder / f"made-by-option-{_REFUSED.index(cli)}"


@pytest.mark.parametrize("cli", _REFUSED)
def test_no_item_takes_it(lab: Lab, submission: Submission, cli: str) -> None:
    reply = submission.replies[cli]
    assert reply.status == 400, reply.body
    assert reply.json()["error"]
    assert _url(cli) not in submission.item_urls
    assert not _mark(lab, cli).exists()


@pytest.mark.parametrize("cli", _EVERYWHERE)
@pytest.mark.parametrize("place", _PLACES)
def test_no_place_keeps_it(lab: Lab, api: Api, marker: str, place: str, cli: str) -> None:
    reply = _PLACES[place](api, cli.replace("@MARK@", marker))
    assert reply.status == 400, reply.body
    assert not (lab.folder / "made-by-an-option").exists()


@pytest.mark.parametrize("cli", _EVERYWHERE)
def test_the_console_does_not_run_it(lab: Lab, api: Api, marker: str, cli: str) -> None:
    command = cli.replace("@MARK@", marker).replace("# c\n", "") + " http://pub.test/options/console.mp4"
    reply = api.post("/api/system/terminal", {"command": command})
    assert reply.status == 400, reply.body
    assert not (lab.folder / "made-by-an-option").exists()


@pytest.mark.parametrize("cli", _EVERYWHERE)
def test_the_converter_hands_out_none_of_it(api: Api, marker: str, cli: str) -> None:
    reply = api.post("/api/yt-dlp/convert", {"args": cli.replace("@MARK@", marker)})
    if reply.status == 200:
        kept = reply.json()["opts"]
        assert not {"exec_cmd", "netrc_cmd", "cookiefile", "plugin_dirs", "external_downloader", "proxy"} & kept.keys()
        assert "Exec" not in str(kept.get("postprocessors"))
        assert "allow-unsafe-ext" not in str(kept)
    else:
        assert reply.status == 400
