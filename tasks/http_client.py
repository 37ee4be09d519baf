"""The one HTTP client: for feeds, pages, robots and sitemaps. What a server does ends in an Answer or a NoAnswer, inside a deadline.

It sends what it is given, who we are and which encodings we read; no cookies, no Referer. It keeps no connection open: a host hears from
us once in seconds, and ten thousand idle ones would cost more files than a process has.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import hdrs
from yarl import URL

from tasks.core.content_encoding import ACCEPT_ENCODING
from tasks.core.feeds.addresses import Refusal, Target, canonical_host, request_target, resolved_hosts
from tasks.core.feeds.records import Answer, Hop, NoAnswer
from tasks.fetch_limits import Deadline, FetchLimits, LargeBodies
from tasks.guarded_socket import HostResolver, guarded_socket
from tasks.http_failures import Stopped, asked_once, causes_told
from tasks.http_response import MAX_FIELD_BYTES, MAX_FIELDS, received_headers, received_wire, whole_body

MAX_REDIRECTS = 5  # RFC 9309 section 2.3.1.2 asks for five at least
REDIRECTS = frozenset({301, 302, 303, 307, 308})
FIRST_FINAL_STATUS = 200  # RFC 9110 section 15.2: those below end no exchange


Refused = Callable[[str], Awaitable[NoAnswer | None]]


class Client:
    """Asks servers. `trusted` is the session for `allow_hosts`, which may have any address. Made by http_client()."""

    def __init__(self, guarded: aiohttp.ClientSession, trusted: aiohttp.ClientSession, allow_hosts: Collection[str]) -> None:
        self._guarded = guarded
        self._trusted = trusted
        self._allow_hosts = allow_hosts
        self._large = LargeBodies()

    async def get(
        self, url: str, *, headers: Mapping[str, str] = {}, limits: FetchLimits, refused: Refused | None = None
    ) -> Answer | NoAnswer:
        """Return what a server answers, redirects followed; `headers` are sent at every hop.

        refused      asked before a redirect is followed, until the time is up: why it may not be, None where it may
        Raises       OSError where this machine has no more files or memory: no server's fault
        """
        hops: list[Hop] = []
        deadline = Deadline(limits)
        try:
            with causes_told(deadline):
                async with deadline.timeout:
                    return await self._answer(url, headers, limits, deadline, hops, refused)
        except Stopped as stopped:
            return NoAnswer(url=url, reason=stopped.reason, detail=stopped.detail, hops=tuple(hops), is_lasting=stopped.is_lasting)

    async def _answer(
        self, url: str, headers: Mapping[str, str], limits: FetchLimits, deadline: Deadline, hops: list[Hop], refused: Refused | None
    ) -> Answer:
        clock = asyncio.get_running_loop().time
        started = clock()
        target = self._target(url, hops)
        while True:
            response = await self._response(target, headers, deadline)
            try:
                hops.append(Hop(url=target.url, status=response.status))
                received = received_headers(response)
                location = response.headers.get(hdrs.LOCATION)
                if location is None or response.status not in REDIRECTS:
                    async with self._large.place(deadline) as grown:
                        wire = await received_wire(response, limits, deadline, grown)
                        body = whole_body(wire, received, limits)
                    break
            finally:
                response.close()
            target = self._target(location, hops)
            if refused:
                deadline.our_own_wait()
                if why := await refused(target.url):
                    raise Stopped(why.reason, f"{why.detail}; redirected to {target.url!a}", is_lasting=why.is_lasting)
        took_s = clock() - started
        return Answer(
            url=url, final_url=target.url, hops=tuple(hops), status=response.status, headers=received, wire=wire, body=body, took_s=took_s
        )

    async def _response(self, target: Target, headers: Mapping[str, str], deadline: Deadline) -> aiohttp.ClientResponse:
        deadline.something_came()
        session = self._trusted if target.host in self._allow_hosts else self._guarded
        response = await session.get(URL(target.url, encoded=True), headers=headers, allow_redirects=False)
        deadline.something_came()
        if response.status < FIRST_FINAL_STATUS:
            response.close()
            raise Stopped("protocol", f"the status {response.status} ends no exchange")
        return response

    def _target(self, url: str, hops: list[Hop]) -> Target:
        target = request_target(url, base=hops[-1].url if hops else None, allow_hosts=self._allow_hosts)
        if isinstance(target, Refusal):
            detail = f"{target.detail}; redirected to {url!a}" if hops else target.detail
            raise Stopped(target.reason, detail, is_lasting=not hops)
        if any(hop.url == target.url for hop in hops):
            raise Stopped("redirects", f"a loop: back to {target.url}")
        if len(hops) > MAX_REDIRECTS:
            raise Stopped("redirects", f"more than {MAX_REDIRECTS}")
        return target


@asynccontextmanager
async def http_client(*, contact: str | None, allow_hosts: Collection[str] = (), resolve: Collection[str] = ()) -> AsyncIterator[Client]:
    """Open the client; the arguments are the settings of these names.

    Raises       SettingsError for a `resolve` that cannot be read
    """
    resolver = HostResolver(resolved_hosts(resolve))
    trusted_hosts = frozenset(canonical_host(host) for host in allow_hosts) - {""}
    agent = user_agent(contact)
    try:
        async with _session(agent, resolver, guarded_socket) as guarded, _session(agent, resolver, None) as trusted:
            yield Client(guarded, trusted, trusted_hosts)
    finally:
        await resolver.close()


def user_agent(contact: str | None) -> str:
    """Return how we name ourselves: copydesk/VERSION (+contact)."""
    name = f"copydesk/{importlib.metadata.version('copydesk')}"
    who = "".join(character for character in contact or "" if character.isprintable()).strip()
    return f"{name} (+{who})" if who else name


def _session(agent: str, resolver: HostResolver, socket_factory: aiohttp.SocketFactoryType | None) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=resolver, socket_factory=socket_factory, limit=0, force_close=True),
        headers={hdrs.USER_AGENT: agent, hdrs.ACCEPT_ENCODING: ACCEPT_ENCODING},
        skip_auto_headers=(hdrs.ACCEPT,),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None, sock_read=None),
        auto_decompress=False,
        trust_env=False,
        max_line_size=MAX_FIELD_BYTES,
        max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_FIELDS,
        middlewares=(asked_once,),
    )
