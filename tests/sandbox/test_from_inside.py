"""What a worker that strangers took over tries: each attempt is refused by the kernel, whatever Python thinks of it.

The attempts use system calls directly (`ctypes`), since native code asks no audit hook.
"""

import errno
import os
import socket
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from dlambda.media.sandbox import call_numbers, landlock, seccomp
from dlambda.media.sandbox.policy import Network, Policy
from tests.sandbox.conftest import Attempt, run_code

pytestmark = pytest.mark.skipif(
    landlock.version() < landlock.SCOPES or not seccomp.is_available(seccomp.ASK),
    reason="this kernel lacks parts of the sandbox (Landlock 6, seccomp with user notification)",
)

_C = """
import ctypes, errno, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)

def c(name, *arguments):
    result = getattr(libc, name)(*arguments)
    return -ctypes.get_errno() if result < 0 else result

def opened(path, flags=os.O_RDONLY):
    return c("open", str(path).encode(), flags, 0o600)

def tcp(call, address, port):
    return c(call, c("socket", 2, 1, 0), struct.pack("=H", 2) + struct.pack("!H4s8x", port, socket.inet_aton(address)), 16)
"""
NOT_PERMITTED, NOT_THERE, NO_ACCESS, OTHER_DEVICE, NO_CALL, NO_FAMILY = -1, -2, -13, -18, -38, -97
_UNREADABLE = (
    "/etc/passwd", "/etc/shadow", "/etc/hostname", "/root", "/home", "/", "/tmp", "/var", "/proc", "/proc/mounts",
    "/proc/1/environ", "/proc/self/environ", "/proc/self/mem", "/proc/net/tcp", "/sys/class/net", "/dev/mem",
    "/dev/tty", "/dev/kmsg", "/run",
)  # fmt: skip
_SOCKETS = (
    (socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_INET6, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_RAW),
    (socket.AF_UNIX, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_DGRAM), (socket.AF_NETLINK, socket.SOCK_RAW),
    (socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_VSOCK, socket.SOCK_STREAM), (38, socket.SOCK_SEQPACKET),
)  # fmt: skip
_CALLS = {  # numbers of x86_64
    "ptrace": 101, "process_vm_readv": 310, "mount": 165, "unshare": 272, "setns": 308, "bpf": 321,
    "io_uring_setup": 425, "userfaultfd": 323, "keyctl": 250, "perf_event_open": 298, "chroot": 161,
    "open_by_handle_at": 304, "init_module": 175, "setsid": 112, "setpgid": 109, "pidfd_getfd": 438,
    "setpriority": 141, "sched_setaffinity": 203,
}  # fmt: skip
_X32 = 0x40000000  # an interface with numbers of its own, which a filter may forget

# What is tried: an expression whose result is that of one system call, and the errnos that it may end with. `mine` is
# the process's own folder, `other` a file of another item, `project` the folder of this project, `port` one of a server.
ATTEMPTS = {
    **{f"read {path}": (f"opened({path!r})", (NO_ACCESS, NOT_THERE)) for path in _UNREADABLE},
    **{
        f"read the {name} of the service": (f"opened('/proc/{os.getpid()}/{name}')", (NO_ACCESS,))
        for name in ("environ", "mem", "maps", "cmdline")
    },
    "read the file of another item": ("opened(other)", (NO_ACCESS,)),
    "list the folder of another item": ("opened(os.path.dirname(other))", (NO_ACCESS,)),
    "list the project": ("opened(project)", (NO_ACCESS,)),
    "read a file beside the code": ("opened(project + '/README.md')", (NO_ACCESS,)),
    "make a file elsewhere": ("opened(other + '.new', os.O_WRONLY | os.O_CREAT)", (NO_ACCESS,)),
    "write to another file": ("opened(other, os.O_WRONLY)", (NO_ACCESS,)),
    "remove another file": ("c('unlink', other.encode())", (NO_ACCESS,)),
    "empty another file": ("c('truncate', other.encode(), 0)", (NO_ACCESS,)),
    "take another file": ("c('rename', other.encode(), (mine + '/taken').encode())", (NO_ACCESS, OTHER_DEVICE)),
    "make a folder elsewhere": ("c('mkdir', (other + '.d').encode(), 0o700)", (NO_ACCESS,)),
    "make a symbolic link": ("c('symlink', b'/etc/passwd', (mine + '/x.mp4').encode())", (NO_ACCESS,)),
    "make a hard link": ("c('link', other.encode(), (mine + '/y.mp4').encode())", (NO_ACCESS, OTHER_DEVICE)),
    "make a pipe": ("c('mkfifo', (mine + '/pipe').encode(), 0o600)", (NO_ACCESS, NOT_PERMITTED)),
    "make a device": ("c('mknod', (mine + '/device').encode(), 0o20600, 0x101)", (NO_ACCESS, NOT_PERMITTED)),
    "connect to a port": ("tcp('connect', '127.0.0.1', port)", (NO_ACCESS,)),
    "connect to the metadata service": ("tcp('connect', '169.254.169.254', 80)", (NO_ACCESS,)),
    "connect to a name server": ("tcp('connect', '9.9.9.9', 53)", (NO_ACCESS,)),
    "offer a port": ("tcp('bind', '0.0.0.0', 18080)", (NO_ACCESS,)),
    **{
        f"make a socket of family {int(family)}, type {int(kind)}": (
            f"c('socket', {family:d}, {kind:d}, 0)",
            (NO_FAMILY,),
        )
        for family, kind in _SOCKETS
    },
    **{
        f"send signal {number} to the service": (f"c('kill', {os.getpid()}, {number})", (NOT_PERMITTED,))
        for number in (0, 9, 15)
    },
    "ask for the first process": ("c('kill', 1, 0)", (NOT_PERMITTED,)),
    "limit the service": (f"c('prlimit', {os.getpid()}, 7, (ctypes.c_long * 2)(3, 3), None)", (NOT_PERMITTED,)),
    "lift its own limit": ("c('setrlimit', 2, (ctypes.c_long * 2)(1 << 40, 1 << 40))", (NOT_PERMITTED,)),
    "become another user": ("c('setuid', 1234)", (NOT_PERMITTED,)),
    **{
        f"call {name}": (f"c('syscall', {number}, 0, 0, 0, 0, 0)", (NOT_PERMITTED,))
        for name, number in (_CALLS if call_numbers.machine() == "x86_64" else {}).items()
    },
    "use the calls of x32": (f"c('syscall', {_X32 + 41}, 1, 1, 0)", (NO_CALL,)),
}


@pytest.fixture(scope="module")
def results(program: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, int]:
    """The result of every attempt, all made by one sandboxed process."""
    work = tmp_path_factory.mktemp("work")
    mine, other = work / "mine", work / "other" / "cookies.txt"
    mine.mkdir()
    other.parent.mkdir()
    other.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"mine": str(mine), "other": str(other), "project": str(Path(__file__).parents[2]),
                  "port": server.getsockname()[1]}  # fmt: skip
        lines = [f"{name} = {value!r}" for name, value in places.items()]
        lines += [f"answer[{name!r}] = {expression}" for name, (expression, _) in ATTEMPTS.items()]
        policy = Policy(writes=(str(mine),), network=Network.BROKER, processes=8)
        found = run_code(program, policy, "\n".join([_C, *lines]))
    assert other.read_text() == "secret"
    assert list(mine.iterdir()) == []
    return found


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_is_refused_to(results: Mapping[str, int], name: str) -> None:
    assert results[name] in ATTEMPTS[name][1]


def test_without_network_it_makes_no_socket_at_all(attempt: Attempt) -> None:
    answer = attempt(f"{_C}\nanswer['result'] = c('socket', 2, 1, 0)", network=Network.NONE)
    assert answer == {"result": NO_FAMILY}


def test_it_knows_no_variable_of_the_service(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("DLAMBDA_SECRET_KEY", "secret")
    answer = attempt("import os; answer['names'] = sorted(os.environ)")
    assert not [name for name in answer["names"] if name.startswith(("AWS", "DLAMBDA", "YTP"))]


def test_it_runs_no_program_that_it_wrote(attempt: Attempt, folder: Path) -> None:
    program = folder / "program"
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o700)
    code = f"import subprocess; subprocess.run([{str(program)!r}])"
    assert attempt(code)["error"] == "PermissionError"


_BOMB = """
import os, time
started = 0
try:
    for _ in range(1000):
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        started += 1
except OSError as error:
    answer["errno"] = error.errno
answer["started"] = started
"""
_GRANDCHILDREN = """
import os, time
def spread(depth):
    try:
        if os.fork() == 0:
            spread(depth + 1)
            time.sleep(30)
            os._exit(0)
    except OSError:
        os.write(writing, bytes([depth]))
reading, writing = os.pipe()
spread(0)
answer["depth"] = os.read(reading, 1)[0]
"""
_END_THE_OTHERS = "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.killpg(0, signal.SIGTERM)"


def test_it_starts_no_thousand_processes(attempt: Attempt) -> None:
    assert attempt(_BOMB + _END_THE_OTHERS) == {"started": 8, "errno": errno.EAGAIN}


def test_grandchildren_count_as_well(attempt: Attempt) -> None:
    assert attempt(_GRANDCHILDREN + _END_THE_OTHERS) == {"depth": 8}


def test_processes_that_have_ended_make_room(attempt: Attempt) -> None:
    answer = attempt(
        "import subprocess\nfor _ in range(40): subprocess.run(['/bin/true'], check=True)\nanswer['ok'] = 1"
    )
    assert answer == {"ok": 1}


@pytest.mark.parametrize("code", ["bytearray(4 << 30)", "[bytearray(64 << 20) for _ in range(64)]"])
def test_it_takes_no_four_gigabytes(attempt: Attempt, code: str) -> None:
    assert attempt(f"answer['size'] = len({code})")["error"] == "MemoryError"


def test_it_works_in_its_own_folder(attempt: Attempt, folder: Path) -> None:
    code = f"""
        import os, pathlib
        place = pathlib.Path({str(folder)!r})
        (place / 'sub').mkdir()
        (place / 'a').write_text('1')
        os.replace(place / 'a', place / 'sub' / 'b')
        os.truncate(place / 'sub' / 'b', 0)
        (place / 'sub' / 'b').unlink()
        (place / 'sub').rmdir()
        answer['ok'] = True
    """
    assert attempt(textwrap.dedent(code)) == {"ok": True}
