"""Which addresses are of the open internet, and which URLs are asked for."""

from __future__ import annotations

import pytest

from tasks.core.errors import SettingsError
from tasks.core.feeds.addresses import Refusal, Target, canonical_host, is_public, request_target, resolved_hosts

NOT_PUBLIC = {
    "this network": "0.0.0.0",
    "private, ten": "10.255.0.1",
    "private, 172.16": "172.31.255.255",
    "private, 192.168": "192.168.0.1",
    "carrier's own": "100.64.0.1",
    "metadata of Alibaba": "100.100.100.200",
    "loopback": "127.255.255.254",
    "metadata": "169.254.169.254",
    "metadata of Azure": "168.63.129.16",
    "metadata of Oracle": "192.0.0.192",
    "documentation": "203.0.113.9",
    "benchmarks": "198.19.255.255",
    "relay of 6to4": "192.88.99.1",
    "multicast": "239.1.1.1",
    "reserved": "250.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 none": "::",
    "IPv6 loopback": "::1",
    "IPv6 mapped": "::ffff:8.8.8.8",
    "IPv6 compatible": "::127.0.0.1",
    "IPv6 NAT64": "64:ff9b::7f00:1",
    "IPv6 NAT64 local": "64:ff9b:1::1",
    "IPv6 Teredo": "2001:0:53aa:64c:0:fffe:80ff:fffe",
    "IPv6 6to4": "2002:7f00:1::",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 new documentation": "3fff::1",
    "IPv6 unique local": "fd00:ec2::254",
    "IPv6 link-local with zone": "fe80::1%lo",
    "IPv6 site-local": "fec0::1",
    "IPv6 multicast": "ff02::1",
    "short": "127.1",
    "octal": "0177.0.0.1",
    "hexadecimal": "0x7f000001",
    "one number": "2130706433",
    "a name": "localhost",
    "nothing": "",
}
NOT_ASKED = {
    "no scheme": ("//a.example/", "scheme"),
    "file": ("file:///etc/passwd", "scheme"),
    "feed": ("feed:http://a.example/", "scheme"),
    "a user": ("http://a.example@b.example/", "address"),
    "backslash": ("http://a.example\\b.example/", "address"),
    "no host": ("http:///etc/passwd", "address"),
    "open bracket": ("http://[::1/", "address"),
    "zone": ("http://[fe80::1%25lo]/", "address"),
    "port beyond": ("http://a.example:65536/", "address"),
    "port of mail": ("http://a.example:25/", "address"),
    "short form": ("http://8.8/", "address"),
    "octal form": ("http://010.8.8.8/", "address"),
    "hexadecimal form": ("http://0x8.8.8.8/", "address"),
    "one number": ("http://134744072/", "address"),
    "five numbers": ("http://8.8.8.8.8/", "address"),
    "full width": ("http://１２７.0.0.1/", "address"),
    "ideographic stop": ("http://127。0。0。1/", "address"),
    "private": ("http://127.0.0.1./", "address"),
    "empty label": ("http://a..example/", "address"),
    "long label": (f"http://{'a' * 64}.example/", "address"),
    "space": ("http://a b.example/", "address"),
    "per cent": ("http://127%2e0.0.1/", "address"),
    "half a surrogate pair": ("http://a.example/\ud800", "address"),
    "endless": ("http://a.example/" + "a" * 8_000, "address"),
}
ASKED = {
    "as given": ("https://a.example/x%2Fy/?q=%7Ea&b=[1]|2", None, "https://a.example/x%2Fy/?q=%7Ea&b=[1]|2"),
    "no path": ("http://A.Example", None, "http://a.example/"),
    "fragment": ("http://a.example/#top", None, "http://a.example/"),
    "port": ("http://a.example:8080/", None, "http://a.example:8080/"),
    "letters beyond ASCII": ("http://ünï.example/ü ö", None, "http://xn--n-nga1b.example/%C3%BC%20%C3%B6"),
    "sharp s is a letter of its own": ("http://faß.example/", None, "http://xn--fa-hia.example/"),
    "public address": ("http://8.8.8.8/", None, "http://8.8.8.8/"),
    "public IPv6": ("http://[2606:4700:0::1]/", None, "http://[2606:4700::1]/"),
    "relative": ("../y?z", "https://a.example/b/c/x", "https://a.example/b/y?z"),
    "other host": ("//b.example/", "https://a.example/", "https://b.example/"),
    "bytes that are no text": ("/\udce9", "https://a.example/", "https://a.example/%E9"),
}


@pytest.mark.parametrize("address", NOT_PUBLIC.values(), ids=NOT_PUBLIC)
def test_addresses_that_are_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"]
)
def test_addresses_of_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(("url", "reason"), NOT_ASKED.values(), ids=NOT_ASKED)
def test_urls_that_are_refused(url: str, reason: str) -> None:
    found = request_target(url)
    assert isinstance(found, Refusal)
    assert found.reason == reason


@pytest.mark.parametrize(("url", "base", "expected"), ASKED.values(), ids=ASKED)
def test_urls_that_are_asked_for(url: str, base: str | None, expected: str) -> None:
    found = request_target(url, base=base)
    assert isinstance(found, Target)
    assert found.url == expected
    assert request_target(found.url) == found


def test_a_redirect_to_a_scheme_without_a_host_is_refused() -> None:
    assert isinstance(request_target("http:///etc/passwd", base="http://a.example/"), Refusal)


def test_a_host_of_the_allow_list_may_have_any_address_but_no_odd_form_of_it() -> None:
    allow_hosts = {canonical_host("127.0.0.1"), canonical_host("[::1]")}
    assert isinstance(request_target("http://127.0.0.1:8080/", allow_hosts=allow_hosts), Target)
    assert isinstance(request_target("http://[0::1]:8080/", allow_hosts=allow_hosts), Target)
    assert isinstance(request_target("http://127.1:8080/", allow_hosts=allow_hosts), Refusal)
    assert isinstance(request_target("http://127.0.0.2:8080/", allow_hosts=allow_hosts), Refusal)


def test_hosts_are_placed_at_addresses() -> None:
    assert resolved_hosts(["News.example=127.0.0.1:8080", "b.example=[::1]:81"]) == {
        "news.example": ("127.0.0.1", 8080),
        "b.example": ("::1", 81),
    }


@pytest.mark.parametrize(
    "text", ["news.example", "news.example=127.0.0.1", "=127.0.0.1:80", "news.example=b.example:80", "news.example=127.0.0.1:0"]
)
def test_a_place_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="host=address:port"):
        resolved_hosts([text])
