"""A search over several processes on this machine."""

import contextlib
import json
import signal
import socket
import stat
import subprocess
import threading
import time

import grpc
import pytest
from keras_tuner.src import protos
from keras_tuner.src.distribute import oracle_client
from keras_tuner.src.distribute.oracle_chief import OracleServicer
from tiny_search import RECIPE, SPACE

import zoo
from apps.distributed.rendezvous import free_address
from tests.processes import command, started
from tuning import read_trials, search, tokens, workers
from tuning.oracles import make_oracle
from tuning.plan import make_plan
from tuning.tokens import token_of

RECIPE = {**RECIPE, "fit": {"epochs": 8, "batch_size": 64, "patience": 8}}


def wait_for(found, seconds=300):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = found()
        if answer:
            return answer
        time.sleep(0.05)
    raise TimeoutError


def running_in(folder):
    """The worker, and the trial, of which some epochs have ended; or nothing yet."""
    state = folder / "trials" / "oracle.json"
    ongoing = json.loads(state.read_text())["ongoing_trials"] if state.exists() else {}
    for worker, trial in ongoing.items():
        log = folder / "trials" / f"trial_{trial}" / "run" / "fit.csv"
        if log.exists() and len(log.read_text().splitlines()) > 3:
            return worker, trial
    return None


def test_workers_are_replaced_when_they_are_killed_and_after_some_trials(tmp_path, monkeypatch):
    """One is killed in mid-trial, the others leave after a trial; the search ends with a preset."""
    folder, hired, killed = tmp_path / "search", {}, []
    popen = subprocess.Popen

    def hire(*args, env=None, **kwargs):
        process = popen(*args, env=env, **kwargs)
        hired[env["KERASTUNER_TUNER_ID"]] = process
        return process

    def kill():
        worker, trial = wait_for(lambda: running_in(folder))
        hired[worker].send_signal(signal.SIGKILL)
        killed.append((worker, trial))

    monkeypatch.setattr(workers, "_TRIALS", 1)
    monkeypatch.setattr(workers.subprocess, "Popen", hire)
    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    result = search(
        RECIPE, space=SPACE, algorithm="random", max_trials=3, workers=2, directory=folder
    )
    thread.join()
    ((worker, trial),) = killed
    assert hired[worker].returncode == -signal.SIGKILL
    # Two began; another took the killed one's place, and another that of the first that left.
    assert len(hired) >= 4
    assert {each.status for each in result.trials} == {"done"}
    assert len(result.trials) == 3
    log = (folder / "trials" / f"trial_{trial}" / "run" / "fit.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in log[1:]] == [*map(str, range(8))]  # it went on
    assert zoo.load(result.preset).classify(["Superb."])[0].score > 0
    assert all(process.poll() is not None for process in hired.values())
    assert (folder / "worker-4.log").exists()


def test_chief_and_worker_by_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe, folder, address = tmp_path / "recipe.json", tmp_path / "search", free_address()
    recipe.write_text(json.dumps({**RECIPE, "fit": {"epochs": 1, "batch_size": 64}}))
    (tmp_path / "space.json").write_text(json.dumps(SPACE))
    options = ["--space", "space.json", "--algorithm", "random", "--max-trials", "2"]
    of_chief = ["tune", "recipe.json", "--chief", address, "--directory", folder, *options]
    of_worker = ["tune", "--worker", address, "--directory", folder]
    with contextlib.ExitStack() as stack:
        chief = stack.enter_context(started(command, *of_chief, output="chief.log"))
        wait_for(lambda: (folder / "search.json").exists())
        worker = stack.enter_context(started(command, *of_worker, output="worker.log"))
        for process in (worker, chief):
            process.join(240)
        output = (tmp_path / "chief.log").read_text()
        assert (chief.exitcode, worker.exitcode) == (0, 0), output
    assert "trial 1 done" in output
    assert "preset: " in output
    assert len(read_trials(folder)) == 2


@pytest.fixture
def oracle(tmp_path):
    oracle = make_oracle(make_plan(RECIPE, SPACE), 2, patience=60)
    oracle._set_project_dir(tmp_path, "trials")
    return oracle


def test_the_trial_of_a_silent_worker_goes_to_the_next(oracle, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("tuning.oracles.time.monotonic", lambda: now[0])
    first, second = oracle.create_trial("a"), oracle.create_trial("b")
    now[0] += 50
    oracle.get_trial(second.trial_id)  # b is heard of
    now[0] += 20
    again = oracle.create_trial("c")
    assert again.trial_id == first.trial_id
    assert set(oracle.ongoing_trials) == {"b", "c"}
    assert "a" not in oracle.tuner_ids


def test_an_idle_worker_waits_while_others_may_die(oracle):
    oracle.create_trial("a")
    lost = oracle.create_trial("b")
    assert oracle.create_trial("c").status == "IDLE"
    oracle.give_up("b")
    assert oracle.create_trial("c").trial_id == lost.trial_id


def test_what_a_worker_taken_for_dead_brings_late_is_not_counted_twice(oracle):
    trial = oracle.create_trial("a")
    oracle.give_up("a")
    same = oracle.create_trial("b")
    oracle.update_trial(trial.trial_id, {"objective": 0.5})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    same.status = "COMPLETED"
    oracle.end_trial(same)
    assert oracle.end_order == [trial.trial_id]
    assert not oracle.ongoing_trials


def test_a_trial_that_ended_late_is_not_run_again(oracle):
    """Its worker was taken for dead, and brought the result before another took it over."""
    trial = oracle.create_trial("a")
    oracle.give_up("a")
    oracle.update_trial(trial.trial_id, {"objective": 0.5})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    assert oracle.create_trial("a").trial_id != trial.trial_id


def test_what_a_killed_chief_leaves_is_taken_up(oracle):
    ended, lost = oracle.create_trial("a"), oracle.create_trial("b")
    oracle.update_trial(ended.trial_id, {"objective": 0.5})
    ended.status = "COMPLETED"
    oracle.end_trial(ended)
    again = make_oracle(make_plan(RECIPE, SPACE), 2)
    again._set_project_dir(*map(str, (oracle._directory, oracle._project_name)))
    again.reload()
    assert again.end_order == [ended.trial_id]
    assert not again.is_over()
    assert again.create_trial("c").trial_id == lost.trial_id
    assert again.create_trial("d").status == "IDLE"


@pytest.fixture
def chief(oracle, tmp_path):
    """The address of a chief whose folder is `tmp_path`."""
    address, token = free_address(), token_of(tmp_path, make=True)
    server = workers._start_server(OracleServicer(oracle), address, token)
    yield address
    server.stop(0).wait()


def test_results_are_taken_from_those_alone_who_know_the_token(chief, oracle, tmp_path):
    trial = oracle.create_trial("a")
    oracle.update_trial(trial.trial_id, {"objective": 0.5})
    trial.status, trial.score = "COMPLETED", 0.999999
    request = protos.get_service().EndTrialRequest(trial=trial.to_proto())
    for channel in (
        grpc.insecure_channel(chief),
        grpc.intercept_channel(grpc.insecure_channel(chief), tokens._WithToken("guessed")),
    ):
        with pytest.raises(grpc.RpcError, match="no token of this search"):
            protos.get_service_grpc().OracleStub(channel).EndTrial(request, timeout=60)
        assert not oracle.end_order
    tokens._stub(chief, token_of(tmp_path)).EndTrial(request, timeout=60)
    assert oracle.end_order == [trial.trial_id]


def test_a_worker_with_another_token_is_told(chief, tmp_path, monkeypatch):
    monkeypatch.setattr(oracle_client, "OracleClient", oracle_client.OracleClient)
    tokens.show_token(token_of(tmp_path), chief)
    monkeypatch.setenv(tokens.VARIABLE, "another")
    with pytest.raises(PermissionError, match=f"chief at {chief} has another token"):
        tokens.show_token(token_of(tmp_path), chief)
    monkeypatch.delenv(tokens.VARIABLE)
    with pytest.raises(FileNotFoundError, match="has no file token"):
        token_of(tmp_path / "elsewhere")


def test_the_token_is_its_owners_alone(tmp_path):
    token = token_of(tmp_path, make=True)
    assert len(token) == 64
    assert token_of(tmp_path, make=True) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_busy_port(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ValueError, match=f"`address` {address} cannot be listened at"):
            search(RECIPE, address=address, workers=1, directory=tmp_path / "search")


@pytest.mark.parametrize("address", ["9000", "here", "here:", "here:0", "here:99999", ":9000"])
def test_no_address(address, tmp_path):
    with pytest.raises(ValueError, match="`address` must be an address such as"):
        search(RECIPE, address=address, directory=tmp_path / "search")


def test_a_chief_that_never_answers(tmp_path):
    folder = tmp_path / "search"
    with pytest.raises(RuntimeError, match="No trial"):
        search(RECIPE, max_minutes=1e-6, directory=folder)
    with pytest.raises(TimeoutError, match=r"No chief has answered at .* for 1 seconds"):
        workers.work(free_address(), folder, patience=1)
    with pytest.raises(FileNotFoundError, match=r"has no search: it lacks search\.json"):
        workers.work("127.0.0.1:9", tmp_path / "none", patience=1)


def test_workers_that_all_fail_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_COMMAND", "raise SystemExit('no disk')")
    with pytest.raises(RuntimeError, match="All workers have failed; the last one said: no disk"):
        search(RECIPE, workers=1, directory=tmp_path / "search")


def test_workers_need_a_corpus_with_a_name(tmp_path):
    import tensorflow as tf

    films = tf.data.Dataset.from_tensor_slices((["Superb.", "Awful."] * 8, [1, 0] * 8))
    with pytest.raises(ValueError, match="`workers` need a corpus with a name"):
        search("sentiment", films, films, workers=2, directory=tmp_path / "search")
    strategy = tf.distribute.get_strategy()
    with pytest.raises(ValueError, match="`strategy` of workers must be a name, got"):
        search(RECIPE, workers=2, strategy=strategy, directory=tmp_path / "search")
