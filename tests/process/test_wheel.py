"""
chatd as it is handed out: a wheel, in an environment that knows no checkout.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.daemon import CHECKOUT, Daemon, environment, fetch

SECONDS = 300


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=bare(), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bare() -> dict[str, str]:
    return {name: value for name, value in environment().items() if name != "PYTHONPATH"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A wheel, built out of a copy of what the checkout has under version control or would have.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("chatd", "twisted", "public"):
        shutil.copytree(
            CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "dropin.cache")
        )
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source / name)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source), folder=folder)
    [built] = folder.glob("chatd-*.whl")
    return built


def test_it_carries_the_page_the_plugin_and_the_schema(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {path.relative_to(CHECKOUT) for path in (CHECKOUT / "public").rglob("*") if path.is_file()}
    assert {f"chatd/{path}" for path in page} <= names
    schema = {path.relative_to(CHECKOUT) for path in (CHECKOUT / "chatd/store/schema").glob("*.sql")}
    assert schema
    assert {str(path) for path in schema} <= names
    assert "twisted/plugins/chatd_plugin.py" in names
    assert "twisted/plugins/__init__.py" not in names
    assert not [name for name in names if name.startswith(("tests", "bench", "build"))]


def test_installed_elsewhere_it_serves_the_page(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "environment"
    venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel), folder=tmp_path)
    listed = run(str(home / "bin" / "twistd"), "--help", folder=tmp_path)
    assert [line for line in listed.splitlines() if line.split()[:1] == ["chatd"]]
    for command in ((str(home / "bin" / "twistd"), "-n", "chatd"), (str(home / "bin" / "chatd"),)):
        with Daemon(tmp_path / "daemon", command=command, environ=bare()) as daemon:
            status, _, body = fetch(f"{daemon.url}/")
            assert (status, body) == (200, (CHECKOUT / "public" / "index.html").read_bytes())
            assert daemon.stop() == 0
