"""Sessions of boto3, each with its own hooks; what S3 looks like is read once in a process and not by each of them."""

import functools

import boto3
import botocore.session


def new_session() -> boto3.session.Session:
    inner = botocore.session.Session()
    inner.register_component("data_loader", _descriptions())
    return boto3.session.Session(botocore_session=inner)


@functools.cache
def _descriptions() -> object:
    return botocore.session.Session().get_component("data_loader")
