"""The client against servers that lie, stall, swell and lure: an outcome for each, inside its deadline, and no request where none may go."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import pytest
from http_servers import TOOL, Connects, HostileServer, hostile_server, told, tool_module, watched_connects

from tasks.core.feeds.records import Answer, NoAnswer
from tasks.fetch_limits import FetchLimits
from tasks.http_client import Client, http_client, user_agent

ROOT = Path(__file__).resolve().parents[1]
HOST = "news.example"
LIMITS = FetchLimits(total_s=1.2, idle_s=0.3, wire_bytes=4 << 20, body_bytes=4 << 20)  # where the time is to run out
PATIENT = replace(LIMITS, total_s=20.0, idle_s=10.0)  # where it is not: a busy machine may let an answer wait
SLACK_S = 0.6  # for a busy machine
MAX_GROWTH_MB = 120
MAX_CPU_RATIO = 2.0  # 1.1 to 1.4 measured, against aiohttp with a connection for each request as here
PEAK_KB = 1 << 10 if sys.platform == "darwin" else 1  # what ru_maxrss counts in
T = TypeVar("T")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run in a loop of its own, in which nothing goes wrong behind our back."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        return await work()

    found = asyncio.run(watched())
    assert complaints == []
    return found


def ask(url: str, port: int, *, allow_hosts: tuple[str, ...] = (HOST,), limits: FetchLimits = PATIENT, **headers: str) -> Answer | NoAnswer:
    """Ask for a URL; HOST is the server at `port`."""

    async def work() -> Answer | NoAnswer:
        async with http_client(contact="https://a.example/bot", allow_hosts=allow_hosts, resolve=[f"{HOST}=127.0.0.1:{port}"]) as client:
            return await client.get(url, headers=headers, limits=limits)

    return run(work)


def ask_told(*answers: tuple[bytes, ...], limits: FetchLimits = PATIENT, **headers: str) -> tuple[Answer | NoAnswer, list[str]]:
    """Ask a server that gives these answers; return what came of it, and the heads of the requests."""

    async def work() -> tuple[Answer | NoAnswer, list[str]]:
        async with told(*answers) as server, http_client(contact="a@b.example", allow_hosts=["127.0.0.1"]) as client:
            return await client.get(f"http://127.0.0.1:{server.port}/", headers=headers, limits=limits), server.heads

    return run(work)


def outcome(found: Answer | NoAnswer) -> int | str:
    return found.status if isinstance(found, Answer) else found.reason


@pytest.fixture(scope="module")
def connects() -> Connects:
    return watched_connects()


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    if not TOOL.exists():
        pytest.skip("the hostile server is not here")
    with hostile_server() as server:
        yield server


@pytest.fixture(scope="module")
def tool() -> Any:
    if not TOOL.exists():
        pytest.skip("the hostile server is not here")
    return tool_module()


# What each route of the hostile server ends in: a status, or the reason why there is no answer.
ROUTES: dict[str, int | str] = {
    "/feed/basic": 200, "/feed/304-always": 304, "/feed/cookie": 200, "/status/503?ra=120": 503, "/gone": 410,
    "/redirect/301/5": 200, "/redirect/308/6": "redirects", "/redirect-loop": "redirects", "/captive": 200,
    "/slow/headers?bps=1": "timeout", "/slow/body?bps=20": "timeout", "/slow/first": "timeout",
    "/stall": "timeout", "/endless": "too_large", "/endless/chunked": "too_large", "/endless/headers": "protocol",
    "/headers/huge?kb=512": "too_large", "/headers/huge?kb=16": 200, "/headers/many": "protocol", "/headers/many?n=200": 200,
    "/headers/inject": "protocol", "/truncated": "truncated", "/chunk/broken": "truncated", "/chunk/truncated": "truncated",
    "/reset": "reset", "/close": "reset", "/garbage": "protocol", "/http09": "protocol", "/empty": 200, "/204": 204,
    "/gzip/ok": 200, "/gzip/truncated": "truncated", "/gzip/lying": 200, "/gzip/undeclared": 200, "/gzip/double": 200,
    "/gzip/trailing-junk": 200, "/gzip/bomb?mb=16": "too_large", "/gzip/bomb-nested?mb=16": "too_large", "/deflate/bomb?mb=16": "too_large",
    "/article/huge?mb=20": "too_large", "/article/binary": 200, "/feed/n?items=1000": 200, "/xml/bom16": 200, "/charset/utf16": 200,
}  # fmt: skip


@pytest.mark.parametrize(("route", "expected"), ROUTES.items(), ids=ROUTES)
def test_every_route_ends_in_its_outcome_inside_the_deadline(hostile: HostileServer, route: str, expected: int | str) -> None:
    limits = LIMITS if expected == "timeout" else PATIENT
    began = time.monotonic()
    found = ask(f"http://{HOST}{route}", hostile.port, limits=limits)
    assert outcome(found) == expected
    assert time.monotonic() - began < limits.total_s + SLACK_S
    if isinstance(found, Answer) and "gzip" in route:
        assert found.body.startswith(b"<?xml")
        assert found.body.endswith(b"</rss>")


CONTENT = [
    "xml/billion", "xml/quadratic", "xml/xxe", "xml/extdtd", "xml/deep", "xml/attrs", "xml/redos", "xml/invalid", "xml/control",
    "xml/leading-space", "xml/trailing", "xml/nul", "xml/html", "xml/json", "xml/bom16", "xml/opml-bomb", "sitemap/bomb",
    "sitemap/index-loop", "sitemap/news", "charset/utf8", "charset/latin1-as-utf8", "charset/win1251-undeclared",
    "charset/header-vs-prolog", "charset/utf16", "charset/gbk", "charset/shiftjis", "charset/mixed", "feed/path-body", "feed/url-body",
    "feed/xss", "feed/csv", "feed/sql", "feed/paths", "guid/dates", "article/1", "article-redirect/1", "article/soft404",
    "article/paywall", "article/xss", "article/tablebomb", "article/deep", "live/1",
]  # fmt: skip


def test_every_content_route_is_handed_on_as_it_came(hostile: HostileServer) -> None:
    async def work() -> dict[str, int | str]:
        async with http_client(contact=None, allow_hosts=[HOST], resolve=[f"{HOST}=127.0.0.1:{hostile.port}"]) as client:
            found = {route: await client.get(f"http://{HOST}/{route}", limits=PATIENT) for route in CONTENT}
        assert all(answer.body == answer.wire for answer in found.values() if isinstance(answer, Answer))
        return {route: outcome(answer) for route, answer in found.items()}

    assert run(work) == dict.fromkeys(CONTENT, 200)
    assert hostile.control("stats")["hits"].get("/ssrf-canary", 0) == 0


def test_a_stalled_feed_does_not_hold_up_another(hostile: HostileServer) -> None:
    limits = replace(LIMITS, total_s=4.0, idle_s=1.5)  # a busy machine lets 24 at once wait

    async def work() -> tuple[list[int | str], float]:
        began = time.monotonic()
        async with http_client(contact=None, allow_hosts=[HOST], resolve=[f"{HOST}=127.0.0.1:{hostile.port}"]) as client:
            routes = ["/stall", "/endless", "/slow/first", "/gzip/bomb?mb=16"] + ["/feed/basic"] * 20
            found = await asyncio.gather(*(client.get(f"http://{HOST}{route}", limits=limits) for route in routes))
        return [outcome(one) for one in found], time.monotonic() - began

    found, took_s = run(work)
    assert found == ["timeout", "too_large", "timeout", "too_large"] + [200] * 20
    assert took_s < limits.total_s + SLACK_S


def test_a_request_says_what_it_must_and_no_more() -> None:
    answer, heads = ask_told((b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok",), **{"If-None-Match": 'W/"é"'})
    assert outcome(answer) == 200
    first, *fields = heads[0].encode("latin-1").decode("utf-8").split("\r\n")
    assert first == "GET / HTTP/1.1"
    named = dict(line.split(": ", 1) for line in fields if line)
    assert named.pop("Host").startswith("127.0.0.1:")
    assert named == {
        "User-Agent": user_agent("a@b.example"),
        "Accept-Encoding": "gzip, deflate, br",
        "If-None-Match": 'W/"é"',
        "Connection": "close",
    }


@pytest.mark.parametrize(
    ("contact", "expected"),
    [(None, ""), ("https://a.example/bot", " (+https://a.example/bot)"), ("a@b\r\nX: y", " (+a@bX: y)")],
    ids=["none", "page", "line end"],
)
def test_the_user_agent_bears_the_contact(contact: str | None, expected: str) -> None:
    name, _, _ = user_agent(None).partition(" ")
    assert name.startswith("copydesk/")
    assert user_agent(contact) == name + expected


def test_cookies_and_referer_do_not_follow_a_redirect() -> None:
    redirect = b"HTTP/1.1 302 Found\r\nSet-Cookie: a=b; Path=/\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"
    answer, heads = ask_told((redirect,), (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",))
    assert isinstance(answer, Answer)
    assert [hop.status for hop in answer.hops] == [302, 200]
    assert answer.final_url.endswith("/next")
    assert all("cookie" not in head.lower() and "referer" not in head.lower() for head in heads)
    assert len(heads) == 2


@pytest.mark.parametrize("pieces", [(), (b"HTTP/1.1 200",)], ids=["at once", "in the status"])
def test_a_server_that_hangs_up_is_not_asked_again(pieces: tuple[bytes, ...]) -> None:
    answer, heads = ask_told(pieces)
    assert outcome(answer) == "reset"
    assert len(heads) == 1


OK = b"HTTP/1.1 200 OK\r\n"
MESSAGES: dict[str, tuple[tuple[bytes, ...], int | str]] = {
    "chunks break after the head": ((OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"ZZ\r\nboom\r\n"), "truncated"),
    "chunk longer than it says": ((OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello world\r\n0\r\n\r\n",), "truncated"),
    "no last chunk": ((OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",), "truncated"),
    "body in pieces": ((OK + b"Content-Length: 10\r\n\r\nhello", b"world"), 200),
    "trailers without end": ((OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 99_999,), "protocol"),
    "length that is no number": ((OK + b"Content-Length: -5\r\n\r\nhello",), "protocol"),
    "lengths that differ": ((OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",), "protocol"),
    "announced beyond the limit": ((OK + b"Content-Length: 999999999999\r\n\r\nhello",), "too_large"),
    "body until the end": ((b"HTTP/1.0 200 OK\r\n\r\nhello",), 200),
    "early hints": ((b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n", OK + b"Content-Length: 5\r\n\r\nhello"), 200),
    "switching protocols": ((b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello",), "protocol"),
    "status of LinkedIn": ((b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n",), 999),
    "redirect to nowhere": ((b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",), 302),
    "redirect that is no URL": ((b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",), "address"),
    "redirect of bytes": ((b"HTTP/1.1 302 Found\r\nLocation: /\xe9\xff\r\nContent-Length: 0\r\n\r\n",), "redirects"),
    "NUL in a field": ((OK + b"ETag: a\0b\r\nContent-Length: 5\r\n\r\nhello",), "protocol"),
    "head too large in sum": (
        (OK + b"".join(b"X-%d: %b\r\n" % (n, b"y" * 30_000) for n in range(10)) + b"Content-Length: 0\r\n\r\n",),
        "too_large",
    ),
    "TLS alert": ((b"\x15\x03\x01\x00\x02\x02\x16",), "protocol"),
}


@pytest.mark.parametrize(("pieces", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_odd_messages_end_in_an_outcome(pieces: tuple[bytes, ...], expected: int | str) -> None:
    answer, _ = ask_told(pieces)
    assert outcome(answer) == expected


def test_fields_are_kept_as_received() -> None:
    answer, _ = ask_told((OK + b'ETAG: "a"\r\nX-B: \xc3\xa9\r\nx-b: \xe9\r\nContent-Length: 0\r\n\r\n',))
    assert isinstance(answer, Answer)
    assert answer.headers == (("ETAG", '"a"'), ("X-B", "é"), ("x-b", "é"), ("Content-Length", "0"))


def test_what_came_is_kept_beside_what_it_decodes_to(hostile: HostileServer) -> None:
    answer = ask(f"http://{HOST}/gzip/ok", hostile.port)
    assert isinstance(answer, Answer)
    assert answer.wire.startswith(b"\x1f\x8b")
    assert len(answer.body) > len(answer.wire)
    assert 0 < answer.took_s < PATIENT.total_s


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert outcome(ask(f"http://{HOST}/", held.getsockname()[1])) == "refused"


def test_a_name_that_nobody_has_is_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert outcome(ask("http://nobody.example/", 1)) == "dns"


def test_a_name_server_that_is_silent_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(0.5))
    assert outcome(ask("http://nobody.example/", 1, limits=LIMITS)) == "timeout"


def test_a_lack_of_files_is_our_own_and_no_fault_of_a_server() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def work() -> None:
        async with http_client(contact=None) as client:
            next_file = os.dup(0)
            os.close(next_file)
            resource.setrlimit(resource.RLIMIT_NOFILE, (next_file, hard))
            try:
                with pytest.raises(OSError, match="Too many open files"):
                    await client.get("http://8.8.8.8/", limits=LIMITS)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    run(work)


def test_proxies_of_the_environment_are_not_used(hostile: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert outcome(ask(f"http://{HOST}/feed/basic", hostile.port)) == 200


def test_a_host_that_is_not_allowed_is_not_reached_at_a_private_address(hostile: HostileServer, connects: Connects) -> None:
    with connects.recorded() as seen:
        found = ask(f"http://{HOST}/ssrf-canary", hostile.port, allow_hosts=())
    assert (outcome(found), seen) == ("address", [])


def test_no_url_of_the_list_is_connected_to_asked_or_redirected_to(hostile: HostileServer, tool: Any, connects: Connects) -> None:
    places = [f"{HOST}=127.0.0.1:{hostile.port}", "127.0.0.1.nip.io=127.0.0.1:80", "metadata.google.internal=169.254.169.254:80"]
    canaries = [
        f"http://{host}:{hostile.port}/ssrf-canary"
        for host in ("127.0.0.1", "127.1", "0", "2130706433", "0x7f.1", "localhost", "[::ffff:7f00:1]")
    ]

    async def work(urls: list[str]) -> set[int | str]:
        async with http_client(contact=None, allow_hosts=[HOST], resolve=places) as client:
            return {outcome(await client.get(url, limits=LIMITS)) for url in urls}

    with connects.recorded() as seen:
        asked = run(lambda: work(tool.SSRF_URLS + canaries))
        assert (asked, seen) == ({"address", "scheme"}, [])
        redirected = run(lambda: work([f"http://{HOST}/redirect-to?url={quote(url)}" for url in tool.SSRF_URLS + canaries]))
    assert redirected == {"address", "scheme"}
    assert len(seen) == len(tool.SSRF_URLS + canaries)  # one to the server that redirects, none beyond
    assert hostile.control("stats")["hits"].get("/ssrf-canary", 0) == 0


def test_a_name_that_turns_to_a_private_address_is_not_followed_there(
    hostile: HostileServer, tool: Any, connects: Connects, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = tool.RebindResolver()

    def resolved(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (names.resolve(host), port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with connects.recorded() as seen:
        outcomes = [outcome(ask(f"http://rebind.example:{hostile.port}/ssrf-canary", hostile.port)) for _ in range(3)]
    assert (outcomes, seen) == (["refused", "address", "address"], [names.public])


def test_of_the_addresses_of_a_name_only_public_ones_are_tried(connects: Connects, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = ["127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "2002:7f00:1::"]

    def resolved(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with connects.recorded() as seen:
        found = ask("http://many.example/", 1)
    assert isinstance(found, NoAnswer)
    assert set(seen) == {"8.8.8.8"}


def test_only_what_time_cannot_cure_is_lasting() -> None:
    lasting = [ask(url, 1) for url in ("http://10.0.0.1/", "ftp://a.example/")]
    assert [one.is_lasting for one in lasting if isinstance(one, NoAnswer)] == [True, True]
    redirected, _ = ask_told((b"HTTP/1.1 301 Moved\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n",))
    assert isinstance(redirected, NoAnswer)
    assert (redirected.reason, redirected.is_lasting, redirected.hops[0].status) == ("address", False, 301)


def test_a_certificate_that_is_not_the_hosts_is_no_answer(hostile: HostileServer) -> None:
    hits = hostile.control("stats")["n"]
    assert outcome(ask(f"https://{HOST}/feed/basic", hostile.tls_port)) == "tls"
    assert hostile.control("stats")["n"] == hits


IN_A_PROCESS = """
import asyncio, resource, sys
from tasks.fetch_limits import FetchLimits
from tasks.http_client import http_client

async def work(place, urls):
    async with http_client(contact=None, allow_hosts=["news.example", "wrong.example"], resolve=place.split(",")) as client:
        before = 0
        for url in urls:
            found = await client.get(url, limits=FetchLimits(total_s=8, idle_s=4))
            before = before or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(getattr(found, "reason", None) or found.status)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(work(sys.argv[1], sys.argv[2:]))
"""


def in_a_process(place: str, *urls: str, **variables: str) -> tuple[list[str], int]:
    """Ask in a process of its own; return the outcomes, and by how much its peak grew after the first (KB)."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_PROCESS, place, *urls], cwd=ROOT, env=variables, capture_output=True, text=True, check=True
    )
    *outcomes, growth = done.stdout.split()
    return outcomes, int(growth) // PEAK_KB


def test_bombs_and_endless_bodies_do_not_swell_the_process(hostile: HostileServer) -> None:
    routes = ["/feed/basic", "/gzip/bomb?mb=256", "/gzip/bomb-nested?mb=256", "/deflate/bomb?mb=256", "/endless", "/endless/chunked", "/endless/headers",
              "/headers/huge?kb=4096", "/headers/many?n=200000", "/article/huge?mb=20", "/feed/n?items=50000"]  # fmt: skip
    outcomes, growth_kb = in_a_process(f"{HOST}=127.0.0.1:{hostile.port}", *(f"http://{HOST}{route}" for route in routes))
    assert outcomes == ["200"] + ["too_large"] * 5 + ["protocol", "too_large", "protocol", "too_large", "200"]
    assert growth_kb < MAX_GROWTH_MB << 10


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
def test_a_certificate_is_taken_for_the_names_it_bears_and_no_other(tmp_path: Path) -> None:
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
        "-subj",
        f"/CN={HOST}",
    ]
    subprocess.run([*make, "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    serve = ["openssl", "s_server", "-accept", "0", "-cert", certificate, "-key", key, "-www"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout
            accepting = next(line for line in server.stdout if line.startswith("ACCEPT"))
            place = f"127.0.0.1:{accepting.rsplit(':', 1)[1].strip()}"
            outcomes, _ = in_a_process(
                f"{HOST}={place},wrong.example={place}", f"https://{HOST}/", "https://wrong.example/", SSL_CERT_FILE=certificate
            )
        finally:
            server.kill()
    assert outcomes == ["200", "tls"]


def test_a_request_costs_little_more_than_with_aiohttp_alone(hostile: HostileServer) -> None:
    url = f"http://127.0.0.1:{hostile.port}/feed/basic"

    async def ours(client: Client) -> None:
        assert outcome(await client.get(url, limits=PATIENT)) == 200

    async def plain(session: aiohttp.ClientSession) -> None:
        async with session.get(url) as response:
            assert await response.read()

    async def cpu_s(ask_once: Callable[[], Awaitable[None]]) -> float:
        began = time.process_time()
        for _ in range(10):
            await asyncio.gather(*(ask_once() for _ in range(10)))
        return time.process_time() - began

    async def work() -> float:
        connector = aiohttp.TCPConnector(force_close=True)
        async with http_client(contact=None, allow_hosts=["127.0.0.1"]) as client, aiohttp.ClientSession(connector=connector) as session:
            rounds = [(await cpu_s(lambda: ours(client)), await cpu_s(lambda: plain(session))) for _ in range(4)]
        return min(one for one, _ in rounds) / min(other for _, other in rounds)

    assert run(work) < MAX_CPU_RATIO
