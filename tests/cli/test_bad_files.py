"""A bad file gets a clear message and exit code 2, whatever is bad about it, and never a traceback."""

from __future__ import annotations

import json
import os
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from cli.running import BID, MODULE, ran, refused

TEXT = BID.read_text(encoding="utf-8")
CALENDAR = "calendar: {start: 2025-01-01, periods: 1}"


def changed(old: str, new: str) -> bytes:
    assert old in TEXT
    return TEXT.replace(old, new).encode()


def aliases() -> bytes:
    """Nine levels of ten aliases each: a billion nodes from half a kilobyte."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return ("\n".join(lines) + "\n").encode()


BAD: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "unknown key": ("i.yaml", changed("vendors:", "vendor: {}\nvendors:"), ("vendor", "i.yaml:")),
    "unknown key deep": ("i.yaml", changed("fee: 3855.84", "fees: 3855.84"), ("offers.a.fees",)),
    "nan": ("i.yaml", changed("price: 0.6115", "price: .nan"), ("price",)),
    "nan as a word": ("i.yaml", changed("price: 0.6115", "price: NaN"), ("price",)),
    "infinity": ("i.yaml", changed("price: 0.6115", "price: -.inf"), ("price",)),
    "1e400": ("i.yaml", changed("price: 0.6115", "price: 1e400"), ("price",)),
    "1e400 in JSON": ("i.json", b'{"name": "x", "calendar": {"start": "2025-01-01", "periods": 1e400}}', ("periods",)),
    "NaN in JSON": ("i.json", b'{"name": "x", "calendar": {"start": "2025-01-01", "periods": NaN}}', ("periods",)),
    "nan in TOML": ("i.toml", b'name = "x"\n[calendar]\nstart = 2025-01-01\nperiods = nan\n', ("periods",)),
    "negative price": ("i.yaml", changed("price: 0.6115", "price: -1"), ("offers.a.price",)),
    "text for a number": ("i.yaml", changed("price: 0.6115", "price: 'cheap'"), ("offers.a.price",)),
    "half a unit": ("i.yaml", changed("max_units: 3300000", "max_units: 0.5"), ("offers.a.max_units",)),
    "reference to nothing": ("i.yaml", changed("system: lot, price: 0.6115", "system: lott, price: 0.6115"), ("lott",)),
    "no such day": ("i.yaml", changed("start: 2025-01-01", "start: 2025-02-30"), ("2025-02-30",)),
    "empty": ("i.yaml", b"", ("empty",)),
    "blank": ("i.yaml", b"\n\n  \n# only a remark\n", ("empty",)),
    "empty JSON": ("i.json", b"", ("empty",)),
    "binary": ("i.yaml", bytes(range(256)) * 20, ()),
    "compressed": ("i.yaml", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" * 30, ()),
    "UTF-16": ("i.yaml", TEXT.encode("utf-16"), ("UTF-8",)),
    "zero byte": ("i.yaml", changed("name: bid", "name: b\0d"), ()),
    "a list": ("i.yaml", b"- a\n- b\n", ("mapping",)),
    "a word": ("i.yaml", b"hello\n", ("mapping",)),
    "broken YAML": ("i.yaml", b"name: [1, 2\ncalendar: {", ("i.yaml:",)),
    "broken JSON": ("i.json", b'{"name": "x",', ("JSON",)),
    "broken TOML": ("i.toml", b"name = \n", ("i.toml",)),
    "the same key twice": ("i.yaml", changed("name: bid", "name: bid\nname: two"), ("twice",)),
    "exploding aliases": ("i.yaml", aliases(), ()),
    "an alias of itself": ("i.yaml", b"a: &a [*a]\n", ()),
    "100,000 brackets": ("i.yaml", b"a: " + b"[" * 100_000, ()),
    "100,000 brackets in JSON": ("i.json", b'{"a": ' + b"[" * 100_000, ()),
    "Python in YAML": ("i.yaml", b"name: !!python/object/apply:os.system ['echo broken > /dev/null']\n", ()),
    "extends out of its folder": ("i.yaml", b"extends: ../secret.yaml\n", ("folder",)),
    "extends an absolute path": ("i.yaml", b"extends: /etc/passwd\n", ("/etc/passwd",)),
    "extends itself": ("i.yaml", b"extends: i.yaml\n", ("extends",)),
    "extends nothing": ("i.yaml", b"extends: no-such.yaml\n", ("no such file",)),
    "an edit in it is wrong": ("i.yaml", TEXT.encode() + b"edits: ['offers.zzz.price = 1']\n", ("zzz",)),
    "markup": ("i.yaml", changed("name: bid", "name: '[/red]'\nnote: [bold]"), ("note",)),
    "two problems": ("i.yaml", changed("fee: 3855.84", "fees: 1").replace(b"ods: 1", b"ods: -1"), ("fees", "periods")),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused(case: str, tmp_path: Path) -> None:
    """Proves exit code 2 and a message that names what is wrong. If broken, a user reads a traceback."""
    name, data, words = BAD[case]
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.yaml").write_text(TEXT, encoding="utf-8")
    path = tmp_path / "inside" / name
    path.write_bytes(data)
    began = time.monotonic()
    refused(ran(path, "--format", "json"), *words)
    assert time.monotonic() - began < 30  # a safety bound against inputs that explode


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Proves that `extends` follows no link to the outside. If broken, a file that is sent reads others."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.yaml").write_text(TEXT, encoding="utf-8")
    (inside / "base.yaml").symlink_to(tmp_path / "secret.yaml")
    (inside / "i.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    refused(ran(inside / "i.yaml"), "folder")


@pytest.mark.parametrize("content", [b"x", b"a: 1\n", b"[" * 10], ids=["a word", "keys", "brackets"])
def test_a_file_of_100_mb_is_refused_unread(content: bytes, tmp_path: Path) -> None:
    """Proves that size is looked at first. If broken, the machine is busy for minutes."""
    path = tmp_path / "i.yaml"
    with path.open("wb") as file:
        file.write(content * (100_000_000 // len(content)))
    began = time.monotonic()
    refused(ran(path), "100", "MB")
    assert time.monotonic() - began < 30  # a safety bound against reading it all


def test_a_missing_file_names_what_is_near(tmp_path: Path) -> None:
    """Proves that a typing error is helped. If broken, the user hunts for it."""
    (tmp_path / "korea-2025.yaml").write_text(TEXT, encoding="utf-8")
    refused(ran(tmp_path / "korea-2026.yaml"), "no such file", "korea-2025.yaml")
    refused(ran(tmp_path / "nothing-like-it.yaml"), "no such file")
    refused(ran(tmp_path / "no-folder" / "i.yaml"), "no such file")


@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_missing_file_without_a_suffix_is_a_missing_file(command: str, tmp_path: Path) -> None:
    """Proves that an argument of the command line is a file, never text. If broken, the message speaks of mappings."""
    refused(ran(command, "nosuchfile", cwd=tmp_path), "no such file")
    refused(ran(command, "name: x", cwd=tmp_path), "no such file")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """Proves that a folder is named as one."""
    refused(ran(tmp_path), "folder")


def test_a_device_or_pipe_is_refused_at_once(tmp_path: Path) -> None:
    """Proves that nothing is waited for. If broken, the program hangs on a pipe."""
    os.mkfifo(tmp_path / "pipe.yaml")
    refused(ran(tmp_path / "pipe.yaml", timeout=30), "pipe")
    refused(ran("/dev/zero", timeout=30), "device")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    """Proves that a lack of permission is named."""
    path = tmp_path / "i.yaml"
    path.write_text(TEXT, encoding="utf-8")
    path.chmod(0)
    refused(ran(path), "may not be read")


@pytest.mark.parametrize("command", [["solve"], ["check"], ["audit"]])
def test_every_command_that_reads_refuses(command: list[str], tmp_path: Path) -> None:
    """Proves the same of each command, as a module too. If broken, one of them has a traceback left."""
    path = tmp_path / "i.yaml"
    path.write_bytes(BAD["unknown key deep"][1])
    more = [tmp_path / "plan.json"] if command == ["audit"] else []
    refused(ran(*command, path, *more, command=MODULE), "offers.a.fees")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("empty",)),
        (b"{}", ("name",)),
        (b"[]", ("mapping",)),
        (b'{"format": "gpuplan-plan/2"}', ("format",)),
        (b"\x00\xff", ()),
        (b'{"accelerators": 1e400}', ("accelerators",)),
        (None, ("no such file",)),
    ],
    ids=["empty", "no fields", "a list", "another format", "binary", "1e400", "missing"],
)
def test_a_bad_plan_file_is_refused(data: bytes | None, words: tuple[str, ...], tmp_path: Path) -> None:
    """Proves exit code 2 for a plan that is none, which is not 4: nothing was audited."""
    path = tmp_path / "plan.json"
    if data is not None:
        path.write_bytes(data)
    refused(ran("audit", BID, path), *words)


def test_json_and_toml_hold_the_same_instance_as_yaml(tmp_path: Path) -> None:
    """Proves the three forms by their hash. If broken, a format changes numbers."""
    tree = yaml.safe_load(TEXT)
    tree["calendar"]["start"] = "2025-01-01"
    (tmp_path / "i.json").write_text(json.dumps(tree), encoding="utf-8")
    (tmp_path / "i.toml").write_text(_toml(tree), encoding="utf-8")
    assert (
        tomllib.loads((tmp_path / "i.toml").read_text(encoding="utf-8"))["offers"]["b"]["tiers"][1]["price"] == 0.64099
    )
    plans = [
        json.loads(ran(path, "--format", "json").stdout) for path in (BID, tmp_path / "i.json", tmp_path / "i.toml")
    ]
    assert len({plan["instance_sha256"] for plan in plans}) == 1
    assert len({json.dumps(plan["decisions"]) for plan in plans}) == 1


def _toml(tree: dict[str, object]) -> str:
    """A tree as TOML, each section as one inline table."""

    def inline(value: object) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key} = {inline(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(inline, value)) + "]"
        return json.dumps(value)

    return "".join(f"{key} = {inline(value)}\n" for key, value in tree.items())
