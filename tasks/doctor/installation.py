"""Doctor's look at Python, the packages and the settings: nothing here needs a home, or a package of the path."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import sys
from collections.abc import Iterator, Mapping

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tasks.core.errors import SettingsError, first_line
from tasks.doctor.finding import Finding, bad, good, note
from tasks.home import Home
from tasks.points import VARIABLE as KILL_AT
from tasks.settings import NO_SETTINGS, PREFIX, READERS, Settings, load_settings

DISTRIBUTION = "copydesk"
LISTS = ("agencies.csv", "boilerplate.csv", "outlets.csv")  # tables of seeds/ that a home may add rows to


def installation_findings() -> Iterator[Finding]:
    """Yield Python and each package, held against the bounds that were installed with Copydesk."""
    try:
        metadata = importlib.metadata.metadata(DISTRIBUTION)
        declared = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield note("dependencies", f"{DISTRIBUTION} is not installed as a package: bounds unknown", "`pip install -e .` in the checkout")
        return
    bounds, version = SpecifierSet(metadata["Requires-Python"] or ""), ".".join(map(str, sys.version_info[:3]))
    is_within = bounds.contains(version, prereleases=True)
    yield good("python", version) if is_within else bad("python", f"{version}, need {bounds}", f"install Copydesk under Python {bounds}")
    for requirement in map(Requirement, declared):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement)


def _package(requirement: Requirement) -> Finding:
    remedy = f"`{shlex.quote(sys.executable)} -m pip install {shlex.quote(str(requirement))}`"
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return bad(requirement.name, "is not installed", remedy)
    if not requirement.specifier.contains(version, prereleases=True):
        return bad(requirement.name, f"{version}, need {requirement.specifier}", remedy)
    return good(requirement.name, version)


def settings_findings(home: Home, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what each source sets, what of it makes no sense, and what is meant for tests only."""
    broken = [*_broken_variables(environ), *_broken_file(home)]
    yield from broken or _sound(home, environ)
    if environ.get(KILL_AT):
        yield bad(KILL_AT, "is set: commands kill themselves half-way", f"`unset {KILL_AT}`")
    yield from _lists(home)


def _sound(home: Home, environ: Mapping[str, str]) -> Iterator[Finding]:
    settings = load_settings(home.root, environ)
    yield good("settings", ", ".join(_sources(home, environ)) or "all as they are by default")
    if not settings.contact:
        yield note("contact", "is not set", f"set {PREFIX}CONTACT to an address before you poll servers")
    cores = os.cpu_count() or 1
    if settings.workers > cores:
        yield note("workers", f"{settings.workers} on {cores} cores", f"set {PREFIX}WORKERS to {cores}, or to 0")
    for name, what in (("now", "the clock stands still"), ("resolve", "hosts are sought where it says")):
        if getattr(settings, name):
            yield _for_tests(name, what, environ)


def _broken_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name not in NO_SETTINGS):
        reader = READERS.get(variable.removeprefix(PREFIX).lower())
        if reader is None:
            known = ", ".join(PREFIX + name.upper() for name in sorted(READERS))
            yield bad("settings", f"{variable} is no setting; known are {known}", f"`unset {variable}`")
        elif environ[variable]:
            try:
                reader(environ[variable])
            except ValueError as error:
                yield bad("settings", f"{variable}: {environ[variable]!r}: {error}", f"`unset {variable}`, or mend it")


def _broken_file(home: Home) -> Iterator[Finding]:
    try:
        load_settings(home.root, {})
    except SettingsError as error:
        yield bad("settings", first_line(error), f"mend or remove the line in {home.root / 'copydesk.toml'}")


def _sources(home: Home, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield `name = value (where it is set)` of every setting that is not as it is by default."""
    from_file, both, default = load_settings(home.root, {}), load_settings(home.root, environ), Settings()
    for name in sorted(READERS):
        variable = PREFIX + name.upper()
        if environ.get(variable):
            yield f"{name} = {getattr(both, name)} ({variable})"
        elif getattr(from_file, name) != getattr(default, name):
            yield f"{name} = {getattr(both, name)} (copydesk.toml)"


def _for_tests(name: str, what: str, environ: Mapping[str, str]) -> Finding:
    variable = PREFIX + name.upper()
    is_variable = bool(environ.get(variable))
    remedy = f"`unset {variable}`" if is_variable else f"take {name} out of copydesk.toml"
    return note(name, f"is set: {what}, which is meant for tests", remedy)


def _lists(home: Home) -> Iterator[Finding]:
    from tasks.resources import seed_rows

    if not home.seeds.is_dir():
        return
    for name in LISTS:
        try:
            seed_rows(name, home.seeds)
        except SettingsError as error:
            yield bad("seeds", first_line(error), f"mend or remove {home.seeds / name}")
    strange = sorted(path.name for path in home.seeds.iterdir() if path.name not in LISTS)
    if strange:
        yield note("seeds", f"{', '.join(strange)}: not read; known are {', '.join(LISTS)}", "rename them, or move them elsewhere")
