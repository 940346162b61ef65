"""A search over several processes: Keras Tuner's chief, who has the oracle, and its workers."""

import concurrent.futures
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
from keras_tuner.src import protos  # the chief's service has no public place
from keras_tuner.src.distribute import oracle_client
from keras_tuner.src.distribute.oracle_chief import OracleServicer

from apps import datasets
from apps.distributed.rendezvous import free_address, parse_address
from tuning.oracles import make_oracle
from tuning.plan import read_plan
from tuning.strategies import make_strategy
from tuning.tokens import Guard, show_token, token_of
from tuning.trials import BudgetSpent, Tuner

PATIENCE = 60  # seconds that chief and workers wait for one another
_FAREWELL = 10  # seconds that the chief waits for its workers to go
_TRIALS = 10  # of a worker; TensorFlow does not give back all memory of a trial
_DEATHS = 5  # workers in a row that are killed before any trial ends
_COMMAND = (
    "from apps.distributed.launch import end_with_parent; end_with_parent(); "
    "from tuning.cli import main; main()"
)


def serve(tuner, address=None, workers=0, *, strategy="auto", patience=PATIENCE):
    """Gives out the trials of a search until it is over.

    Args:
        tuner: The `Tuner` of the search, with its oracle.
        address: `HOST:PORT` to listen at; by default a free port of this machine alone.
        workers: Number of workers to start on this machine; one that is killed is replaced.
        strategy: Name of their strategy.
        patience: Seconds after which a silent worker is taken for dead.

    Raises:
        ValueError: If `address` is none, or is taken.
        RuntimeError: If all workers that were started here have failed.
    """
    oracle = tuner.oracle
    oracle.patience = patience
    address = address or free_address()
    servicer = OracleServicer(oracle)
    server = _start_server(servicer, address, token_of(tuner.directory, make=True))
    crew = _Crew(tuner, address, workers, strategy)
    told = len(oracle.end_order)
    try:
        while oracle.ongoing_trials or not (servicer.stop_triggered or tuner.is_over()):
            time.sleep(0.2)
            oracle.drop_lost()
            crew.look_after(oracle, not servicer.stop_triggered)
            for trial_id in oracle.ended()[told:]:
                told += 1
                tuner.tell(trial_id)
                crew.deaths = 0
        until = time.monotonic() + _FAREWELL
        while oracle.tuner_ids and time.monotonic() < until:
            time.sleep(0.2)
    finally:
        crew.dismiss()
        server.stop(1).wait()
        tuner.save()


def work(address, directory, *, data_dir=None, strategy="auto", patience=PATIENCE, **limits):
    """Runs trials of a search that a chief gives out, until there are no more.

    Args:
        address: `HOST:PORT` of the chief.
        directory: Folder of the search, which the chief and all workers share.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        strategy: See `tuning.make_strategy`.
        patience: Seconds to wait for the chief.
        **limits: `deadline` and `max_trials` of `Tuner`.

    Raises:
        ValueError: If `address` is none, or the strategy is unknown.
        FileNotFoundError: If there is no search in `directory`, or a file of the corpus is missing.
        PermissionError: If the chief has another token; see `tuning.tokens`.
        TimeoutError: If the chief does not answer.
    """
    host, port = parse_address(address, "address")
    plan = read_plan(directory)
    name = plan.recipe["data"]["name"]
    datasets.load(name, "train", data_dir=data_dir)  # says what is missing
    _wait_for_chief(address, patience)
    show_token(token_of(directory), address)
    os.environ.setdefault("KERASTUNER_TUNER_ID", f"{socket.gethostname()}-{os.getpid()}")
    os.environ.update(KERASTUNER_ORACLE_IP=host, KERASTUNER_ORACLE_PORT=str(port))
    oracle_client.TIMEOUT = patience  # else an hour
    tuner = Tuner(
        plan,
        make_oracle(plan, 1),
        directory,
        data_dir=data_dir,
        strategy=make_strategy(strategy),
        **limits,
    )
    with _heartbeat(tuner, patience), contextlib.suppress(BudgetSpent):
        try:
            tuner.search()
        except (grpc.RpcError, KeyboardInterrupt) as error:
            if isinstance(error, KeyboardInterrupt) and not tuner.lost_chief:
                raise
            raise TimeoutError(
                f"The chief at {address} has not answered for {patience} seconds."
            ) from error


class _Crew:
    """The workers that the chief has started on its own machine."""

    def __init__(self, tuner, address, count, strategy):
        self.tuner = tuner
        self.folder = pathlib.Path(tuner.directory)
        self.command = [sys.executable, "-c", _COMMAND, "tune", "--worker", address]
        self.command += ["--directory", str(self.folder), "--strategy", strategy]
        self.command += ["--max-trials", str(_TRIALS)]
        if tuner.data_dir:
            self.command += ["--data-dir", str(tuner.data_dir)]
        self.started = self.deaths = 0
        self.processes = dict(self.hire() for _ in range(count))

    def hire(self):
        """Starts a worker; returns its name and its process."""
        self.started += 1
        name = f"worker-{self.started}"
        minutes = (self.tuner.deadline - time.monotonic()) / 60
        limit = ["--max-minutes", f"{max(minutes, 0.001):.3f}"] if minutes < 1e6 else []
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*self.command, *limit],
                stdin=subprocess.PIPE,  # it ends when this process does
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
                    **os.environ,
                    "KERASTUNER_TUNER_ID": name,
                },
            )
        return name, process

    def look_after(self, oracle, trials_left):
        """Takes the trials of dead workers back, and replaces those that were killed or left."""
        for name, process in list(self.processes.items()):
            code = process.poll()
            if code is None:
                continue
            del self.processes[name]
            process.stdin.close()
            oracle.give_up(name)
            self.deaths += code < 0
            if code <= 0 and self.deaths < _DEATHS:
                if trials_left and not self.tuner.is_over():
                    self.processes.update([self.hire()])
            elif code and not self.processes and not oracle.ongoing_trials:
                log = (self.folder / f"{name}.log").read_text("utf-8", "replace").strip()
                last = log.splitlines()[-1] if log else f"exit code {code}"
                raise RuntimeError(f"All workers have failed; the last one said: {last}")

    def dismiss(self):
        for process in self.processes.values():
            process.stdin.close()
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_FAREWELL)
            process.kill()
            process.wait()


def _start_server(servicer, address, token):
    parse_address(address, "address")
    # Without this option two searches could listen at one port.
    options = [("grpc.so_reuseport", 0)]
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(max_workers=8),
        interceptors=[Guard(token)],
        options=options,
    )
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    try:
        server.add_insecure_port(address)
    except RuntimeError:
        raise ValueError(
            f"`address` {address} cannot be listened at: is the port taken, and the host this one?"
        ) from None
    server.start()
    return server


def _wait_for_chief(address, patience):
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(patience)
        except grpc.FutureTimeoutError:
            raise TimeoutError(
                f"No chief has answered at {address} for {patience} seconds. Is it running, with "
                "this address, and can this machine reach it?"
            ) from None


@contextlib.contextmanager
def _heartbeat(tuner, patience):
    """Lets the chief hear of the worker while it trains; ends the worker if the chief is gone."""
    over = threading.Event()

    def beat():
        while not over.wait(patience / 6):
            try:
                if tuner.trial_id is not None:
                    tuner.oracle.get_trial(tuner.trial_id)
            except grpc.RpcError:
                tuner.lost_chief = True
                os.kill(os.getpid(), signal.SIGINT)
                return

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
