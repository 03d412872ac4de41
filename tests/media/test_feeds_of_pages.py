"""Pages that look like feeds inside yt-dlp's reader of any page, and feeds that look like pages."""

import pytest

from dlambda.media.workers.child.feeds import _document

RDF = '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><cc:Work/></rdf:RDF></metadata>'
RSS = "<rss version='2.0'><channel><title>T</title></channel></rss>"


def is_feed(text: str) -> bool:
    return _document(text.encode(), "https://a.example/", "text/html") is not None


@pytest.mark.parametrize(
    "page",
    [
        f"<!doctype html><body><svg>{RDF}</svg><video src='/film.mp4'></video>",
        f"<!doctype html><!-- {RDF} --><video src='/film.mp4'></video>",
        f"<!-- {RDF} --><html><video src='/film.mp4'></video></html>",
        "<html><script>let text = '<feed >'</script><video src='/film.mp4'></video></html>",
    ],
)
def test_a_page_with_the_words_of_a_feed_is_a_page(page: str) -> None:
    assert not is_feed(page)


@pytest.mark.parametrize("head", ["", "\ufeff", "<?xml version='1.0'?>\n<!-- generator -->\n", "<!DOCTYPE rss>\n"])
def test_an_empty_feed_is_a_feed(head: str) -> None:
    assert is_feed(head + RSS)
