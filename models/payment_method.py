"""Every way to pay that the shop knows."""

from enum import StrEnum


class PaymentMethod(StrEnum):
    """How an order is paid."""

    ZELLE = "ZELLE"
    VENMO = "VENMO"
    CASHAPP = "CASHAPP"
    MANUAL = "MANUAL"
    PAYPAL = "PAYPAL"
    STRIPE = "STRIPE"
    CASHAPP_PAY = "CASHAPP_PAY"
    COINBASE_BUSINESS = "COINBASE_BUSINESS"
    COINBASE_COMMERCE = "COINBASE_COMMERCE"
    BTC_NOWPAYMENTS = "BTC_NOWPAYMENTS"
