"""Files: ZIPs, moves of folders, folders compared with the bucket, segments made ahead, commands of the terminal."""

from dlambda.domain.messages.queue_messages import CompareFolder, MakeSegment, RunJob, RunTerminal
from dlambda.entry.sqs import Invocation, Route, make_queue_handler
from dlambda.usecases.files.folders import compare
from dlambda.usecases.files.run_job import run_job
from dlambda.usecases.files.stream_file import make_ahead
from dlambda.usecases.operations.run_session import run_session


def run(message: RunJob, invocation: Invocation) -> RunJob | None:
    return run_job(message.id, seconds_left=invocation.seconds_left)


def compare_folder(message: CompareFolder, _invocation: Invocation) -> None:
    compare(message.folder)


def make_segment(message: MakeSegment, _invocation: Invocation) -> None:
    make_ahead(message)


def run_terminal(message: RunTerminal, invocation: Invocation) -> None:
    run_session(message.id, seconds_left=invocation.seconds_left)


lambda_handler = make_queue_handler(
    Route(RunJob, run),
    Route(CompareFolder, compare_folder),
    Route(MakeSegment, make_segment),
    Route(RunTerminal, run_terminal),
)
