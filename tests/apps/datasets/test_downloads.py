import dataclasses
import functools
import hashlib
import http.server
import threading
import zipfile

import pytest
import tensorflow_datasets as tfds
from corpus_files import write_sst

from apps.datasets import load, loading, sst


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def original(tmp_path, monkeypatch):
    """Serves the corpus on this machine, in the place of the public original."""
    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    write_sst(tmp_path / "trees", test=True)
    path = tmp_path / "served" / "trees.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((tmp_path / "trees").iterdir()):
            archive.write(file, f"trees/{file.name}")
    handler = functools.partial(_Handler, directory=path.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/trees.zip", path.read_bytes()
        server.shutdown()


def use(monkeypatch, url, size, sha256):
    corpus = dataclasses.replace(sst._CORPUS, url=url, size=size, sha256=sha256)
    monkeypatch.setattr(sst, "_CORPUS", corpus)
    known = loading.info
    monkeypatch.setattr(loading, "info", lambda name: dataclasses.replace(known(name), url=url))
    url_info = tfds.download.checksums.UrlInfo(size, sha256, None)
    monkeypatch.setattr(sst.Sst, "url_infos", {url: url_info})


def test_a_download_with_the_right_checksum_is_used(original, tmp_path, monkeypatch):
    url, content = original
    use(monkeypatch, url, len(content), hashlib.sha256(content).hexdigest())
    dataset = load("sst5", "test", prepared_dir=tmp_path / "prepared")
    assert list(dataset.as_numpy_iterator()) == [(b"Awful.", 0)]


def test_a_download_with_another_checksum_is_refused(original, tmp_path, monkeypatch):
    url, content = original
    use(monkeypatch, url, len(content), "0" * 64)
    with pytest.raises(tfds.download.download_manager.NonMatchingChecksumError, match="checksum"):
        load("sst5", "test", prepared_dir=tmp_path / "prepared")
    assert not list((tmp_path / "prepared" / "seqzoo").glob("*/sst/*/1.0.0"))


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("no network")

    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(OSError, match=r"download .*PTB\.zip: no network.* rename .* as data_dir"):
        load("sst2", "train", prepared_dir=tmp_path)


def test_files_got_by_hand_are_used_where_tfds_expects_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    write_sst(tmp_path / "downloads" / "manual" / "sst")
    assert load("sst5", "validation", prepared_dir=tmp_path).cardinality() == 3


def test_the_environment_variable_is_read_at_each_call(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "here"))
    with pytest.raises(FileNotFoundError, match="here/sst"):
        load("sst2", "train", prepared_dir=tmp_path)
