"""`seqzoo tune` and `seqzoo trials`."""

import json
import re

import pytest


def test_tune_and_trials(run, tmp_path):
    space = tmp_path / "space.json"
    space.write_text(
        json.dumps(
            {
                "network.units": [4, 8],
                "network.embedding_dim": 8,
                "network.depth": 1,
                "fit.epochs": 1,
            }
        )
    )
    folder = tmp_path / "search"
    options = ["--corpus", "uci_sentiment_sample", "--space", space, "--max-trials", 2]
    code, output, _ = run("tune", "sentiment", *options, "--directory", folder)
    assert code == 0
    first, second, best, *figures = output.splitlines()
    assert re.match(r"trial 0 done: 0\.\d+ ± 0\.\d+, ", first)
    assert re.match(r"trial 1 done: 0\.\d+ ± 0\.\d+, ", second)
    assert best.endswith(f"preset: {folder / 'preset'}")
    assert figures[-3].startswith("validation_accuracy: 0.")
    code, output, _ = run("info", folder / "preset")
    assert code == 0
    assert "the best of 2 trials (bayesian) by accuracy" in output

    code, output, _ = run("trials", folder)
    assert code == 0
    assert "accuracy" in output
    assert " ± 0." in output
    code, output, _ = run("trials", folder, "--json")
    trials = json.loads(output)
    assert [trial["status"] for trial in trials] == ["done", "done"]
    assert trials[0]["objective"] >= trials[1]["objective"]
    assert trials[0]["values"]["network.units"] in (4, 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tune"], "No recipe came"),
        (["tune", "sentimant"], "did you mean sentiment?"),
        (["tune", "sentiment"], "`--corpus` is missing, for sentiment one of imdb, sst2"),
        (["tune", "none.json"], "names a file that is not there: none.json"),
        (["tune", "sentiment", "--corpus", "sst9"], "no corpus is called 'sst9'"),
        (["tune", "--worker", "127.0.0.1:9"], "`--worker` needs `--directory`"),
        (["trials", "none"], "has no search"),
    ],
)
def test_bad_input(run, arguments, message):
    code, output, error = run(*arguments)
    assert (code, output) == (2, "")
    assert message in error
