#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12): an informational answer of the service, 103 Early Hints, then its final one
#
# Expected: 103 is passed on or dropped, and 200 is the answer (RFC 9110 section 15.2: a proxy MUST forward 1xx responses)
# Seen:     103 is handed out as if it were the final answer, and the 200 with its head follows where the body would be
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq nginx=1.22.1-9+deb12u11 >/dev/null 2>&1 || { echo "cannot be downloaded: nginx=1.22.1-9+deb12u11"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
service=$(port) front=$(port)
cat >service.py <<PYTHON
import socket
listener = socket.create_server(("127.0.0.1", $service))
while True:
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                       b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    connection.close()
PYTHON
python3 service.py &
cat >nginx.conf <<CONF
daemon off; pid nginx.pid; error_log error.log; events {}
http {
    access_log off;
    client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    server { listen 127.0.0.1:$front; location / { proxy_pass http://127.0.0.1:$service; proxy_http_version 1.1; } }
}
CONF
root/usr/sbin/nginx -e stderr -p "$folder/" -c "$folder/nginx.conf" &
sleep 1
cat >ask.py <<PYTHON
import socket, sys
connection = socket.create_connection(("127.0.0.1", $front), timeout=3)
connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
answer = b""
try:
    while more := connection.recv(65536):
        answer += more
except TimeoutError:
    pass
print(answer.decode())
head, _, rest = answer.partition(b"\r\n\r\n")
# An informational answer describes no connection; this one speaks of itself as of a final one.
sys.exit(0 if b" 103 " in head and b"Server: nginx" in head and b"Server: nginx" not in rest and b" 200 OK" in rest else 1)
PYTHON
python3 ask.py
