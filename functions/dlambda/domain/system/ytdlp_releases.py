"""Releases of yt-dlp beside the installed one: which serves, which is on trial, when one is taken back. Pure.

The reasons for the rules stand in docs/decisions/ytdlp-updates.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dlambda.domain.items.failure import FailureKind

TRIAL_SECONDS: Final = 6 * 3600.0
"""How long a release serves failed items alone, unless enough of them succeed before."""
ENOUGH_SUCCESSES: Final = 3
WATCH_SECONDS: Final = 7 * 86_400.0
"""How long after its beginning a release is taken back when a site fails with it."""
_FEWEST_OUTCOMES: Final = 3
_WORSE_SHARE: Final = 0.5
_MOST_SITES: Final = 200
_MOST_COUNTED: Final = 100
"""Of a site; beyond it both counts are halved, so that old outcomes lose their weight."""

# What another release of yt-dlp may change: the rest lies with the media, the network or this machine.
FAILURES_OF_A_RELEASE: Final = frozenset(
    {FailureKind.UNSUPPORTED, FailureKind.NO_FORMATS, FailureKind.BLOCKED, FailureKind.OTHER}
)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many items of a site a release has brought, and how many it has failed."""

    succeeded: int = 0
    failed: int = 0

    @property
    def failed_share(self) -> float:
        """0 to 1; 0 without any outcome."""
        return self.failed / max(1, self.succeeded + self.failed)

    def plus(self, *, succeeded: bool) -> "Outcomes":
        """The counts with one more outcome."""
        if self.succeeded + self.failed >= _MOST_COUNTED:
            return Outcomes(self.succeeded // 2, self.failed // 2).plus(succeeded=succeeded)
        return Outcomes(self.succeeded + succeeded, self.failed + (not succeeded))


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one machine. A version is a text; `""` in `serving` and `previous` stands for the installed one.

    `since`: when `trial`, or else `serving`, began (unix seconds). `previous`: what a rollback leads to. `refused`:
    version -> why it does not serve. `outcomes`: version -> site (yt-dlp's extractor) -> counts. `new_options` and
    `missing_options`: how the options of the newest tried release differ from those that are classified here.
    """

    serving: str = ""
    trial: str = ""
    previous: str = ""
    since: float = 0.0
    checked_at: float = 0.0
    newest: str = ""
    error: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, Mapping[str, Outcomes]] = field(default_factory=dict)
    new_options: tuple[str, ...] = ()
    missing_options: tuple[str, ...] = ()

    @property
    def in_use(self) -> frozenset[str]:
        """The versions beside the installed one that are served, tried or returned to."""
        return frozenset({self.serving, self.trial, self.previous} - {""})

    def begin_trial(self, version: str, now: float) -> "Releases":
        """`version` serves items that have failed before."""
        return replace(self, trial=version, since=now, error="")

    def serve(self, version: str, now: float) -> "Releases":
        """`version` serves everything (`""`: the installed one)."""
        return replace(self, serving=version, trial="", previous=self.serving, since=now, error="")

    def refuse(self, version: str, reason: str, now: float) -> "Releases":
        """`version` serves nothing from now on; what served before it serves again."""
        refused = {**self.refused, version: reason}
        if version == self.trial:
            return replace(self, trial="", since=now, refused=refused, error=reason)
        if version == self.serving and version:
            return replace(self, serving=self.previous, previous="", since=now, refused=refused, error=reason)
        return replace(self, refused=refused, error=reason)

    def note(self, version: str, site: str, *, succeeded: bool) -> "Releases":
        """Counts an outcome; of the sites that were seen longest ago the counts go."""
        sites = dict(self.outcomes.get(version, {}))
        counts = sites.pop(site, Outcomes()).plus(succeeded=succeeded)
        sites = dict(list(sites.items())[-(_MOST_SITES - 1) :]) | {site: counts}
        versions = {name: self.outcomes[name] for name in self.outcomes if name in self.in_use | {""}}
        return replace(self, outcomes={**versions, version: sites})

    def decide(self, now: float) -> "Releases":
        """Ends a trial or takes a release back, as outcomes and time say; or changes nothing."""
        if self.trial:
            successes = sum(counts.succeeded for counts in self.outcomes.get(self.trial, {}).values())
            is_over = successes >= ENOUGH_SUCCESSES or now - self.since >= TRIAL_SECONDS
            return self.serve(self.trial, now) if is_over else self
        if not self.serving or now - self.since >= WATCH_SECONDS:
            return self
        before = self.outcomes.get(self.previous, {})
        for site, counts in self.outcomes.get(self.serving, {}).items():
            if _is_worse(counts, before.get(site, Outcomes())):
                reason = f"{counts.failed} of {counts.succeeded + counts.failed} items of {site} failed with it."
                return self.refuse(self.serving, reason, now)
        return self


def _is_worse(counts: Outcomes, before: Outcomes) -> bool:
    """True when a site that worked fails now: few outcomes, and shares that are near each other, say nothing."""
    if counts.failed < _FEWEST_OUTCOMES or before.succeeded < _FEWEST_OUTCOMES:
        return False
    return counts.failed_share >= _WORSE_SHARE and before.failed_share <= counts.failed_share / 2


def to_document(releases: Releases) -> dict[str, Any]:
    """The JSON values of the releases."""
    names = ("serving", "trial", "previous", "since", "checked_at", "newest", "error")
    return {name: getattr(releases, name) for name in names} | {
        "refused": dict(releases.refused),
        "outcomes": {
            version: {site: [counts.succeeded, counts.failed] for site, counts in sites.items()}
            for version, sites in releases.outcomes.items()
        },
        "new_options": list(releases.new_options),
        "missing_options": list(releases.missing_options),
    }


def from_document(document: Mapping[str, Any]) -> Releases:
    """The releases of `to_document`. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    outcomes = {
        version: {site: Outcomes(int(succeeded), int(failed)) for site, (succeeded, failed) in sites.items()}
        for version, sites in document["outcomes"].items()
    }
    options = {name: tuple(document[name]) for name in ("new_options", "missing_options")}
    return Releases(**{**document, "outcomes": outcomes, **options})
