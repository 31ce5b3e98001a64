"""The configurations of deploy/proxy in a real nginx and Caddy on loopback: what they pass, refuse and add."""

import http.client
import http.server
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

import pytest

from conftest import DEPLOY, clean_environment, free_port, wait_until

SITE = "onboarding.example.org"
CONF = DEPLOY / "proxy/onboard-ai.conf"
PUBLIC = ["/", "/thank-you", "/phone", "/phone/abc", "/pkg/onboard-ai.js", "/favicon.svg", "/robots.txt", "/api/docs"]
# Also paths that a proxy could normalise in one way and the program in another.
PRIVATE = [
    "/metrics", "/healthz", "/readyz", "/outbox", "/@connections", "/@connections/abc", "/api/../metrics",
    "/api/%2e%2e/metrics", "/pkg/%2e%2e%2fmetrics", "//metrics", "/metrics/", "/%6detrics", "/api/..%2f@connections",
    "/wsx", "/thank-you/x", "/.git/config",
]
BOUNDARY = "specimen-boundary"


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what arrived, and accepts WebSockets."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): self.headers.get_all(name) for name in self.headers}
        answer = json.dumps({"path": self.path, "headers": headers, "bytes": len(body)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_):
        pass


class Proxy:
    """A running proxy with one of the configurations, whose ports, files and upstream are replaced."""

    #: The configuration, the program, and the replacements (pattern, text) for this run.
    source: pathlib.Path
    program: str
    replacements: list[tuple[str, str]]
    #: What the program receives after a client sent `198.51.100.7`.
    forwarded_for: str
    #: The status of the redirect to https, and of a body that the proxy refuses.
    redirects = 301
    too_large = {413}

    def __init__(self, upstream):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.plain, self.tls, self.upstream = free_port(), free_port(), upstream
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SITE}",
             "-addext", f"subjectAltName=DNS:{SITE}", "-keyout", "privkey.pem", "-out", "fullchain.pem"],
            cwd=self.folder, check=True, capture_output=True)
        # Every replacement must find something, so that the copy cannot silently differ from the original.
        text = self.source.read_text()
        for pattern, replacement in self.replacements:
            text, count = re.subn(pattern, replacement.format(self=self), text, flags=re.MULTILINE)
            assert count > 0, f"{self.source.name} has no {pattern}"
        (self.folder / "site.conf").write_text(text)
        self.process = None
        self.prepare()

    def start(self):
        with open(self.folder / "output", "w") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=output, env=self.environment())
        wait_until(lambda: socket.create_connection(("127.0.0.1", self.tls), 1).close() or True, self.program)

    def environment(self):
        return clean_environment(HOME=str(self.folder), XDG_DATA_HOME=str(self.folder))

    def validate(self):
        """The text that the program prints about the configuration, which must be accepted."""
        tested = subprocess.run(self.validation, capture_output=True, text=True, env=self.environment())
        assert tested.returncode == 0, tested.stderr
        return tested.stdout + tested.stderr

    def processes(self):
        """The process and its children."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [str(self.process.pid), *children.stdout.split()]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder)

    def connection(self, name=SITE):
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        raw = context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 30), server_hostname=name)
        connection = http.client.HTTPConnection(name)
        connection.sock = raw
        return connection

    def request(self, method, path, body=None, headers=None):
        connection = self.connection()
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": SITE} | (headers or {})
        if body is not None:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            connection.putheader(name, value)
        try:
            connection.endheaders(body)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass  # refused before the whole body was sent: the answer is there
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def status(self, method, path, **more):
        return self.request(method, path, **more)[0].status

    def upgrade(self, path, **headers):
        wanted = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
        return self.status("GET", path, headers=wanted | headers)


class Nginx(Proxy):
    source, program = DEPLOY / "proxy/onboard-ai.conf", "nginx"
    replacements = [
        (r"listen \[::\]:\d+[^;]*;", ""),
        (r"listen 443 ", "listen 127.0.0.1:{self.tls} "),
        (r"listen 80 ", "listen 127.0.0.1:{self.plain} "),
        (r"/etc/ssl/onboard-ai/", "{self.folder}/"),
        (r"/var/log/nginx/", "{self.folder}/"),
        (r"server 127\.0\.0\.1:3000;", "server 127.0.0.1:{self.upstream};"),
    ]
    forwarded_for = "198.51.100.7, 127.0.0.1"

    def prepare(self):
        folder = self.folder
        temporary = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(
            f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary} include {folder}/site.conf; }}\n")
        self.command = ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        self.validation = [*self.command, "-t"]


class Caddy(Proxy):
    source, program = DEPLOY / "proxy/Caddyfile", "caddy"
    replacements = [
        (r"^\tservers ", "\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {self.plain}\n\thttps_port {self.tls}\n"
                        "\tskip_install_trust\n\tservers "),
        (r"^onboarding\.example\.org \{$",
         "onboarding.example.org {{\n\ttls {self.folder}/fullchain.pem {self.folder}/privkey.pem"),
        (r"reverse_proxy 127\.0\.0\.1:3000 ", "reverse_proxy 127.0.0.1:{self.upstream} "),
    ]
    forwarded_for = "127.0.0.1"
    redirects = 308
    # Caddy 2.6 stops the request to the program and answers 502, later versions 413.
    too_large = {413, 502}

    def prepare(self):
        arguments = ["--config", str(self.folder / "site.conf"), "--adapter", "caddyfile"]
        self.command = ["caddy", "run", *arguments]
        self.validation = ["caddy", "validate", *arguments]


PROXIES = [Nginx, Caddy]


def form(size):
    """A multipart upload with a file of `size` bytes."""
    head = (f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="kind"\r\n\r\npassport\r\n--{BOUNDARY}\r\n'
            'content-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n')
    return head.encode() + bytes(size) + f"\r\n--{BOUNDARY}--\r\n".encode()


MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture(scope="module", params=PROXIES, ids=lambda proxy: proxy.program)
def proxy(request):
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    proxy = request.param(upstream.server_port)
    proxy.start()
    yield proxy
    proxy.stop()
    upstream.shutdown()


def test_configuration_is_accepted_without_warnings(proxy):
    warnings = [line for line in proxy.validate().splitlines() if "[warn]" in line or '"level":"warn"' in line]
    # The certificate of this run names no authority to ask for its revocation.
    assert not [line for line in warnings if "no OCSP server specified" not in line]


@pytest.mark.parametrize("path", PUBLIC)
def test_public_route_is_passed_unchanged(proxy, path):
    answer, body = proxy.request("GET", path)
    assert answer.status == 200
    assert json.loads(body)["path"] == path


@pytest.mark.parametrize("path", PRIVATE)
def test_other_route_is_not_passed(proxy, path):
    for method in ("GET", "POST"):
        assert proxy.status(method, path, body=b"" if method == "POST" else None) in (400, 404)


def test_websocket_upgrade_passes(proxy):
    assert proxy.upgrade("/ws?customerId=x") == 101


def test_host_passes_and_the_client_address_is_appended(proxy):
    _, body = proxy.request("GET", "/", headers={"X-Forwarded-For": "198.51.100.7"})
    headers = json.loads(body)["headers"]
    assert headers["host"] == [SITE]
    assert headers["x-forwarded-for"] == [proxy.forwarded_for]
    assert "upgrade" not in headers and "connection" not in headers


def test_document_of_10_mib_passes_and_larger_bodies_are_refused(proxy):
    upload = "/api/applications/one/documents"
    body = form(10 * 1024 * 1024)
    answer, content = proxy.request("POST", upload, body=body, headers=MULTIPART)
    assert (answer.status, json.loads(content)["bytes"]) == (200, len(body))
    assert proxy.status("POST", upload, body=form(12 * 1024 * 1024), headers=MULTIPART) in proxy.too_large
    assert proxy.status("POST", "/api/customers", body=bytes(64 * 1024)) == 200
    assert proxy.status("POST", "/api/customers", body=bytes(1024 * 1024)) in proxy.too_large


def test_uploads_leave_no_file_on_the_proxy(proxy):
    """A proxy keeps the file of a buffered body open until the request ends, so files are listed half way."""
    body = form(4 * 1024 * 1024)
    connection = proxy.connection()
    connection.putrequest("POST", "/api/applications/one/documents", skip_host=True)
    for name, value in ({"Host": SITE, "Content-Length": str(len(body))} | MULTIPART).items():
        connection.putheader(name, value)
    connection.endheaders(body[: len(body) // 2])
    opened = [str(link.readlink()) for process in proxy.processes()
              for link in pathlib.Path(f"/proc/{process}/fd").iterdir()]
    connection.send(body[len(body) // 2:])
    assert connection.getresponse().status == 200
    connection.close()
    # Nothing that can be written to, but for the logs.
    files = [name for name in opened if name.startswith(str(proxy.folder))]
    assert opened and not [name for name in files if not name.endswith((".log", "/output"))], files


def test_http_is_redirected_and_other_names_are_refused(proxy):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=10)
    connection.request("GET", "/phone/abc", headers={"Host": SITE})
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Location")) == (proxy.redirects, f"https://{SITE}/phone/abc")
    with pytest.raises(ssl.SSLError):
        proxy.connection(name="attacker.example")


def test_logs_have_no_handoff_link_and_no_query(proxy):
    proxy.status("GET", "/phone/token-of-a-link?customerId=somebody")
    if isinstance(proxy, Nginx):
        wait_until(lambda: "/phone/-" in (proxy.folder / "onboard-ai.log").read_text(), "the line of the request")
    logs = "".join(path.read_text() for path in [*proxy.folder.glob("*.log"), proxy.folder / "output"])
    assert "token-of-a-link" not in logs and "somebody" not in logs


@pytest.mark.parametrize("kind", PROXIES, ids=lambda proxy: proxy.program)
def test_journey_through_the_proxy_to_the_program(kind, server, tmp_path):
    """The program itself behind the proxy: a customer, a socket, an upload, and its own answer to a body that is too
    large for it and not for the proxy."""
    port = free_port()
    environment = clean_environment(
        LEPTOS_SITE_ADDR=f"127.0.0.1:{port}", ONBOARD_DATA_DIR=str(tmp_path / "data"),
        LEPTOS_SITE_ROOT=str(tmp_path), ONBOARD_HTTP__PUBLIC_URL=f"https://{SITE}")
    with open(tmp_path / "log", "w") as log:
        program = subprocess.Popen([server], env=environment, stdout=log, stderr=log, cwd=tmp_path)
    proxy = kind(port)
    try:
        wait_until(lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True, "the program")
        wait_until(lambda: http_status(port, "/healthz") == 200, "the program's health")
        proxy.start()
        for path in ("/metrics", "/healthz", "/readyz", "/@connections/x", "/outbox"):
            assert proxy.status("GET", path) == 404
        assert http_status(port, "/metrics") == 200, "only the proxy hides it"
        assert proxy.status("GET", "/") == 200
        address = {"line1": "Storgata 14", "city": "Oslo", "postalCode": "0184", "country": "NO"}
        customer = {"email": "ingrid@example.org", "firstName": "Ingrid", "lastName": "Brandvold",
                    "dateOfBirth": "1987-03-14", "phoneNumber": "+47 22 34 56 78", "address": address}
        origin = {"Origin": f"https://{SITE}", "Content-Type": "application/json"}
        answer, content = proxy.request("POST", "/api/customers", body=json.dumps(customer).encode(), headers=origin)
        assert answer.status == 201, content
        # The second one is for an earlier version of the program.
        cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie")]
        assert any(cookie.startswith("__Host-onboard_session=") for cookie in cookies)
        known, own = json.loads(content), {"Origin": f"https://{SITE}", "Cookie": "; ".join(cookies)}
        assert proxy.upgrade(f"/ws?customerId={known['customerId']}&after=0", **own) == 101
        upload = f"/api/applications/{known['applicationId']}/documents"
        answer, content = proxy.request("POST", upload, body=form(3 * 1024 * 1024), headers=own | MULTIPART)
        assert answer.status in (202, 422), content
        answer, content = proxy.request("POST", upload, body=form(10 * 1024 * 1024 + 200_000), headers=own | MULTIPART)
        assert answer.status == 413 and b"code" in content, content
        answer, _ = proxy.request("POST", "/api/customers", body=json.dumps(customer).encode(),
                                  headers=origin | {"Origin": "https://attacker.example"})
        assert answer.status == 403
    finally:
        if proxy.process:
            proxy.stop()
        program.terminate()
        assert program.wait(60) == 0


def http_status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status
