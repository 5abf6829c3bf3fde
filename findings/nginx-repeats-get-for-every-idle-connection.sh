#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12): a GET whose answer is lost, with one service in the pool and kept connections to it
#
# Expected: 502, and the request was sent once, at most twice: there is no next server (proxy_next_upstream)
# Seen:     502, and the request was sent once for every idle connection and once more: 7 times with 6 of them; POST once
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
import socket, threading, time
def serve(connection):
    while data := connection.recv(65536):
        name = data.split(b" ")[1].decode()
        with open("log", "a") as log:
            log.write(name + "\n")
        if "lost" in name:
            return connection.close()
        time.sleep(0.5)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
listener = socket.create_server(("127.0.0.1", $service))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
PYTHON
python3 service.py &
cat >nginx.conf <<CONF
daemon off; worker_processes 1; pid nginx.pid; error_log error.log; events {}
http {
    access_log off;
    client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    upstream one { server 127.0.0.1:$service; keepalive 8; }
    server {
        listen 127.0.0.1:$front;
        location / { proxy_pass http://one; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }
}
CONF
root/usr/sbin/nginx -e stderr -p "$folder/" -c "$folder/nginx.conf" &
sleep 1
cat >ask.py <<PYTHON
import sys, threading, time, urllib.error, urllib.request
def ask(name, data=None):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:$front/{name}", data, timeout=10).close()
    except urllib.error.HTTPError as error:
        print(name, "was answered", error.code)
def make_idle():
    threads = [threading.Thread(target=ask, args=("wait",)) for _ in range(6)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    time.sleep(0.5)
make_idle()
ask("lost-get")
make_idle()
ask("lost-post", b"x=1")
asked = open("log").read().split()
times = [asked.count("/lost-get"), asked.count("/lost-post")]
print(f"sent to the service: GET {times[0]} times, POST {times[1]} times")
sys.exit(0 if times == [7, 1] else 1)
PYTHON
python3 ask.py
