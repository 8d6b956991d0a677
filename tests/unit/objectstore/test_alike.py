"""Pages whose objects are alike are read by a pattern; what they say must be what their trees say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storekeeper.objectstore import alike, xml
from storekeeper.objectstore.errors import MalformedAnswerError
from storekeeper.objectstore.listing import page_from

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
AWS = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-20T18:27:27.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>{size}</Size>"
    "<StorageClass>GLACIER</StorageClass></Contents>"
)
MINIO = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-20T18:27:27.000Z</LastModified><ETag>&#34;{etag}&#34;</ETag>"
    "<Size>{size}</Size><Owner><ID>02d6</ID><DisplayName>minio</DisplayName></Owner><StorageClass>STANDARD</StorageClass></Contents>"
)
RCLONE = (
    "\n  <Contents>\n    <Key>{key}</Key>\n    <LastModified>2026-11-20T18:27:27Z</LastModified>"
    '\n    <ETag>"{etag}"</ETag>\n    <Size>{size}</Size>\n  </Contents>'
)
PLAIN = "<Contents><Size>{size}</Size><Key>{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified></Contents>"
ODD = (
    "<Contents><Key>{key}</Key><!-- {etag} --><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<Contents><Key><![CDATA[{key}]]></Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<Contents><Key>a&amp;{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<Contents><Key>ä{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<Contents><Key>{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size/><Size>{size}</Size></Contents>",
    "<Contents><Owner><Key>x</Key></Owner><Key>{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>1</Size></Contents>",
    "<Contents><Key>{key}</Key><Size>{size}</Size></Contents>",
    "<Contents><Key>{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Contents>",
    "<Contents><Key>a\rb{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<Contents><Key>a\x01{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>",
    "<!--<Contents><Key>{key}</Key><LastModified>2026-11-20T18:27:27Z</LastModified><Size>{size}</Size></Contents>-->",
    "<CommonPrefixes><Prefix>{key}/</Prefix></CommonPrefixes>",
    "{etag}",
    "&{etag};",
)


def page(*items):
    inside = "".join(
        item.format(key=f"k{number}", size=number, etag=f"e{number}") for number, item in enumerate(items)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult{NAMESPACE}><Name>b</Name>{inside}'
        "<IsTruncated>false</IsTruncated></ListBucketResult>"
    ).encode()


def outcome(parse, body):
    """What a reading of it says: rows and prefixes, or that it is malformed."""
    try:
        found = page_from(parse(body), etags=True)
    except MalformedAnswerError:
        return "malformed"
    return found.objects.to_pylist(), list(found.prefixes)


@pytest.mark.parametrize("item", [AWS, MINIO, RCLONE, PLAIN])
def test_pages_as_servers_send_them_take_no_tree(item):
    body = page(*[item] * 1000)
    assert isinstance(alike.parse(body), alike.Alike)
    rows, _ = outcome(alike.parse, body)
    assert (len(rows), rows) == (1000, outcome(xml.parse, body)[0])
    assert rows[999]["etag"] == ("" if item is PLAIN else "e999")


@pytest.mark.parametrize("odd", ODD)
def test_what_takes_a_parser_is_parsed(odd):
    for body in (page(odd), page(odd, odd), page(AWS, odd, AWS), page(odd, AWS, AWS), page(AWS, AWS, odd)):
        assert outcome(alike.parse, body) == outcome(xml.parse, body)


@given(st.lists(st.sampled_from([AWS, MINIO, RCLONE, PLAIN, *ODD]), max_size=6), st.booleans())
def test_both_readings_say_the_same(items, same):
    body = page(*(items[:1] * len(items) if same else items))
    assert outcome(alike.parse, body) == outcome(xml.parse, body)


@given(st.text("<>/&;k1\" \n'", max_size=8), st.integers(0, 2))
def test_texts_of_any_characters_say_the_same(text, at):
    items = [AWS] * 3
    items[at] = AWS.replace("{key}", text.replace("{", "").replace("}", ""))
    assert outcome(alike.parse, page(*items)) == outcome(xml.parse, page(*items))
