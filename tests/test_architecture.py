"""The pages for contributors name paths and functions that exist."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT

PAGES = ["docs/architecture.md", "CONTRIBUTING.md"]
FOLDERS = ("rust/", "python/", "tests/", "benches/", "docs/", ".ci/")


def paths_of(page):
    """Return what stands in backticks on a page and begins with a folder of the repository."""
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`([^`\s]+)`", text)
    return [name for name in named if name.startswith(FOLDERS)]


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page):
    missing = [path for path in paths_of(page) if not (ROOT / path).exists()]
    assert missing == []


def test_the_map_is_whole():
    named = set(paths_of("docs/architecture.md"))
    folders = [
        folder
        for parent in ("python/prefmath", "python/prefmath/models", "rust/core/src")
        for folder in (ROOT / parent).iterdir()
        if folder.is_dir() and folder.name != "__pycache__"
    ]
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for folder in folders:
        path = f"{folder.relative_to(ROOT).as_posix()}/"
        assert path in named or f"`{folder.name}/`" in text, path
