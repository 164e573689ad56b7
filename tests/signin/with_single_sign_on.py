"""The product's addresses as they are where a single sign-on is set up."""

from config.urls import SINGLE_SIGN_ON
from config.urls import urlpatterns as _product

urlpatterns = [*_product, *SINGLE_SIGN_ON]
