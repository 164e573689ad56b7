from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0005_statements")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="counts_from",
            field=models.DateField(blank=True, null=True, verbose_name="起算日期"),
        )
        for name in ("historicalrequest", "request")
    ]
