"""A build writes nothing that is worse than what it replaces."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from base.errors import InvalidInput, UserError
from build.everything import build_everything
from build.facts.loss import Unreadable
from build.site.site import SiteOptions
from snapshot.errors import Refused
from snapshot.format.kinds import Kind
from snapshot.reader import open_snapshot
from snapshot.storage.layout import document_path
from snapshot.verify import verify
from tests.mcp_reader.calls import asking
from tests.snapshot.documents import a_test, features, product, publish_version, raw_bug

TESTS = [product(), features(598, "Cart"), *(a_test(n, bugs=[raw_bug(1000 + n)]) for n in range(1, 11))]


def documents(root: Path, kind: Kind) -> list[Path]:
    return [document_path(root, entry.sha256) for entry in open_snapshot(root).entries(kind)]


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def carriage_returns(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def flipped(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def linked(path: Path) -> None:
    aside = path.with_name(f"aside-{path.name}")
    path.rename(aside)
    path.symlink_to(aside)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def another(path: Path) -> None:
    """A whole document, of another thing."""
    other = next(one for one in path.parent.parent.rglob("*.json") if one != path)
    path.write_bytes(other.read_bytes())


Harm = Callable[[Path], object]
DAMAGE: dict[str, Harm] = {
    "carriage returns": carriage_returns,
    "a flipped bit": flipped,
    "gone": Path.unlink,
    "empty": emptied,
    "another": another,
    "a link": linked,
    "a folder": folder,
}


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_build_from_a_damaged_snapshot_leaves_the_pages_of_before(tmp_path: Path, damage: str) -> None:
    """A git checkout that changed line ends cost 547 good pages, with exit code 0."""
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    build_everything(root, site)
    before = files(site) | files(root / "index")
    for path in documents(root, "test")[:3]:
        DAMAGE[damage](path)
    shutil.rmtree(root / "facts")
    with pytest.raises(Unreadable, match=r"3 of the 10 known tests cannot be read.*verify"):
        build_everything(root, site, SiteOptions(customer_name="Halo Group"))
    assert files(site) | files(root / "index") == before
    assert build_everything(root, site, SiteOptions(), accept_loss=True).pages.written == 0
    other = SiteOptions(customer_name="Halo Group")
    assert build_everything(root, site, other, accept_loss=True).pages.removed > 0


@pytest.mark.slow
def test_what_is_known_of_a_document_that_was_damaged_since_is_built(tmp_path: Path) -> None:
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    build_everything(root, site)
    for path in documents(root, "test"):
        flipped(path)
    built = build_everything(root, site, SiteOptions(customer_name="Halo Group"))
    assert (built.pages.removed, built.index.deleted) == (0, 0)


@pytest.mark.slow
def test_a_gap_is_filled_when_the_damage_is_mended(tmp_path: Path) -> None:
    """What was built of damaged documents is never taken for what the version says."""
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    path = documents(root, "test")[0]
    whole = path.read_bytes()
    path.write_bytes(b"")
    gappy = build_everything(root, site)
    path.write_bytes(whole)
    assert build_everything(root, site).index.added > 0
    assert gappy.index.added > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"), [(linked, folder), (flipped, carriage_returns), (emptied, another)]
)
async def test_a_build_goes_on_when_a_fifth_is_damaged_and_names_it_without_paths(
    tmp_path: Path, first: Harm, second: Harm
) -> None:
    """The folder's place on the machine stood on the pages of everyone who was sent them, and in answers."""
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    for harm, path in zip((first, second), documents(root, "test"), strict=False):
        harm(path)
    build_everything(root, site)
    pages = files(site)
    assert b"Test 2 of Halo Shop" in pages["index.html"]
    assert not [name for name, page in pages.items() if str(tmp_path).encode() in page or b"/tmp/" in page]
    said = [fault.what for fault in verify(root)]
    async with asking(root) as ask:
        for entry in open_snapshot(root).manifest.entries:
            if entry.kind == "test":
                result = await ask.client.call_tool_mcp("get_test_summary", {"test_id": entry.id})
                said.append(str(result.content))
        said.append(str(await ask("get_server_diagnostics")))
        said.append(str(await ask("get_problematic_tests")))
    assert len([text for text in said if "damaged" in text.lower()]) > 1
    assert not [text for text in said if str(tmp_path) in text]


def test_a_product_that_vanishes_with_all_it_holds_is_a_loss_and_one_known_by_its_tests_is_none(
    tmp_path: Path,
) -> None:
    """A damaged product without a readable test took its pages along."""
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    flipped(documents(root, "product")[0])
    build_everything(root, site)
    empty = tmp_path / "empty"
    publish_version(empty, [product()])
    flipped(documents(empty, "product")[0])
    with pytest.raises(Unreadable, match="1 of the 1 known products"):
        build_everything(empty, site)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["documents", "versions", "index", "CURRENT"])
def test_a_folder_that_was_moved_and_linked_is_refused_and_the_pages_stay(tmp_path: Path, name: str) -> None:
    """Documents that were moved to a larger disk and linked wiped the site, with exit code 0."""
    root, site = tmp_path / "snapshots", tmp_path / "site"
    publish_version(root, TESTS)
    build_everything(root, site)
    before = files(site)
    (root / name).rename(tmp_path / name)
    (root / name).symlink_to(tmp_path / name)
    with pytest.raises(Refused, match=f"{name} is a symbolic link") as caught:
        build_everything(root, site)
    assert "TESTIO_SNAPSHOT_DIR" in caught.value.hint
    assert files(site) == before


@pytest.mark.parametrize("place", ["site", "site/raw", "site/a/b/snapshots", "site/../site/raw"])
def test_a_snapshot_folder_inside_the_site_is_refused(tmp_path: Path, place: str) -> None:
    """The raw documents of the account were published with the pages, and nobody said so."""
    root = tmp_path / place
    (tmp_path / "site").mkdir()
    publish_version(root, TESTS)
    with pytest.raises(InvalidInput, match="inside the site"):
        build_everything(root, tmp_path / "site")


@pytest.mark.slow
def test_links_do_not_hide_that_the_snapshot_folder_is_inside_the_site(tmp_path: Path) -> None:
    """Neither a link to the site nor one inside it makes publishing raw documents right."""
    site, outside = tmp_path / "site", tmp_path / "outside"
    publish_version(site / "raw", TESTS)
    (tmp_path / "www").symlink_to(site)
    (site / "linked").symlink_to(outside)
    publish_version(outside, TESTS)
    for root, target in (
        (site / "raw", tmp_path / "www"),
        (tmp_path / "www" / "raw", site),
        (site / "linked", site),
    ):
        with pytest.raises(UserError, match="inside the site"):
            build_everything(root, target)
    build_everything(outside, tmp_path / "other")
