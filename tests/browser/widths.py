"""What is too wide on a page: every element whose content reaches beyond it, at one width after the other."""

from playwright.sync_api import Page

WIDTHS = (320, 390, 768, 1024)
DESK = 1280
_TOO_WIDE = """() => {
  const found = [];
  const beyond = document.documentElement.scrollWidth - innerWidth;
  if (beyond > 0) found.push(`the page: ${beyond} px`);
  for (const one of document.querySelectorAll('body *')) {
    const beyond = one.scrollWidth - one.clientWidth;
    if (beyond <= 1 || one.clientWidth <= 1 || one.closest('.vh, .skip, svg')) continue;
    if (['inline', 'contents'].includes(getComputedStyle(one).display)) continue;
    found.push(`${one.tagName}.${one.className} "${one.textContent.trim().slice(0, 40)}": ${beyond} px`);
  }
  return found.slice(0, 5);
}"""


def unfold(page: Page) -> None:
    """Open everything that is folded."""
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


def too_wide(page: Page, width: int) -> list[str]:
    """Name what scrolls sideways, or reaches beyond its box, in a window of this width."""
    page.set_viewport_size({"width": width, "height": 900})
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


_NAMED = """() => {
  const found = new Set();
  for (const table of document.querySelectorAll('table')) {
    const heads = [...table.tHead.rows[0].cells];
    const shown = getComputedStyle(table.tHead).display !== 'none';
    for (const row of [...table.rows].slice(1)) {
      [...row.cells].forEach((cell, at) => {
        if (!at || cell.colSpan > 1 || !cell.checkVisibility()) return;
        const label = getComputedStyle(cell, '::before').content;
        const [above, below] = [heads[at], cell].map((one) => one.getBoundingClientRect().right);
        const bare = shown && heads[at].innerText && Math.abs(above - below) < 3 ? '' : 'nothing';
        const name = label === 'none' ? bare : JSON.parse(label).replace(/:$/, '');
        if (name) found.add(JSON.stringify([heads[at].textContent, name]));
      });
    }
  }
  return [...found].map((one) => JSON.parse(one));
}"""


def names_of_cells(page: Page) -> set[tuple[str, str]]:
    """Pair the head of a column with the name that its cells have; none where they stand right below it."""
    found: list[tuple[str, str]] = page.evaluate(_NAMED)
    return {(head, name) for head, name in found}
