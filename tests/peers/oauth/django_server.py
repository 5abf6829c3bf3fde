"""An authorization server and a guard by django-oauth-toolkit, with the service behind it: PORT FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "service"))
import app as service
import django
import meaning
from django.conf import settings

PORT, FOLDER = sys.argv[1:]
settings.configure(
    SECRET_KEY="nobody's",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{FOLDER}/django.sqlite",
            "OPTIONS": {"timeout": 10},
        }
    },
    OAUTH2_PROVIDER={"SCOPES": {"read": "all"}, "PKCE_REQUIRED": False},
)
django.setup()
# What follows can be imported only by a Django that is set up.
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from oauth2_provider.decorators import protected_resource  # noqa: E402
from oauth2_provider.models import AccessToken, Application  # noqa: E402


@csrf_exempt
def forget(request):
    AccessToken.objects.all().delete()
    return JsonResponse({})


@csrf_exempt
@protected_resource()
def api(request):
    headers = {"authorization": f"Bearer {meaning.TOKEN}", "content-type": request.headers["Content-Type"]}
    (status, kind, body), _ = service.decide(meaning.read("POST", request.path, headers, request.body))
    return HttpResponse(body, status=status, content_type=kind)


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("api/json/", api),
    path("forget", forget),
]

if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    Application.objects.create(
        client_id="chat",
        client_secret="a-password",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    from waitress import serve

    serve(get_wsgi_application(), listen=f"127.0.0.1:{PORT}")
