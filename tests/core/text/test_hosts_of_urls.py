"""Hosts of URLs in the form that browsers ask for."""

from __future__ import annotations

import pytest

from tasks.core.text.urls import host_of, site_of

HOSTS = {
    "plain": ("https://WWW.Paper.example./a", "www.paper.example"),
    "umlaut": ("https://bücher.example/a", "xn--bcher-kva.example"),
    "sharp s is a letter of its own": ("https://faß.example/", "xn--fa-hia.example"),
    "capitals beyond ASCII": ("https://BÜCHER.example/", "xn--bcher-kva.example"),
    "address": ("http://127.0.0.1:80/", "127.0.0.1"),
    "no host": ("mailto:desk@paper.example", ""),
    "broken brackets": ("http://[::1/", ""),
}


@pytest.mark.parametrize(("url", "host"), HOSTS.values(), ids=HOSTS)
def test_a_host_is_read_as_browsers_do(url: str, host: str) -> None:
    assert host_of(url) == host


def test_two_spellings_of_one_site_are_one() -> None:
    assert site_of("https://news.faß.example/a") == site_of("https://xn--fa-hia.example/b")
