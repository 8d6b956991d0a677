"""Pages as servers really send them."""

from datetime import UTC, datetime

import pytest

from storekeeper.objectstore.errors import MalformedAnswerError
from storekeeper.objectstore.listing import parse_page
from storekeeper.objectstore.port import LISTING

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def item(key="k", size="1", date="2026-11-20T18:27:27.123Z", storage_class="STANDARD"):
    tags = {"Key": key, "LastModified": date, "Size": size, "StorageClass": storage_class}
    return (
        "<Contents>"
        + "".join(f"<{tag}>{text}</{tag}>" for tag, text in tags.items() if text is not None)
        + "</Contents>"
    )


def page(*items, namespace=NAMESPACE, encoding="<EncodingType>url</EncodingType>", extra=""):
    return f'<?xml version="1.0"?><ListBucketResult{namespace}>{encoding}{"".join(items)}{extra}</ListBucketResult>'.encode()


def rows(body):
    return parse_page(body).objects.to_pylist()


@pytest.mark.parametrize("namespace", [NAMESPACE, "", ' xmlns="urn:other"'])
def test_any_namespace_or_none(namespace):
    assert rows(page(item(), namespace=namespace)) == [
        {
            "key": "k",
            "size": 1,
            "modified": datetime(2026, 11, 20, 18, 27, 27, 123000, UTC),
            "storage_class": "STANDARD",
        }
    ]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("a+b", "a b"),  # as S3 encodes a space
        ("a%20b", "a b"),  # as others do
        ("a%2Bb", "a+b"),
        ("a%252Fb", "a%2Fb"),
        ("%C3%A4/%F0%9F%98%80", "ä/😀"),
        ("line%0Afeed", "line\nfeed"),
        ("a&amp;b", "a&b"),
        ("<![CDATA[a<b]]>", "a<b"),
        ("//x/", "//x/"),
    ],
)
def test_encoded_keys(sent, key):
    assert rows(page(item(sent)))[0]["key"] == key


@pytest.mark.parametrize("key", ["a+b", "a%20b", "100%"])
def test_keys_of_a_server_that_does_not_encode_stay_as_they_are(key):
    assert rows(page(item(key), encoding=""))[0]["key"] == key


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("27Z", 0), ("27.7Z", 700_000), ("27.123456Z", 123_000), ("27.123456789Z", 123_000), ("27+00:00", 0)],
)
def test_dates_with_any_fraction(text, microseconds):
    expected = datetime(2026, 11, 20, 18, 27, 27, microseconds, UTC)
    assert rows(page(item(date=f"2026-11-20T18:27:{text}")))[0]["modified"] == expected
    mixed = rows(page(item(date="2026-11-20T18:27:27Z"), item(date=f"2026-11-20T18:27:{text}")))
    assert mixed[1]["modified"] == expected


def test_a_missing_storage_class_is_standard_and_shifts_nothing():
    body = page(
        item("a", storage_class=None), item("b", storage_class="GLACIER"), item("c", storage_class="")
    )
    assert [(row["key"], row["storage_class"]) for row in rows(body)] == [
        ("a", "STANDARD"),
        ("b", "GLACIER"),
        ("c", "STANDARD"),
    ]
    assert rows(page(item("a", storage_class=None)))[0]["storage_class"] == "STANDARD"


def test_tags_in_any_order_with_strangers_between():
    body = page(
        "<Contents><StorageClass>COLD</StorageClass><Owner><ID>1</ID></Owner><Size>7</Size><!-- hm --><New>x</New>"
        "<LastModified>2026-11-20T18:27:27Z</LastModified><Key>k</Key></Contents>"
    )
    assert [(row["key"], row["size"], row["storage_class"]) for row in rows(body)] == [("k", 7, "COLD")]


def test_an_empty_page_has_the_schema():
    parsed = parse_page(page())
    assert (parsed.objects.schema, parsed.objects.num_rows, parsed.truncated) == (LISTING, 0, False)


def test_prefixes_are_decoded_too_and_the_page_s_own_is_not_one():
    extra = "<Prefix>own/</Prefix><CommonPrefixes><Prefix>own/a+b/</Prefix></CommonPrefixes>"
    assert list(parse_page(page(extra=extra)).prefixes) == ["own/a b/"]


def test_the_token_counts_only_when_more_follows():
    token = "<NextContinuationToken>t+1%2F</NextContinuationToken>"
    more = parse_page(page(extra="<IsTruncated>true</IsTruncated>" + token))
    assert (more.truncated, more.token) == (True, "t+1%2F")
    last = parse_page(page(extra="<IsTruncated>false</IsTruncated>" + token))
    assert (last.truncated, last.token) == (False, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        page(item())[:-20],
        b"<html><body>Welcome</body></html>",
        page(item(size="many")),
        page(item(size="-1")),
        page(item(size="")),
        page(item(size=None)),
        page(item(date="yesterday")),
        page(item(date=None)),
        page(item(key="")),
        page(item(key=None), item("b")),
        page(extra="<IsTruncated>true</IsTruncated>"),
        page(item(size="99999999999999999999999")),
        b'<!DOCTYPE x [<!ENTITY e "v">]><ListBucketResult>' + item("&e;").encode() + b"</ListBucketResult>",
    ],
)
def test_what_contradicts_itself_is_refused_as_a_whole(body):
    with pytest.raises(MalformedAnswerError):
        parse_page(body)


def test_entities_are_never_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("treasure")
    body = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><ListBucketResult>{item("&e;")}</ListBucketResult>'
    with pytest.raises(MalformedAnswerError) as refused:
        parse_page(body.encode())
    assert "treasure" not in str(refused.value)
