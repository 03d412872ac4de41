from dlambda.store import late_botocore as late_botocore  # before any module imports PynamoDB
