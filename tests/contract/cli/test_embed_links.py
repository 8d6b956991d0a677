"""Links to embedded pages from the command line."""

LINK = {
    "url": "https://keeper.test/embed/storage?owner=ann",
    "owner": "ann",
    "expiresAt": "2026-11-20T12:10:00Z",
}


def test_a_link_is_all_that_goes_to_standard_output(ran, server):
    server.answer("POST", "/api/user/storage/embed-link", LINK, status=201)
    said = ran("embed-link", "create", "ann", "--expires", "10m")
    assert (said.status, said.out) == (0, LINK["url"] + "\n")
    assert "2026-11-20 12:10" in said.err
    assert server.asked[0].body == {"owner": "ann", "expiresIn": 600}
    assert ran("embed-link", "create", "ann", "--json").json == LINK


def test_how_long_a_link_works_must_be_a_time(ran, server):
    assert ran("embed-link", "create", "ann", "--expires", "soon").status == 2
    assert server.asked == []


def test_links_are_revoked_when_that_was_meant(ran, server):
    server.answer("DELETE", "/api/user/storage/embed-links", status=204)
    assert ran("embed-link", "revoke", "ann").status == 2
    assert server.asked == []
    assert ran("embed-link", "revoke", "ann", "--yes", "--json").json == {"revoked": "ann"}
    assert server.asked[0].query == {"owner": "ann"}
