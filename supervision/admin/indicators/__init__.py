"""指标看板: the plan's table, its versions, rows kept by hand, frozen months and evidence packs."""
