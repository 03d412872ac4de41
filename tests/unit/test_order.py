"""What `/status` tells of an order: docs/contract/hostapi.md, Tasks."""

import secrets

from dlambda.domain.orders.order import Kind, Order, State, is_id, make_id

ORDER = Order(
    "A" * 16, Kind.GET_VIDEO, "https://video.example/1", "owner", "robot", 1000.0, {"video_format": "bestvideo"}
)


def test_ids_are_16_letters_and_digits() -> None:
    made = {make_id(secrets.choice) for _ in range(1000)}
    assert len(made) == 1000
    assert all(is_id(each) for each in made)
    assert not is_id("a" * 15)
    assert not is_id("../../etc/passwd")


def test_a_waiting_order_shows_its_options() -> None:
    assert ORDER.view() == {
        "status": "waiting", "task_type": "get_video", "url": "https://video.example/1", "video_format": "bestvideo",
        "key_name": "robot",
    }  # fmt: skip


def test_progress_is_shown_while_processing_alone() -> None:
    assert ORDER.started().view(12.5)["progress"] == 12.5
    assert "progress" not in ORDER.started().view(None)
    assert "progress" not in ORDER.started().completed("video.mp4", 2000.0).view(12.5)


def test_how_it_ended() -> None:
    done = ORDER.started().completed("video.mp4", 2000.5, ["a hole"])
    assert done.view() | {"status": "completed", "file": f"/files/{'A' * 16}/video.mp4"} == done.view()
    assert done.view()["completed_time"] == "1970-01-01T00:33:20.500+00:00"
    assert done.view()["warnings"] == ["a hole"]
    failed = ORDER.failed("no", 2000.0).view()
    assert (failed["status"], failed["error"], "file" in failed) == ("error", "no", False)


def test_it_expires_after_its_end() -> None:
    done = ORDER.completed("video.mp4", 2000.0)
    assert not done.is_over(2599.9, 600)
    assert done.is_over(2600, 600)
    assert not ORDER.evolve(state=State.PROCESSING).is_over(1e12, 600)


def test_every_kind_names_its_file() -> None:
    assert [kind.stem for kind in Kind] == ["video", "audio", "live_video", "live_audio", "info"]
