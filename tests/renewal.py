"""Processes of the tests that do not grow for ever: TensorFlow keeps what it has compiled.

With workers (`pytest -n 2`) each runs its tests in a fork of itself. One that has grown beyond
`LIMIT` ends with the file that it is at, and the next file gets a new one.
"""

import multiprocessing
import os
import pathlib
import sys
import traceback
import warnings

import pytest

LIMIT = 1.0e9  # bytes


class Renewal:
    """Plugin of a worker."""

    def __init__(self, at_start, at_end):
        self.at_start, self.at_end = at_start, at_end
        self.fork, self.path = None, None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        if self.fork and item.path != self.path and memory(self.fork.process) > LIMIT:
            self.end()
        if not self.fork:
            self.fork = Fork(item.session, self)
        self.path = item.path
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        try:
            for report in self.fork.run(item, nextitem):
                item.ihook.pytest_runtest_logreport(report=report)
        except EOFError:
            status = self.end()
            item.ihook.pytest_runtest_logreport(report=_of_a_crash(item, status))
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def pytest_sessionfinish(self):
        if self.fork:
            self.end()

    def end(self):
        """Ends the fork; gives its exit status."""
        status, self.fork = self.fork.end(), None
        return status


class Fork:
    """A process that runs those tests of a session that it is told."""

    def __init__(self, session, renewal):
        self.config, self.numbers = (
            session.config,
            {item: i for i, item in enumerate(session.items)},
        )
        from tensorflow.python.eager import context  # that it has begun has no public place

        if context.context()._initialized:
            raise RuntimeError("Tensors beside tests have started TensorFlow: a fork would hang.")
        self.connection, there = multiprocessing.Pipe()
        with warnings.catch_warnings():
            # Of other threads: there is the one of xdist, which waits.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process = os.fork()
        if not self.process:
            self.connection.close()
            status = 1
            try:
                _serve(session, renewal, there)
                status = 0
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(status)
        there.close()

    def run(self, item, nextitem):
        """Its reports, as they come; EOFError if the process ends."""
        try:
            self.connection.send((self.numbers[item], self.numbers.get(nextitem)))
            while (report := self.connection.recv()) is not None:
                yield self.config.hook.pytest_report_from_serializable(
                    config=self.config, data=report
                )
        except OSError as error:
            raise EOFError from error

    def end(self):
        """Waits until it has torn down what the tests left, and ended; gives its exit status."""
        self.connection.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def memory(process):
    """Bytes that a process holds; 0 where that is not told."""
    file = pathlib.Path(f"/proc/{process}/statm")
    return int(file.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if file.exists() else 0


def _serve(session, renewal, connection):
    config = session.config
    config.pluginmanager.unregister(renewal)
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "WorkerInteractor":  # which would report, too
            config.pluginmanager.unregister(plugin)
    config.pluginmanager.register(_Reports(config, connection))
    renewal.at_start()
    try:
        while True:
            item, nextitem = (
                None if number is None else session.items[number] for number in connection.recv()
            )
            config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            connection.send(None)
    except EOFError:
        session._setupstate.teardown_exact(None)
        renewal.at_end()


class _Reports:
    def __init__(self, config, connection):
        self.config, self.connection = config, connection

    def pytest_runtest_logreport(self, report):
        self.connection.send(
            self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        )


def _of_a_crash(item, status):
    report = pytest.TestReport(
        item.nodeid, item.location, {}, "failed", f"the process of the test ended: {status}", "call"
    )
    report.cpu_seconds = 0.0
    return report
