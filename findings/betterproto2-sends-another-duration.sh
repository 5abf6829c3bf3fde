#!/usr/bin/env bash
# betterproto2 0.10.0 with its compiler 0.10.1 (grpcio-tools 1.85.1), protobuf 7.36.2 as the other side: a timedelta below zero,
# such as the time that is left until something was due, in a message's google.protobuf.Duration
#
# Expected: the same one on the other side: -1.25 s is -1 second and -250,000,000 nanoseconds, of one sign (comment of `nanos` in
#           google/protobuf/duration.proto)
# Seen:     the fraction is counted upwards from the whole second below and the second cut off towards zero: -0.5 s is sent as half
#           a second, -1.25 s as -0.25 s and a millisecond below zero as 0.999 s. betterproto2 reads it back as that too, and
#           writes a third number as JSON: "-1.750s". Whole seconds and what is above zero are right. Nothing is raised
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet betterproto2==0.10.0 betterproto2-compiler==0.10.1 grpcio-tools==1.85.1 protobuf==7.36.2 || exit 2
cat >chat.proto <<'PROTO'
syntax = "proto3";
package chat;
import "google/protobuf/duration.proto";
message Job { google.protobuf.Duration left = 1; }
PROTO
mkdir ours theirs
PATH="$folder/venv/bin:$PATH" venv/bin/python -m grpc_tools.protoc -I. --python_betterproto2_out=ours chat.proto >/dev/null 2>&1 || exit 2
venv/bin/python -m grpc_tools.protoc -I. --python_out=theirs chat.proto
cat >try.py <<'PYTHON'
import sys
from datetime import timedelta

sys.path.append("theirs")
import chat_pb2
from ours.chat import Job

seen = {}
for left in (1.25, -2.0, -0.5, -1.25, -0.001):
    message = Job(left=timedelta(seconds=left))
    other = chat_pb2.Job.FromString(bytes(message)).left
    read = round(other.seconds + other.nanos / 1e9, 6)
    again = Job.parse(bytes(message)).left.total_seconds()
    written = message.to_dict()["left"]
    seen[left] = (read, again, written)
    print(f"{left} s: read as {read} s by protobuf, {again} s by betterproto2; as JSON {written}")
wanted = {1.25: (1.25, "1.250s"), -2.0: (-2.0, "-2s"), -0.5: (0.5, "0.500s"), -1.25: (-0.25, "-1.750s"), -0.001: (0.999, "0.999s")}
sys.exit(0 if seen == {left: (read, read, text) for left, (read, text) in wanted.items()} else 1)
PYTHON
venv/bin/python try.py
