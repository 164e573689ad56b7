"""All addresses of the product."""

from django.conf import settings
from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from backoffice.single_sign_on import Landing
from signin.oidc import Begin

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("backoffice/icon.svg"))),
    path("admin/sign-in/", include("backoffice.second_factor")),
    path("admin/", admin.site.urls),
]
# The names are those by which mozilla-django-oidc finds its own pages; signing out is ours.
SINGLE_SIGN_ON = [
    path("sign-in/oidc/begin/", Begin.as_view(), name="oidc_authentication_init"),
    path("sign-in/oidc/callback/", Landing.as_view(), name="oidc_authentication_callback"),
]
if settings.OIDC_RP_CLIENT_ID:
    urlpatterns += SINGLE_SIGN_ON
