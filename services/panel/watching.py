"""What the shop itself wrote down, in the panel: alerts, acts, messages from providers, effects."""

from models.absence import Absence
from models.alert import Alert
from models.audit import AuditLog
from models.counter import Counter
from models.data_import import DataImport
from models.outbox import OutboxEffect
from models.role_check import RoleCheck
from models.share_link import ShareLink
from models.webhook import WebhookEvent
from services.access import Permission
from services.panel.contract import Declared, Filter, Link, PanelSection, Way

DECLARED = (
    Declared(
        "alert", Alert, PanelSection.MONITORING,
        columns=("type", "severity", "message", "isRead", "createdAt"), looks=Permission.ALERT_VIEW,
        filters=(Filter("severity"), Filter("type"), Filter("isRead")),
        edits=Permission.ALERT_VIEW, switches=("isRead",), changed_with="/admin alerts",
        ways=(Way("alerts:open"),),
    ),
    Declared(
        "audit", AuditLog, PanelSection.MONITORING,
        columns=("action", "actorId", "entityType", "createdAt"), looks=Permission.AUDIT_VIEW,
        search=("action", "actorId"), ways=(Way("audit:open"),),
    ),
    Declared(
        "webhook", WebhookEvent, PanelSection.MONITORING,
        columns=("provider", "kind", "state", "receivedAt"), sort="-receivedAt",
        looks=Permission.WEBHOOK_MANAGE,
        filters=(Filter("state", "-receivedAt"), Filter("provider", "-receivedAt")),
        changed_with="/admin webhooks", ways=(Way("webhook:open"),), hidden=("body", "headers"),
    ),
    Declared(
        "effect", OutboxEffect, PanelSection.MONITORING,
        columns=("kind", "status", "attempts", "nextAttemptAt"), sort="status createdAt",
        looks=Permission.ORDER_MANAGE, search=("orderId",), filters=(Filter("status", "createdAt"),),
        changed_with="/admin queue", ways=(Way("queue:effect"),), links=(Link("orderId", "order"),),
    ),
    Declared(
        "import", DataImport, PanelSection.MONITORING,
        columns=("kind", "fileName", "state", "createdAt"), looks=Permission.DATA_IMPORT,
        changed_with="/admin import", hidden=("content", "prints", "seen"),
    ),
    Declared(
        "share", ShareLink, PanelSection.MONITORING,
        columns=("reportType", "actorId", "expiresAt", "openedCount"), looks=Permission.ANALYTICS_SHARE,
        ways=(Way("share:link"),),
    ),
    Declared(
        "rolecheck", RoleCheck, PanelSection.MONITORING,
        columns=("dueAt", "running", "given", "taken"), sort="tenantId",
    ),
    Declared(
        "absence", Absence, PanelSection.MONITORING,
        columns=("guildName", "leftAt", "closedAt"), sort="tenantId",
    ),
    Declared(
        "counter", Counter, PanelSection.MONITORING, columns=("name", "last"), sort="name",
    ),
)  # fmt: skip
