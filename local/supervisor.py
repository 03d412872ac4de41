"""Starts the engines, the gateway and the worker, keeps them running, ends them in order."""

import contextlib
import fcntl
import gc
import http.client
import importlib
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from dlambda.domain.rules.preset import find_system_preset, normalise_name
from dlambda.domain.system.default_preset import missing_preset
from dlambda.media.sandbox.report import missing_parts
from dlambda.node_roles import GATEWAY
from local import engines, media_engine, provision, stored_form
from local.config import Config, Endpoints, child_environ, credentials
from local.first_key import FirstKey, needs_key
from local.gateway.place import Place
from local.idle_engines import IdleEngines
from local.ports import listen, open_ports
from local.processes import Child, adopt_orphans, collect_orphans, end, end_descendants, start_together
from local.start_error import StartError
from local.template import Map
from local.warm_processes import WarmProcesses

_READY_SECONDS = 60.0
_START_TRIES = 3
_POLL_SECONDS = 0.01
_TICK_SECONDS = 1.0
_OWN_PATIENCE_SECONDS = 3.0
_ENGINE_PATIENCE_SECONDS = 1.0
# What the gateway and the worker begin with. In the memory of a process that has been forked, an import writes to three
# times as many pages as it fills; so each finds what it alone uses as well.
_GATEWAY_MODULES = (
    "local.gateway.process",
    "endpoints.auth.account_routes",
    "endpoints.file.routes",
    "endpoints.history.routes",
    "endpoints.page.routes",
    "endpoints.system.routes",
    "endpoints.system.stats_routes",
    "endpoints.system.terminal_routes",
)
_WORKER_MODULES = (
    "local.worker",
    "dlambda.entry.sqs",
    "dlambda.usecases.items.download_item",
    "dlambda.usecases.items.intake",
    "dlambda.usecases.operations.run_round",
)


def lock(config: Config) -> IO[str]:
    """Holds DATA_DIR for this run. Raises `StartError` when another run has it."""
    file = (config.data_dir / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StartError(
            f"Another run uses the data folder {config.data_dir}.\nStop it, or set DATA_DIR to another folder."
        ) from None
    return file


def _load(own: Iterable[Child]) -> None:
    """Loads what the processes of `own` begin with, in the one that they are forked from. It makes no deployment."""
    names = {child.name for child in own}
    for name in (*(_GATEWAY_MODULES if "gateway" in names else ()), *(_WORKER_MODULES if "worker" in names else ())):
        importlib.import_module(name)
    _freeze()


def _freeze() -> None:
    """A collection in a forked process would write to, and so copy, each page of memory that holds objects."""
    gc.collect()
    gc.freeze()


def say(line: str) -> None:
    """Tells the person who started this; a terminal or pipe that is gone ends nothing."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


class Stopped(Exception):
    """A person wants to stop while we still start."""


class Supervisor:
    """A run on this machine."""

    def __init__(self, config: Config, plan: Map) -> None:
        self._config = config
        self._plan = plan
        self._began = time.monotonic()
        self._ports = open_ports(config) if GATEWAY in config.settings.roles else None
        self.port = self._ports.port if self._ports else 0
        self._sockets = engines.make_sockets(config)
        self._tables: provision.Ask = provision.own_tables(self._sockets.tables_path)
        self._service_warnings: list[str] = []
        self._media = None if config.services.media else listen("127.0.0.1", 0)
        self._engines = self._make_engines()
        self._idle_engines = IdleEngines(self._engines)
        self._own = self._make_own()
        self._warm = WarmProcesses(self._sockets.warm, self._own[0].environ, config.logs_dir / "yt-dlp.log")
        self._wake_read, self._wake_write = os.pipe()
        self._stopping = False
        self._has_begun = False  # the gateway and the worker
        self._provisioned = False
        self._first_key: FirstKey | None = None
        self._ready = False

    def _make_engines(self) -> list[Child]:
        """The engines in whose place no other service is named."""
        config, services, services_made = self._config, self._config.services, []
        if self._media:
            services_made.append(media_engine.media_on_demand(config, self._media, credentials(config.data_dir)))
        if not services.tables:
            services_made.append(engines.forked(engines.tables(config, self._sockets)))
        if not services.queues:
            services_made.append(engines.forked(engines.queues(config, self._sockets, self._plan.queues)))
        return services_made

    def _make_own(self) -> list[Child]:
        secret = secrets.token_urlsafe(16)
        endpoints = Endpoints(
            tables_socket=self._sockets.tables_path,
            queues_socket=self._sockets.queues_path,
            media=f"http://127.0.0.1:{self._media.getsockname()[1]}" if self._media else "",
            sockets=f"{self._ports.push_origin}/{secret}" if self._ports else "",
            nudge_socket=self._sockets.nudge_path,
            gaps=str(self._sockets.gaps),
            node_url=self._ports.node_url if self._ports else "",
            warm_socket=self._sockets.warm_path,
        )
        environ = child_environ(self._config, endpoints, self.port)
        roles, logs = self._config.settings.roles, self._config.logs_dir

        def work() -> None:
            importlib.import_module("local.worker").main()

        own = [_gateway(place, environ, logs / "gateway.log") for place in self._ports.places()] if self._ports else []
        if roles != (GATEWAY,):
            own.append(Child("worker", (), environ, logs / "worker.log", "the worker", main=work))
        return own

    def run(self) -> None:
        """Runs until a signal. Raises `StartError` when it cannot begin."""
        adopt_orphans()
        self._hear_signals()
        try:
            self._check_sandbox()
            self._start()
            self._announce()
            while not self._stopping:
                self._watch()
        except Stopped:
            pass
        finally:
            self._stop()

    def _hear_signals(self) -> None:
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop)

    def _on_stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> None:
        _freeze()
        for child in self._engines:
            if child.is_due:
                child.start()
        with start_together(lambda: _load(self._own), self._own):
            self._provision()
        self._has_begun = True
        self._restart_ended()
        for child in self._own:
            child.go()
        if self._ports:
            self._wait_until(self._gateway_answers, "the gateway")
        self._ready = True
        # A large library takes a while; until then its folder keeps others out.
        began_at = time.time() - (time.monotonic() - self._began)
        tidy = [sys.executable, "-m", "local.private", str(self._config.media_dir), f"{began_at:.3f}"]
        subprocess.Popen(tidy, stdin=subprocess.DEVNULL)

    def _provision(self) -> None:
        services = self._config.services
        if services.addresses:
            self._provision_foreign()
        if not services.tables:
            self._wait_until(lambda: engines.serves(self._sockets.tables_path), "the table engine")
            provision.make_tables(self._tables, self._plan.tables)
            stored_form.note(self._tables, self._config.table_prefix)
        if not services.queues:
            self._wait_until(lambda: engines.serves(self._sockets.queues_path), "the queue engine")
        self._provisioned = True
        environ = self._own[0].environ
        ids_by_name = provision.ids_of_keys(self._tables, self._config.table_prefix)
        if needs_key(ids_by_name, self._config.settings.admin_key, environ["DLAMBDA_SECRET_KEY"]):
            self._first_key = FirstKey(environ)

    def _provision_foreign(self) -> None:
        from local import foreign  # loads botocore, which a start with our own engines does without

        services, environ, plan = self._config.services, self._own[0].environ, self._plan
        if services.tables:
            tables = foreign.Service("dynamodb", services.tables, environ)
            self._service_warnings += foreign.make_tables(tables, plan.tables, self._config.table_prefix)
            self._tables = tables.ask
            stored_form.note(self._tables, self._config.table_prefix)
            if services.are_shared:
                foreign.check_secret(tables, self._config.table_prefix, environ["DLAMBDA_SECRET_KEY"])
                foreign.check_name(tables, self._config.table_prefix, self._config.node, self._config.node_identity)
        if services.queues:
            queues = foreign.Service("sqs", services.queues, environ)
            foreign.make_queues(queues, plan.queues, self._config.queue_prefix)
        if services.media:
            foreign.make_bucket(foreign.Service("s3", services.media, environ), self._config.bucket)

    def _wait_until(self, ready: Callable[[], bool], subject: str) -> None:
        """Waits for `ready()`; what ended meanwhile is started again."""
        deadline = time.monotonic() + _READY_SECONDS
        while not ready():
            if self._stopping:
                raise Stopped
            if time.monotonic() > deadline:
                raise StartError(f"{subject} does not answer. Its log is in {self._config.logs_dir}.")
            time.sleep(_POLL_SECONDS)
            self._restart_ended()

    def _gateway_answers(self) -> bool:
        assert self._ports
        host, port = self._ports.public.getsockname()[:2]
        connection = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=1)  # noqa: S104
        try:
            connection.request("GET", self._config.settings.base_path + "api/ping")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def _watch(self) -> None:
        """Waits for a signal or a second, and starts again what ended."""
        asleep = [child.demand.fileno() for child in self._engines if child.demand and child.process is None]
        select.select([self._wake_read, self._warm.fileno(), *asleep], [], [], _TICK_SECONDS)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_read, 4096)
        if not self._stopping:
            self._warm.serve()
            self._restart_ended()
            self._idle_engines.end_idle()

    def _restart_ended(self) -> None:
        children = self._engines + (self._own if self._has_begun else [])
        for child in children:
            if (status := child.ended()) is not None:
                self._give_up_early(child)
                say(f"{child.kind} ended ({_reason(status)}) and is started again; see {child.log}")
            if child.is_due:
                self._restart(child)
        if self._has_begun:  # before that there are children that nobody names yet
            collect_orphans(child.process.pid for child in children if child.process)

    def _give_up_early(self, child: Child) -> None:
        """Gives up when a process ends again and again before all is ready."""
        if not self._ready and child.ends >= _START_TRIES:
            raise StartError(f"{child.kind} does not start. It says:\n{child.last_lines()}")

    def _restart(self, child: Child) -> None:
        child.start()
        if not self._provisioned:
            return
        for service in [child] if child in self._own else self._own:
            service.go()

    def _announce(self) -> None:
        for line in self._welcome():
            say(line)

    def _warnings(self) -> Iterator[object]:
        """Warnings about settings. The default preset may be one that a client makes later, so it stops no start."""
        yield from self._config.warnings
        yield from self._service_warnings
        name = self._config.settings.default_preset
        if find_system_preset(name) is None:
            keys = provision.keys_of_presets(self._tables, self._config.table_prefix)
            if normalise_name(name) not in keys:
                yield missing_preset(name, keys)

    def _check_sandbox(self) -> None:
        """Raises `StartError` where all parts are required and the kernel lacks one."""
        missing = missing_parts(self._config.settings.sandbox)
        if missing and self._config.settings.sandbox == "required":
            raise StartError("YTP_SANDBOX=required, and this machine lacks parts of it:\n" + "\n".join(missing))

    def _welcome(self) -> Iterator[str]:
        settings = self._config.settings
        host = settings.host if ":" not in settings.host.strip("[]") else f"[{settings.host.strip('[]')}]"
        address = f"http://{host}:{self.port}{settings.base_path.rstrip('/')}"
        login = " -u USER:PASSWORD" if settings.auth_enabled else ""
        does = f"answers at {address}" if self._ports else f"works as {' and '.join(settings.roles)}"
        yield f"dlambda {settings.app_version} {does} (ready in {time.monotonic() - self._began:.1f} s)"
        yield f"  Data    {self._config.data_dir}"
        if self._config.services.are_shared:
            yield f"  Node    {self._config.node}{f', at {self._ports.node_url} for others' if self._ports else ''}"
        for service_address in self._config.services.addresses:
            yield f"  Cloud   {service_address}"
        if self._ports:
            yield f"  Try     curl{login} {address}/api/history -H 'Content-Type: application/json' -d '{{\"url\": \"https://...\"}}'"
            yield f"  Docs    {address}/api/docs"
        if self._first_key and (key := self._first_key.value()):
            yield f"  Key     {key}  (admin, for the key API; shown this once)"
        gaps = self._sockets.gaps.read_text().splitlines()
        for gap in dict.fromkeys([*gaps, *missing_parts(settings.sandbox)]):
            yield f"  Missing {gap}"
        for warning in self._warnings():
            yield f"  Warning {warning}"
        yield "  Stop    Ctrl-C"

    def _stop(self) -> None:
        if self._stopping:
            say("Stopping")
        end(self._own, _OWN_PATIENCE_SECONDS)
        end(self._engines, _ENGINE_PATIENCE_SECONDS)
        end_descendants()
        if self._ports:
            self._ports.close()
        if self._media:
            self._media.close()
        self._sockets.close()


def _gateway(place: Place, environ: Mapping[str, str], log: Path) -> Child:
    def serve() -> None:
        importlib.import_module("local.gateway.process").main(place)

    kind = "the gateway" if place.is_first else f"the gateway's process {place.number + 1}"
    descriptors = (place.public, place.internal, *(() if place.node_port is None else (place.node_port,)))
    return Child("gateway", (), environ, log, kind, descriptors, main=serve)


def _reason(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
