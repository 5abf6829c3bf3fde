#!/usr/bin/env bash
# django-oauth-toolkit 3.4.1 under a path: where its metadata are
#
# Expected: the issuer http://testserver/o has its metadata at /.well-known/oauth-authorization-server/o (RFC 8414 section 3.1)
# Seen:     404 there; they are at /o/.well-known/oauth-authorization-server, and name that issuer
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet django-oauth-toolkit==3.4.1 Django==5.2.19 || exit 2
cat >try.py <<'PYTHON'
import json
import sys
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="none",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.test import Client
from django.urls import include, path

urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
places = ("/.well-known/oauth-authorization-server/o", "/o/.well-known/oauth-authorization-server")
found = [Client().get(place) for place in places]
for place, answer in zip(places, found):
    print(place, answer.status_code, json.loads(answer.content)["issuer"] if answer.status_code == 200 else "")
good = [answer.status_code for answer in found] == [404, 200]
sys.exit(0 if good and json.loads(found[1].content)["issuer"] == "http://testserver/o" else 1)
PYTHON
venv/bin/python try.py 2>/dev/null
