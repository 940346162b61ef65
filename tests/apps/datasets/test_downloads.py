import dataclasses
import functools
import gzip
import hashlib
import http.server
import threading
import zipfile

import pytest
import tensorflow_datasets as tfds
from corpus_files import MULTI30K_TEST, write_multi30k, write_sst, write_wnut17

from apps.datasets import Download, builders, info, load, loading
from apps.sentiment import sst
from apps.tagging import wnut17
from apps.translation import multi30k, tatoeba


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serves a folder on this machine; the folder and its address."""
    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(_Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def original(served, tmp_path):
    """An archive of the corpus in the place of the public original: address and content."""
    folder, address = served
    write_sst(tmp_path / "trees", test=True)
    with zipfile.ZipFile(folder / "trees.zip", "w") as archive:
        for file in sorted((tmp_path / "trees").iterdir()):
            archive.write(file, f"trees/{file.name}")
    return f"{address}/trees.zip", (folder / "trees.zip").read_bytes()


def use(monkeypatch, module, builder_class, *downloads):
    """Puts downloads in the place of a corpus' public originals."""
    corpus = dataclasses.replace(module._CORPUS, downloads=downloads)
    monkeypatch.setattr(module, "_CORPUS", corpus)
    known = loading.info
    monkeypatch.setattr(
        loading, "info", lambda name: dataclasses.replace(known(name), downloads=downloads)
    )
    monkeypatch.setattr(builder_class, "url_infos", builders.url_infos(corpus))


def download_of(url, content, file=None):
    return Download(url, len(content), hashlib.sha256(content).hexdigest(), file)


def test_a_download_with_the_right_checksum_is_used(original, tmp_path, monkeypatch):
    url, content = original
    use(monkeypatch, sst, sst.Sst, download_of(url, content))
    dataset = load("sst5", "test", prepared_dir=tmp_path / "prepared")
    assert list(dataset.as_numpy_iterator()) == [(b"Awful.", 0)]


def test_a_download_with_another_checksum_is_refused(original, tmp_path, monkeypatch):
    url, content = original
    use(monkeypatch, sst, sst.Sst, Download(url, len(content), "0" * 64))
    with pytest.raises(tfds.download.download_manager.NonMatchingChecksumError, match="checksum"):
        load("sst5", "test", prepared_dir=tmp_path / "prepared")
    assert not list((tmp_path / "prepared" / "seqzoo").glob("*/sst/*/1.*"))


def test_a_download_without_a_checksum_is_refused(original, tmp_path, monkeypatch):
    url, content = original
    use(monkeypatch, sst, sst.Sst, download_of(url, content))
    monkeypatch.setattr(sst.Sst, "url_infos", {})
    with pytest.raises(Exception, match=r"[Cc]hecksum"):
        load("sst5", "test", prepared_dir=tmp_path / "prepared")


def serve_wnut17(served):
    folder, address = served
    write_wnut17(folder, test=True)
    return [
        download_of(f"{address}/{file}", (folder / file).read_bytes(), file)
        for (file,) in wnut17._CORPUS.files.values()
    ]


def test_single_files_are_downloaded(served, tmp_path, monkeypatch):
    use(monkeypatch, wnut17, wnut17.Wnut17, *serve_wnut17(served))
    for split, words in (("train", ["At", "Rome", "#\u2028"]), ("test", ["Oslo"])):
        examples = load("wnut17", split, prepared_dir=tmp_path / "prepared").as_numpy_iterator()
        assert [word.decode() for word in next(iter(examples))[0]] == words


def test_a_single_file_with_another_checksum_is_refused(served, tmp_path, monkeypatch):
    *others, last = serve_wnut17(served)
    bad = dataclasses.replace(last, sha256="0" * 64)
    use(monkeypatch, wnut17, wnut17.Wnut17, *others, bad)
    with pytest.raises(tfds.download.download_manager.NonMatchingChecksumError, match=bad.file):
        load("wnut17", "train", prepared_dir=tmp_path / "prepared")


@pytest.fixture
def gzipped(served, monkeypatch):
    """Multi30k as gzipped files on this machine: its downloads, and what puts some in place."""
    folder, address = served
    write_multi30k(folder)
    write_multi30k(folder, MULTI30K_TEST)
    downloads = []
    for file in (file for files in info("multi30k_en_de").files.values() for file in files):
        content = (folder / file).read_bytes()
        (folder / f"{file}.gz").write_bytes(gzip.compress(content))
        known = download_of(f"{address}/{file}.gz", content, file)
        downloads.append(dataclasses.replace(known, gunzip=True))

    def use(downloads):
        corpus = dataclasses.replace(info("multi30k_en_de"), downloads=tuple(downloads))
        monkeypatch.setitem(multi30k._CORPORA, "en_de", corpus)
        monkeypatch.setattr(loading, "info", lambda name: corpus)

    return downloads, use


def test_gzipped_files_are_downloaded(gzipped, tmp_path):
    downloads, use = gzipped
    use(downloads)
    for split, pair in (
        ("validation", (b"A cat.", b"Eine Katze.")),
        ("test", (b"A cow.", b"Eine Kuh.")),
    ):
        dataset = load("multi30k_en_de", split, prepared_dir=tmp_path / "prepared")
        assert list(dataset.as_numpy_iterator()) == [pair]


def test_a_gzipped_file_with_another_checksum_is_refused(gzipped, tmp_path):
    (*others, last), use = gzipped
    use([*others, dataclasses.replace(last, sha256="0" * 64)])
    for _ in range(2):
        with pytest.raises(
            tfds.download.download_manager.NonMatchingChecksumError,
            match=r"test_2016_flickr\.de\.gz: gunzipped as .* expected 0000",
        ):
            load("multi30k_en_de", "train", prepared_dir=tmp_path / "prepared")


def test_a_failed_download_says_what_to_do(tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError("no network")

    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(OSError, match=r"download .*: no network.*PTB\.zip and rename .* as data"):
        load("sst2", "train", prepared_dir=tmp_path)
    with pytest.raises(OSError, match=r"no network.*btc: .*btc\.dev .*btc as data_dir"):
        load("btc", "train", prepared_dir=tmp_path)
    with pytest.raises(
        OSError, match=r"no network.*gunzip into a folder multi30k/raw: .*val\.en\.gz"
    ):
        load("multi30k_en_de", "train", prepared_dir=tmp_path)


def test_files_without_a_download_are_to_be_got_by_hand(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match=r"by hand\. Unpack .*/spa-eng\.zip.* as data_dir"):
        load("tatoeba_en_es", "train", prepared_dir=tmp_path)
    builder = tatoeba.Tatoeba(data_dir=tmp_path, config="en_ar")
    with pytest.raises(FileNotFoundError, match=r"no files are there\. Unpack .*/ara-eng\.zip"):
        builder.download_and_prepare(download_dir=tmp_path / "downloads")


def test_files_got_by_hand_are_used_where_tfds_expects_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQZOO_DATA", raising=False)
    write_sst(tmp_path / "downloads" / "manual" / "sst")
    assert load("sst5", "validation", prepared_dir=tmp_path).cardinality() == 3


def test_the_environment_variable_is_read_at_each_call(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "here"))
    with pytest.raises(FileNotFoundError, match="here/sst"):
        load("sst2", "train", prepared_dir=tmp_path)
