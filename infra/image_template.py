"""Writes `build/template.json`: `template.yaml` with a role for each function (infra/roles.py), and with the functions
that run yt-dlp or ffmpeg as container images; and `build/image/`, the folder that their image is built from: what
`infra/artifacts.py` and `layers/ffmpeg/build.py` made.

ffmpeg, ffprobe, deno and the packages are 520 MB; a ZIP function with its layers may have 250 (infra/README.md).
No layer can be added to an image: the web adapter is copied into it, from the file that the variable WEB_ADAPTER names.
"""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from infra import artifacts
from infra.base_image import base_image
from infra.gradual import WAYS, with_alias
from infra.roles import with_roles
from local import template

LAYER = "FfmpegLayer"
# They extract without ffmpeg, but some sites need deno, which no layer has room for.
EXTRACTORS = frozenset({"ConditionsFunction", "OnIntakeFunction", "OnSweepFunction", "TasksFunction", "YtdlpFunction"})
TERMINAL = "SystemStreamFunction"
_EPOCH = 1_577_836_800  # 2020
# What an image brings itself.
_OF_ZIPS = ("Handler", "Layers", "CodeUri", "Runtime")


def image_functions(document: dict[str, Any]) -> frozenset[str]:
    """The logical ids of the functions that need ffmpeg or deno."""
    layered = {
        name
        for name, each in document["Resources"].items()
        if {"Ref": LAYER} in each.get("Properties", {}).get("Layers", ())
    }
    return EXTRACTORS | layered


def with_images(
    document: dict[str, Any],
    *,
    has_adapter: bool,
    architecture: str = artifacts.DEFAULT_ARCHITECTURE,
    base: str = "",
) -> dict[str, Any]:
    """The document with images in place of ZIPs where the layer is used, without the layer, and with roles.

    Without an adapter in the image there is no terminal. `base`: the image to build on; empty for the Dockerfile's.
    """
    resources = dict(document["Resources"])
    outputs = dict(document["Outputs"])
    del resources[LAYER]
    if not has_adapter:
        del resources[TERMINAL], outputs["TerminalUrl"]
    for name in image_functions(document) & resources.keys():
        resources[name] = _as_image(resources[name], architecture, base)
    shared = document["Globals"]["Function"]
    # Globals must not give an image what only a ZIP may have.
    of_zips = {key: shared[key] for key in _OF_ZIPS if key in shared} | {"Architectures": [architecture]}
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "PackageType" not in properties:
            layers = [*of_zips["Layers"], *properties.get("Layers", ())]
            resource["Properties"] = of_zips | properties | {"Layers": layers}
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["CompatibleArchitectures"] = [architecture]
    kept = {key: value for key, value in shared.items() if key not in of_zips}
    return with_roles({**document, "Globals": {"Function": kept}, "Resources": resources, "Outputs": outputs})


def _as_image(resource: dict[str, Any], architecture: str, base: str) -> dict[str, Any]:
    properties = resource["Properties"]
    kept = {key: value for key, value in properties.items() if key not in _OF_ZIPS}
    started: dict[str, Any] = {"Command": [properties["Handler"]]}
    stage = "functions"
    if properties["Handler"].endswith(".sh"):
        # A ZIP's runtime is wrapped by the adapter; an image has none to wrap, and starts the web server itself.
        stage, started = "terminal", {"EntryPoint": ["/bin/sh"], **started}
        variables = dict(properties["Environment"]["Variables"])
        del variables["AWS_LAMBDA_EXEC_WRAPPER"]
        kept["Environment"] = {"Variables": variables}
    build = {
        "Dockerfile": "Dockerfile",
        "DockerContext": "image",
        "DockerBuildTarget": stage,
        "DockerTag": f"dlambda-{stage}",
        **({"DockerBuildArgs": {"BASE": base}} if base else {}),
    }
    image = {"PackageType": "Image", "Architectures": [architecture], "ImageConfig": started}
    return {**resource, "Metadata": build, "Properties": kept | image}


def stage(root: Path, target: Path, adapter: Path | None) -> None:
    """Fills `target` with what the image needs and nothing else. `adapter`: the web adapter's program.

    Times and modes are fixed: a folder that did not change makes the same layer of the image, which is not uploaded
    again.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(root / "infra" / "Dockerfile", target)
    for source, name in (
        ("tools", "tools"),
        ("image-packages", "packages"),
        ("image-ytdlp", "ytdlp"),
        ("code", "functions"),
    ):
        shutil.copytree(root / "build" / source, target / name)
    extensions = target / "extensions"
    extensions.mkdir()
    if adapter:
        shutil.copy(adapter, extensions / "lambda-adapter")
        (extensions / "lambda-adapter").chmod(0o755)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o111 else 0o644)
        os.utime(path, (_EPOCH, _EPOCH))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.image_template")
    parser.add_argument("--architecture", choices=artifacts.PLATFORMS, default=artifacts.DEFAULT_ARCHITECTURE)
    parser.add_argument("--gradual", choices=WAYS, help="how new versions take over; without: at once, with no alias")
    options = parser.parse_args()
    target = template.ROOT / "build" / "template.json"
    adapter = Path(os.environ["WEB_ADAPTER"]) if os.environ.get("WEB_ADAPTER") else None
    stage(template.ROOT, target.parent / "image", adapter)
    document = with_images(
        template.load(), has_adapter=adapter is not None, architecture=options.architecture, base=base_image()
    )
    if options.gradual:
        document = with_alias(document, options.gradual)
    for resource in document["Resources"].values():
        # SAM reads paths from the template's folder, which is build/.
        properties = resource.get("Properties", {})
        for name in {"CodeUri", "ContentUri"} & properties.keys():
            properties[name] = str(Path("..") / properties[name])
    target.write_text(json.dumps(document, indent=1))
    print(f"wrote {target.relative_to(template.ROOT)}, on {base_image()}")


if __name__ == "__main__":
    main()
