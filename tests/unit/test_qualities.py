"""`info.json?qualities`: docs/contract/hostapi.md, Files."""

from dlambda.domain.orders.qualities import qualities, select_fields

AUDIO = {
    "format_id": "140",
    "vcodec": "none",
    "acodec": "mp4a.40.2",
    "abr": 129.5,
    "audio_channels": 2,
    "language": "en",
    "filesize": 100,
}
VIDEO = {
    "format_id": "137",
    "vcodec": "avc1",
    "acodec": "none",
    "height": 1080,
    "width": 1920,
    "fps": 30,
    "format_note": "1080p",
    "dynamic_range": "SDR",
    "filesize": 7,
}


def info(*formats):
    return {"title": "T", "duration": 5, "formats": list(formats)}


def test_audio_and_video_are_described():
    assert qualities(info(AUDIO, VIDEO)) == {
        "audio": {"140": {"abr": 130, "acodec": "mp4a.40.2", "audio_channels": 2, "language": "en", "filesize": 100}},
        "video": {"137": {"height": 1080, "width": 1920, "fps": 30, "vcodec": "avc1", "format_note": "1080p",
                          "dynamic_range": "SDR", "filesize": 7}},
    }  # fmt: skip


def test_audio_is_sorted_by_bitrate_and_video_by_height_then_frame_rate():
    sounds = [AUDIO | {"format_id": name, "abr": abr} for name, abr in [("c", 160), ("a", 48), ("b", 129)]]
    pictures = [
        VIDEO | {"format_id": name, "height": height, "fps": fps}
        for name, height, fps in [("d", 1080, 60), ("b", 720, 60), ("c", 1080, 30), ("a", 720, 30)]
    ]
    found = qualities(info(*sounds, *pictures))
    assert list(found["audio"]) == ["a", "b", "c"]
    assert list(found["video"]) == ["a", "b", "c", "d"]


def test_sizes_fall_back_on_the_approximate_one_then_on_0():
    approximate = AUDIO | {"format_id": "x", "filesize": None, "filesize_approx": 12.6}
    unknown = AUDIO | {"format_id": "y", "filesize": None}
    found = qualities(info(approximate, unknown))["audio"]
    assert (found["x"]["filesize"], found["y"]["filesize"]) == (13, 0)


def test_storyboards_unknown_ones_and_those_without_numbers_are_left_out():
    out = [
        VIDEO | {"format_note": "storyboard"},
        VIDEO | {"format_note": "unknown"},
        VIDEO | {"height": None},
        VIDEO | {"fps": None},
        AUDIO | {"abr": None},
        {"format_id": "none"},
    ]
    assert qualities(info(*out)) == {"audio": {}, "video": {}}


def test_combined_formats_count_as_video_alone():
    found = qualities(info(VIDEO | {"acodec": "mp4a", "abr": 128}))
    assert (list(found["audio"]), list(found["video"])) == ([], ["137"])


def test_chosen_keys_are_those_that_exist():
    assert select_fields(info(), ["title", "nothing"]) == {"title": "T"}
    assert select_fields(info(), ["nothing"]) == {}
    assert set(select_fields(info(), ["qualities", "duration"])) == {"qualities", "duration"}
