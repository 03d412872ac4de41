"""docs/benchmarks.md is what its history says, and pictures of samples are whole."""

import xml.etree.ElementTree as ET

import pytest

from tests.bench import history
from tests.bench.figures import Figure
from tests.bench.flames import draw, read_stacks


def test_the_page_is_made_of_the_history() -> None:
    assert history.PAGE.read_text() == history.page(history.read()), "python -m tests.bench.history"


@pytest.mark.parametrize(
    ("value", "known", "at_least", "ratio"),
    [
        (1168.0, "2,920 MB/s", True, 0.4),
        (5.0, "5.5 ms", False, 1.1),
        (202.0, "101 MB", False, 0.5),
        (3.0, "", False, None),
        (0.0, "5.5 ms", False, None),
    ],
)
def test_a_figure_is_compared_with_the_reference(
    value: float, known: str, at_least: bool, ratio: float | None
) -> None:  # fmt: skip
    better = history.better_by(Figure("x", value, "", known, at_least=at_least))
    assert better == (ratio and pytest.approx(ratio))


def test_a_run_stands_on_the_page_beside_the_one_before() -> None:
    first = history.new_run([Figure("ping", 2, "ms", "5 ms")], {}, "2026-01-01T10:00:00+0000", 0.5)
    second = history.new_run([Figure("ping", 1, "ms", "5 ms")], {"gateway": 40.0}, "2026-01-02T10:00:00+0000", 0.1)
    text = history.page([first, second])
    assert "| ping | 1 ms | 5 ms | 5 x | 2 | 2026-01-02 10:00 |" in text
    assert "| gateway | 40.0 |" in text


def test_samples_become_boxes_as_wide_as_their_share() -> None:
    stacks = read_stacks("main;a <b>;c 3\nmain;d 1\nmain;a <b> 4\n\nno number\n")
    picture = ET.fromstring(draw(stacks))
    titles = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}title")}
    assert titles == {"main 100.0%", "a <b> 87.5%", "c 37.5%", "d 12.5%"}


def test_samples_of_a_loop_that_waits_are_left_out() -> None:
    loop, thread = "main;Runner.run (asyncio/runners.py:118)", "Thread.run (a.py:1);_WorkItem.run (b.py:2)"
    stacks = read_stacks(f"{loop} 90\n{loop};answer 2\n{thread};work 1\n")
    assert stacks == {"event loop;answer": 2, "threads;work": 1}
