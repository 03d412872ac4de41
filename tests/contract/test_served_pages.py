"""The documents that the service serves (docs/contract/system.md 7) are those of the repository, and lead nowhere else."""

import re

import pytest

from local import pages


@pytest.mark.parametrize("name", ["README.md", "FEATURES.md", "FAQ.md", "API.md", "SECURITY.md"])
def test_no_link_of_a_served_page_is_dead(name: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", (pages.PAGES / name).read_text(encoding="utf-8"))
    served = {path.name for path in pages.PAGES.iterdir()}
    assert not [link for link in links if "://" not in link and not link.startswith("#") and link not in served]


def test_the_page_of_the_api_is_up_to_date() -> None:
    """`make openapi` writes it."""
    assert (pages.PAGES / "API.md").read_text(encoding="utf-8") == pages.rendered()
