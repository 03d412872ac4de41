"""Keeps two actions on the same paths apart (files.md 3): the second waits a moment, then sees what the first did.

What an action changes is claimed before anything is looked at. The claims are the job's, so that whoever goes on with
it after a crash has them still.
"""

from contextlib import suppress

from dlambda.deployment import current
from dlambda.domain.files.file_action import FileAction, Refused, checked_folder, checked_name, inside, sources_of
from dlambda.store.files import path_claims
from dlambda.usecases.files.folders import join, split
from dlambda.usecases.files.plan_move import Plan

# Of all actions of a job together: a request has less than half a minute.
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.1
_RENEW_SECONDS = path_claims.HELD_SECONDS / 3


class Busy(Exception):
    """A move that was begun before cannot go on: somebody else has its paths by now."""


class Claims:
    """The paths that a job has claimed; not more than one action needs."""

    def __init__(self, job_id: str) -> None:
        self._owner = job_id
        self._patience = _PATIENCE_SECONDS
        self._paths: list[str] = []
        self._claimed_at = 0.0

    def claim_for(self, action: FileAction) -> None:
        """Claims sources and targets. Raises `Refused` when somebody else has them for long."""
        sources = sources_of(action)
        targets = [target for source in sources for target in _targets(action, source)]
        conflict = self._wait_for(targets if action.verb == "directory" else [*sources, *targets])
        if conflict is not None:
            raise Refused(_clash(action, conflict) if conflict in targets else f"path '{conflict}' is being changed.")

    def claim_again(self, plan: Plan) -> None:
        """For a move that goes on. Raises `Busy`."""
        if self._wait_for([plan.source, plan.target]) is not None:
            raise Busy(f"'{plan.source}' or '{plan.target}' is being changed.")

    def renew(self) -> None:
        """To be called now and then by what takes long."""
        if self._paths and current().clock.monotonic() - self._claimed_at > _RENEW_SECONDS:
            self._claim(self._paths)

    def release(self) -> None:
        """Also what the job had before a crash."""
        path_claims.release(self._owner, current().clock.time())
        self._paths = []

    def _wait_for(self, paths: list[str]) -> str | None:
        """Claims `paths`; answers the one that somebody still has when patience ends."""
        began = current().clock.monotonic()
        conflict = None
        while paths and not self._claim(paths):
            if self._paths:
                self.release()  # two that wait for one another's last claims would wait in vain
            if current().clock.monotonic() - began > self._patience:
                conflict = path_claims.find_conflict(self._owner, paths, current().clock.time()) or paths[0]
                break
            current().clock.sleep(_POLL_SECONDS)
        self._patience -= current().clock.monotonic() - began
        return conflict

    def _claim(self, paths: list[str]) -> bool:
        if not path_claims.claim(self._owner, paths, current().clock.time()):
            return False
        self._paths, self._claimed_at = paths, current().clock.monotonic()
        return True


def _targets(action: FileAction, source: str) -> list[str]:
    """Where it leads to; what is wrong with that is said when it is done."""
    folder, name = split(source)
    with suppress(Refused):
        if action.verb == "rename":
            return [join(folder, checked_name(action.argument))]
        if action.verb == "move":
            return [join(inside(action.argument, "", action.home), name)]
        if action.verb == "directory":
            return [checked_folder(source, action.argument, action.home)]
    return []


def _clash(action: FileAction, target: str) -> str:
    if action.verb == "directory":
        return "Directory already exists."
    return f"Destination '{split(target)[1] if action.verb == 'rename' else target}' already exists"
