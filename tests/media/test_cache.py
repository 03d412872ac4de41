"""What workers share with each other: public data of sites, and nothing of users."""

from pathlib import Path

from dlambda.media.workers.child.downloader import Downloader, build_params


def test_public_data_are_kept_and_tokens_are_not(tmp_path: Path) -> None:
    with Downloader(build_params({}, {"cachedir": str(tmp_path), "quiet": True})) as ydl:
        for section in ("youtube-nsig", "challenge-solver", "soundcloud", "vimeo", "cda", "vrtnu", "iwara"):
            ydl.cache.store(section, "key", {"section": section})
        kept = [s for s in ("youtube-nsig", "challenge-solver", "soundcloud", "vimeo") if ydl.cache.load(s, "key")]
        assert kept == ["youtube-nsig", "challenge-solver", "soundcloud"]
        assert ydl.cache.load("vimeo", "key", default=5) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["challenge-solver", "soundcloud", "youtube-nsig"]
