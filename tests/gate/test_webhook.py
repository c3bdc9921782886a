"""The verdict is posted where a webhook is named, and nothing that happens there changes it."""

import json
import shutil
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from dq.cli import main
from dq.errors import ConfigError
from dq.figures import Figures
from dq.gate import post_verdict, verdict_json
from dq.gate.verdict import judge
from dq.options import GateOptions, Options, Origin, changed, check, settings
from tests.conftest import ROOT

SECRET = "T0-secret"  # noqa: S105 - stands for one
VERDICT = judge([], strict=False, figures=Figures(pages=3), run_id="عاجل")


class Receiver(ThreadingHTTPServer):
    """A web server that keeps what it is sent, and answers with `status` and `headers`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.headers, self.got = 200, {}, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/{SECRET}?key={SECRET}"


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append((self.command, self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    do_POST = do_GET = answer  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@contextmanager
def receiving():
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


def test_the_verdict_arrives_byte_by_byte_as_json(receiver):
    assert post_verdict(VERDICT, receiver.address) is None
    ((method, path, headers, body),) = receiver.got
    assert (method, path) == ("POST", f"/{SECRET}?key={SECRET}")
    assert headers["Content-Type"] == "application/json"
    assert body.decode() == verdict_json(VERDICT)
    assert json.loads(body)["run_id"] == "عاجل"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(status, receiver):
    receiver.status = status
    assert post_verdict(VERDICT, receiver.address) is None


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_an_answer_that_refuses_is_told_without_the_secret(status, receiver):
    receiver.status = status
    told = post_verdict(VERDICT, receiver.address)
    assert told == f"the verdict was not delivered to http://127.0.0.1:{receiver.server_port}/...: it answered {status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http", "file", "ftp"])
def test_no_redirect_is_followed(status, to, receiver):
    with receiving() as other:
        places = {"http": other.address, "file": "file:///etc/hostname", "ftp": f"ftp://127.0.0.1:{other.server_port}/"}
        receiver.status, receiver.headers = status, {"Location": places[to]}
        told = post_verdict(VERDICT, receiver.address)
    assert f"it answered {status}, a redirect" in told
    assert SECRET not in told
    assert other.got == []
    assert len(receiver.got) == 1


def test_a_closed_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told = post_verdict(VERDICT, f"http://127.0.0.1:{port}/{SECRET}")
    assert told.startswith(f"the verdict was not delivered to http://127.0.0.1:{port}/...: ")
    assert "refused" in told.lower()
    assert SECRET not in told


def test_a_receiver_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = post_verdict(VERDICT, f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}", timeout=0.1)
    assert told.endswith("no answer within 0.1 seconds")
    assert SECRET not in told


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 xyz\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500]
)
def test_an_answer_that_is_no_http_is_told(answer):
    def serve():
        connection, _ = server.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        told = post_verdict(VERDICT, f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}", timeout=5)
        thread.join()
    assert "was not delivered" in told
    assert SECRET not in told


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".invalid"])
def test_a_host_that_cannot_be_looked_up_is_told(host):
    told = post_verdict(VERDICT, f"http://{host}/{SECRET}")
    assert f"http://{host}/...: " in told
    assert SECRET not in told


class TestOption:
    @pytest.mark.parametrize(
        "address", ["http://a.example", "https://a.example:8443/x?y#z", "HTTPS://a.example/", "http://[::1]:80/x"]
    )
    def test_an_address_of_the_web_can_be_used(self, address):
        check(GateOptions(webhook=address))

    @pytest.mark.parametrize(
        "address",
        [
            f"ftp://a.example/{SECRET}",
            f"file:///{SECRET}",
            f"https:///{SECRET}",
            f"a.example/{SECRET}",
            f"javascript:{SECRET}",
            f"http://me:{SECRET}@a.example/",
            f"http://[::1/{SECRET}",
            f"http://a.example:99999/{SECRET}",
            f"http://a.example:0/{SECRET}",
            f"http://a.example/ {SECRET}",
            f"http://a.example/\n{SECRET}",
            f"http://a.example/é{SECRET}",
            "",
            7,
        ],
    )
    def test_any_other_is_refused_without_telling_the_secret(self, address):
        options = Options(gate=GateOptions(webhook=address), origins={"webhook": Origin("environment", "DQ_WEBHOOK")})
        with pytest.raises(ConfigError, match="webhook must be an address that begins with http") as told:
            check(options)
        assert "(set by DQ_WEBHOOK)" in str(told.value)
        assert SECRET not in str(told.value)

    def test_only_its_scheme_and_host_are_told_and_nothing_is_remembered(self):
        options = Options(gate=GateOptions(webhook=f"https://hooks.example/{SECRET}"))
        (row,) = changed(options)
        assert row["value"] == "https://hooks.example/..."
        assert settings(options) == {}
        assert SECRET not in repr(options)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder of the test's own, with a small suite of expectations."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):  # where these tests run as such a job themselves
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "expectations").mkdir()
    shutil.copy(ROOT / "expectations" / "clusters.json", "expectations")
    return tmp_path


RUN = ["--workers", "1"]


def test_run_and_gate_send_what_they_wrote_and_keep_the_address_to_themselves(
    feed, elsewhere, receiver, monkeypatch, capsys
):
    monkeypatch.setenv("DQ_WEBHOOK", receiver.address)
    assert main(["run", str(feed), *RUN]) == 0
    latest = elsewhere / "reports" / "latest"
    assert main(["gate", str(latest)]) == 0
    written = (latest / "verdict.json").read_bytes()
    assert [body for *_, body in receiver.got] == [written] * 2
    for name in ("run.json", "report.html", "summary.md", "junit.xml", "verdict.json"):
        assert SECRET not in (latest / name).read_text(encoding="utf-8")
    options = json.loads((latest / "run.json").read_text(encoding="utf-8"))["options"]
    (told,) = [option for option in options if option["name"] == "webhook"]
    assert told["value"] == f"http://127.0.0.1:{receiver.server_port}/..."
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err


def test_without_an_address_nothing_is_sent_also_for_a_run_that_had_one(feed, elsewhere, receiver):
    assert main(["run", str(feed), *RUN, "--webhook", receiver.address]) == 0
    assert main(["gate", "reports/latest"]) == 0
    assert main(["run", str(feed), *RUN]) == 0
    assert len(receiver.got) == 1


def test_a_receiver_that_fails_only_warns(feed, elsewhere, receiver, capsys):
    receiver.status = 500
    assert main(["run", str(feed), *RUN, "--json", "--webhook", receiver.address]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["verdict"] == "pass"
    assert (
        f"dq: the verdict was not delivered to http://127.0.0.1:{receiver.server_port}/...: it answered 500"
        in captured.err
    )
    assert SECRET not in captured.err
    assert main(["gate", "reports/latest", "--webhook", receiver.address]) == 0
    assert "it answered 500" in capsys.readouterr().err


@pytest.mark.parametrize("address", [f"ftp://a.example/{SECRET}", f"https:{SECRET}"])
def test_an_address_that_cannot_be_used_is_exit_2_before_any_work(address, feed, elsewhere, capsys):
    assert main(["run", str(feed), "--webhook", address]) == 2
    told = capsys.readouterr().err
    assert "webhook must be an address that begins with http:// or https://" in told
    assert "(set by --webhook)" in told
    assert SECRET not in told
    assert not (elsewhere / "reports").exists()
