#!/usr/bin/env bash
# hitch 1.7.2, stunnel 5.68 and HAProxy 2.6.12 (Debian 12) at the end of TLS: the service behind resets in mid-answer
#
# Expected: the client learns of it: a reset, or an end of the stream without close_notify (RFC 8446 section 6.1)
# Seen:     all three say close_notify: the end of TLS vouches for an answer that was cut
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq hitch=1.7.2-1+b1 stunnel4=3:5.68-2+deb12u1 haproxy=2.6.12-1+deb12u4 libev4 libwrap0 libpcre2-8-0 libpcre2-posix3 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 >/dev/null 2>&1 || { echo "cannot be downloaded: hitch=1.7.2-1+b1 stunnel4=3:5.68-2+deb12u1 haproxy=2.6.12-1+deb12u4 libev4 libwrap0 libpcre2-8-0 libpcre2-posix3 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1"; exit 2; }
for package in *.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$folder/root/usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout key.pem -out cert.pem 2>/dev/null
cat key.pem cert.pem >both.pem
chmod 755 . && chmod 644 both.pem
service=$(port) hitch=$(port) stunnel=$(port) haproxy=$(port)
cat >service.py <<PYTHON
import socket, struct, time
listener = socket.create_server(("127.0.0.1", $service))
while True:
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of")
    time.sleep(0.3)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
PYTHON
python3 service.py &
user=$([ "$(id -u)" = 0 ] && echo --user=nobody || true)
root/usr/sbin/hitch $user --frontend="[127.0.0.1]:$hitch" --backend="[127.0.0.1]:$service" --workers=1 --ocsp-dir= both.pem >/dev/null 2>&1 &
printf 'foreground = yes\npid =\n[front]\naccept = 127.0.0.1:%s\nconnect = 127.0.0.1:%s\ncert = %s/both.pem\n' "$stunnel" "$service" "$folder" >stunnel.conf
root/usr/bin/stunnel4 stunnel.conf 2>/dev/null &
printf 'defaults\n mode tcp\n timeout connect 1s\n timeout client 9s\n timeout server 9s\nlisten front\n bind 127.0.0.1:%s ssl crt %s/both.pem\n server one 127.0.0.1:%s\n' "$haproxy" "$folder" "$service" >haproxy.cfg
root/usr/sbin/haproxy -db -f haproxy.cfg 2>/dev/null &
sleep 1.5
cat >ask.py <<PYTHON
import socket, ssl, sys
context = ssl.create_default_context(cafile="cert.pem")
ends = []
for name, port in {"no front": $service, "hitch": $hitch, "stunnel": $stunnel, "HAProxy": $haproxy}.items():
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    if port != $service:
        connection = context.wrap_socket(connection, server_hostname="localhost", suppress_ragged_eofs=False)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        while connection.recv(65536):
            pass
        ends.append("orderly")
    except OSError as error:
        ends.append(type(error).__name__)
    print(f"{name}: {ends[-1]}")
sys.exit(0 if ends == ["ConnectionResetError", "orderly", "orderly", "orderly"] else 1)
PYTHON
python3 ask.py
