"""The page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from gpuplan.report.page import page as report_page
from report.examples import HOSTILE, SHOP, hostile, rich
from report.reading import Tables
from server.running import ROOT, TOKEN, served
from solver.hard import hard_instance

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium")
PICTURES = os.environ.get("GPUPLAN_PICTURES")
"""Folder for pictures of the pages, to be looked at."""
ENDED = 400_000
"""Milliseconds that a search may take before the test gives up."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console must stay empty, and that reaches nothing but this machine."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    made = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    made.on("console", lambda message: said.append(message.text))
    made.on("pageerror", lambda error: said.append(str(error)))
    made.on("request", lambda request: asked.append(request.url))
    yield made
    assert said == []
    assert all(url.startswith(("http://127.0.0.1", "blob:", "file:", "data:")) for url in asked), asked
    context.close()


def pictured(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=name.startswith("report"))


def downloaded(page: Page, button: str) -> bytes:
    """What a button gives."""
    with page.expect_download() as got:
        page.get_by_role("button", name=button, exact=True).click()
    return Path(got.value.path()).read_bytes()


CASES = [
    pytest.param("quickstart", "limits.budget.at_most", "7300000", "0", id="quickstart"),
    pytest.param(
        "korea-2025", "limits.programme-budget.at_most", "920000000000", "0.02", id="korea", marks=pytest.mark.long
    ),
]


@pytest.mark.parametrize(("name", "figure", "value", "gap"), CASES)
def test_a_budget_is_changed_solved_compared_cancelled_and_exported(
    page: Page, tmp_path: Path, name: str, figure: str, value: str, gap: str
) -> None:
    """Proves the way through the page: open, change a figure, solve, see both sides, export, keep the scenario, start
    again and cancel. Every number shown is one of the downloaded comparison or plans."""
    folder = copied(tmp_path / "served", f"{name}.yaml")
    (folder / "hard.yaml").write_text(hard_instance(), encoding="utf-8")
    with served(folder) as address:
        page.goto(f"{address}/#token={TOKEN}")
        page.locator("#instance").select_option(f"{name}.yaml")
        box = page.locator(f'[data-path="{figure}"] input').first
        box.fill(value)
        expect(page.locator("#edits")).to_have_text(f"{figure} = {value}")
        page.locator("#gap").fill(gap)
        page.locator("#seconds").fill("300")
        page.get_by_role("button", name="Solve").click()
        expect(page.locator("#status")).to_contain_text("Done", timeout=ENDED)
        expect(page.locator("#status")).to_contain_text("Edited: optimal")
        page.get_by_role("button", name="Workbook").wait_for()
        page.wait_for_selector("#answer table")
        pictured(page, f"serve-{name}")
        comparison = json.loads(downloaded(page, "Comparison (JSON)"), parse_float=Decimal)
        assert comparison["edits"] == [f"{figure} = {value}"]
        book = openpyxl.load_workbook(io.BytesIO(downloaded(page, "Workbook")))
        assert {"1 cost", "2 orders", "3 orders"} <= set(book.sheetnames)
        shown = Tables(page.locator("#answer").inner_html()).tables["differences"]
        assert shown[1][1] == Decimal(str(comparison["levels"][0]["difference"]))
        assert b"default-src 'none'" in downloaded(page, "Report")
        assert json.loads(downloaded(page, "Edits")) == {"edits": comparison["edits"]}
        page.locator("#name").fill("richer")
        page.get_by_role("button", name="Keep scenario").click()
        expect(page.locator("#scenario")).to_have_value("richer")
        expect(page.locator("#edits")).to_have_text(f"{figure} = {value}")
        page.locator("#instance").select_option("hard.yaml")
        page.locator('[data-path="limits.target.at_least"]').wait_for()
        page.locator("#gap").fill("0")
        page.get_by_role("button", name="Solve").click()
        expect(page.locator("#cancel")).to_be_enabled()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#status")).to_contain_text("Cancelled", timeout=ENDED)


def copied(folder: Path, *names: str) -> Path:
    """Shipped instances in a folder of their own."""
    folder.mkdir()
    for name in names:
        shutil.copy(ROOT / "instances" / name, folder / name)
    return folder


def test_nothing_of_one_instance_is_asked_of_another(page: Page, tmp_path: Path) -> None:
    """Proves that while another instance is fetched, here for as long as the test likes, no change made to the one
    before can be solved or kept with it; and that the new one can be solved once it is there.

    If broken, the budget of one instance is set in the other, or the question is refused for what nobody asked.
    """
    folder = copied(tmp_path / "served", "quickstart.yaml", "university.yaml")
    held: list[Route] = []
    with served(folder) as address:
        page.goto(f"{address}/#token={TOKEN}")
        page.locator("#instance").select_option("quickstart.yaml")
        page.locator('[data-path="limits.budget.at_most"] input').first.fill("7300000")
        page.route("**/api/instances/university.yaml", lambda route: held.append(route))
        page.locator("#instance").select_option("university.yaml")
        expect(page.locator("#solve")).to_be_disabled()
        expect(page.locator("#keep")).to_be_disabled()
        expect(page.locator("#edits")).to_have_text("none")
        expect(page.locator(".figure")).to_have_count(0)
        held[0].continue_()
        expect(page.locator("#solve")).to_be_enabled()
        expect(page.locator("#edits")).to_have_text("none")
        page.locator(".figure").first.wait_for(state="attached")


def test_faults_are_told_on_the_page(page: Page, tmp_path: Path) -> None:
    """Proves that a wrong edit, a scenario without a name and an infeasible answer are words on the page."""
    (tmp_path / "shop.yaml").write_text(SHOP, encoding="utf-8")
    with served(tmp_path) as address:
        page.goto(f"{address}/#token={TOKEN}")
        page.locator("#name").fill("")
        page.get_by_role("button", name="Keep scenario").click()
        expect(page.locator("#fault")).to_contain_text("Name the scenario")
        page.locator("#scenario").select_option("richer")
        page.get_by_label("without the offer dear").evaluate("box => { box.closest('details').open = true; }")
        page.get_by_label("without the offer dear").check()
        expect(page.locator("#edits")).to_have_text("limits.budget.at_most = 400\noffers.dear remove")
        page.get_by_role("button", name="Solve").click()
        expect(page.locator("#status")).to_contain_text("Edited: infeasible", timeout=ENDED)


@pytest.mark.parametrize("name", ["markup", "quotes", "long", "right-to-left"])
def test_a_hostile_name_runs_nothing(page: Page, tmp_path: Path, name: str) -> None:
    """Proves in the browser itself that a name of an instance, of a scenario and of a report is shown as text."""
    said = HOSTILE[name]
    text = SHOP.replace("name: shop", f"name: {json.dumps(said, ensure_ascii=False)}")
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    with served(tmp_path) as address:
        page.goto(f"{address}/#token={TOKEN}")
        page.locator("#scenario").select_option("richer")
        page.get_by_role("button", name="Solve").click()
        page.wait_for_selector("#answer table", timeout=ENDED)
        assert said[:100] in page.locator("#answer").inner_text()
    (tmp_path / "report.html").write_text(report_page([hostile(said)[1]]), encoding="utf-8")
    page.goto((tmp_path / "report.html").as_uri())
    assert said[:100] in page.locator("h1").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_the_report_fits_every_width_and_is_read_by_keyboard(
    browser: Browser, tmp_path: Path, scheme: Any, width: int
) -> None:
    """Proves that the page itself never scrolls sideways, that the first stop of the keyboard leads to the report, and
    that text stands out from its ground, light or dark."""
    (tmp_path / "report.html").write_text(report_page([rich()]), encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    pictured(page, f"report-{scheme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    ground, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    assert ground != ink
    context.close()
