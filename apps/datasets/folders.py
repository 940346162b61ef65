"""Where the original files of a corpus lie and come from, and which splits they make."""

import hashlib
from pathlib import Path

_OPTIONAL_SPLITS = ("unsupervised", "test")


def available_splits(corpus, folder):
    """Returns the splits whose files are in a folder.

    The splits `unsupervised` and `test` may lack all their files, and others a file that has its
    stand-ins. An empty folder counts as none.

    Args:
        corpus: A `Corpus`.
        folder: The folder with its original files.

    Raises:
        FileNotFoundError: A file is missing; the message says where it was looked for and where
            it comes from.
    """
    folder = Path(folder)
    splits = []
    for split, files in corpus.files.items():
        missing = [file for file in files if not _available(corpus, folder, file)]
        if split in _OPTIONAL_SPLITS and len(missing) == len(files):
            continue
        if missing:
            raise FileNotFoundError(f"{corpus.name}: {where_from(corpus, folder, missing[0])}")
        splits.append(split)
    return splits


def _available(corpus, folder, file):
    """Whether a file or all its stand-ins are in a folder."""
    others = corpus.stand_ins.get(file, (file,))
    return _present(folder / file) or all(_present(folder / other) for other in others)


def _present(path):
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def where_from(corpus, folder, file):
    """Returns a sentence on a missing file: where it was looked for and where it comes from."""
    missing = f"{file} was looked for at {Path(folder) / file} and is not there."
    if not corpus.downloads:
        return f"{missing} {how_to_get(corpus)}."
    missing += " It comes from "
    if not corpus.archive_folder:
        (download,) = (download for download in corpus.downloads if download.file == file)
        return f"{missing}{download.url}{', to be gunzipped' * download.gunzip}."
    return f"{missing}{corpus.downloads[0].url}, where it is {corpus.archive_folder}/{file}."


def how_to_get(corpus):
    """Returns a sentence on how to make a corpus' folder by hand."""
    if not corpus.downloads:
        return corpus.instructions
    urls = " ".join(download.url for download in corpus.downloads)
    if not corpus.archive_folder:
        first = corpus.downloads[0]
        folder = (Path(corpus.folder) / first.file).parent
        return f"Download{' and gunzip' * first.gunzip} into a folder {folder}: {urls}"
    if corpus.archive_folder == corpus.folder:
        return f"Unpack {urls} as {corpus.folder}"
    return f"Unpack {urls} and rename its folder {corpus.archive_folder} to {corpus.folder}"


def fingerprint(corpus, folder):
    """Returns a short digest of a folder's place and of the corpus files there with their times."""
    folder = Path(folder).resolve()
    facts = [str(folder)]
    for file in sorted(set().union(*corpus.files.values(), *corpus.stand_ins.values())):
        if (folder / file).exists():
            status = (folder / file).stat()
            facts.append(f"{file} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]
