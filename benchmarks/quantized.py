"""Size and quality of the presets with 8-bit embeddings and dense layers.

    python -m benchmarks.quantized --data-dir CORPORA [--preset sentiment_sst2 ...]

For each preset: what it is on disk and its figure on the validation part of its corpus, and the
same after `quantize("int8")` and `save_to_preset(weights_dtype="float16")`.
"""

import argparse
import pathlib
import tempfile

import zoo
from apps.training import evaluate

PRESETS = ("sentiment_sst2", "pos_ewt", "ner_uner_ewt", "translation_tatoeba_en_es", "qa_babi")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True)
    parser.add_argument("--preset", nargs="+", default=PRESETS)
    options = parser.parse_args()
    print("| preset | megabytes | int8 | figure | before | int8 |")
    print("|---|---|---|---|---|---|")
    for name in options.preset:
        print(row(name, options.data_dir), flush=True)


def row(name, data_dir):
    task = zoo.load(name)
    source = pathlib.Path(zoo.presets.locate(name))
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder) / name
        task.quantize("int8")
        task.save_to_preset(target, weights_dtype="float16")
        recipe = source / zoo.preset_files.RECIPE
        (target / recipe.name).write_bytes(recipe.read_bytes())
        figures = [evaluate(str(each), data_dir=data_dir) for each in (source, target)]
        sizes = [megabytes(each) for each in (source, target)]
    before, after = (each[task.monitor] for each in figures)
    return (
        f"| `{name}` | {sizes[0]:.1f} | {sizes[1]:.1f} | {task.monitor} | {before:.4f} "
        f"| {after:.4f} |"
    )


def megabytes(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
