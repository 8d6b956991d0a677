"""The demo's buckets: real files, counted for what they are."""

import pytest

from storekeeper.cli.local.demo.files import Contents, lay_out, leave_behind, on_disk

FILES = {f"package{number}/sub/módulo {number}.py": "x" * number for number in range(200)}


@pytest.fixture
def source(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (tmp_path / "source" / "link.py").symlink_to(path)
    return tmp_path / "source"


def test_every_regular_file_is_there_and_no_other(source, tmp_path):
    lay_out(source, tmp_path / "buckets")

    packages = tmp_path / "buckets" / "site-packages"
    assert on_disk(packages) == Contents(objects=200, bytes=sum(range(200)))
    assert not (packages / "link.py").exists()
    assert (packages / "package7/sub/módulo 7.py").stat().st_nlink > 1


def test_uploads_have_owners_and_some_have_none(source, tmp_path):
    lay_out(source, tmp_path / "buckets")

    uploads = tmp_path / "buckets" / "uploads"
    assert 10 < on_disk(uploads).objects < 100
    assert {path.name for path in uploads.iterdir()} == {"users", "shared"}
    assert len(list((uploads / "users").iterdir())) > 2


def test_laying_out_leaves_the_source_alone(source, tmp_path):
    before = on_disk(source)

    lay_out(source, tmp_path / "buckets")

    assert on_disk(source) == before


def test_something_old_is_left_behind_to_clean_up(source, tmp_path):
    lay_out(source, tmp_path / "buckets")
    before = on_disk(tmp_path / "buckets")

    leave_behind(tmp_path / "buckets")

    left = list((tmp_path / "buckets" / "uploads" / "tmp").iterdir())
    sizes = sum(path.stat().st_size for path in left)
    assert on_disk(tmp_path / "buckets") == Contents(before.objects + len(left), before.bytes + sizes)
    year = 31_536_000
    assert {path.stat().st_mtime // year for path in left} == {55}
