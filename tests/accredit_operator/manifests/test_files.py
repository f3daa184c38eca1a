from pathlib import Path

import pytest

from accredit_operator.manifests.files import find_files, is_manifest_name


@pytest.fixture
def tree(tmp_path):
    for name in ("b.yaml", "a.yml", "deep/er/c.yaml", ".hidden/d.yaml", "deep/.swap.yaml", "notes.txt", "#a.yaml#"):
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    return tmp_path / "tree"


def found(*paths):
    return [str(file) for file in find_files(paths)[0]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.yaml", True),
        ("a.yml", True),
        ("a.json", False),
        ("a.yaml~", False),
        (".a.yaml", False),
        (".a.yaml.swp", False),
        (".#a.yaml", False),
        ("#a.yaml#", False),
        ("#a.yaml", False),
        ("4913", False),
        ("a.yaml.bak", False),
    ],
)
def test_temporary_and_hidden_names_are_no_manifests(name, expected):
    assert is_manifest_name(name) is expected


def test_a_folder_is_searched_at_any_depth(tree):
    assert found(tree) == [str(tree / name) for name in ("a.yml", "b.yaml", "deep/er/c.yaml")]


def test_a_file_that_is_named_counts_whatever_its_suffix(tree):
    assert found(tree / "notes.txt") == [str(tree / "notes.txt")]


def test_a_file_that_is_reached_twice_is_there_once(tree):
    (tree / "z.yaml").symlink_to(tree / "b.yaml")
    assert len(found(tree, tree / "deep", tree / "b.yaml")) == 3


def test_a_configmap_mount_is_read_through_its_links(tmp_path):
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "a.yaml").write_text("")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.yaml").symlink_to(Path("..data") / "a.yaml")
    assert found(tmp_path) == [str(tmp_path / "a.yaml")]


def test_links_to_folders_are_followed_and_loops_end(tree, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "o.yaml").write_text("")
    (tree / "link").symlink_to(tmp_path / "outside")
    (tree / "deep" / "up").symlink_to(tree)
    assert [Path(file).name for file in found(tree)] == ["a.yml", "b.yaml", "c.yaml", "o.yaml"]


def test_what_is_missing_is_told(tree):
    assert find_files([tree / "nowhere"]) == ((), (tree / "nowhere",))
