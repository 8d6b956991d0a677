"""The least that must be granted for what is wanted, in the words of each provider."""

from collections.abc import Collection, Mapping
from typing import Any

from .permissions import PROBE_PREFIX

READ_ONLY = ("list", "read", "uploads", "versions")
EVERYTHING = (*READ_ONLY, "write", "delete")

_Grants = Mapping[str, tuple[str, ...]]

_ON_BUCKET: _Grants = {
    "list": ("s3:ListBucket",),
    "uploads": ("s3:ListBucketMultipartUploads",),
    "versions": ("s3:ListBucketVersions", "s3:GetBucketVersioning"),
}
_ON_OBJECTS: _Grants = {"read": ("s3:GetObject",), "uploads": ("s3:ListMultipartUploadParts",)}
_ON_PROBES: _Grants = {"write": ("s3:PutObject",), "delete": ("s3:DeleteObject",)}
_B2_CAPABILITIES = {
    "list": ("listBuckets", "listFiles"),
    "read": ("readFiles",),
    "uploads": ("listFiles",),
    "versions": ("listFiles",),
    "write": ("writeFiles",),
    "delete": ("deleteFiles",),
}


def least_privilege_policy(bucket: str, provider: str, wants: Collection[str] = READ_ONLY) -> dict[str, Any]:
    """The smallest grant for the checks in `wants`, which are those of `permissions.examine`.

    An IAM policy (version 2012-10-17) where the provider takes one, else `{"advice": what to choose}`.
    """
    writes = bool({"write", "delete"} & set(wants))
    if provider == "r2":
        level = "Object Read & Write" if writes else "Object Read only"
        return {"advice": f"Create an R2 API token with “{level}”, applied to the bucket {bucket} only."}
    if provider == "b2":
        capabilities = ", ".join(sorted({name for want in wants for name in _B2_CAPABILITIES.get(want, ())}))
        return {"advice": f"Create an application key for the bucket {bucket} only, with {capabilities}."}
    if provider == "gcs":
        role = "Storage Object User" if writes else "Storage Object Viewer"
        return {
            "advice": f"Give a service account the role “{role}” on the bucket {bucket}, and create an HMAC key for it."
        }
    if provider == "folder":
        may = "read, write and search" if writes else "read and search"
        return {"advice": f"Let the user that runs Storekeeper {may} the folder and all below it."}
    if provider == "memory":
        return {"advice": "A bucket in memory asks for no permission."}
    return _policy(bucket, wants)


def _policy(bucket: str, wants: Collection[str]) -> dict[str, Any]:
    """Writing is allowed below the probe prefix only."""
    arn = f"arn:aws:s3:::{bucket}"
    statements = [
        ("StorekeeperBucket", _ON_BUCKET, arn),
        ("StorekeeperObjects", _ON_OBJECTS, f"{arn}/*"),
        ("StorekeeperProbe", _ON_PROBES, f"{arn}/{PROBE_PREFIX}*"),
    ]
    made = []
    for sid, grants, resource in statements:
        actions = sorted({action for want in wants for action in grants.get(want, ())})
        if actions:
            made.append({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource})
    return {"Version": "2012-10-17", "Statement": made}
