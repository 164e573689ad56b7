"""`manage.py who_can_see app.model pk`: everybody who sees an object today, each with the reason."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.policy import has_policy, policy_for
from accounts.who_sees import who_may


class Command(BaseCommand):
    help = "Who can see an object, and why: computed by the policy itself, as the page 谁能看见 does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help="for instance credit_records.record")
        parser.add_argument("pk")
        parser.add_argument("--verb", default="view", help="another right than viewing")
        parser.add_argument("--json", action="store_true", help="one object with the list")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = apps.get_model(options["model"])
        except (LookupError, ValueError) as error:
            raise CommandError(f"没有这种数据：{options['model']}") from error
        if not has_policy(model):
            raise CommandError(f"{options['model']}没有权限规则。")
        if options["verb"] not in policy_for(model).rules:
            raise CommandError(f"{model._meta.verbose_name}没有这种权限：{options['verb']}")
        try:
            obj = model._default_manager.filter(pk=options["pk"]).first()
        except (ValueError, ValidationError):
            obj = None
        if obj is None:
            raise CommandError("没有找到这条数据。")
        sights = who_may(obj, options["verb"])
        if options["json"]:
            people = [{"username": one.person.username, "reasons": list(one.reasons)} for one in sights]
            self.stdout.write(
                json.dumps({"model": options["model"], "pk": obj.pk, "people": people}, ensure_ascii=False)
            )
            return
        for one in sights:
            self.stdout.write(f"{one.person.username}\t{one.person}\t{'；'.join(one.reasons)}")
        self.stdout.write(f"共 {len(sights)} 人")
