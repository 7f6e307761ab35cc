"""Reports over any period, in one file, and the pages in a browser."""

import re
import webbrowser
from pathlib import Path

import pytest

from tests.build.site.parsed_pages import read
from tests.console.conftest import Run
from tests.context_files.folders import write_context

pytestmark = pytest.mark.slow


def test_a_report_over_any_period_is_one_file_of_markdown_or_html(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run("demo")[0] == 0

    code, out, _ = run("report", "--product", "598", "--start", "2026-07-01", "--end", "2026-09-30")
    assert code == 0
    markdown = Path(out.split("Written: ")[1].strip())
    assert markdown.name == "598-halo-shop-custom.md"
    assert markdown.read_text(encoding="utf-8").startswith("# Halo Shop")

    code, out, _ = run(
        "report", "--product", "Halo Shop", "--start", "2026-Q3", "--html", "--output", "q3.html"
    )
    assert code == 0
    text = (tmp_path / "q3.html").read_text(encoding="utf-8")
    page = read(text)
    assert page.faults == []
    links = [one.attributes["href"] or "" for one in page.elements if "href" in one.attributes]
    assert links
    assert all(re.match("https?://|#", link) for link in links)
    assert {link[1:] for link in links if link.startswith("#")} <= set(page.ids)
    assert "<script" not in text
    assert text.count("<style>") == 1

    assert run("build", "--single-file", "598")[0] == 0
    assert (tmp_path / "598-halo-shop-last-90-days.html").is_file()

    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert run("open")[0] == 0
    assert opened == [(tmp_path / "site" / "index.html").as_uri()]


def test_a_report_of_a_release_is_one_file_too_without_internal_notes(run: Run, tmp_path: Path) -> None:
    write_context(
        tmp_path / "context",
        {
            "releases/598/4.15.yaml": "version: 4.15\ndate: 2026-11-12\nstatus: shipped\n",
            "notes/product/598.md": "Canary",
        },
    )
    run("demo")
    for form in ((), ("--html",)):
        code, out, _ = run("report", "--product", "598", "--release", "v4.15", *form)
        written = Path(out.split("Written: ")[1].strip())
        assert (code, written.stem) == (0, "598-halo-shop-releases-4.15")
        text = written.read_text(encoding="utf-8")
        assert "Release 4.15" in text
        assert "Canary" not in text
    shown = {"TESTIO_SITE_INTERNAL_NOTES": "true"}
    assert "Canary" in run("report", "--product", "598", "--output", "-", **shown)[1]


def test_what_a_report_cannot_be_made_of_is_one_clear_line(run: Run) -> None:
    run("demo")
    for words, said in (
        (("598", "--release", "4.51"), "It has 4.14, 4.15, 4.16."),
        (("598", "--release", "4.15", "--start", "2026"), "exclude each other"),
        (("599999",), "599999"),
        (("Halo Shp",), "Halo Shop"),
        (("598", "--start", "2026-13-01"), "2026-13-01"),
    ):
        code, _, err = run("report", "--product", *words)
        assert (code, said in err) == (1, True), err
        assert "Traceback" not in err


def test_pages_that_were_not_built_are_not_opened(run: Run) -> None:
    code, _, err = run("open")
    assert code == 1
    assert "invoke build" in err
