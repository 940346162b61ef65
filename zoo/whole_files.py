"""Files and folders that are written whole or not at all, also over a kill or a power failure."""

import contextlib
import ctypes
import os
import pathlib
import shutil
import stat
import tempfile

_HERE = -100  # AT_FDCWD of Linux
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def write_whole(file, content):
    """Writes a file of text, or of bytes, such that a kill leaves the old one or the new one.

    A symbolic link stays one, and a file keeps its permissions. What is no regular file, such as a
    device or a pipe, is written to as it is.
    """
    content = content.encode("utf-8") if isinstance(content, str) else content
    file = pathlib.Path(os.path.realpath(file))
    if file.exists() and not file.is_file():
        file.write_bytes(content)
        return
    mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o666 & ~_umask()
    descriptor, scratch = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(scratch, mode)
        os.replace(scratch, file)
    except BaseException:
        pathlib.Path(scratch).unlink(missing_ok=True)
        raise
    _sync(file.parent)


@contextlib.contextmanager
def written_whole(folder):
    """Yields a scratch folder that takes the place of `folder` only if the block succeeds.

    What is in `folder` is gone then. A symbolic link stays one. A kill leaves the old folder or the
    new one, and at most a hidden folder beside it; where the system cannot swap two folders, the
    old one may be that, and `recover` puts it back.
    """
    folder = pathlib.Path(os.path.realpath(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield scratch
        scratch.chmod(0o777 & ~_umask())
        for path in [*scratch.rglob("*"), scratch]:
            _sync(path)
        _take_the_place(scratch, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def recover(folder):
    """Puts a folder back that a kill has left beside its place."""
    folder = pathlib.Path(folder)
    if not folder.exists() and folder.parent.is_dir():
        for old in sorted(folder.parent.glob(f".{folder.name}-*-old")):
            os.rename(old, folder)
            return


def _take_the_place(scratch, folder):
    if not folder.exists():
        os.rename(scratch, folder)
        return
    if _swap(scratch, folder):
        return
    old = scratch.with_name(f"{scratch.name}-old")
    os.rename(folder, old)
    try:
        os.rename(scratch, folder)
    except OSError:
        os.rename(old, folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _swap(one, other):
    """Swaps two folders in one step, and says whether the system could."""
    library = ctypes.CDLL(None)
    names = [os.fsencode(one), os.fsencode(other)]
    if hasattr(library, "renameat2"):
        return library.renameat2(_HERE, names[0], _HERE, names[1], _SWAP) == 0
    return hasattr(library, "renamex_np") and library.renamex_np(*names, _SWAP) == 0


def _sync(path):
    """Waits until a file or a folder is on the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask():
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
