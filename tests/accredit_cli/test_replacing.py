import pytest

from accredit_cli.replacing import replace


def test_a_new_file_can_be_read_by_others(tmp_path):
    replace(tmp_path / "new", b"text")
    assert (tmp_path / "new").read_bytes() == b"text"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o644


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"old")
    file.chmod(0o600)
    replace(file, b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o600)


def test_nothing_is_left_where_it_fails(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        replace(tmp_path / "folder", b"text")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
