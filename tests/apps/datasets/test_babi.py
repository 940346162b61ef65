import collections
import logging
import os
from pathlib import Path

import keras
import pytest
import tensorflow as tf
from corpus_files import BABI_TRAIN, BABI_VALID, write_babi

from apps.datasets import NAMES, bucket_by_length, info, load, read_babi

_DATA = Path(os.environ.get("SEQZOO_DATA") or "/nowhere")
_SIZES = {"1k": "en-valid", "10k": "en-valid-10k"}
_TEXT = tf.TensorSpec((), tf.string)
_INPUTS = {"story": tf.TensorSpec((None,), tf.string), "question": _TEXT}
_TARGETS = {
    "answer": _TEXT,
    "task": tf.TensorSpec((), tf.int64),
    "supporting": tf.TensorSpec((None,), tf.int64),
}

LAMP = (
    ("Ida walked to the attic.", "Ida took the lamp."),
    *("Where is the lamp?", "attic"),
    (1, 0),
)
CARRY = (
    (*LAMP[0], "Omar dropped the rope.", "Ida walked to the porch."),
    *("What did Ida carry?", "lamp,rope"),
    (1, 3),
)
OMAR = (("Omar is in the attic.",), "Is Omar in the attic?", "yes", (0,))
PORCH = (("Ida ran to the porch.",), "Where is Ida?", "porch", (0,))


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "babi"


@pytest.fixture
def read(tmp_path):
    """Returns the examples of a split, sorted: as `read_babi` does, or with the task in front."""

    def read(name, split):
        dataset = load(name, split, prepared_dir=tmp_path / "prepared", supporting=True)
        assert dataset.element_spec == (_INPUTS, _TARGETS)
        examples = decoded(dataset)
        assert dataset.cardinality() == len(examples)
        if "_qa" in name:
            assert {str(task) for task, *_ in examples} == {name.rpartition("_qa")[2]}
            return sorted(tuple(example) for _, *example in examples)
        return sorted(examples)

    return read


def decoded(dataset):
    return [
        (
            int(y["task"]),
            tuple(sentence.decode() for sentence in x["story"]),
            *(x["question"].decode(), y["answer"].decode()),
            tuple(y["supporting"].tolist()),
        )
        for x, y in dataset.as_numpy_iterator()
    ]


def test_read_babi(tmp_path):
    path = tmp_path / "qa1_train.txt"
    path.write_bytes(BABI_TRAIN.replace("\n", "\r\n").encode())
    assert read_babi(path) == [LAMP, CARRY, OMAR]
    path.write_text("")
    assert read_babi(path) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Ida ran.", "expected 'number sentence' or .* got 'Ida ran.'"),
        ("3Ida ran.", "expected 'number sentence'"),
        ("3 ", "expected 'number sentence'"),
        ("", "expected 'number sentence' or .* got ''"),
        ("3 Where is Ida?    porch    1", "expected .* question<TAB>answer<TAB>numbers', got"),
        ("2 Ida ran.", "expected the number 3, or 1 for a new story, got 2"),
        ("4 Ida ran.", "expected the number 3, or 1 for a new story, got 4"),
        ("3 Where is Ida?\tporch", "expected 'question<TAB>answer<TAB>numbers of sentences', got"),
        ("3 Where is Ida?\tporch\t1\t1", "expected 'question<TAB>answer<TAB>numbers"),
        ("3 Where is Ida?\t\t1", "expected 'question<TAB>answer<TAB>numbers"),
        ("3 Where is Ida?\tporch\t ", "expected 'question<TAB>answer<TAB>numbers"),
        ("3 \tporch\t1", "expected 'number sentence'"),
        ("3 Where is Ida?\tporch\tone", "sentence before it in its story, got 'one'"),
        ("3 Where is Ida?\tporch\t1 2", "sentence before it in its story, got '2'"),
        ("3 Where is Ida?\tporch\t3", "sentence before it in its story, got '3'"),
        ("1 Where is Ida?\tporch\t1", "sentence before it in its story, got '1'"),
    ],
)
def test_broken_lines_name_file_and_line(tmp_path, line, message):
    path = tmp_path / "qa1_valid.txt"
    path.write_text(f"{BABI_VALID}{line}\n")
    with pytest.raises(ValueError, match=rf"qa1_valid\.txt, line 3: .*{message}"):
        read_babi(path)


def test_a_file_begins_with_a_story_and_is_utf8(tmp_path):
    path = tmp_path / "qa1_valid.txt"
    path.write_text("2 Ida ran.\n")
    with pytest.raises(ValueError, match=r"qa1_valid\.txt, line 1: expected the number 1, got 2"):
        read_babi(path)
    path.write_bytes(b"1 Ida ran.\n2 Caf\xe9.\n")
    with pytest.raises(ValueError, match=r"qa1_valid\.txt, line 2: expected UTF-8"):
        read_babi(path)


def test_all_tasks_together(data, read):
    write_babi(data)
    train = read("babi_1k", "train")
    assert train == sorted((task, *q) for task in range(1, 21) for q in (LAMP, CARRY, OMAR))
    assert read("babi_1k", "validation") == [(task, *PORCH) for task in range(1, 21)]


def test_a_single_task_needs_its_files_alone(data, read):
    write_babi(data, "en-valid-10k", [2])
    write_babi(data, "en-valid", [20])
    assert read("babi_10k_qa2", "train") == sorted([LAMP, CARRY, OMAR])
    assert read("babi_1k_qa20", "validation") == [PORCH]
    with pytest.raises(
        FileNotFoundError, match=r"en-valid/qa2_train\.txt was looked for at .* Unp"
    ):
        read("babi_1k_qa2", "train")


def test_pairs_of_inputs_and_answer(data, tmp_path):
    write_babi(data, tasks=[1])
    dataset = load("babi_1k_qa1", "validation", prepared_dir=tmp_path)
    assert dataset.element_spec == (_INPUTS, _TEXT)
    ((inputs, answer),) = dataset.as_numpy_iterator()
    assert inputs["story"].tolist() == [b"Ida ran to the porch."]
    assert (inputs["question"], answer) == (b"Where is Ida?", b"porch")


def test_the_test_split_appears_with_its_files(data, read):
    write_babi(data)
    with pytest.raises(ValueError, match="has the splits train, validation here") as error:
        read("babi_1k", "test")
    assert f"{data}/en-valid/qa1_test.txt" in str(error.value)
    assert "s3.amazonaws.com/text-datasets/babi_tasks_1-20_v1-2.tar.gz" in str(error.value)
    write_babi(data, test=True)
    assert read("babi_1k", "test") == [(task, *PORCH) for task in range(1, 21)]
    assert read("babi_1k_qa7", "test") == [PORCH]


@pytest.mark.parametrize("name", ["babi_10k", "babi_10k_qa3"])
def test_the_small_set_stands_in_for_the_missing_file(data, read, name):
    other = "1 Omar ran to the attic.\n2 Where is Omar?\tattic\t1\n"
    write_babi(data, "en-valid-10k")
    train, validation = (data / "en-valid-10k" / f"qa3_{stem}.txt" for stem in ("train", "valid"))
    train.unlink()
    validation.write_text(BABI_VALID + other)
    with pytest.raises(FileNotFoundError, match=r"-10k/qa3_train\.txt was looked for at"):
        read(name, "train")
    write_babi(data, "en-valid", [3])
    left = (("Omar ran to the attic.",), "Where is Omar?", "attic", (0,))
    assert of_task_3(read(name, "train")) == sorted([LAMP, CARRY, OMAR, PORCH])
    assert of_task_3(read(name, "validation")) == [left]
    train.write_text(other)
    assert of_task_3(read(name, "train")) == [left]
    assert of_task_3(read(name, "validation")) == sorted([PORCH, left])


def of_task_3(examples):
    return [tuple(example[-4:]) for example in examples if len(example) == 4 or example[0] == 3]


def test_broken_files_are_named(data, read):
    write_babi(data)
    with (data / "en-valid" / "qa15_valid.txt").open("a") as file:
        file.write("4 Ida ran.\n")
    with pytest.raises(ValueError, match=r"en-valid/qa15_valid\.txt, line 3: expected the number"):
        read("babi_1k", "train")


def test_files_are_to_be_got_by_hand(data, tmp_path, monkeypatch, read):
    with pytest.raises(
        FileNotFoundError, match=r"data/babi, got no such folder\. Unpack .* babi\."
    ):
        read("babi_1k", "train")
    monkeypatch.delenv("SEQZOO_DATA")
    with pytest.raises(FileNotFoundError, match=r"by hand\. Unpack .*tar\.gz .* as data_dir"):
        read("babi_10k_qa1", "train")


def test_batches_fit_a_model(data, tmp_path):
    write_babi(data, tasks=[1])
    dataset = load("babi_1k_qa1", "train", prepared_dir=tmp_path)
    batches = bucket_by_length(dataset, 2, [2, 4], length_fn=lambda x: tf.size(x["story"]))
    sizes = [x["story"].row_lengths().numpy().tolist() for x, _ in batches]
    assert sorted(sizes) == [[1], [2], [4]]

    def numbers(x, answers):
        letters = {key: tf.strings.length(x[key]) for key in x}
        letters["story"] = letters["story"].to_tensor(shape=(None, 4))
        return letters, tf.strings.length(answers)

    inputs = [keras.Input((4,), name="story"), keras.Input((1,), name="question")]
    outputs = keras.layers.Dense(1)(keras.layers.Concatenate()(inputs))
    model = keras.Model({layer.name: layer for layer in inputs}, outputs)
    model.compile(loss="mse")
    assert model.fit(batches.map(numbers), shuffle=False, verbose=0).history["loss"][0] > 0


def test_facts():
    assert {name for name in NAMES if info(name).task == "question_answering"} == {
        f"babi_{size}{task}" for size in _SIZES for task in ("", *(f"_qa{t}" for t in range(1, 21)))
    }
    assert info("babi_1k").splits == {"train": 18_013, "validation": 1_987, "test": 20_000}
    assert info("babi_10k").splits == {"train": 179_998, "validation": 20_002, "test": 20_000}
    assert info("babi_10k_qa18").splits == {"train": 8_996, "validation": 1_004, "test": 1_000}
    assert len(info("babi_1k").labels) == 60
    assert info("babi_10k_qa10").labels == ("maybe", "no", "yes")
    for name in ("babi_1k", "babi_10k_qa8"):
        assert list(info(name).labels) == sorted(set(info(name).labels))
    assert "task 3" in info("babi_10k_qa3").remark
    assert info("babi_10k_qa4").remark == info("babi_1k").remark == ""


def _skip_without_originals():
    if not (_DATA / "babi").is_dir():
        pytest.skip("no babi in SEQZOO_DATA")


@pytest.mark.parametrize("size", _SIZES)
def test_the_original_files(size):
    _skip_without_originals()
    answers = collections.defaultdict(set)
    for task in range(1, 21):
        for split, stem in (("train", "train"), ("validation", "valid")):
            path = _DATA / "babi" / _SIZES[size] / f"qa{task}_{stem}.txt"
            if not path.exists():
                assert path.name == "qa3_train.txt"
                continue
            questions = read_babi(path)
            assert len(questions) == info(f"babi_{size}_qa{task}").splits[split]
            assert all(0 <= i < len(story) for story, *_, facts in questions for i in facts)
            answers[task].update(answer for _, _, answer, _ in questions)
    every = set().union(*answers.values())
    for task, found in answers.items():
        assert found <= set(info(f"babi_{size}_qa{task}").labels)
        assert size == "1k" or found == set(info(f"babi_{size}_qa{task}").labels)
    assert len(every) == {"1k": 57, "10k": 60}[size]


def test_the_original_corpora(tmp_path, caplog):
    _skip_without_originals()
    options = {"data_dir": _DATA, "prepared_dir": tmp_path, "supporting": True}
    for split, size in (("train", 18_013), ("validation", 1_987)):
        examples = decoded(load("babi_1k", split, **options))
        assert len(examples) == info("babi_1k").splits[split] == size
        assert {task for task, *_ in examples} == set(range(1, 21))
    assert not caplog.records


def test_task_3_of_the_original_10k_set(tmp_path, caplog):
    _skip_without_originals()
    if (_DATA / "babi" / "en-valid-10k" / "qa3_train.txt").exists():
        pytest.skip("its training file is there")
    splits = {}
    with caplog.at_level(logging.WARNING, logger="apps.datasets"):
        for split in ("train", "validation"):
            options = {"data_dir": _DATA, "prepared_dir": tmp_path, "supporting": True}
            examples = decoded(load("babi_10k_qa3", split, **options))
            splits[split] = {tuple(example) for _, *example in examples}
    extra = _DATA / "babi" / "qa3-extra"
    assert splits["validation"] == set(read_babi(extra / "qa3_valid-without-1k-train.txt"))
    assert not splits["validation"] & splits["train"]
    assert [len(splits[split]) for split in splits] == [1_000, 925]
    assert "validation has 925 examples, the original 1,000" in caplog.text
