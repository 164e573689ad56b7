from django.apps import AppConfig
from django.db.models.signals import post_migrate

_VERBS = {
    "task.enter": "下达任务",
    "task.amend": "修改任务",
    "duty.begin": "开始办理任务",
    "duty.report": "报送任务完成情况",
    "duty.accept": "确认任务完成",
    "duty.send_back": "退回任务报送",
    "duty.move_due": "调整任务期限",
    "duty.cancel": "取消任务本期",
    "task_import.preview": "上传任务清单",
    "task_import.confirm": "导入任务清单",
    "directive.draft": "起草督办文书",
    "directive.escalate": "升级督办",
    "directive.amend": "修改督办文书",
    "directive.submit": "提请签发督办文书",
    "directive.recall": "收回督办文书",
    "directive.drop": "作废督办文书",
    "directive.return_draft": "退回督办文书",
    "directive.sign": "签发督办文书",
    "directive.hand_over": "移交督办文书草稿",
    "directive.render": "生成督办文书PDF",
    "directive.download": "下载督办文书",
    "directive_template.load": "载入督办文书模板",
    "addressee.acknowledge": "签收督办文书",
    "reply.write": "起草督办回复",
    "reply.hand_on": "提交督办回复确认",
    "reply.take_back": "收回督办回复稿",
    "reply.return": "退回督办回复稿",
    "reply.discard": "作废督办回复稿",
    "addressee.reply": "确认并发出督办回复",
    "addressee.accept": "认可督办回复",
    "addressee.send_back": "退回督办回复",
    "addressee.close": "直接办结督办回复",
    "addressee.due_moved": "回复期限随工作日历变动",
    "oversight.attach": "上传督办材料",
    "oversight.remove_file": "划除督办材料",
    "oversight.open_file": "打开督办材料",
    "proposal.offer": "提出督办建议",
    "proposal.take": "采纳督办建议",
    "proposal.dismiss": "不采纳督办建议",
    "proposal.gone": "督办建议的情况已消除",
    "oversight.remind": "发出督办提醒",
}


class OversightConfig(AppConfig):
    name = "oversight"
    verbose_name = "督办"

    def ready(self) -> None:
        from accounts.kept_files import keep_files_of
        from backoffice.labels import name_data, name_verbs
        from credit_records.demo.parts import register_part
        from worktime import impact

        from . import machine, policies  # noqa: F401  the tables of steps, and who may do what
        from .demo import load
        from .models.attachments import FOLDER, Attachment
        from .services import leaving
        from .services.calendar_moves import OpenReplies
        from .services.templates import load_after_migrate

        keep_files_of(Attachment, "file", FOLDER)
        impact.register(OpenReplies())
        leaving.register()
        register_part("督办任务和文书", load)
        name_verbs(_VERBS)
        name_data({"task": "任务编号", "matter": "督办事项"})
        post_migrate.connect(load_after_migrate, sender=self, dispatch_uid="oversight.templates")
