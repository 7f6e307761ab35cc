"""The bundle for Claude Desktop (.mcpb): what goes into it, what must be true of it, and that it starts."""

import asyncio
import io
import json
import os
import re
import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from base.errors import InvalidInput, Unavailable
from config.scrubbing import without_secrets
from config.settings import Settings
from snapshot.target import target_file

MANIFEST = "manifest.json"
_BESIDE = (MANIFEST, "pyproject.toml", "uv.lock", "README.md", "LICENSE", "tasks.py")
"""What the rooms need beside them to be installed and started."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file knows; with it the same files make the same bytes."""
_MACHINE = re.compile(r"(?:/home|/Users|[A-Za-z]:\\+Users)[/\\]+\w")
_PNG = b"\x89PNG\r\n\x1a\n"
_PATIENCE = 900
"""Seconds that installing the libraries and starting the server may take."""
_OURS = ("TESTIO", "VIRTUAL_ENV", "UV_PROJECT", "UV_NO_SYNC")
"""Beginnings of variables that lead to this checkout's settings and environment, which stay as they are."""


class _Part(BaseModel):
    """A part of the manifest: the fields of version 0.4 that this project fills, and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Author(_Part):
    """The maker of the bundle."""

    name: str


class Start(_Part):
    """The command that a client starts."""

    command: str
    args: list[str]
    env: dict[str, str]


class Server(_Part):
    """The server's kind and where it begins."""

    type: Literal["uv"]
    entry_point: str
    mcp_config: Start


class Tool(_Part):
    """A tool as a client shows it before the server was started."""

    name: str
    description: str


class Prompt(Tool):
    """A prompt, likewise."""

    text: str


class Option(_Part):
    """A setting that the client asks its user for."""

    type: Literal["string", "number", "boolean", "directory", "file"]
    title: str
    description: str
    required: bool
    default: str = ""
    sensitive: bool = False


class Runtimes(_Part):
    """The Python that it needs."""

    python: str


class Compatibility(_Part):
    """The systems that it runs on."""

    platforms: list[Literal["darwin", "linux", "win32"]]
    runtimes: Runtimes


class BundleManifest(_Part):
    """The manifest, as https://github.com/modelcontextprotocol/mcpb describes version 0.4."""

    manifest_version: Literal["0.4"]
    name: str
    display_name: str
    version: str
    description: str
    author: Author
    license: str
    icon: str
    server: Server
    tools: list[Tool]
    prompts: list[Prompt]
    user_config: dict[str, Option]
    compatibility: Compatibility


def pack(checkout: Path) -> bytes:
    """Return the bundle: the rooms of the wheel, and what the manifest names; equal files, equal bytes."""
    names = {*_BESIDE, *_named(checkout / MANIFEST)}
    for room in _project(checkout)["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]:
        paths = (path.relative_to(checkout) for path in (checkout / room).rglob("*") if path.is_file())
        names |= {
            path.as_posix()
            for path in paths
            if path.suffix != ".pyc" and not any(part.startswith(".") for part in path.parts)
        }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(name for name in names if (checkout / name).is_file()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, (checkout / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def unpack(bundle: bytes, folder: Path, checkout: Path) -> BundleManifest:
    """Unpack a bundle as a client does, and see that it is right.

    Raises:
        InvalidInput: When its manifest is not what it must be; the message says all that is wrong.
    """
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        archive.extractall(folder)
    try:
        manifest = BundleManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except ValidationError as error:
        _refuse(f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}" for one in error.errors())
    _refuse(_faults(manifest, folder, checkout))
    return manifest


def offered(manifest: BundleManifest, folder: Path) -> dict[str, set[str]]:
    """Start an unpacked bundle as its manifest says, and return the names of its tools and prompts.

    Raises:
        Unavailable: When the command is not installed, or the server does not answer.
    """
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport
    from mcp.shared.exceptions import MCPError

    start = manifest.server.mcp_config
    if shutil.which(start.command) is None:
        raise Unavailable(f"{start.command} is not installed.", "The bundle starts with it.", "Install it.")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}

    async def names(values: dict[str, str]) -> dict[str, set[str]]:
        env = kept | {name: _filled(value, values) for name, value in start.env.items()}
        transport = StdioTransport(
            start.command, [_filled(one, values) for one in start.args], env=env, keep_alive=False
        )
        async with Client(transport, init_timeout=_PATIENCE) as client:
            tools, prompts = await client.list_tools(), await client.list_prompts()
        return {"tools": {one.name for one in tools}, "prompts": {one.name for one in prompts}}

    with tempfile.TemporaryDirectory() as chosen:
        values = {
            f"user_config.{name}": chosen if one.type == "directory" else one.default
            for name, one in manifest.user_config.items()
        }
        try:
            return asyncio.run(names({"__dirname": str(folder)} | values))
        except (MCPError, OSError, RuntimeError) as error:
            raise Unavailable(
                "The server of the bundle does not start.",
                str(error).rstrip(".") + ".",
                "See what it said above.",
            ) from None


def see_offer(manifest: BundleManifest, found: dict[str, set[str]]) -> None:
    """See that the manifest lists the tools and prompts that the server has.

    Raises:
        InvalidInput: When one is missing on either side.
    """
    listed = {
        "tools": {one.name for one in manifest.tools},
        "prompts": {one.name for one in manifest.prompts},
    }
    _refuse(
        f"{what}: manifest and server differ in {', '.join(sorted(alone))}"
        for what in listed
        if (alone := listed[what] ^ found[what])
    )


def write(place: Path, packed: bytes) -> None:
    """Write the bundle; another file than an older bundle is not replaced.

    Raises:
        Refused: When the path is a folder's, a device's, a pipe's or another file's.
        NotWritten: When the disk does not take it.
    """
    with target_file(
        place, "bundle", ours=_is_bundle, way_out="Choose another name with --output, or move that file."
    ) as file:
        file.write(packed)


def _is_bundle(path: Path) -> bool:
    return zipfile.is_zipfile(path) and MANIFEST in zipfile.ZipFile(path).namelist()


def _project(checkout: Path) -> dict[str, Any]:
    return tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))


def _named(manifest: Path) -> Iterator[str]:
    """Yield the files that a manifest names, whatever else it holds."""
    try:
        found = json.loads(manifest.read_bytes())
        yield from (found["icon"], found["server"]["entry_point"])
    except (ValueError, LookupError, TypeError):
        return  # `unpack` says what is wrong with it


def _filled(text: str, values: dict[str, str]) -> str:
    """Put values in the place of their names, as a client does."""
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def _faults(manifest: BundleManifest, folder: Path, checkout: Path) -> Iterator[str]:
    """Say what is wrong with an unpacked bundle."""
    project = _project(folder)["project"]
    for name in ("name", "version"):
        if getattr(manifest, name) != project[name]:
            yield f"{name}: it is {project[name]} in pyproject.toml"
    for name in (manifest.icon, manifest.server.entry_point):
        if not (folder / name).is_file():
            yield f"{name} is named, and not in the bundle"
    if (folder / manifest.icon).is_file() and not (folder / manifest.icon).read_bytes().startswith(_PNG):
        yield f"{manifest.icon} is no PNG picture"
    yield from _wrong_settings(manifest)
    deep = len(checkout.parts) > 2  # noqa: PLR2004 - a name such as /app may stand anywhere
    for path in sorted(folder.rglob("*")):
        text = path.read_bytes().decode(errors="replace") if path.is_file() else ""
        if _MACHINE.search(text) or (deep and str(checkout) in text):
            yield f"{path.relative_to(folder)} names a folder of this machine"
        if without_secrets(text) != text:
            yield f"{path.relative_to(folder)} holds a token"


def _wrong_settings(manifest: BundleManifest) -> Iterator[str]:
    """Say which settings the client would ask for in vain, hand over wrongly, or show."""
    start = manifest.server.mcp_config
    used = set(re.findall(r"\$\{user_config\.(\w+)\}", json.dumps([start.args, start.env])))
    for name in sorted(used ^ set(manifest.user_config)):
        yield f"user_config.{name} is used or asked for alone"
    for name, one in manifest.user_config.items():
        if not one.required and "default" not in one.model_fields_set:
            yield f"user_config.{name}: without a default its place holder reaches the server"
    for name, value in start.env.items():
        field = Settings.model_fields.get(name.lower())
        if field is None:
            yield f"{name} is no setting"
            continue
        option = manifest.user_config.get(value.removeprefix("${user_config.").removesuffix("}"))
        if field.annotation == SecretStr | None and not (option and option.sensitive):
            yield f"{name} is a secret, which the client must be told"


def _refuse(faults: Iterator[str]) -> None:
    if found := list(faults):
        raise InvalidInput(
            f"The bundle is not right: {'; '.join(found)}.", "", f"Correct {MANIFEST}, or what it names."
        )
