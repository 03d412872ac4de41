"""Secrets of a deployment in the cloud: read from Secrets Manager by name, when a process starts (infra/README.md)."""

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session


def fetch_secret(name: str, session: Session) -> str:
    """The text of the secret with this name or ARN. Raises `LookupError` with the reason where it cannot be read."""
    config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "max_attempts": 4})
    try:
        client: Any = session.create_client("secretsmanager", config=config)
        answer = client.get_secret_value(SecretId=name)
    except ClientError as error:
        raise LookupError(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise LookupError(type(error).__name__) from None
    text: str = answer["SecretString"]
    return text
