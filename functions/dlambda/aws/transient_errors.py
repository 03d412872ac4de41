"""The errors that queue and bucket clients raise when an engine is away: the same call may succeed later."""

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

CLOUD_ERRORS = (ClientError, BotoCoreError, Boto3Error)
