"""Configuration of a run on this machine: settings from the environment and `.env` files, folders, secrets.

Order: environment, then `.env` in the current folder, then `.env` in DATA_DIR/config. `PORT` and `DATA_DIR` are
shorthands that win over `YTP_PORT` and the default `./data`.
"""

import base64
import contextlib
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dlambda.domain.web.hosts import is_loopback
from dlambda.environment import SettingsError, read_settings
from dlambda.node_roles import ROLES
from dlambda.settings import Settings
from local import private
from local.cloud import Services, credentials_of, read_services
from local.env_file import EnvFile, EnvFileError, read_env_file
from local.node import name_of, new_identity
from local.setting_problems import check_settings
from local.start_error import StartError
from local.template import ROOT, STACK

_PRIVATE = 0o600
_FOLDERS = ("config", "logs", "work", "media", "tables", "run")
_FILES = ("secret.key", "engines.key", "node.id", "lock")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The key pair that engines and functions sign with; made once for each DATA_DIR."""

    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of a run. `services`: what is used in the place of our own engines.

    `gaps`: protections that this machine cannot give, a sentence each. `warnings`: settings that have no effect, or
    another one than their writer expects.
    """

    data_dir: Path
    tools_dir: Path
    settings: Settings
    environ: Mapping[str, str]
    services: Services
    node: str
    node_identity: str
    gaps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def media_dir(self) -> Path:
        """The bucket lies in it as a folder of its name."""
        return self.data_dir / "media"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def table_prefix(self) -> str:
        """Before the names of tables; in our own engine always the same."""
        return self.settings.table_prefix if self.services.tables else f"{STACK}-"

    @property
    def queue_prefix(self) -> str:
        return self.settings.queue_prefix if self.services.queues else f"{STACK}-"

    @property
    def bucket(self) -> str:
        return self.settings.bucket if self.services.media else STACK

    @property
    def releases_dir(self) -> Path:
        """Releases of yt-dlp that are newer than the installed one."""
        return self.data_dir / "yt-dlp"

    @property
    def work_dir(self) -> Path:
        """Where downloads are made; a folder that several nodes share is the operator's choice."""
        shared = self.settings.work_dir if self.services.are_shared else ""
        return Path(shared).expanduser().absolute() if shared else self.data_dir / "work"

    @property
    def run_dir(self) -> Path:
        """The folder of the run's sockets, by which its processes reach each other."""
        return self.data_dir / "run"


def read_config(environ: Mapping[str, str], folder: Path) -> Config:
    """The run that `environ` and the `.env` files describe; makes the folders. Raises `StartError`."""
    near = _read_env_file(folder / ".env")
    values = near.values | dict(environ)
    data_dir = (folder / Path(values.get("DATA_DIR", "").strip() or "data").expanduser()).absolute()
    far = _read_env_file(data_dir / "config" / ".env")
    values = far.values | values
    if port := values.get("PORT", "").strip():
        values["YTP_PORT"] = values["PORT"] = port
    values["YTP_CONFIG_PATH"] = values.get("YTP_CONFIG_PATH", "").strip() or str(data_dir / "config")
    try:
        settings = read_settings(values)
    except SettingsError as error:
        raise StartError(f"A setting is wrong. {error}") from None
    warnings = (*near.warnings, *far.warnings, *check_settings(values, settings, data_dir, [near.values, far.values]))
    _check_openness(settings)
    gaps = _make_folders(data_dir)
    tools_dir = Path(values.get("DLAMBDA_TOOLS_DIR") or ROOT / ".tools" / "bin")
    services = read_services(values)
    _check_role(settings, services)
    identity = _keep(data_dir / "node.id", new_identity()) if services.are_shared else ""
    node = name_of(settings, identity)
    return Config(data_dir, tools_dir, settings, values, services, node, identity, gaps, warnings)


def _read_env_file(path: Path) -> EnvFile:
    try:
        return read_env_file(path)
    except EnvFileError as error:
        raise StartError(str(error)) from None


def _check_role(settings: Settings, services: Services) -> None:
    if settings.roles != ROLES and not services.are_shared:
        raise StartError(
            f"DLAMBDA_ROLE={settings.role} leaves work to other machines, which reach no engine of this one.\n"
            "Set AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_S3 (docs/several-machines.md)."
        )


def _check_openness(settings: Settings) -> None:
    if is_loopback(settings.host) or settings.has_login or settings.allow_open or settings.disable_auth is False:
        return
    raise StartError(
        f"YTP_HOST={settings.host} lets other machines in, and no password is set.\n"
        "Set YTP_AUTH_USERNAME and YTP_AUTH_PASSWORD (in the environment or in .env),\n"
        "or YTP_DISABLE_AUTH=false if accounts alone may use the service,\n"
        "or YTP_ALLOW_OPEN=true if everyone who reaches this address may use the service."
    )


def _make_folders(data_dir: Path) -> tuple[str, ...]:
    """Makes what is missing, and closes it to other users. What could not be done, in words."""
    try:
        _refuse_everyones(data_dir)
        for name in _FOLDERS:
            (data_dir / name).mkdir(parents=True, exist_ok=True)
        (data_dir / "media" / STACK).mkdir(exist_ok=True)
        gaps = _close_to_others(data_dir)
        probe = data_dir / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartError(
            f"The data folder {data_dir} cannot be written: {error.strerror}.\nSet DATA_DIR to a folder that can."
        ) from None
    return gaps


def _refuse_everyones(data_dir: Path) -> None:
    """Raises `StartError` for a folder that must not be closed to other users."""
    if data_dir.is_dir() and private.is_everyones(data_dir):
        raise StartError(
            f"The data folder {data_dir} is one of many users.\n"
            f"Set DATA_DIR to a folder of its own, such as {data_dir / 'dlambda'}."
        )


def _close_to_others(data_dir: Path) -> tuple[str, ...]:
    """Closes all but the library, which the supervisor closes beside the start. What could not be done, in words."""
    gaps: tuple[str, ...] = ()
    try:
        private.close_folder(data_dir)
    except PermissionError:
        gaps = (f"The data folder {data_dir} belongs to another user: it could not be closed to others (chmod 700).",)
    for name in _FOLDERS:
        path = data_dir / name
        if not path.is_symlink():  # a link's target is elsewhere, and its rights are its owner's choice
            with contextlib.suppress(PermissionError):
                private.close_folder(path)
        if name != "media":
            private.close_tree(path)
    for name in _FILES:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            (data_dir / name).chmod(_PRIVATE)
    return gaps


def secret_key(data_dir: Path) -> str:
    """32 bytes in base64, made at the first start; encrypts cookies, header values and keys at rest."""
    return _keep(data_dir / "secret.key", base64.b64encode(secrets.token_bytes(32)).decode())


def credentials(data_dir: Path) -> Credentials:
    """The key pair of this DATA_DIR's engines, made at the first start."""
    key, _, secret = _keep(data_dir / "engines.key", f"{secrets.token_hex(10)}:{secrets.token_hex(20)}").partition(":")
    return Credentials(key, secret)


def _keep(path: Path, fresh: str) -> str:
    """The text in the private file `path`, which begins as `fresh`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(fresh + "\n")
    return fresh


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the parts listen: paths of Unix sockets, and URLs. Those of engines count where we run them ourselves."""

    tables_socket: str
    queues_socket: str
    media: str
    sockets: str
    nudge_socket: str
    gaps: str
    node_url: str = ""
    warm_socket: str = ""


def child_environ(config: Config, endpoints: Endpoints, port: int) -> dict[str, str]:
    """The environment of the gateway and the worker."""
    # With our own engines alone, a person's profile and session have no business here.
    foreign = () if config.services.addresses else ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
    environ = {name: text for name, text in config.environ.items() if name not in foreign}
    environ.update(
        YTP_PORT=str(port),
        DLAMBDA_BUCKET=config.bucket,
        DLAMBDA_TABLE_PREFIX=config.table_prefix,
        DLAMBDA_QUEUE_PREFIX=config.queue_prefix,
        DLAMBDA_SOCKET_ENDPOINT=endpoints.sockets,
        DLAMBDA_MEDIA_PUBLIC_URL=_media_public_url(config),
        DLAMBDA_ARCHIVES_PATH=_keep(config.data_dir / "config" / "archives.path", config.settings.config_path),
        DLAMBDA_WORK_DIR=str(config.work_dir),
        DLAMBDA_NODE=config.node,
        DLAMBDA_NODE_IDENTITY=config.node_identity,
        DLAMBDA_NODE_URL=endpoints.node_url,
        DLAMBDA_SHARES_SERVICES=str(config.services.are_shared).lower(),
        DLAMBDA_ANSWER_SECONDS="3600",
        DLAMBDA_TOOLS_DIR=str(config.tools_dir),
        DLAMBDA_RELEASES_DIR=str(config.releases_dir),
        DLAMBDA_LOG_DIR=str(config.logs_dir),
        DLAMBDA_STARTED_AT=f"{time.time():.3f}",
        DLAMBDA_NUDGE_SOCKET=endpoints.nudge_socket,
        DLAMBDA_GAPS_FILE=endpoints.gaps,
        DLAMBDA_WARM_SOCKET=endpoints.warm_socket,
        YTDLP_NO_PLUGINS="1",  # workers load those of a list of ours
    )
    # Each thread that has memory of its own to allocate from keeps some of it for good.
    environ.setdefault("MALLOC_ARENA_MAX", "2")
    # With a limit as the cloud has it, the scratch folder is as good as gone between two invocations, too; and another
    # node does not see this one's.
    is_lost = bool(config.settings.function_seconds) or config.services.are_shared
    environ.setdefault("DLAMBDA_WORK_DURABLE", "false" if is_lost else "true")
    environ["DLAMBDA_SECRET_KEY"] = config.settings.secret_key or secret_key(config.data_dir)
    environ.update(_aws_environ(config, endpoints))
    environ["NO_PROXY"] = environ["no_proxy"] = ",".join(
        filter(None, [environ.get("NO_PROXY", environ.get("no_proxy", "")), "127.0.0.1", "localhost"])
    )
    return environ


def _media_public_url(config: Config) -> str:
    """Media of another service pass through the gateway, unless the operator names where clients reach them."""
    return (config.settings.media_public_url or "gateway") if config.services.media else "request"


def _aws_environ(config: Config, endpoints: Endpoints) -> dict[str, str]:
    services = config.services
    # An address that our own engine has counts whatever a person's shell says.
    values = {**region_of(config.environ), "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}
    if not services.are_amazons:
        values["AWS_EC2_METADATA_DISABLED"] = "true"
    values |= {
        "AWS_ENDPOINT_URL_DYNAMODB": services.tables or "http://tables.invalid",  # leads nowhere: without the socket,
        "AWS_ENDPOINT_URL_SQS": services.queues or "http://queues.invalid",  # a client fails at once
        "AWS_ENDPOINT_URL_S3": services.media or endpoints.media,
        "DLAMBDA_TABLES_SOCKET": "" if services.tables else endpoints.tables_socket,
        "DLAMBDA_QUEUES_SOCKET": "" if services.queues else endpoints.queues_socket,
        "DLAMBDA_MEDIA_ENGINE": endpoints.media if not services.media else "",
        "DLAMBDA_LIBRARY_DIR": "" if services.media else str(config.media_dir / STACK),
        "DLAMBDA_LIBRARY_FILES": "false" if services.media else "true",
    }
    if not services.tables:
        values["DLAMBDA_INDEX_SPREAD"] = "1"  # our engine has no partitions
    pair = credentials(config.data_dir)
    if not services.media:  # named, so that whoever signs an address needs no session of botocore
        values |= {
            "AWS_ACCESS_KEY_ID_S3": pair.key,
            "AWS_SECRET_ACCESS_KEY_S3": pair.secret,
            "AWS_REGION_S3": values["AWS_REGION"],
        }
    if not services.addresses:
        return values | {
            "AWS_ACCESS_KEY_ID": pair.key,
            "AWS_SECRET_ACCESS_KEY": pair.secret,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    values |= credentials_of(config.environ, services)
    for suffix, address in (("DYNAMODB", services.tables), ("SQS", services.queues)):
        if not address:
            values |= {f"AWS_ACCESS_KEY_ID_{suffix}": pair.key, f"AWS_SECRET_ACCESS_KEY_{suffix}": pair.secret}
    return values


def region_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the region; one that nobody chose is the first of AWS."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
