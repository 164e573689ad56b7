from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):
    site_title = "信衡"
    site_header = "信衡 · 公共信用管理"
