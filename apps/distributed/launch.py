"""The processes of a training on this machine."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from apps.distributed.rendezvous import free_address

_LINES = 15  # of the output of a process that failed
_PATIENCE = 10  # seconds for a process to end after it was asked to
_COMMAND = "from apps.distributed.launch import child; child()"


def launch(arguments, processes):
    """Runs the command `seqzoo` in several processes, which find each other on loopback.

    Process 0 writes where this process does. If one fails the others are ended, and so are all if
    this process ends.

    Args:
        arguments: List of the arguments of `seqzoo`, to which those of a single process are added.
        processes: Number of processes.

    Raises:
        ChildProcessError: If one of them fails.
    """
    coordinator = free_address()
    children = []
    # As if by Ctrl-C: the children are ended on the way out.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with tempfile.TemporaryDirectory() as folder:
            outputs = [pathlib.Path(folder, str(process_id)) for process_id in range(processes)]
            for process_id, output in enumerate(outputs):
                own = ["--coordinator", coordinator, "--process-id", str(process_id)]
                children.append(_start([*arguments, *own], output if process_id else None))
            _wait(children, outputs)
    finally:
        _end(children)
        signal.signal(signal.SIGTERM, before)


def _start(arguments, output):
    """A child whose output goes into a file, or where that of this process goes."""
    command = [sys.executable, "-c", _COMMAND]
    # What Keras finds there when it is imported.
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    with open(output or os.devnull, "wb") as file:
        streams = {"stdout": file, "stderr": subprocess.STDOUT} if output else {}
        return subprocess.Popen(
            [*command, *map(str, arguments)], env=environment, stdin=subprocess.PIPE, **streams
        )


def child():
    """What each process runs: the command, which ends with the process that has started it."""
    end_with_parent()
    from apps.cli.commands import main

    main()


def end_with_parent():
    """Ends this process when the one that has started it, and holds its standard input, is gone."""

    def watch():
        os.read(sys.stdin.fileno(), 1)  # nothing comes until that process is gone
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _wait(children, outputs):
    """Returns when all have ended well."""
    while True:
        codes = [process.poll() for process in children]
        failed = [process_id for process_id, code in enumerate(codes) if code]
        if failed:
            raise ChildProcessError(_failure(failed[0], codes, outputs))
        if None not in codes:
            return
        time.sleep(0.1)


def _failure(process_id, codes, outputs):
    code = codes[process_id]
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    text = f"process {process_id} of {len(codes)} {how}; the others were ended."
    if process_id == 0:
        return f"{text} Its output is above."
    lines = outputs[process_id].read_text("utf-8", "replace").splitlines()[-_LINES:]
    return "\n".join([f"{text} Its last lines:", *lines]) if lines else f"{text} It wrote nothing."


def _end(children):
    for process in children:
        process.stdin.close()
        if process.poll() is None:
            process.terminate()
    for process in children:
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
