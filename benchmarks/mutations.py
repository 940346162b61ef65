"""Breaks the package on purpose, one fault at a time, and runs the test that has to notice it.

make mutations
python -m benchmarks.mutations crf beam     # those whose file, text or test has one of these words

Each fault is put into a copy of the checkout. It is caught if its test fails there; that the test
passes without the fault is tried first. A text that a file does not have exactly once is an error.
"""

import argparse
import concurrent.futures
import dataclasses
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """A fault: `new` in place of `old` in `file`, and the `test` that catches it."""

    file: str
    old: str
    new: str
    test: str


MUTATIONS = [
    # Layers
    Mutation(
        "zoo/layers/_gru_passes.py",
        "        x_z, x_r, x_c = projected  # (B, H) each\n        u, d = self.weights",
        "        x_r, x_z, x_c = projected  # (B, H) each\n        u, d = self.weights",
        "tests/zoo/layers/test_recurrence.py::test_outputs_and_gradients",
    ),
    Mutation(
        "zoo/layers/gru_cell.py",
        "return [z * h + (1 - z) * c]",
        "return [(1 - z) * h + z * c]",
        "tests/zoo/layers/test_gru_cell.py",
    ),
    Mutation(
        "zoo/layers/_lstm_passes.py",
        "d_c * before[1] * (1 - f)",
        "d_c * after[1] * (1 - f)",
        "tests/zoo/layers/test_recurrence.py::test_outputs_and_gradients",
    ),
    Mutation(
        "zoo/layers/_peephole_lstm_passes.py",
        "e * f + d_i * p_i + d_f * p_f",
        "e * f + d_i * p_i",
        "tests/zoo/layers/test_recurrence.py::test_outputs_and_gradients",
    ),
    Mutation(
        "zoo/layers/_recurrent_direction.py",
        "blocks = [ops.where(valid, block, 0) for block in blocks]",
        "blocks = list(blocks)",
        "tests/zoo/layers/test_recurrence.py::test_outputs_and_gradients",
    ),
    Mutation(
        "zoo/layers/bidirectional.py",
        "backward = ops.flip(backward, 1)",
        "backward = ops.flip(backward, 0)",
        "tests/zoo/layers/test_bidirectional.py::test_outputs_and_gradients",
    ),
    Mutation(
        "zoo/layers/max_pooling.py",
        'ops.max(ops.where(mask, inputs, float("-inf")), axis=1)',
        "ops.max(inputs, axis=1)",
        "tests/zoo/layers/test_pooling.py::test_max",
    ),
    Mutation(
        "zoo/layers/last_pooling.py",
        "inputs[:, 0, half:]",
        "last[:, half:]",
        "tests/zoo/layers/test_pooling.py::test_last_of_both_directions",
    ),
    Mutation(
        "zoo/layers/crf.py",
        "tags[:, :-1] * self.num_tags + tags[:, 1:]",
        "tags[:, 1:] * self.num_tags + tags[:, :-1]",
        "tests/zoo/layers/test_crf.py::test_all_sequences_one_by_one",
    ),
    Mutation(
        "zoo/layers/_forward_backward.py",
        "    transposed = ops.transpose(transitions)  # to, from",
        "    transposed = transitions  # to, from",
        "tests/zoo/layers/test_crf.py::test_all_sequences_one_by_one",
    ),
    Mutation(
        "zoo/layers/_forward_backward.py",
        "return tags * weights, ops.zeros_like(first), ops.zeros_like(moves), pairs",
        "return tags, ops.zeros_like(first), ops.zeros_like(moves), pairs",
        "tests/zoo/layers/test_crf_loss.py::test_the_loss_passes_the_checks_of_layers",
    ),
    Mutation(
        "zoo/layers/attention/_attention.py",
        "return ops.where(mask, as_float32(scores), -1e9)",
        "return as_float32(scores)",
        "tests/zoo/layers/attention/test_all_attentions.py::test_weights",
    ),
    Mutation(
        "zoo/layers/attention/local_attention.py",
        "exponent = -2 * ops.square(distance / self.window)",
        "exponent = -ops.square(distance / self.window)",
        "tests/zoo/layers/attention/test_local_attention.py::test_predictive",
    ),
    Mutation(
        "zoo/layers/attention/multi_head_attention.py",
        "self.norm(queries + context)",
        "self.norm(context)",
        "tests/zoo/layers/attention/test_multi_head_attention.py::test_equations",
    ),
    Mutation(
        "zoo/layers/tensor_product_memory.py",
        "before = ops.cast(sentence[:, None] > sentence[None]",
        "before = ops.cast(sentence[:, None] >= sentence[None]",
        "tests/zoo/layers/test_tensor_product_memory.py"
        "::test_it_is_a_memory_written_sentence_by_sentence",
    ),
    Mutation(
        "zoo/layers/entity_memory_cell.py",
        "h = _normalised(h + gates * self.activation(hidden))",
        "h = h + gates * self.activation(hidden)",
        "tests/zoo/layers/test_entity_memory_cell.py::test_equations",
    ),
    Mutation(
        "zoo/layers/char_cnn.py",
        "x = ops.max(ops.where(valid > 0, x, lowest), axis=1)",
        "x = ops.max(x, axis=1)",
        "tests/zoo/layers/test_char_cnn.py::test_equations",
    ),
    Mutation(
        "zoo/layers/sampled_softmax.py",
        "ops.take(bias, sampled) - self.log_expected_count(sampled)",
        "ops.take(bias, sampled) + self.log_expected_count(sampled)",
        "tests/zoo/layers/test_sampled_softmax.py::test_equation_with_few_samples",
    ),
    Mutation(
        "zoo/layers/word_dropout.py",
        "ops.logical_and(chance < self.rate, inputs != 0)",
        "chance < self.rate",
        "tests/zoo/layers/test_word_dropout.py::test_drops_words_at_its_rate_and_leaves_padding",
    ),
    Mutation(
        "zoo/layers/mean_pooling.py",
        "return ops.cast(total / count, inputs.dtype)",
        "return ops.cast(total / inputs.shape[1], inputs.dtype)",
        "tests/zoo/layers/test_pooling.py::test_mean",
    ),
    # Samplers
    Mutation(
        "zoo/samplers/_beam_search.py",
        "ops.where(totals > NEVER, totals + steps, NEVER)",
        "ops.where(totals > NEVER, steps, NEVER)",
        "tests/zoo/samplers/test_beam_sampler.py::test_a_narrow_search_step_by_step",
    ),
    Mutation(
        "zoo/samplers/beam_sampler.py",
        "ops.power((5 + counts) / 6, self.length_penalty)",
        "ops.power(counts, self.length_penalty)",
        "tests/zoo/samplers/test_beam_sampler.py::test_a_narrow_search_step_by_step",
    ),
    Mutation(
        "zoo/samplers/beam_sampler.py",
        "lambda x: ops.take(x, rows, axis=0), cache)",
        "lambda x: x, cache)",
        "tests/zoo/samplers/test_beam_sampler.py::test_a_narrow_search_step_by_step",
    ),
    # Networks
    Mutation(
        "zoo/backbones/recurrent_encoder.py",
        "            if residual:\n",
        "            if False:\n",
        "tests/zoo/backbones/test_recurrent_encoder.py::test_residual_connections",
    ),
    Mutation(
        "zoo/backbones/_decoder.py",
        "states[first : first + self.states_each]",
        "states[: self.states_each]",
        "tests/zoo/backbones/test_seq2seq.py::test_one_token_at_a_time",
    ),
    Mutation(
        "zoo/backbones/_decoder.py",
        "initial_state=states[above:], mask=mask, keys=keys",
        "initial_state=states[above:], keys=keys",
        "tests/zoo/backbones/test_seq2seq.py::test_padding_of_the_source_changes_nothing",
    ),
    Mutation(
        "zoo/layers/gru_cell.py",
        "old_form = len(store) == 4 if self.reset_after else self._of_old_form",
        "old_form = False",
        "tests/zoo/layers/test_gru.py::test_files_of_the_form_before_keras_own",
    ),
    Mutation(
        "zoo/layers/_recurrent_cell.py",
        "return self.passes if self.activation is keras.activations.tanh else None",
        "return self.passes",
        "tests/zoo/layers/test_keras_counterpart.py::test_all_options_of_keras",
    ),
    Mutation(
        "zoo/layers/_time_loop.py",
        "zip(stacked, states)]",
        "zip(_, states)]",
        "tests/zoo/layers/test_backends.py",
    ),
    # Files
    Mutation(
        "zoo/preset_weights.py",
        "np.all(np.abs(data) < np.finfo(np.float16).max)",
        "np.all(data < np.finfo(np.float16).max)",
        "tests/zoo/test_presets.py::test_numbers_too_large_for_float16_are_kept",
    ),
    Mutation(
        "zoo/preset_weights.py",
        "if sum(stored) != expected:",
        "if sum(stored) < expected:",
        "tests/zoo/test_presets.py::test_weights_of_another_network",
    ),
    Mutation(
        "zoo/whole_files.py",
        "    try:\n        yield scratch\n",
        "    try:\n        shutil.rmtree(folder, ignore_errors=True)\n        yield scratch\n",
        "tests/zoo/test_presets.py::test_a_failure_leaves_the_old_preset_whole",
    ),
    Mutation(
        "apps/text/tokenizers.py",
        'return {**super().get_config(), "lowercase": self.lowercase}',
        "return super().get_config()",
        "tests/apps/test_tokenizers.py::test_case_is_kept_in_the_configuration",
    ),
    Mutation(
        "apps/text/tokenizers.py",
        "        self.file_assets = [VOCABULARY_FILE]\n",
        "        self.file_assets = []\n",
        "tests/zoo/test_presets.py::test_parts_load_from_a_preset_too",
    ),
    Mutation(
        "apps/export.py",
        "for variable in task.variables]",
        "for variable in task.backbone.variables]",
        "tests/apps/test_export.py::test_the_saved_model_gives_the_same_answers_in_another_process",
    ),
    Mutation(
        "apps/translation/task.py",
        "ids = self._generator(5, 1.0, None, None)(inputs, training=False)",
        "ids = self._generator(1, 1.0, None, None)(inputs, training=False)",
        "tests/apps/test_translation_files.py::test_the_exported_search_is_that_of_translate",
    ),
    # From raw input to answers
    Mutation(
        "apps/translation/preprocessor.py",
        "        ids = tf.concat([ids, end], axis=1)\n",
        "",
        "tests/apps/test_translation_preprocessor.py::test_sources_end_and_targets_start",
    ),
    Mutation(
        "apps/translation/preprocessor.py",
        "weights = tf.sequence_mask(ids.row_lengths(), tf.shape(labels)[1], tf.float32)",
        "weights = tf.ones_like(labels, tf.float32)",
        "tests/apps/test_translation_preprocessor.py::test_sources_end_and_targets_start",
    ),
    Mutation(
        "zoo/backbones/_decoder.py",
        'results["logits"] = ops.cast(logits, dtype)',
        'results["logits"] = logits',
        "tests/apps/test_translation_files.py"
        "::test_logits_are_single_precision_under_mixed_precision",
    ),
    Mutation(
        "apps/tagging/word_batches.py",
        "yield rows + start, encoded",
        "yield rows, encoded",
        "tests/apps/test_tagging.py::test_many_sentences_keep_their_order",
    ),
    Mutation(
        "apps/core/raw_text.py",
        "yield order[start : start + batch_size], batch",
        "yield np.arange(start, start + len(counts)), batch",
        "tests/apps/test_sentiment.py::test_classify_keeps_the_order_of_the_texts",
    ),
    Mutation(
        "apps/question_answering/task.py",
        '        unknown = unknown | (encoded["question_ids"] == 1).any(axis=1)\n',
        "",
        "tests/apps/test_question_answering.py::test_unknown_words_of_the_question_alone",
    ),
    Mutation(
        "apps/question_answering/task.py",
        "stories = [story[-limit:] for story in stories]",
        "stories = [story[:limit] for story in stories]",
        "tests/apps/test_question_answering.py::test_long_stories_keep_their_end",
    ),
    Mutation(
        "apps/tagging/spans.py",
        'return parts[0] in "BS" or before[0] in "ES" or before[1] != parts[1]',
        'return parts[0] in "BS" or before[0] in "ES"',
        "tests/apps/test_spans.py::test_by_hand",
    ),
    Mutation(
        "apps/tagging/task.py",
        "losses = losses * ops.cast(sample_weight, losses.dtype)",
        "losses = losses * 1.0",
        "tests/apps/test_tagging.py::test_sentences_may_have_weights",
    ),
    Mutation(
        "apps/tagging/task.py",
        "losses = ops.sum(ops.where(valid, losses, 0.0), axis=-1)",
        "losses = ops.sum(losses, axis=-1)",
        "tests/apps/test_tagging.py::test_padding_has_no_part_in_the_loss",
    ),
    # Metrics
    Mutation(
        "apps/tagging/entity_scores.py",
        "ops.logical_and(classes[0] == classes[1], ends[0] == ends[1])",
        "classes[0] == classes[1]",
        "tests/apps/metrics/test_entity_scores.py::test_random_tags_as_seqeval",
    ),
    Mutation(
        "apps/question_answering/answer_scores.py",
        "float(np.mean(list(errors.values())))",
        "float(np.mean(~right))",
        "tests/apps/metrics/test_answer_scores.py",
    ),
    # Corpora
    Mutation(
        "apps/datasets/conll.py",
        "words.append(_word(columns[word_column], place))",
        "words.append(_word(columns[0], place))",
        "tests/apps/datasets/test_conll.py::test_conll_columns",
    ),
    Mutation(
        "apps/question_answering/babi_stories.py",
        "            story, indices = [], {}\n",
        "            indices = {}\n",
        "tests/apps/datasets/test_babi.py::test_read_babi",
    ),
    Mutation(
        "apps/datasets/bucketing.py",
        "if drop_remainder else -(-filled // sizes)",
        "if drop_remainder else filled // sizes",
        "tests/apps/datasets/test_bucketing.py::test_every_element_comes_once_an_epoch",
    ),
    Mutation(
        "apps/sentiment/sst.py",
        "if _words(each[0]) not in held_out}",
        "if each[0] not in held_out}",
        "tests/apps/datasets/test_loading.py::test_sst_phrases_do_not_hold_held_out_sentences",
    ),
    Mutation(
        "apps/datasets/loading.py",
        "force_checksums_validation=not any(download.gunzip for download in corpus.downloads)",
        "force_checksums_validation=False",
        "tests/apps/datasets/test_downloads.py::test_a_download_without_a_checksum_is_refused",
    ),
    Mutation(
        "apps/datasets/builders.py",
        "    if sha256 != download.sha256:\n",
        "    if False:\n",
        "tests/apps/datasets/test_downloads.py"
        "::test_a_gzipped_file_with_another_checksum_is_refused",
    ),
    # Training
    Mutation(
        "apps/training/stages.py",
        'floor = 1.0 if section.schedule == "constant" else 0.0',
        'floor = 1.0 if section.schedule == "cosine" else 0.0',
        "tests/apps/test_recipe_fields.py::test_a_constant_rate_rises_and_stays",
    ),
    Mutation(
        "apps/training/stages.py",
        "warmup_target=peak, warmup_steps=warmup_steps",
        "warmup_target=peak, warmup_steps=1",
        "tests/apps/test_recipe_fields.py::test_a_cosine_rises_and_falls_to_zero",
    ),
    Mutation(
        "apps/training/stages.py",
        "weight_decay=section.weight_decay",
        "weight_decay=None",
        "tests/apps/test_recipe_fields.py::test_each_field_of_the_training_has_an_effect",
    ),
    Mutation(
        "apps/training/stages.py",
        "patience=section.patience, **monitor",
        "patience=1000, **monitor",
        "tests/apps/test_stages.py::test_training_stops_early",
    ),
    Mutation(
        "apps/training/stages.py",
        '"mode": mode}',
        '"mode": "min"}',
        "tests/apps/test_stages.py::test_the_best_epoch_is_kept",
    ),
    Mutation(
        "apps/training/stages.py",
        "initial_value_threshold=_best_so_far(run, task.monitor, mode)",
        "initial_value_threshold=None",
        "tests/apps/test_stages.py::test_the_best_epoch_before_a_kill_is_kept",
    ),
    Mutation(
        "apps/datasets/holdout.py",
        "[not (whole <= chosen or text in chosen) for text, whole in zip(*pair)]",
        "[True for text, whole in zip(*pair)]",
        "tests/apps/test_stages.py::test_what_is_held_out_is_not_trained_on",
    ),
    Mutation(
        "apps/training/stages.py",
        "examples.concatenate(changed(other))",
        "examples.concatenate(other)",
        "tests/apps/test_recipe_fields.py::test_a_corpus_is_read_as_often_as_the_recipe_says",
    ),
    Mutation(
        "apps/training/stages.py",
        "clipnorm = section.clipnorm and section.clipnorm / replicas",
        "clipnorm = section.clipnorm",
        "tests/tuning/test_strategies.py::test_gradients_are_clipped_to_the_norm_of_the_recipe",
    ),
    Mutation(
        "apps/core/preset_task.py",
        "                dataset = dataset.take(count)\n",
        "",
        "tests/apps/test_sentiment.py::test_fit_takes_lists_and_splits_off_validation",
    ),
    Mutation(
        "apps/training/pretraining.py",
        "return per_replica(y_pred)",
        "return y_pred",
        "tests/tuning/test_strategies.py::test_two_replicas_pretrain_as_one",
    ),
    Mutation(
        "apps/training/pretraining.py",
        "(self.backward_projection(backward[:, 1:]), words[:, :-1])",
        "(self.backward_projection(backward[:, :-1]), words[:, 1:])",
        "tests/apps/test_pretraining.py",
    ),
    Mutation(
        "apps/training/from_recipe.py",
        "figures = evaluate(str(folder), split, data_dir=data_dir)",
        'figures = evaluate(str(folder), "validation", data_dir=data_dir)',
        "tests/apps/test_translation_recipes.py::test_figures_of_both_parts",
    ),
    Mutation(
        "zoo/whole_files.py",
        "    if _swap(scratch, folder):",
        "    if shutil.rmtree(folder) or _swap(scratch, folder):",
        "tests/zoo/test_whole_files.py::test_a_kill_leaves_the_old_folder_or_the_new_one",
    ),
    Mutation(
        "tuning/tokens.py",
        "        if hmac.compare_digest(found, self.token):",
        "        if found:",
        "tests/tuning/test_workers.py::test_results_are_taken_from_those_alone_who_know_the_token",
    ),
    Mutation(
        "zoo/layers/crf.py",
        "number == 1)",
        "ops.cumsum(ops.ones_like(count), axis=1) == 1)",
        "tests/zoo/layers/test_crf.py::test_all_sequences_one_by_one",
    ),
    # Runs that were killed, frozen layers, arguments
    Mutation(
        "apps/training/checkpoint.py",
        "in zip(_variables(self.model), self._arrays, strict=True):",
        "in zip(self.model.weights, self._arrays):",
        "tests/apps/test_killed.py::test_each_app_goes_on_as_if_it_had_not_been_interrupted",
    ),
    Mutation(
        "apps/training/stages.py",
        "run.batches(shuffled, section.batch_size).skip(checkpoint.steps_done)",
        "run.batches(shuffled, section.batch_size)",
        "tests/apps/test_killed.py::test_each_app_goes_on_as_if_it_had_not_been_interrupted",
    ),
    Mutation(
        "apps/training/stages.py",
        '    forget_epochs(run.folder / f"{stage}.csv"',
        '    id(run.folder / f"{stage}.csv"',
        "tests/apps/test_killed.py",
    ),
    Mutation(
        "apps/training/stages.py",
        "        for row in self.epochs:\n",
        "        for row in self.epochs[:0]:\n",
        "tests/apps/test_stages.py::test_patience_goes_on_after_a_kill",
    ),
    Mutation(
        "apps/training/stages.py",
        "    if section.warmup_steps > longest:",
        "    if section.warmup_steps > steps:",
        "tests/apps/test_recipe_fields.py",
    ),
    Mutation(
        "apps/datasets/holdout.py",
        "    if app.fields[app.x[0]].grows:",
        "    if False:",
        "tests/apps/datasets/test_holdout.py::test_a_story_and_its_beginning_are_on_one_side",
    ),
    Mutation(
        "apps/sentiment/sst.py",
        "        return [(*phrase, list(of)) for phrase, of in unseen.items()]",
        "        return [(*phrase, [phrase[0]]) for phrase, of in unseen.items()]",
        "tests/apps/datasets/test_holdout.py::test_phrases_of_a_sentence_set_aside",
    ),
    Mutation(
        "zoo/checked_model.py",
        "                layer.trainable = place not in frozen",
        "                layer.trainable = True",
        "tests/apps/test_every_app.py",
    ),
    Mutation(
        "zoo/checked_model.py",
        "        if name not in (*own, *_OF_KERAS):",
        "        if False:",
        "tests/apps/test_every_app.py",
    ),
    Mutation(
        "zoo/layers/_recurrent_layer.py",
        "            cell.trainable = False",
        "            pass",
        "tests/zoo/layers/test_all_layers.py",
    ),
    Mutation(
        "apps/core/preset_task.py",
        "                validation_data = dataset.skip(count).batch(size)\n"
        "                dataset = dataset.take(count)",
        "                validation_data = dataset.take(total - count).batch(size)\n"
        "                dataset = dataset.skip(total - count)",
        "tests/apps/test_fit.py::test_validation_split_takes_the_last_examples_as_they_came",
    ),
    Mutation(
        "apps/core/raw_text.py",
        '    one_axis = getattr(values, "ndim", 1) == 1',
        '    one_axis = False and getattr(values, "ndim", 1) == 1',
        "tests/apps/test_fit.py",
    ),
    Mutation(
        "apps/core/classifier_task.py",
        "names.index(key) if key in names else int(key)",
        "int(key) if key in range(len(names)) else 0",
        "tests/apps/test_fit.py",
    ),
    Mutation(
        "tuning/objectives.py",
        "statistics.stdev(parts) / math.sqrt(len(parts))",
        "statistics.stdev(parts)",
        "tests/tuning/test_report.py",
    ),
    # Tuning
    Mutation(
        "tuning/oracles.py",
        "seed=plan.seed + 1",
        "seed=1",
        "tests/tuning/test_oracles.py::test_the_seed_counts",
    ),
    Mutation(
        "apps/sentiment/app.py",
        '"error": Metric("min")',
        '"error": Metric("max")',
        "tests/tuning/test_oracles.py::test_the_best_trial_is_that_of_the_objective",
    ),
    Mutation(
        "tuning/objectives.py",
        'return 1 - float(figures[f"{before}accuracy"])',
        'return float(figures[f"{before}accuracy"])',
        "tests/tuning/test_oracles.py::test_each_figure_has_its_direction",
    ),
    Mutation(
        "tuning/oracles.py",
        '[each for each in first if each["id"] != trial.trial_id]',
        "list(first)",
        "tests/tuning/test_oracles.py::test_failed_trials_have_no_place_in_a_bracket_of_hyperband",
    ),
    Mutation(
        "tuning/strategies.py",
        "return _mirrored() if count > 1 else _gpu() if count else _cpu()",
        "return _gpu() if count else _cpu()",
        "tests/tuning/test_strategies.py::test_auto_takes_all_that_is_there",
    ),
    Mutation(
        "tuning/trials.py",
        "if plan.max_parameters and count > plan.max_parameters:",
        "if False:",
        "tests/tuning/test_search.py::test_no_trial_that_ends_well_is_an_error",
    ),
]


def copy_of_the_checkout(folder):
    """Copies what a test may need: the files that git knows or does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def fails(folder, test):
    """Whether a test fails in a copy of the checkout; an error if it could not be run."""
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", test]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{test} could not be run:\n{process.stdout[-2000:]}{process.stderr}")
    return process.returncode == 1


def is_caught(folder, mutation):
    file = folder / mutation.file
    before = file.read_text("utf-8")
    file.write_text(before.replace(mutation.old, mutation.new), "utf-8")
    try:
        return fails(folder, mutation.test)
    finally:
        file.write_text(before, "utf-8")


def check_texts(mutations):
    """Exits where a text is not found once in its file."""
    lost = []
    for each in mutations:
        file = ROOT / each.file
        count = file.read_text("utf-8").count(each.old) if file.is_file() else 0
        if count != 1:
            lost.append(f"{each.file} has {count} times: {each.old}")
    if lost:
        sys.exit("\n".join(lost))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults with one of these words")
    parser.add_argument("--jobs", type=int, default=2, help="tests that run at once")
    options = parser.parse_args()
    check_texts(MUTATIONS)
    chosen = [
        each
        for each in MUTATIONS
        if not options.words or any(word in str(each) for word in options.words)
    ]
    start, survived = time.monotonic(), []
    with tempfile.TemporaryDirectory() as scratch:
        folders = queue.Queue()
        for number in range(options.jobs):
            folders.put(copy_of_the_checkout(pathlib.Path(scratch, str(number))))

        def in_a_copy(function, *arguments):
            folder = folders.get()
            try:
                return function(folder, *arguments)
            finally:
                folders.put(folder)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            tests = list(dict.fromkeys(each.test for each in chosen))
            broken = pool.map(lambda test: in_a_copy(fails, test), tests)
            if any(broken := [test for test, failed in zip(tests, broken) if failed]):
                sys.exit("These fail without a fault:\n" + "\n".join(broken))
            caught = pool.map(lambda each: in_a_copy(is_caught, each), chosen)
            for each, found in zip(chosen, caught):
                print("caught  " if found else "SURVIVED", each.file, "-", each.new.strip())
                survived += [] if found else [each]
    print(
        f"{len(chosen) - len(survived)} of {len(chosen)} caught, {time.monotonic() - start:.0f} s"
    )
    sys.exit(bool(survived))


if __name__ == "__main__":
    main()
