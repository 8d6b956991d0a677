"""Which buckets are watched."""

from typing import Annotated

import msgspec
import typer

from storekeeper.cli import bucket_options as options
from storekeeper.cli.failing import Status
from storekeeper.cli.options import BucketName, Json, Yes
from storekeeper.cli.remote import server
from storekeeper.cli.screen import confirm, count, emit, growth, pairs, say, size, table, when
from storekeeper_client.model import Bucket, BucketTest

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Register, test and edit watched buckets.")


@app.command()
def add(
    name: BucketName,
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help="s3://name, r2://account/name, b2://name, gs://name, file:///path or memory://name.",
            show_default=False,
        ),
    ],
    endpoint: options.Endpoint = None,
    region: options.Region = None,
    provider: options.Provider = None,
    access_key_id: options.AccessKeyId = None,
    secret_access_key: options.SecretAccessKey = None,
    secret_file: options.SecretFile = None,
    session_token: options.SessionToken = None,
    owner_pattern: options.OwnerPattern = None,
    store_keys: options.StoreKeys = None,
    scan_cron: options.ScanCron = None,
    max_concurrency: options.MaxConcurrency = None,
    max_requests_per_second: options.MaxRequestsPerSecond = None,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Test it at once.")] = True,
    as_json: Json = False,
) -> None:
    """Watch a bucket, and test that it can be watched.

    The secret is asked for, or read with --secret-file; the server keeps it sealed.
    A bucket that fails its test stays registered: edit it and test again.

    For example:
    $ storekeeper bucket add photos s3://photos --access-key-id AKIA… --region eu-central-1
    $ storekeeper bucket add media r2://ACCOUNT/media --access-key-id …
    $ storekeeper bucket add data s3://data --endpoint http://minio:9000 --access-key-id …
    $ storekeeper bucket add backups file:///srv/backups
    """
    fields = options.given(
        name=name,
        url=url,
        endpoint=endpoint,
        region=region,
        provider=provider,
        access_key_id=access_key_id,
        secret_access_key=options.secret(access_key_id, secret_access_key, secret_file),
        session_token=session_token,
        owner_pattern=owner_pattern,
        store_keys=store_keys,
        scan_cron=scan_cron,
        max_concurrency=max_concurrency,
        max_requests_per_second=max_requests_per_second,
    )
    with server() as client:
        bucket = client.add_bucket(**fields)
        tested = client.test_bucket(name) if test else None
    if as_json:
        emit({"bucket": bucket, "test": tested})
    else:
        say(f"Watching {bucket.url} as {bucket.name}.")
        _show_test(tested, next_step=f"See what is in it: storekeeper scan {name} --wait")
    _end_by(tested)


@app.command("list")
def list_buckets(as_json: Json = False) -> None:
    """List the watched buckets with the figures of their last scan."""
    with server() as client:
        buckets = client.buckets()
    if as_json:
        emit({"items": buckets})
        return
    table(
        ["Name", "URL", "Provider", ">Objects", ">Size", ">In 7 days", "Scanned (UTC)"],
        [
            (
                b.name,
                b.url,
                b.provider,
                count(b.objects),
                size(b.bytes),
                growth(b.growth_bytes7d),
                when(b.scanned_at),
            )
            for b in buckets
        ],
        empty="No bucket is watched yet. Add one: storekeeper bucket add NAME s3://NAME",
    )


@app.command()
def show(name: BucketName, as_json: Json = False) -> None:
    """Show what is known of a bucket. Secrets are never shown."""
    with server() as client:
        bucket = client.bucket(name)
    if as_json:
        emit(bucket)
    else:
        _show(bucket)


@app.command()
def edit(
    name: BucketName,
    endpoint: options.Endpoint = None,
    region: options.Region = None,
    provider: options.Provider = None,
    access_key_id: options.AccessKeyId = None,
    secret_access_key: options.SecretAccessKey = None,
    secret_file: options.SecretFile = None,
    session_token: options.SessionToken = None,
    owner_pattern: options.OwnerPattern = None,
    store_keys: options.StoreKeys = None,
    scan_cron: options.ScanCron = None,
    max_concurrency: options.MaxConcurrency = None,
    max_requests_per_second: options.MaxRequestsPerSecond = None,
    as_json: Json = False,
) -> None:
    """Change what is given and leave the rest. Its URL stays: add another bucket instead.

    For example:
    $ storekeeper bucket edit photos --scan-cron "0 */6 * * *"
    $ storekeeper bucket edit photos --access-key-id AKIA… --secret-file new-secret
    """
    fields = options.given(
        endpoint=endpoint,
        region=region,
        provider=provider,
        access_key_id=access_key_id,
        secret_access_key=options.secret(access_key_id, secret_access_key, secret_file),
        session_token=session_token,
        owner_pattern=owner_pattern,
        store_keys=store_keys,
        scan_cron=scan_cron,
        max_concurrency=max_concurrency,
        max_requests_per_second=max_requests_per_second,
    )
    if not fields:
        raise typer.BadParameter("nothing to change was given")
    with server() as client:
        bucket = client.edit_bucket(name, **fields)
    if as_json:
        emit(bucket)
    else:
        _show(bucket)


@app.command("test")
def try_bucket(name: BucketName, as_json: Json = False) -> None:
    """Test that a bucket can be watched. Says which permission is missing and what to grant.

    Exit status 1 when it can not.
    """
    with server() as client:
        tested = client.test_bucket(name)
    if as_json:
        emit(tested)
    else:
        _show_test(tested)
    _end_by(tested)


@app.command()
def remove(name: BucketName, yes: Yes = False, as_json: Json = False) -> None:
    """Stop watching a bucket and forget what was measured. The bucket itself is not touched."""
    confirm(f"Stop watching {name} and forget its scans? The bucket itself is not touched.", yes=yes)
    with server() as client:
        client.remove_bucket(name)
    if as_json:
        emit({"removed": name})
    else:
        say(f"No longer watching {name}.")


@app.command("try-owner-pattern")
def try_owner_pattern(
    name: BucketName,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Such as users/{owner}/", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Try an owner pattern on real keys of the bucket. Nothing is saved.

    Exit status 1 when it matches no key.

    For example:
    $ storekeeper bucket try-owner-pattern uploads 'users/{owner}/'
    $ storekeeper bucket edit uploads --owner-pattern 'users/{owner}/'
    """
    with server() as client:
        trial = client.try_owner_pattern(name, pattern)
    if as_json:
        emit(trial)
    else:
        say(f"{trial.matched:,} of {trial.matched + trial.unmatched:,} keys have an owner by this pattern.")
        table(["Key", "Owner"], [(example.key, example.owner or "-") for example in trial.examples], empty="")
    if not trial.matched:
        raise typer.Exit(Status.NOT_WELL)


def _show(bucket: Bucket) -> None:
    limit = bucket.max_requests_per_second
    pairs(
        [
            ("Name", bucket.name),
            ("URL", bucket.url),
            ("Provider", bucket.provider),
            ("Endpoint", bucket.endpoint),
            ("Region", bucket.region),
            ("Access key", bucket.access_key_id or "none (anonymous)"),
            ("Owner pattern", bucket.owner_pattern or "none"),
            ("Key names", "kept" if bucket.store_keys else "not kept"),
            ("Scans", f"{bucket.scan_cron} (UTC)" if bucket.scan_cron else "on demand"),
            (
                "Politeness",
                f"{bucket.max_concurrency} at once, {f'{limit:g} a second' if limit else 'no rate limit'}",
            ),
            ("Changed (UTC)", when(bucket.updated_at)),
        ]
    )


def _show_test(tested: BucketTest | None, *, next_step: str = "") -> None:
    if tested is None:
        return
    for finding in tested.findings:
        say(f"{'✓' if finding.ok else '✗'} {finding.check}: {finding.detail}")
        for line in (finding.hint, finding.missing_permission and f"Missing: {finding.missing_permission}"):
            if line and not finding.ok:
                say(f"    {line}")
    if tested.policy and any(finding.missing_permission for finding in tested.findings):
        policy = tested.policy
        text = (
            policy if isinstance(policy, str) else msgspec.json.format(msgspec.json.encode(policy)).decode()
        )
        say(f"\nThe least that must be granted:\n{text}")
    if tested.ok and next_step:
        say(next_step)


def _end_by(tested: BucketTest | None) -> None:
    if tested is not None and not tested.ok:
        raise typer.Exit(Status.NOT_WELL)
