"""What S3 access logs call an operation, and what its API calls it."""

from storekeeper.metering.importing import values

_OBJECT = {
    "GET.OBJECT": "GetObject", "HEAD.OBJECT": "HeadObject", "PUT.OBJECT": "PutObject", "POST.OBJECT": "PostObject",
    "DELETE.OBJECT": "DeleteObject", "COPY.OBJECT": "CopyObject", "OPTIONS.PREFLIGHT": "OptionsPreflight",
    "POST.MULTI_OBJECT_DELETE": "DeleteObjects", "POST.UPLOADS": "CreateMultipartUpload", "PUT.PART": "UploadPart",
    "COPY.PART": "UploadPartCopy", "POST.UPLOAD": "CompleteMultipartUpload", "DELETE.UPLOAD": "AbortMultipartUpload",
    "GET.UPLOAD": "ListParts", "GET.UPLOADS": "ListMultipartUploads", "GET.BUCKETVERSIONS": "ListObjectVersions",
    "HEAD.BUCKET": "HeadBucket", "PUT.BUCKET": "CreateBucket", "DELETE.BUCKET": "DeleteBucket",
    "GET.SERVICE": "ListBuckets", "POST.RESTORE": "RestoreObject", "POST.OBJECT_RESTORE": "RestoreObject",
    "POST.SELECT_OBJECT_CONTENT": "SelectObjectContent", "SELECT.OBJECT": "SelectObjectContent",
    "GET.OBJECT_TAGGING": "GetObjectTagging", "PUT.OBJECT_TAGGING": "PutObjectTagging",
    "DELETE.OBJECT_TAGGING": "DeleteObjectTagging", "GET.OBJECT_ATTRIBUTES": "GetObjectAttributes",
    "GET.TORRENT": "GetObjectTorrent",
}  # fmt: skip
_SUBRESOURCES = {
    "LOCATION": "BucketLocation", "VERSIONING": "BucketVersioning", "LIFECYCLE": "BucketLifecycleConfiguration",
    "BUCKETPOLICY": "BucketPolicy", "LOGGING_STATUS": "BucketLogging", "TAGGING": "BucketTagging",
    "CORS": "BucketCors", "WEBSITE": "BucketWebsite", "NOTIFICATION": "BucketNotificationConfiguration",
    "REPLICATION": "BucketReplication", "ENCRYPTION": "BucketEncryption", "ACCELERATE": "BucketAccelerateConfiguration",
    "REQUEST_PAYMENT": "BucketRequestPayment", "PUBLIC_ACCESS_BLOCK": "PublicAccessBlock",
    "POLICY_STATUS": "BucketPolicyStatus", "OBJECT_LOCK_CONFIGURATION": "ObjectLockConfiguration",
    "OWNERSHIP_CONTROLS": "BucketOwnershipControls", "INVENTORY": "BucketInventoryConfiguration",
    "METRICS": "BucketMetricsConfiguration", "ANALYTICS": "BucketAnalyticsConfiguration",
}  # fmt: skip
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}


def follows_another(logged: str) -> bool:
    """Whether the record belongs to a request that has a record of its own: a copy's reading side, each object of
    a DeleteObjects.
    """
    return logged.startswith("BATCH.") or logged.endswith((".COPY.OBJECT_GET", ".COPY.PART_GET"))


def api_name(logged: str, *, has_key: bool, uri: str) -> str:
    """`GetObject` for `REST.GET.OBJECT`; what has no name here stays as it is logged."""
    kind, _, rest = logged.partition(".")
    if kind not in ("REST", "WEBSITE", "SOAP"):
        return values.api_name(logged)
    if rest == "GET.BUCKET":
        return "ListObjectsV2" if "list-type=2" in uri else "ListObjects"
    if rest in _OBJECT:
        return _OBJECT[rest]
    verb, _, resource = rest.partition(".")
    if verb in _VERBS and resource == "ACL":
        return f"{_VERBS[verb]}{'Object' if has_key else 'Bucket'}Acl"
    if verb in _VERBS and resource in _SUBRESOURCES:
        return _VERBS[verb] + _SUBRESOURCES[resource]
    return values.api_name(logged)
