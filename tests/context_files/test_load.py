"""A context folder is read whole; what is wrong in it is named by file and line, and the rest goes on."""

import os
from datetime import date
from pathlib import Path

import pytest

from base import bounds
from context_files.folder import stamp
from context_files.load import load_context
from context_files.place import EXAMPLE, folder_for
from quality.model.context import NO_CONTEXT, Context
from tests.context_files.folders import RELEASE, write_context

GOOD = "releases/598/good.yaml"


def told(root: Path, files: dict[str, str | bytes]) -> list[str]:
    """What is wrong with these files, beside a good one that is read all the same."""
    context = load_context(write_context(root, {GOOD: RELEASE, **files}))
    assert [one.version for one in context.releases if one.place.file == GOOD] == ["4.2"]
    return [str(fault) for fault in context.faults]


def read(root: Path, files: dict[str, str | bytes]) -> Context:
    context = load_context(write_context(root, files))
    assert context.faults == ()
    return context


def test_without_the_folder_there_is_no_context(tmp_path: Path) -> None:
    assert load_context(tmp_path / "nowhere") == NO_CONTEXT
    assert load_context(tmp_path) == NO_CONTEXT


def test_a_version_stays_as_it_was_written(tmp_path: Path) -> None:
    """4.10 is no number that ends in 4.1."""
    release = read(tmp_path, {"releases/598-halo-shop/a.yaml": "version: 4.10\ndate: 2026-11-12\n"}).releases[
        0
    ]
    assert (release.product_id, release.version, release.date) == (598, "4.10", date(2026, 11, 12))
    assert release.status == "planned"


@pytest.mark.parametrize(
    "content", [f"\ufeff{RELEASE}", RELEASE.replace("\n", "\r\n"), RELEASE.replace("\n", "\r")]
)
def test_a_byte_order_mark_and_line_ends_of_other_systems_are_read(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, {"releases/598/4.2.yml": content}).releases[0].status == "shipped"


def test_a_note_is_internal_unless_it_says_otherwise(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "notes/bug/4001.md": "Look again.\n\n---\n\nTwice.\n",
        "notes/product/598-why.md": "---\nauthor: Ann\nkind: decision\nvisibility: published\n---\n\n# Why\n",
    }
    bug, product = read(tmp_path, files).notes
    assert (bug.visibility, bug.kind, bug.text) == ("internal", "note", "Look again.\n\n---\n\nTwice.")
    assert (product.visibility, product.kind, product.author, product.text) == (
        "published",
        "decision",
        "Ann",
        "# Why",
    )


def test_percents_words_and_directions_are_read_as_people_write_them(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "goals/598.yaml": "goals:\n- {metric: rejection_rate_of_decided, target: 20 %}\n"
        "- {metric: bug_count, target: 5, at: least}\n",
        "links.yaml": "links:\n- {bug: 4001, key: SHOP-1, state: Accepted risk}\n",
    }
    context = read(tmp_path, files)
    assert [(goal.target, goal.at_least) for goal in context.goals[0].goals] == [(0.2, False), (5.0, True)]
    assert context.settled == {4001: "accepted as a risk"}


RELEASES = "releases/598/4.3.yaml"
BAD: dict[str, tuple[str, str | bytes, str]] = {
    "unknown key": (
        RELEASES,
        RELEASE + "testids: [1]\n",
        "4.3.yaml:4: testids is not known here; did you mean test_ids?",
    ),
    "unknown key of a goal": (
        "goals/1.yaml",
        "goals:\n- metric: bug_count\n  at: least\n  target: 1\n  x: 1\n",
        "goals/1.yaml:5: goals, entry 1, x is not known here; leave it out.",
    ),
    "wrong type": (
        RELEASES,
        RELEASE + "test_ids: [1, x]\n",
        "4.3.yaml:4: test_ids, entry 2 is 'x'; it needs a whole number.",
    ),
    "a text for a list": (
        RELEASES,
        RELEASE + "test_ids: 5\n",
        ":4: test_ids is '5'; it needs a list, one value a line",
    ),
    "no date": (
        RELEASES,
        "version: 1\ndate: 12.11.2026\n",
        ":2: date is '12.11.2026', which is no date such as 2026-11-21.",
    ),
    "no such day": (
        RELEASES,
        "version: 1\ndate: 2026-02-30\n",
        ":2: date is '2026-02-30'; it needs a date such as",
    ),
    "a moment since 1970": (
        RELEASES,
        "version: 1\ndate: 20261112\n",
        ":2: date is '20261112', which is no date",
    ),
    "missing": (RELEASES, "date: 2026-11-12\n", "4.3.yaml:1: version is missing."),
    "unknown choice": (
        RELEASES,
        RELEASE.replace("shipped", "done"),
        ":3: status is 'done'; choose planned, shipped or rolled_back.",
    ),
    "unknown metric": (
        "goals/1.yaml",
        "goals:\n- {metric: acceptance, target: 1}\n",
        ":2: goals, entry 1, metric is 'acceptance', which",
    ),
    "unknown threshold": (
        "goals/1.yaml",
        "thresholds: {rejection_warn: 0.1}\n",
        ":1: thresholds: 'rejection_warn' is no threshold; did you mean rejection_warning?",
    ),
    "either way": (
        "goals/1.yaml",
        "goals:\n- {metric: bug_count, target: 1}\n",
        ":2: goals, entry 1: add at: least or at: most",
    ),
    "an address that runs": (
        "links.yaml",
        "links:\n- {bug: 1, key: A, url: 'javascript:alert(1)'}\n",
        ":2: links, entry 1, url is 'javascript:alert(1)', which is no address",
    ),
    "duplicate version": (
        "releases/598/other.yaml",
        RELEASE,
        "other.yaml:1: This version stands in releases/598/good.yaml:1 already",
    ),
    "duplicate key": (RELEASES, "version: 1\nversion: 2\n", "4.3.yaml:2: 'version' stands here twice."),
    "tab": (
        RELEASES,
        "version: 4.3\nlink:\n\thttps://x.example\n",
        ":3: A tab stands where blanks are needed",
    ),
    "colon": (RELEASES, "version: fix: this\n", ":1: A text with a colon needs quotes around it."),
    "no yaml": (RELEASES, "version: [1\ndate: 2\n", "It is not YAML:"),
    "a list": (RELEASES, "- 1\n", "4.3.yaml:1: It must be a table of names and values"),
    "empty": (RELEASES, b"", "4.3.yaml:1: It must be a table of names and values"),
    "Latin-1": (RELEASES, RELEASE.encode() + b"link: \xe4\n", "4.3.yaml:4: It is not UTF-8 text"),
    "a control": (RELEASES, RELEASE + "commit: \x00\n", "4.3.yaml:4: It has a character that no text has."),
    "too large": (RELEASES, b"# " + b"x" * 10_000_000, "4.3.yaml:1: It is no plain file of at most 1 MB."),
    "bomb": (
        RELEASES,
        "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
        "4.3.yaml:1: Anchors (&) and aliases (*) are not read",
    ),
    "deep": (RELEASES, "version: " + "[" * 20, "4.3.yaml:1: It is too deep."),
    "deeper": (RELEASES, "version: " + "[" * 100_000, "4.3.yaml:1: It is "),
    "tag": (
        RELEASES,
        "version: !!python/object/apply:os.system ['touch executed']\n",
        ":1: The tag 'tag:yaml.org,2002:python/object",
    ),
    "tag of its own": (RELEASES, "version: !x 1\n", "4.3.yaml:1: The tag '!x' is not read"),
    "two documents": (RELEASES, "version: 1\n---\nversion: 2\n", "4.3.yaml:2: A second document begins here"),
    "open front matter": (
        "notes/bug/1.md",
        "---\nauthor: Ann\n",
        "notes/bug/1.md:1: The front matter does not end",
    ),
    "front matter": (
        "notes/bug/1.md",
        "---\nauthor: Ann\nkind: idea\n---\nText\n",
        "notes/bug/1.md:3: kind is 'idea'; choose",
    ),
    "front matter with a tag": (
        "notes/bug/1.md",
        "---\n\nauthor: !!python/name:os.system\n---\nText\n",
        "notes/bug/1.md:3: The tag",
    ),
    "empty note": ("notes/bug/1.md", "---\nauthor: Ann\n---\n\n", "notes/bug/1.md:1: The note has no text."),
    "no id": ("notes/bug/why.md", "Text", "notes/bug/why.md:1: 'why' does not begin with the id of a bug"),
    "no such target": (
        "notes/person/1.md",
        "Text",
        "notes/person/1.md:1: Notes stand in notes/product, notes/test",
    ),
    "no such kind": (
        "release/1/1.yaml",
        RELEASE,
        "release/1/1.yaml:1: It is not read; did you mean releases?",
    ),
    "wrong depth": (
        "releases/1.yaml",
        RELEASE,
        "releases/1.yaml:1: It is not read; files here are releases/PRODUCT/VERSION.yaml.",
    ),
    "too deep a folder": ("notes/a/b/c/1.md", "x", "notes/a/b/c:1: Folders this deep are not read."),
    "list without its name": (
        "actions.yaml",
        "action: []\n",
        "actions.yaml:1: 'action' is not known here; the list is called actions.",
    ),
    "owner of nothing": (
        "owners.yaml",
        "owners:\n- team: A\n",
        "owners.yaml:2: owners, entry 1: name either a product or a feature.",
    ),
    "link twice": (
        "links.yaml",
        "links:\n- {bug: 1, key: A}\n- {bug: 1, key: B}\n",
        "links.yaml:3: This bug stands in links.yaml:2 already",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_named_by_file_and_line_and_the_rest_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, content, expected = BAD[name]
    faults = told(tmp_path / "context", {file: content})
    assert any(expected in fault for fault in faults), faults
    assert not (tmp_path / "executed").exists()


def test_a_wrong_entry_of_a_list_costs_only_itself(tmp_path: Path) -> None:
    text = "actions:\n- what: One\n- what: Two\n  owner: [x]\n  product: x\n- what: Three\n"
    context = load_context(write_context(tmp_path, {"actions.yaml": text}))
    assert [one.what for one in context.actions] == ["One", "Three"]
    assert [str(fault) for fault in context.faults] == [
        "actions.yaml:4: actions, entry 2, owner is \"['x']\"; it needs a text.",
        "actions.yaml:5: actions, entry 2, product is 'x'; it needs a whole number.",
    ]


def test_no_link_is_followed(tmp_path: Path) -> None:
    outside = write_context(
        tmp_path / "outside", {"4.3.yaml": RELEASE.replace("4.2", "4.3"), "a/1.md": "Secret"}
    )
    root = write_context(tmp_path / "context", {GOOD: RELEASE})
    (root / "releases" / "598" / "link.yaml").symlink_to(outside / "4.3.yaml")
    (root / "notes").mkdir()
    (root / "notes" / "bug").symlink_to(outside / "a")
    (root / "NOTICE").symlink_to(outside / "4.3.yaml")
    os.mkfifo(root / "actions.yaml")
    context = load_context(root)
    assert [one.version for one in context.releases] == ["4.2"]
    assert context.notes == ()
    assert [str(fault).partition(":1: ")[2] for fault in context.faults] == [
        "It is no plain file of at most 1 MB.",
        "It is a link, and links are not followed; put the folder itself here.",
        "It is a link, and links are not followed; put the file itself here.",
    ]


@pytest.mark.parametrize(
    "name", ["actions.yaml", "goals.yaml", "goals/598.yaml", "notes/bug/1.md", "releases/598/4.3.yml"]
)
def test_a_folder_that_has_the_name_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    """Nobody was told why the goals had no effect."""
    (tmp_path / name).mkdir(parents=True)
    assert told(tmp_path, {}) == [f"{name}:1: It is a folder, and has the name of a file."]


@pytest.mark.parametrize("name", ["actions.YAML", "notes/bug/1.Md", "goals/598.YML"])
def test_a_file_whose_ending_is_in_capitals_is_named(tmp_path: Path, name: str) -> None:
    """On Windows it seemed to be the file that is read."""
    assert told(tmp_path, {name: "x"}) == [f"{name}:1: Its ending is not read; write it in small letters."]
    assert told(tmp_path, {"notes/README.MD": "x", "readme.md": "x"}) == told(tmp_path, {})


@pytest.mark.parametrize("name", ["releases", "owners", "notes/test", "goals"])
@pytest.mark.parametrize("there", [True, False])
def test_a_linked_folder_is_named_wherever_it_leads(tmp_path: Path, name: str, *, there: bool) -> None:
    """All notes of a team were left out without a word, as they lay behind a link."""
    (tmp_path / "away").mkdir()
    root = tmp_path / "context"
    (root / name).parent.mkdir(parents=True)
    (root / name).symlink_to(tmp_path / ("away" if there else "nowhere"))
    (fault,) = load_context(root).faults
    assert str(fault).startswith(f"{name}:1: It is a link")


def test_what_is_no_folder_at_all_is_named_and_seen_when_it_is_mended(tmp_path: Path) -> None:
    """A folder named in the settings that leads nowhere was as good as none."""
    root = tmp_path / "context"
    root.symlink_to(tmp_path / "nowhere")
    seen = [stamp(root)]
    assert [str(one) for one in load_context(root).faults] == ["context:1: It is a link that leads nowhere."]
    root.unlink()
    root.write_text("x")
    seen.append(stamp(root))
    assert [str(one) for one in load_context(root).faults] == [
        "context:1: It is no folder that can be opened."
    ]
    root.unlink()
    root.mkdir()
    (root / "notes").symlink_to(tmp_path)
    seen.append(stamp(root))
    (root / "notes").unlink()
    seen.append(stamp(root))
    assert load_context(root) == NO_CONTEXT
    assert len(set(seen)) == len(seen)


def test_more_files_than_the_bound_are_named_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("context_files.folder.CONTEXT_FILES", 2)
    files: dict[str, str | bytes] = {f"notes/bug/{number}.md": "x" for number in range(1, 6)}
    context = load_context(write_context(tmp_path, files))
    assert [note.id for note in context.notes] == [1, 2]
    assert [str(fault) for fault in context.faults] == [
        "notes/bug/3.md:1: This file and those after it are more than 2."
    ]
    assert bounds.CONTEXT_FILES > 2


def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("context_files.folder.CONTEXT_BYTES", 5)
    context = load_context(write_context(tmp_path, {"notes/bug/1.md": "abc", "notes/bug/2.md": "abc"}))
    assert [note.id for note in context.notes] == [1]
    assert len(context.faults) == 1


def test_the_example_has_no_mistake_and_is_read_for_the_demo_alone(tmp_path: Path) -> None:
    assert load_context(EXAMPLE).faults == ()
    nowhere = tmp_path / "context"
    assert folder_for(nowhere, "127.0.0.1", by_hand=False) == EXAMPLE
    assert folder_for(nowhere, "127.0.0.1", by_hand=True) == nowhere
    assert folder_for(nowhere, "api.test.io", by_hand=False) == nowhere
    nowhere.mkdir()
    assert folder_for(nowhere, "127.0.0.1", by_hand=False) == nowhere
