"""Writes `build/template.json`: `template.yaml` with the functions that run yt-dlp or ffmpeg as container images, and
`build/image/`, the folder that their image is built from.

ffmpeg, ffprobe, deno and the packages are 520 MB; a ZIP function with its layers may have 250 (infra/README.md).
No layer can be added to an image: the web adapter is copied into it, from the file that the variable WEB_ADAPTER names.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from local import template

LAYER = "FfmpegLayer"
# They extract without ffmpeg, but some sites need deno, which no layer has room for.
EXTRACTORS = frozenset({"ConditionsFunction", "OnIntakeFunction", "OnSweepFunction", "TasksFunction", "YtdlpFunction"})
TERMINAL = "SystemStreamFunction"
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


def with_images(document: dict[str, Any], *, has_adapter: bool) -> dict[str, Any]:
    """The document with images in place of ZIPs where the layer is used, and without the layer.

    Without an adapter in the image there is no terminal.
    """
    resources = dict(document["Resources"])
    outputs = dict(document["Outputs"])
    del resources[LAYER]
    if not has_adapter:
        del resources[TERMINAL], outputs["TerminalUrl"]
    for name in image_functions(document) & resources.keys():
        resources[name] = _as_image(resources[name])
    shared = document["Globals"]["Function"]
    # Globals must not give an image what only a ZIP may have.
    of_zips = {key: shared[key] for key in _OF_ZIPS if key in shared}
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function" and "PackageType" not in resource["Properties"]:
            resource["Properties"] = of_zips | resource["Properties"]
    kept = {key: value for key, value in shared.items() if key not in of_zips}
    return {**document, "Globals": {"Function": kept}, "Resources": resources, "Outputs": outputs}


def _as_image(resource: dict[str, Any]) -> dict[str, Any]:
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
    }
    return {**resource, "Metadata": build, "Properties": {**kept, "PackageType": "Image", "ImageConfig": started}}


def stage(root: Path, target: Path, adapter: Path | None) -> None:
    """Fills `target` with what the image needs and nothing else. `adapter`: the web adapter's program."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(root / "infra" / "Dockerfile", target)
    shutil.copy(root / "requirements.txt", target)
    shutil.copytree(root / "build" / "tools", target / "tools")
    shutil.copytree(
        root / "functions", target / "functions", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    extensions = target / "extensions"
    extensions.mkdir()
    if adapter:
        shutil.copy(adapter, extensions / "lambda-adapter")
        (extensions / "lambda-adapter").chmod(0o755)


def main() -> None:
    target = template.ROOT / "build" / "template.json"
    adapter = Path(os.environ["WEB_ADAPTER"]) if os.environ.get("WEB_ADAPTER") else None
    stage(template.ROOT, target.parent / "image", adapter)
    document = with_images(template.load(), has_adapter=adapter is not None)
    for resource in document["Resources"].values():
        # SAM reads paths from the template's folder, which is build/.
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = str(Path("..") / properties["CodeUri"])
    target.write_text(json.dumps(document, indent=1))
    print(f"wrote {target.relative_to(template.ROOT)}")


if __name__ == "__main__":
    main()
