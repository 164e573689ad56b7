"""All addresses of the product."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import path
from django.utils.functional import lazy
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("backoffice/icon.svg"))),
    path("admin/", admin.site.urls),
]
