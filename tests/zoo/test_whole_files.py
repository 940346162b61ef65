"""What is written is there whole, and nothing else of the user's is touched."""

import os
import pathlib
import stat

import pytest

from zoo import preset_files, whole_files
from zoo.whole_files import recover, write_whole, written_whole


def in_a_fork(function, *args):
    """The exit status of a function in another process, 0 if it returns."""
    process = os.fork()
    if not process:
        try:
            function(*args)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.parametrize("content", ["näive", b"\x00\xff"])
def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path, content):
    file = tmp_path / "answers.txt"
    file.write_text("old")
    file.chmod(0o640)
    write_whole(file, content)
    assert file.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["answers.txt"]


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    write_whole(tmp_path / "ours", "")
    (tmp_path / "theirs").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "link"
    link.symlink_to("there/file")
    for content in ("new", "newer"):
        write_whole(link, content)
        assert (tmp_path / "there/file").read_text() == content
        assert link.is_symlink()


def test_a_device_is_written_to(tmp_path):
    write_whole("/dev/null", "answers")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, "answers")
    assert os.read(reader, 100) == b"answers"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_failure_leaves_the_old_file_alone(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("old")
    monkeypatch.setattr(os, "replace", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_whole(file, "new")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_a_name_that_could_be_guessed_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / ".file.new").symlink_to("secret")
    write_whole(tmp_path / "file", "new")
    assert (tmp_path / "secret").read_text() == "secret"


def replace(folder):
    with written_whole(folder) as scratch:
        (scratch / "file").write_text("new")


def test_a_folder_is_replaced_through_a_link(tmp_path):
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    (folder / "old").touch()
    link.symlink_to("folder")
    replace(link)
    assert os.listdir(folder) == ["file"]
    assert link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["folder", "link"]


@pytest.mark.parametrize("can_swap", [True, False])
@pytest.mark.parametrize("renames", range(3))
def test_a_kill_leaves_the_old_folder_or_the_new_one(tmp_path, monkeypatch, can_swap, renames):
    """It comes after so many of the renames."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").write_text("old")
    swap, rename, left = whole_files._swap, os.rename, [renames]

    def or_die(function, *args):
        if not left[0]:
            os._exit(9)
        left[0] -= 1
        return function(*args)

    monkeypatch.setattr(os, "rename", lambda *args: or_die(rename, *args))
    monkeypatch.setattr(whole_files, "_swap", lambda *args: can_swap and or_die(swap, *args))
    assert in_a_fork(replace, folder) == (9 if renames < (1 if can_swap else 2) else 1)
    monkeypatch.undo()
    if can_swap:
        assert folder.is_dir()
    recover(folder)
    text = (folder / "file").read_text()
    assert text == ("new" if renames >= (1 if can_swap else 2) else "old")
    replace(folder)  # works as ever
    assert (folder / "file").read_text() == "new"


FILES = {
    "config.json": '{"class_name": "RecurrentEncoder"}',
    "model.weights.h5": "weights",
    "assets/tokenizer/vocabulary.txt": "a",
}


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_preset_may_be_replaced(tmp_path):
    write(tmp_path / "mine", FILES)
    assert preset_files.check_target(tmp_path / "mine") == pathlib.Path(tmp_path, "mine")
    preset_files.check_target(tmp_path / "new")
    (tmp_path / "empty").mkdir()
    preset_files.check_target(tmp_path / "empty")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({**FILES, "thesis.tex": ""}, r"would lose thesis\.tex\."),
        ({**FILES, ".git/HEAD": ""}, r"would lose \.git, \.git/HEAD\."),
        ({**FILES, "assets/photo.png": ""}, r"would lose assets/photo\.png\."),
        ({**FILES, **dict.fromkeys("abcde", "")}, r"would lose a, b, c and 2 more\."),
        ({"config.json": "{}"}, r"whose config\.json is none of a model"),
        ({"README.md": "notes"}, r"whose config\.json is none of a model"),
    ],
)
def test_a_folder_with_anything_else_is_not(tmp_path, files, message):
    write(tmp_path / "mine", files)
    with pytest.raises(ValueError, match=message):
        preset_files.check_target(tmp_path / "mine")
    with pytest.raises(ValueError, match=message), preset_files.written_whole(tmp_path / "mine"):
        pass
    assert all((tmp_path / "mine" / name).read_text() == text for name, text in files.items())
