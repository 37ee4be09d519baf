"""Where a poll may lead and whom it believes: no address of the list of places inside, and no certificate that is not the host's."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from html import escape
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from http_servers import TOOL, Connects, tool_module, watched_connects
from polling_rig import HOST, Desk, Says, Site, desk_at, own_site, rss_of

from flows import path
from tasks.core.errors import UsageError
from tasks.feed_list import feeds_given

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
NO_ROBOTS = "robots.txt: no answer (address)"  # of a name that may lead elsewhere another day, so that it is asked again


@pytest.fixture(scope="module")
def connects() -> Connects:
    return watched_connects()


def is_taken(url: str) -> bool:
    """Tell whether a person may put an address on the list."""
    try:
        return bool(feeds_given([url]))
    except UsageError:
        return False


@pytest.mark.skipif(not TOOL.exists(), reason="the hostile server is not here")
def test_fault_15_no_address_of_the_whole_list_is_connected_to_as_feed_page_redirect_or_from_a_list(
    tmp_path: Path, connects: Connects
) -> None:
    urls: list[str] = tool_module().SSRF_URLS
    taken = [url for url in urls if is_taken(url)]
    assert len(taken) >= 40
    (tmp_path / "list.opml").write_text(
        "<opml version='2.0'><body>" + "".join(f"<outline type='rss' xmlUrl='{escape(url)}'/>" for url in urls) + "</body></opml>", "utf-8"
    )
    with own_site() as site:
        inner = (f"127.0.0.1.nip.io={HOST}:{site.port}", f"metadata.google.internal=169.254.169.254:{site.port}")
        desk = desk_at(tmp_path).with_settings(allow_hosts=(), resolve=inner).named_hosts("paper.example", port=site.port)
        items = "".join(
            f"<item><guid>{number}</guid><title>Inside {number}</title><link>{escape(url)}</link><enclosure url='{escape(url)}'/></item>"
            for number, url in enumerate(urls)
        )
        site.answers["/feed"] = Says(f"<rss version='2.0'><channel><title>Inside</title>{items}</channel></rss>".encode())
        for number, url in enumerate(urls):
            site.answers[f"/to/{number}"] = Says(status=301, headers=(("Location", url.encode().decode("latin-1").replace("\t", "%09")),))
        led = [f"http://paper.example/to/{number}" for number in range(len(urls))]
        with connects.recorded() as seen:
            given = [str(tmp_path / "list.opml"), *taken, *led, "http://paper.example/feed"]
            path.poll(desk.home, replace(desk.settings, now=desk.now), given)
            asked = len(site.asked)
            desk.advance(days=9)
            desk.poll(pages=True)
        assert set(seen) == {HOST}
        assert len(seen) == len(site.asked) > asked >= len(urls) + 2, "each of them to the honest host, as the site itself counts them"
        assert {one.headers["host"].partition(":")[0] for one in site.asked} == {"paper.example"}
    inside = desk.rows(
        "select url, status, case when reason = 'robots' then detail else reason end from polls where url not like '%paper.example%'"
    )
    assert {(status, why) for url, status, why in inside if "etc" not in url} == {(None, why) for why in ("address", NO_ROBOTS)}
    assert {status for _, status, _ in inside} == {None}  # http:///etc/passwd is the host "etc" to who reads links as browsers do
    plans = desk.rows("select url, why_then from feeds where is_listed and url not like '%paper.example%'")
    assert {url for url, _ in plans} >= {url.strip() for url in taken}
    by_name = {url for url, why in plans if not why.startswith("no answer (address)")}
    assert by_name == {
        f"http://{name}/" for name in ("localhost", "LOCALHOST", "localhost.", "127.0.0.1.nip.io", "metadata.google.internal")
    }
    assert {why.partition(",")[0] for url, why in plans if url in by_name} == {"no answer (robots)"}
    told = {
        url: (why, detail)
        for url, why, detail in desk.rows("select url, reason, detail from polls where url like '%/to/%' and kind = 'feed'")
    }
    assert (set(told), {why for why, _ in told.values()}) == (set(led), {"address", "scheme", "robots"})
    assert {detail.partition(";")[0] for why, detail in told.values() if why == "robots"} == {NO_ROBOTS}
    assert desk.rows("select count(*) from entries") == [(len(urls),)]


@dataclass
class Shown:
    """The certificates that a site shows, by the name it is asked under; they may be changed while it serves."""

    authority: Path
    contexts: dict[str, ssl.SSLContext] = field(default_factory=dict)

    def listening(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def choose(connection: ssl.SSLSocket, name: str | None, _: object) -> None:
            connection.context = self.contexts[name or ""]

        context.sni_callback = choose  # type: ignore[assignment]
        return context


class Authority:
    """Makes certificates, honest and others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of a test")])
        self.file = folder / "authority.pem"
        mine = self._built(self.name, self.key.public_key(), None, days=(-1, 2), is_authority=True).sign(self.key, hashes.SHA256())
        self.file.write_bytes(mine.public_bytes(serialization.Encoding.PEM))

    def context(self, host: str, *, days: tuple[float, float] = (-1, 2), is_self_signed: bool = False) -> ssl.SSLContext:
        """Return what shows a certificate for a host, valid from and until so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        signed = self._built(
            subject, key.public_key(), host, days=days, is_authority=False, issuer=subject if is_self_signed else self.name
        )
        certificate = signed.sign(key if is_self_signed else self.key, hashes.SHA256())
        file = self.folder / f"{x509.random_serial_number()}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _built(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        host: str | None,
        *,
        days: tuple[float, float],
        is_authority: bool,
        issuer: x509.Name | None = None,
    ) -> x509.CertificateBuilder:
        now = datetime.now(timezone.utc)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(key)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now + DAY * days[0]).not_valid_after(now + DAY * days[1])
        made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        return made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False) if host else made


HOSTS = ("sound", "self-signed", "expired", "early", "another", "moved")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shown(authority: Authority) -> Shown:
    return Shown(authority.file, {f"{host}.example": authority.context(f"{host}.example") for host in HOSTS})


@pytest.fixture
def site(shown: Shown) -> Iterator[Site]:
    with own_site(shown.listening()) as served:
        served.answers |= {f"/{host}": Says(rss_of("a", "b"), headers=(("ETag", f'"{host}"'),)) for host in HOSTS}
        served.answers["/sound"] = Says(status=302, headers=(("Location", "https://moved.example/moved"),))
        yield served


def poll_by_command(desk: Desk, shown: Shown, *feeds: str) -> int:
    """Poll in a process that believes the authority of the test: which one it believes a process decides when it starts."""
    done = desk.command("poll", "--no-pages", *feeds, SSL_CERT_FILE=str(shown.authority), PYTHONPATH=str(ROOT))
    assert "Traceback" not in done.err
    return done.code


def told_of(desk: Desk, urls: Mapping[str, str]) -> dict[str, tuple[int | None, str | None]]:
    """Return status and reason of the newest request for each feed."""
    return {host: desk.polled(url)[-1] for host, url in urls.items()}


def test_fault_39_a_certificate_that_is_not_the_hosts_is_an_error_and_nothing_of_the_feed_changes(
    site: Site, shown: Shown, authority: Authority, tmp_path: Path
) -> None:
    urls = {host: f"https://{host}.example/{host}" for host in HOSTS}
    desk = desk_at(tmp_path).named_hosts(*(f"{host}.example" for host in HOSTS), port=site.port)
    assert poll_by_command(desk, shown, *urls.values()) == 0
    assert set(told_of(desk, urls).values()) == {(200, None)}
    before = desk.rows("select url, etag, interval_s from feeds order by 1")
    assert {etag for _, etag, _ in before} == {f'"{host}"' for host in HOSTS if host != "sound"}
    shown.contexts |= {
        "self-signed.example": authority.context("self-signed.example", is_self_signed=True),
        "expired.example": authority.context("expired.example", days=(-9, -1)),
        "early.example": authority.context("early.example", days=(1, 9)),
        "another.example": authority.context("paper.example"),
        "moved.example": authority.context("sound.example"),  # where the sound one redirects to
    }
    site.answers |= {f"/{host}": Says(rss_of("forged"), headers=(("ETag", '"forged"'),)) for host in HOSTS if host != "sound"}
    site.asked.clear()
    desk.advance(hours=20)  # robots.txt is still known
    poll_by_command(desk, shown)
    assert told_of(desk, urls) == dict.fromkeys(HOSTS, (None, "tls"))
    desk.advance(days=3)  # and now it has to be asked for, in the same way: nothing is asked without it
    poll_by_command(desk, shown)
    assert told_of(desk, urls) == dict.fromkeys(HOSTS, (None, "robots"))
    unread = desk.rows("select reason, count(*) from polls where kind = 'robots' and status is null group by 1")
    assert unread == [("tls", len(HOSTS) - 1)]
    assert {one.path for one in site.asked} == {"/sound", "/robots.txt"}
    assert {one.headers["host"] for one in site.asked} == {"sound.example"}
    assert desk.rows("select url, etag, interval_s from feeds order by 1") == before
    assert desk.rows("select count(*) from entries where title like '%forged%'") == [(0,)]
    shown.contexts |= {f"{host}.example": authority.context(f"{host}.example") for host in HOSTS}
    desk.advance(days=4)
    assert poll_by_command(desk, shown) == 0
    assert [desk.entry_titles(urls[host]) for host in HOSTS] == [["Story a", "Story b", "Story forged"]] * len(HOSTS)
    assert {one.headers.get("if-none-match") for one in site.asked if one.path == "/expired"} == {'"expired"'}
