"""What `make artifacts` makes of the template: infra/README.md, Deploy."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from infra.image_template import EXTRACTORS, stage, with_images
from local import template

RUN_MEDIA = {*EXTRACTORS, "HistoryFunction", "OnDownloadFunction", "SystemStreamFunction"}


@pytest.fixture(params=[True, False])
def has_adapter(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def built(has_adapter: Any) -> Any:
    return with_images(template.load(), has_adapter=has_adapter)


def functions(document: dict[str, Any]) -> dict[str, Any]:
    resources = document["Resources"]
    return {name: each for name, each in resources.items() if each["Type"] == "AWS::Serverless::Function"}


def test_a_function_is_an_image_or_a_zip_and_has_what_that_needs(built: Any) -> None:
    for name, function in functions(built).items():
        properties = function["Properties"]
        if properties.get("PackageType") == "Image":
            assert not {"Handler", "Runtime", "CodeUri", "Layers"} & properties.keys(), name
            assert function["Metadata"]["DockerBuildTarget"] in {"functions", "terminal"}
        else:
            assert {"Handler", "Runtime", "CodeUri"} <= properties.keys(), name
            assert properties["Layers"][:2] == [{"Ref": "PackagesLayer"}, {"Ref": "YtdlpLayer"}], name
    assert not {"Handler", "Runtime", "CodeUri", "Layers"} & built["Globals"]["Function"].keys()


def test_sam_finds_no_loop_to_read(built: Any) -> None:
    text = json.dumps(built)
    assert "Fn::ForEach" not in text
    assert "Fn::FindInMap" not in text
    assert built["Transform"] == "AWS::Serverless-2016-10-31"


def test_what_runs_yt_dlp_or_ffmpeg_is_an_image(built: Any) -> None:
    images = {name for name, each in functions(built).items() if each["Properties"].get("PackageType") == "Image"}
    assert {*RUN_MEDIA} & functions(built).keys() <= images
    assert "LogsStreamFunction" not in images


def test_nothing_refers_to_what_is_left_out(built: Any, has_adapter: Any) -> None:
    text = json.dumps(built)
    assert "FfmpegLayer" not in text
    assert ("SystemStreamFunction" in text) == has_adapter
    assert "LogsStreamFunctionUrl" in text


def test_the_terminal_is_started_without_a_runtime_to_wrap() -> None:
    terminal = functions(with_images(template.load(), has_adapter=True))["SystemStreamFunction"]
    assert terminal["Properties"]["ImageConfig"] == {"EntryPoint": ["/bin/sh"], "Command": ["dlambda/entry/serve.sh"]}
    variables = terminal["Properties"]["Environment"]["Variables"]
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in variables
    assert variables["DLAMBDA_ANSWERS_STREAM"] == "true"
    assert terminal["Metadata"]["DockerBuildTarget"] == "terminal"


def test_the_adapter_lies_in_a_folder_of_its_own(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for folder in (
        "infra",
        "build/tools/bin",
        "build/code/dlambda",
        "build/image-packages/flask",
        "build/image-ytdlp/yt_dlp",
    ):
        (root / folder).mkdir(parents=True)
    for file in ("infra/Dockerfile", "build/tools/bin/ffmpeg", "build/code/dlambda/a.py", "adapter"):
        (root / file).write_text("x")
    stage(root, tmp_path / "without", None)
    stage(root, tmp_path / "with", root / "adapter")
    assert list((tmp_path / "without/extensions").iterdir()) == []
    [adapter] = (tmp_path / "with/extensions").iterdir()
    assert (adapter.name, adapter.stat().st_mode & 0o111) == ("lambda-adapter", 0o111)


def test_images_zips_and_layers_have_one_architecture() -> None:
    document = with_images(template.load(), has_adapter=True, architecture="arm64")
    chosen = {(each["Properties"].get("PackageType", "Zip"), *each["Properties"]["Architectures"])
              for each in functions(document).values()}  # fmt: skip
    assert chosen == {("Zip", "arm64"), ("Image", "arm64")}
    layers = [each for each in document["Resources"].values() if each["Type"] == "AWS::Serverless::LayerVersion"]
    assert [layer["Properties"]["CompatibleArchitectures"] for layer in layers] == [["arm64"]] * 2


def test_an_image_is_staged_with_the_same_times_and_modes(tmp_path: Path) -> None:
    staged: list[Any] = []
    for name in ("first", "second"):
        root = tmp_path / name
        for folder in ("infra", "build/tools/bin", "build/code", "build/image-packages", "build/image-ytdlp/yt_dlp"):
            (root / folder).mkdir(parents=True)
        for file in ("infra/Dockerfile", "build/tools/bin/ffmpeg", "build/code/a.py", "build/image-ytdlp/yt_dlp/b.py"):
            (root / file).write_text("x")
            os.utime(root / file, (len(staged), len(staged)))
        (root / "build/tools/bin/ffmpeg").chmod(0o700)
        (root / "build/code/a.py").chmod(0o600 if staged else 0o666)
        stage(root, root / "image", None)
        staged.append({str(path.relative_to(root)): (path.stat().st_mode, path.stat().st_mtime)
                       for path in (root / "image").rglob("*")})  # fmt: skip
    assert staged[0] == staged[1]
    assert staged[0]["image/tools/bin/ffmpeg"][0] & 0o777 == 0o755
