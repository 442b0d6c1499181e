"""Whether the e-mails that staff asked for can be sent."""

from services.doctor.contract import Case, Check, Finding, Section, Severity


class Mail(Check):
    """An address for the staff is of no use without who carries it there."""

    name = "mail"
    section = Section.SHOP
    finds = frozenset({"mail_none"})

    async def run(self, case: Case) -> list[Finding]:
        """Look who would carry an e-mail to the staff."""
        if case.shop.config.admin_notify_email and not case.tools.mailing.ready(case.shop):
            return [Finding("mail_none", Severity.WARNING)]
        return []


CHECK = Mail()
