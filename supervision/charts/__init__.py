"""Pictures of figures, each with the table behind it. Pure: no models, no database."""

from .chart import Chart, Series, bars, lines, spark

__all__ = ["Chart", "Series", "bars", "lines", "spark"]
