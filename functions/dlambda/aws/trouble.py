"""What the clients of queues and bucket raise when an engine is away: what was to be done may be done later."""

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

CLOUD_ERRORS = (ClientError, BotoCoreError, Boto3Error)
