"""What a shop's account at PayPal is reached with."""

from pydantic import Field, SecretStr

from services.payments.processor import ProviderKeys


class PayPalKeys(ProviderKeys):
    """What an app of a PayPal business account and its webhook are reached with."""

    client_id: str = Field(
        title="Client ID",
        examples=["AeA1QIZXiflr1_-…"],
        min_length=1,
        max_length=200,
        description="PayPal developer dashboard, Apps & Credentials",
    )
    secret: SecretStr = Field(
        title="Secret",
        examples=["EGnHDxD_qRPdaLdZz8iCr8N7_…"],
        min_length=1,
        description="Shown beside the client ID",
    )
    webhook_id: str = Field(
        title="Webhook ID",
        examples=["8PT597110X687430LKGECATA"],
        min_length=1,
        max_length=50,
        pattern=r"^[A-Za-z0-9]+$",
        description="Shown at the app's webhook for order, capture, refund and dispute events",
    )
