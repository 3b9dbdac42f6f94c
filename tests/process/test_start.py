"""
How chatd starts, and what it says when it cannot.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import chatd
from tests.certificates import make_pair
from tests.daemon import CHECKOUT, SCRIPTS, TWISTD, Daemon, answers, environment, fetch, free_port, wait_until

# Whom a daemon that was started by root can become.
NOBODY = 65_534
SECONDS = 20


def run(*command: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """
    Run a command to its end.
    """
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def pid_in(path: Path) -> int:
    return int(path.read_text())


def runs(pid: int) -> bool:
    try:
        # A zombie is not running; its parent may be somebody who does not wait for it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def end(pid: int) -> None:
    """
    End a process that is not our child.
    """
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not runs(pid))


def test_it_serves_the_page_in_the_foreground(daemon: Daemon) -> None:
    status, headers, body = fetch(f"{daemon.url}/")
    assert (status, headers["server"]) == (200, "chatd")
    assert b"<html" in body
    assert fetch(f"{daemon.url}/healthz")[0] == 200
    assert fetch(f"{daemon.url}/ws")[0] == 426
    assert not (daemon.folder / "twistd.pid").exists()


def test_it_tells_where_it_is_and_where_its_data_lies(daemon: Daemon) -> None:
    assert f"{daemon.url}/" in daemon.log
    assert str(daemon.data) in daemon.log
    assert chatd.__version__ in daemon.log
    assert "off: TLS" in daemon.log


def test_sigterm_ends_it_in_good_order(daemon: Daemon) -> None:
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.log


def test_it_starts_again_after_a_sigkill(daemon: Daemon) -> None:
    daemon.kill()
    daemon.start()
    assert answers(f"{daemon.url}/readyz")


def test_it_runs_in_the_background(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "run").mkdir()
    started = run(
        *(TWISTD, "--pidfile=chat.pid", "--logfile=chat.log", "--rundir=run", "--umask=027"),
        *("chatd", f"--port={port}", "--interface=127.0.0.1", "--data=data"),
        folder=tmp_path,
    )
    # Its parent has waited until it was there.
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    pid = pid_in(tmp_path / "chat.pid")
    try:
        assert answers(f"http://127.0.0.1:{port}/readyz")
        assert os.readlink(f"/proc/{pid}/cwd") == str(tmp_path / "run")
        # The folder where the command was typed, not --rundir.
        files = list((tmp_path / "data").iterdir())
        assert files
        assert not any(stat.S_IMODE(path.stat().st_mode) & 0o027 for path in files)
        assert "SIGTERM" not in (tmp_path / "chat.log").read_text()
    finally:
        end(pid)
    assert not (tmp_path / "chat.pid").exists()
    assert "Traceback" not in (tmp_path / "chat.log").read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_sheds_roots_rights(tmp_path: Path) -> None:
    # Nobody has to get through to it.
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if (
            parent.owner() == "root"
            and stat.S_IMODE(parent.stat().st_mode) == 0o700
            and "pytest" in str(parent)
        ):
            parent.chmod(0o711)
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, NOBODY, NOBODY)
    port = free_port()
    certificate, key = make_pair().write(tmp_path)
    key.chmod(0o600)
    started = run(
        *(TWISTD, "--pidfile=chat.pid", "--logfile=chat.log", f"--uid={NOBODY}", f"--gid={NOBODY}"),
        *("chatd", f"--tls-port={port}", f"--tls-cert={certificate}", f"--tls-key={key}", f"--data={data}"),
        folder=tmp_path,
    )
    assert (started.returncode, started.stderr) == (0, "")
    pid = pid_in(tmp_path / "chat.pid")
    try:
        assert fetch(f"https://127.0.0.1:{port}/readyz")[0] == 200
        assert os.stat(f"/proc/{pid}").st_uid == NOBODY
        assert {path.stat().st_uid for path in data.iterdir()} == {NOBODY}
    finally:
        end(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its root")
def test_it_runs_in_another_root(tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "public", tmp_path / "jail" / "page")
    # Twisted wants to open it. In the background twistd itself needs a place there for its pid file, too.
    (tmp_path / "jail" / "dev").mkdir()
    (tmp_path / "jail" / "dev" / "null").touch()
    command = (TWISTD, "-n", f"--chroot={tmp_path}/jail", "chatd")
    with Daemon(tmp_path / "daemon", ["--public=page"], command=command) as daemon:
        assert fetch(f"{daemon.url}/")[0] == 200
        assert list((tmp_path / "jail" / daemon.data.relative_to("/")).iterdir())
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.log


def test_it_runs_from_a_tac_file(tmp_path: Path) -> None:
    tac = str(CHECKOUT / "chatd.tac")
    daemon = Daemon(tmp_path, command=(TWISTD, "-n", "--pidfile=", "-y", tac), takes_flags=False)
    config = tmp_path / "chatd.toml"
    config.write_text(f"port = {daemon.port}\ninterface = '127.0.0.1'\n")
    daemon.environ = environment(CHATD_CONFIG=str(config), CHATD_DATA=str(tmp_path / "data"))
    with daemon:
        assert fetch(f"{daemon.url}/")[0] == 200
        assert daemon.stop() == 0


@pytest.mark.parametrize("command", [(sys.executable, "-m", "chatd"), (str(SCRIPTS / "chatd"),)])
def test_it_runs_as_a_command_of_its_own(tmp_path: Path, command: tuple[str, ...]) -> None:
    with Daemon(tmp_path, command=command) as daemon:
        assert fetch(f"{daemon.url}/")[0] == 200
        assert str(daemon.data) in daemon.log
        assert daemon.stop() == 0
        assert "Traceback" not in daemon.log


def test_the_command_says_its_version_and_its_options(tmp_path: Path) -> None:
    version = run(sys.executable, "-m", "chatd", "--version", folder=tmp_path)
    assert (version.returncode, version.stdout) == (0, f"chatd {chatd.__version__}\n")
    shown = run(sys.executable, "-m", "chatd", "--help", folder=tmp_path)
    assert shown.returncode == 0
    assert "--max-connections-per-address=" in shown.stdout


def test_twistd_lists_it(tmp_path: Path) -> None:
    shown = run(TWISTD, "--help", folder=tmp_path)
    assert [line for line in shown.stdout.splitlines() if line.split()[:1] == ["chatd"]]


def test_warnings_about_variables_are_logged(tmp_path: Path) -> None:
    with Daemon(tmp_path, environ=environment(CHATD_TYPO="1", CHATD_PORT="tcp://10.0.0.1:80")) as daemon:
        assert "CHATD_TYPO is no variable of chatd and is ignored" in daemon.log
        assert "CHATD_PORT=tcp://10.0.0.1:80 is not meant for chatd and is ignored" in daemon.log


class Refusals:
    """
    What chatd says, in every way to start it, when it cannot.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def commands(self) -> dict[str, list[str]]:
        log = ["--pidfile=chat.pid", "--logfile=chat.log"]
        return {
            "foreground": [TWISTD, "-n", "chatd"],
            "background": [TWISTD, *log, "chatd"],
            "command": [sys.executable, "-m", "chatd"],
        }

    def assert_one_line(self, line: str, *flags: str) -> None:
        for way, command in self.commands().items():
            tried = run(*command, *flags, folder=self.folder)
            said = tried.stdout + tried.stderr
            assert tried.returncode == 1, (way, said)
            assert "Traceback" not in said, (way, said)
            assert [text for text in tried.stderr.splitlines() if text.startswith("chatd: ")] == [
                f"chatd: {line}"
            ], (
                way,
                said,
            )
            # The foreground has one line more for its log's start, and twistd's parent two of its own.
            assert said.count(line) == 1, (way, said)
            log = self.folder / "chat.log"
            if log.exists():
                assert "Traceback" not in log.read_text()
                assert log.read_text().count(f"cannot start: {line}") == 1
                log.unlink()
            assert not (self.folder / "chat.pid").exists()


@pytest.fixture
def refusals(tmp_path: Path) -> Refusals:
    return Refusals(tmp_path)


def test_a_bad_value_is_one_line(refusals: Refusals) -> None:
    refusals.assert_one_line(
        "--message-rate: 'fast' is no RATE or RATE:BURST such as 5:20 (0 is off)", "--message-rate=fast"
    )


def test_an_unknown_option_is_one_line(refusals: Refusals) -> None:
    refusals.assert_one_line("option --shine not recognized", "--shine")


def test_an_unknown_key_is_one_line(refusals: Refusals) -> None:
    path = refusals.folder / "chatd.toml"
    path.write_text("prot = 80\n")
    refusals.assert_one_line(f"{path}: unknown key 'prot'", "--config=chatd.toml")


def test_a_port_in_use_is_one_line(refusals: Refusals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusals.assert_one_line(
            f"cannot listen on port {port} of 127.0.0.1: Address already in use",
            *(f"--port={port}", "--interface=127.0.0.1", "--data=data"),
        )


def test_an_address_that_is_not_ours_is_one_line(refusals: Refusals) -> None:
    refusals.assert_one_line(
        "cannot listen on port 8000 of 192.0.2.1: Cannot assign requested address",
        *("--port=8000", "--interface=192.0.2.1", "--data=data"),
    )


def test_a_certificate_that_cannot_be_read_is_one_line(refusals: Refusals) -> None:
    refusals.assert_one_line(
        f"cannot read {refusals.folder}/cert.pem: No such file or directory",
        *(f"--tls-port={free_port()}", "--tls-cert=cert.pem", "--data=data"),
    )


def test_a_key_that_does_not_fit_is_one_line(refusals: Refusals) -> None:
    certificate, key = make_pair().write(refusals.folder)
    key.write_bytes(make_pair().key)
    refusals.assert_one_line(
        f"the key in {key} does not fit the certificate in {certificate}",
        *(f"--tls-port={free_port()}", "--tls-cert=cert.pem", "--tls-key=key.pem", "--data=data"),
    )


def start_error(folder: Path, *flags: str) -> str:
    """
    The one line of a start that fails, the same in every way to start.
    """
    tried = run(sys.executable, "-m", "chatd", *flags, folder=folder)
    lines = [line for line in tried.stderr.splitlines() if line.startswith("chatd: ")]
    assert len(lines) == 1, tried.stdout + tried.stderr
    return lines[0].removeprefix("chatd: ")


def test_a_data_folder_that_cannot_be_made_is_one_line(refusals: Refusals) -> None:
    (refusals.folder / "file").touch()
    flags = (f"--port={free_port()}", "--interface=127.0.0.1", "--data=file/data")
    line = start_error(refusals.folder, *flags)
    assert str(refusals.folder / "file") in line
    refusals.assert_one_line(line, *flags)


@pytest.mark.skipif(not Path("/proc/sys").exists(), reason="needs /proc")
def test_a_data_folder_that_cannot_be_written_is_one_line(refusals: Refusals) -> None:
    # Root may write everywhere but here.
    flags = (f"--port={free_port()}", "--interface=127.0.0.1", "--data=/proc/sys")
    line = start_error(refusals.folder, *flags)
    assert "/proc/sys" in line
    refusals.assert_one_line(line, *flags)


def test_a_second_daemon_on_the_same_data_is_refused_in_one_line(refusals: Refusals, daemon: Daemon) -> None:
    flags = (f"--port={free_port()}", "--interface=127.0.0.1", f"--data={daemon.data}")
    line = start_error(refusals.folder, *flags)
    assert str(daemon.data) in line
    refusals.assert_one_line(line, *flags)
    assert answers(f"{daemon.url}/readyz")


def test_a_tac_file_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    tac = str(CHECKOUT / "chatd.tac")
    tried = run(TWISTD, "-n", "--pidfile=", "-y", tac, folder=tmp_path, CHATD_PORT="x")
    assert tried.returncode == 1
    assert "Traceback" not in tried.stdout + tried.stderr
    assert "chatd: CHATD_PORT: 'x' is neither a port" in tried.stderr
