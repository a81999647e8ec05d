"""The REST interface: what it answers, what it refuses, and that it stays within its bounds."""

from __future__ import annotations

import io
import json
import signal
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2 as httpx
import openpyxl
import pytest
import schemathesis
import yaml
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

import gpuplan
from gpuplan.plan.files import read_plan, to_json
from gpuplan.server.app import LARGEST_BODY, create_app
from gpuplan.server.desk import Bounds, Desk, Full, Question
from gpuplan.server.folder import Folder
from report.examples import HOSTILE, SHOP
from report.reading import Tables
from server.running import TOKEN, served, serving
from solver.hard import hard_instance

LOCAL = "http://localhost"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
CUT = "limits.budget.at_most = 280"
"""The shop's cheapest plan costs 280, with a budget of 270 it has none."""


CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shop, and beside it what must not be read."""
    inside = tmp_path / "instances"
    inside.mkdir()
    (inside / "shop.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "secret.yaml").write_text(SHOP.replace("name: shop", "name: secret"), encoding="utf-8")
    return inside


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(folder, TOKEN, Bounds(solves=1, threads=1)), LOCAL, headers=HEADERS) as made:
        yield made


def asked(client: TestClient | httpx.Client, *edits: str, file: str = "shop.yaml") -> dict[str, Any]:
    """A question that was taken."""
    answer = client.post("/api/questions", json={"file": file, "edits": list(edits), "gap": 0})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ended(client: TestClient | httpx.Client, question: str) -> dict[str, Any]:
    """A question once it has ended."""
    while True:
        now: dict[str, Any] = client.get(f"/api/questions/{question}").json()
        if now["state"] in ("done", "cancelled", "failed"):
            return now
        time.sleep(0.05)


def test_an_instance_is_opened_edited_solved_and_exported(client: TestClient) -> None:
    """Proves the way through: the figures that can be moved, the answer of an edit that makes room, and that every
    export is what the library gives."""
    assert client.get("/api/instances").json() == ["shop.yaml"]
    opened = client.get("/api/instances/shop.yaml").json()
    values = {one["path"]: one["value"] for one in opened["figures"]}
    assert values["limits.budget.at_most"] == "270"
    assert values["offers.dear.price"] == "100"
    assert opened["scenarios"] == {"richer": ["limits.budget.at_most = 400"]}
    question = asked(client, CUT)["id"]
    now = ended(client, question)
    assert (now["state"], now["base"], now["edited"]) == ("done", "infeasible", "optimal")
    plan = json.loads(client.get(f"/api/questions/{question}/plan").text, parse_float=Decimal)
    expected = gpuplan.solve(gpuplan.load(SHOP).edited([CUT]), gap=0).plan
    assert expected is not None
    assert plan["cost"] == json.loads(to_json(expected), parse_float=Decimal)["cost"]
    assert plan["cost"]["amount"] == 280
    comparison = client.get(f"/api/questions/{question}/comparison").json()
    assert comparison["edited"]["levels"][0]["value"] == 280
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/api/questions/{question}/workbook").content))
    assert "2 orders" in book.sheetnames
    page = Tables(client.get(f"/api/questions/{question}/report").text)
    assert Decimal(280) in {row[2] for row in page.tables["cost"][1:]}
    assert client.get(f"/api/questions/{question}/edits").json() == {"edits": [CUT]}
    assert "280" in client.get(f"/api/questions/{question}/summary").text
    assert client.get(f"/api/questions/{question}/plan", params={"side": "base"}).status_code == 404


def test_what_is_watched_ends_with_the_answer(client: TestClient) -> None:
    """Proves the stream: events in JSON, the last one ended."""
    question = asked(client, CUT)["id"]
    with client.stream("GET", f"/api/questions/{question}/events") as stream:
        lines = [line for line in stream.iter_lines() if line]
    assert all(line.startswith("data: {") for line in lines)
    assert json.loads(lines[-1].removeprefix("data: "))["state"] == "done"


def test_faults_are_told_with_the_way_out(client: TestClient) -> None:
    """Proves that a wrong edit, file or body is refused at once, in one shape, and leaves no question."""
    for body, code in (
        ({"file": "shop.yaml", "edits": ["limits.budgte.at_most = 1"]}, 422),
        ({"file": "shop.yaml", "edits": ["what"]}, 422),
        ({"file": "no.yaml"}, 404),
        ({"file": "shop.yaml", "gap": 2}, 422),
        ({"file": "shop.yaml", "other": 1}, 422),
    ):
        answer = client.post("/api/questions", json=body)
        assert answer.status_code == code, answer.text
        assert answer.json()["faults"][0]["message"]
    assert client.get("/api/questions").json() == []


@pytest.mark.parametrize(
    "body", ["NaN", '{"file": "shop.yaml", "gap": NaN}', '{"file": "shop.yaml", "gap": 1e999}', "["]
)
def test_numbers_that_are_none_are_refused(client: TestClient, body: str) -> None:
    """Proves that a body which cannot be said again in JSON is a fault of the request, not of the server."""
    answer = client.post("/api/questions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text


def test_large_bodies_and_those_of_unknown_size_are_not_read(client: TestClient) -> None:
    """Proves the bound on what a request may send."""
    assert client.post("/api/questions", content=b"x" * (LARGEST_BODY + 1)).status_code == 413
    assert client.post("/api/questions", content=iter([b"x", b"y"])).status_code == 413


@pytest.mark.parametrize(
    "path", ["", "/", "/instances", "/instances/shop.yaml", "/questions", "/questions/x", "/questions/x/plan"]
)
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_without_the_token_nothing_is_told(folder: Path, path: str, header: dict[str, str]) -> None:
    """Proves that another user of the machine, or a page of another site, learns nothing."""
    with TestClient(create_app(folder, TOKEN), LOCAL) as stranger:
        assert stranger.get(f"/api{path}", headers=header).status_code in (401, 404)
        assert stranger.get(f"/api{path}", headers=header).status_code != 200
        assert stranger.post("/api/questions", json={"file": "shop.yaml"}, headers=header).status_code == 401
        assert stranger.get("/health").json()["status"] == "ok"


def test_nothing_outside_the_folder_is_read(folder: Path) -> None:
    """Proves it for paths, links, hidden files, folders, and instances that extend what lies outside."""
    (folder / "link.yaml").symlink_to(folder.parent / "secret.yaml")
    (folder / ".hidden.yaml").write_text(SHOP)
    (folder / "deep").mkdir()
    (folder / "deep" / "shop.yaml").write_text(SHOP)
    (folder / "reach.yaml").write_text("extends: ../secret.yaml\n")
    (folder / "note.txt").write_text("secret")
    names = (
        "../secret.yaml",
        "link.yaml",
        ".hidden.yaml",
        "deep/shop.yaml",
        "deep",
        "note.txt",
        "",
        "..",
        "shop.yaml\0",
    )
    for name in (*names, str(folder.parent / "secret.yaml")):
        with pytest.raises(KeyError):
            Folder(folder).load(name)
    with pytest.raises(gpuplan.InvalidInput):
        Folder(folder).load("reach.yaml")
    assert Folder(folder).names() == ["reach.yaml", "shop.yaml"]
    with TestClient(create_app(folder, TOKEN), LOCAL, headers=HEADERS) as client:
        for name in ("..%2Fsecret.yaml", "%2e%2e/secret.yaml", "link.yaml", "deep%2Fshop.yaml"):
            answer = client.get(f"/api/instances/{name}")
            assert answer.status_code == 404
            assert "secret: " not in answer.text


@pytest.mark.parametrize(
    "name", ["\uc13c\ud130 2028.yaml", "Z\u00fcrich \u2013 Saal 3.json", "\u6570\u636e.yml", "50 % + 1?.yaml"]
)
def test_an_instance_may_have_a_name_in_any_alphabet(folder: Path, client: TestClient, name: str) -> None:
    """Proves it from the list to the answer. If broken, the file is left out of the list without a word."""
    text = SHOP if not name.endswith(".json") else json.dumps(yaml.safe_load(SHOP), default=str)
    (folder / name).write_text(text, encoding="utf-8")
    assert name in client.get("/api/instances").json()
    assert client.get(f"/api/instances/{quote(name, safe='')}").json()["name"] == "shop"
    assert ended(client, asked(client, CUT, file=name)["id"])["state"] == "done"


def test_a_page_of_another_name_reaches_nothing(folder: Path, client: TestClient) -> None:
    """Proves that a name which somebody else lets point to this machine is refused, token or not, and that this
    machine's own names are not."""
    for host in ("evil.example", "evil.example:8377", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1"):
        for path in ("/", "/health", "/api/instances"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 421, host
            assert "localhost" in answer.json()["faults"][0]["message"]
    for host in ("localhost", "localhost:8377", "127.0.0.1:8377", "[::1]:8377", "LOCALHOST"):
        assert client.get("/api/instances", headers={"Host": host}).status_code == 200, host
    with TestClient(create_app(folder, TOKEN, hosts=None), "http://any.example", headers=HEADERS) as other:
        assert other.get("/api/instances").status_code == 200


def test_kept_scenarios_are_bounded_by_bytes(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that names over names cannot fill the memory, and that one which is kept anew counts once."""
    edits = ["limits.budget.at_most = 400"] * 3
    size = sum(len(edit) for edit in edits)
    monkeypatch.setattr("gpuplan.server.app.MOST_SCENARIO_BYTES", 2 * size)

    def keep(name: str, kept: list[str]) -> int:
        return int(client.put(f"/api/instances/shop.yaml/scenarios/{name}", json={"edits": kept}).status_code)

    assert [keep(name, edits) for name in ("a", "b", "a", "b")] == [204] * 4
    assert keep("c", edits[:1]) == 409
    assert keep("a", edits[:2]) == 204
    assert keep("c", edits[:1]) == 204


def test_an_interrupt_ends_a_server_that_is_watched(tmp_path: Path) -> None:
    """Proves that Ctrl-C ends a server while a page waits for an answer, and the question's solver with it. If broken,
    it waits for the stream, and the stream for the question."""
    (tmp_path / "hard.yaml").write_text(hard_instance(), encoding="utf-8")
    heard: list[str] = []
    with serving(tmp_path) as (process, address), httpx.Client(base_url=address, headers=HEADERS, timeout=60) as client:
        body = {"file": "hard.yaml", "edits": ["limits.target.at_least -= 8"], "gap": 0}
        question = client.post("/api/questions", json=body).json()["id"]
        with client.stream("GET", f"/api/questions/{question}/events") as stream:
            lines = stream.iter_lines()
            while '"running"' not in next(line for line in lines if line):
                pass
            process.send_signal(signal.SIGINT)
            heard += lines
        assert process.wait(60) is not None
    assert '"running"' in [line for line in heard if line][-1]


def test_a_browser_is_told_to_be_strict(client: TestClient) -> None:
    """Proves that the page may load and reach its own server only, and cannot be framed."""
    for path in ("/", "/health", "/static/page.js", "/api/instances", "/nowhere"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert client.get("/static/app.py").status_code == 404
    assert client.get("/static/..%2Fapp.py").status_code == 404


def test_scenarios_are_kept_by_name_and_checked(client: TestClient) -> None:
    """Proves that a named set of edits comes back with the instance, whatever its name, and that a wrong one is not
    kept."""
    for name in ("cut", "<script>", "\u05e9\u05dc\u05d5\u05dd"):
        kept = client.put(f"/api/instances/shop.yaml/scenarios/{name}", json={"edits": [CUT]})
        assert kept.status_code == 204, kept.text
        assert client.get("/api/instances/shop.yaml").json()["scenarios"][name] == [CUT]
    assert client.put("/api/instances/shop.yaml/scenarios/bad", json={"edits": ["x = 1"]}).status_code == 422
    assert "bad" not in client.get("/api/instances/shop.yaml").json()["scenarios"]


def test_as_many_wait_as_may_and_a_cancelled_question_ends() -> None:
    """Proves the bound of the queue, that cancelling one that waits ends it without solving, and that the others are
    answered."""
    instance = gpuplan.load(SHOP)
    desk = Desk(Bounds(solves=1, waiting=2, threads=1))
    running = desk.ask("shop.yaml", instance, ["limits.budget.at_most = 281"], 0.0, None)
    waiting: list[Question] = []
    full = False
    while not full:
        try:
            waiting.append(desk.ask("shop.yaml", instance, [CUT], 0.0, None))
        except Full:
            full = True
    waiting[-1].cancel.set()
    while not all(one.state in ("done", "cancelled") for one in (running, *waiting)):
        time.sleep(0.02)
    assert waiting[-1].state == "cancelled"
    assert waiting[-1].answer is None
    assert all(one.answer is not None for one in (running, *waiting[:-1]))
    desk.close()


def test_twenty_questions_at_once_are_all_answered_while_health_checks_pass(folder: Path) -> None:
    """Proves that none is lost or mixed up: each of 20 budgets gives its own plan; and that the server says that it
    lives all the while."""
    with served(folder, "--threads", "1") as address, httpx.Client(base_url=address, headers=HEADERS) as client:
        found: dict[int, str] = {}

        def ask(number: int) -> None:
            with httpx.Client(base_url=address, headers=HEADERS, timeout=60) as mine:
                found[number] = asked(mine, f"limits.budget.at_most = {279 + number}")["id"]

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        checks = 0
        while any(thread.is_alive() for thread in threads) or client.get("/health").json() != {
            "status": "ok", "queued": 0, "running": 0,
        }:  # fmt: skip
            checks += 1
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        assert len(set(found.values())) == 20
        assert checks > 5
        for number, question in found.items():
            now = ended(client, question)
            assert now["edits"] == [f"limits.budget.at_most = {279 + number}"]
            assert (now["state"], now["edited"]) == ("done", "optimal" if number else "infeasible")


def test_what_a_plan_says_is_read_back_by_the_library(client: TestClient, tmp_path: Path) -> None:
    """Proves that a downloaded plan is a plan file that the audit passes."""
    question = asked(client, CUT)["id"]
    ended(client, question)
    (tmp_path / "plan.json").write_bytes(client.get(f"/api/questions/{question}/plan").content)
    assert gpuplan.audit(gpuplan.load(SHOP).edited([CUT]), read_plan(tmp_path / "plan.json")) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_summary(folder: Path, name: str) -> None:
    """Proves it for the one part of the page that is HTML from the server."""
    said = json.dumps(HOSTILE[name], ensure_ascii=False)
    (folder / "shop.yaml").write_text(SHOP.replace("name: shop", f"name: {said}"), encoding="utf-8")
    with TestClient(create_app(folder, TOKEN, Bounds(threads=1)), LOCAL, headers=HEADERS) as client:
        question = asked(client, CUT)["id"]
        ended(client, question)
        read = Tables(client.get(f"/api/questions/{question}/summary").text)
    assert HOSTILE[name] in read.text
    assert {tag for tag, _ in read.elements} <= {
        "div", "section", "h2", "p", "strong", "bdi", "table", "caption", "thead", "tbody", "tr", "th", "td", "data",
        "time",
    }  # fmt: skip


def test_the_server_keeps_to_its_description(folder: Path) -> None:
    """Proves with generated requests that nothing makes the server fail, and that it answers as its OpenAPI
    description says."""
    app = create_app(folder, TOKEN, Bounds(solves=1, threads=1))
    app.state.hosts = None  # requests are made under another name
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    seen = set()
    with TestClient(app, LOCAL):
        for result in schema.get_all_operations():
            operation = result.ok()
            seen.add(operation.label)

            @settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy())
            def attack(case: Any) -> None:
                case.call_and_validate(headers=HEADERS, checks=CHECKS)

            attack()
    assert len(seen) >= 12
