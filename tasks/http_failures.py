"""Why an exchange has no answer: what aiohttp, TLS and the system raise, as the reasons of a NoAnswer."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, ContentLengthError, LineTooLong, TransferEncodingError

from tasks.core.errors import first_line
from tasks.fetch_limits import Deadline

MAX_DETAIL_CHARS = 200
OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})  # this machine has no more: no server's fault


class Stopped(Exception):
    """Ends an exchange; the fields are those of NoAnswer."""

    def __init__(self, reason: str, detail: str, *, is_lasting: bool = False) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = " ".join(detail.split())[:MAX_DETAIL_CHARS]
        self.is_lasting = is_lasting


class HungUp(aiohttp.ClientError):
    """The server ended the connection before its head was whole."""


REASONS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (  # the first that an error or one of its causes is
    ("tls", (aiohttp.ClientSSLError, ssl.SSLError)),
    ("dns", (aiohttp.ClientConnectorDNSError,)),
    ("address", (PermissionError,)),  # tasks/guarded_socket.py; a firewall of this machine says the same
    ("timeout", (TimeoutError,)),
    ("too_large", (LineTooLong,)),
    ("truncated", (aiohttp.ClientPayloadError, TransferEncodingError, ContentLengthError)),
    ("refused", (ConnectionRefusedError,)),
    ("reset", (HungUp, ConnectionError)),
    ("refused", (aiohttp.ClientConnectorError,)),  # no way to the host or its network
)


async def asked_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking a second time where a server hangs up: when to ask again is the schedule's to say."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise HungUp(str(error)) from error


@contextmanager
def causes_told(deadline: Deadline) -> Iterator[None]:
    """Turn what a server or the network caused into Stopped.

    Raises       OSError for what is this machine's own lack
    """
    try:
        yield
    except TimeoutError as error:
        raise Stopped("timeout", deadline.told()) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        causes = tuple(_causes(error))
        if any(isinstance(cause, OSError) and cause.errno in OUR_OWN for cause in causes):
            raise
        said = error.message if isinstance(error, aiohttp.ClientResponseError) else first_line(error)
        raise Stopped(_reason(causes), said) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _reason(causes: tuple[BaseException, ...]) -> str:
    for reason, kinds in REASONS:
        if any(isinstance(cause, kinds) for cause in causes):
            return reason
    return "truncated" if any(_is_of_chunks(cause) for cause in causes) else "protocol"


def _is_of_chunks(error: BaseException) -> bool:
    """Tell whether chunks do not match. aiohttp says so in words alone where head and body came in one piece."""
    return isinstance(error, BadHttpMessage) and "chunk" in error.message.partition(":")[0].lower()
