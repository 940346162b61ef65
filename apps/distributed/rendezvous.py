"""Where the processes of a training find each other, before JAX connects them.

JAX ends a process that waits in vain, or whose partner is a wrong one, without words that help.
"""

import contextlib
import json
import socket
import time

_PAUSE = 0.2  # seconds between two attempts to connect
_LINE = 65536  # bytes of a message at most


def parse_address(address, argument="coordinator"):
    """Host and port of `"HOST:PORT"`, or of `"[HOST]:PORT"` with IPv6.

    Raises:
        ValueError: If it is none; the message names the argument.
    """
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(
            f"`{argument}` must be an address such as '10.0.0.1:1234', with a port from 1 to "
            f"65535, got {address!r}."
        )
    return host, int(port)


def free_address():
    """An address on loopback with a port that nothing listens to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def meet(coordinator, process_id, ticket, timeout):
    """Returns when all processes have called it with the same ticket, each with its own id.

    Args:
        coordinator: Address of process 0, `"HOST:PORT"`.
        process_id: The id of this process, from 0.
        ticket: What all must agree on, a dictionary that can be written as JSON, with the number of
            `processes` in it.
        timeout: Seconds to wait for the others.

    Raises:
        TimeoutError: If the others do not come.
        ValueError: If one has another ticket, or the same id.
        OSError: If process 0 cannot listen to the address.
    """
    address = parse_address(coordinator)
    deadline = time.monotonic() + timeout
    if process_id:
        _visit(address, process_id, ticket, deadline, timeout)
    else:
        _receive(address, ticket, deadline, timeout)


def _receive(address, ticket, deadline, timeout):
    """Waits until all others have come, and lets them go on together."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(_listen(address))
        guests = {}
        while len(guests) < ticket["processes"] - 1:
            server.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                guest = stack.enter_context(server.accept()[0])
            except TimeoutError:
                missing = sorted(set(range(1, ticket["processes"])) - set(guests))
                problem = f"Within {timeout:g} seconds no process came with `process_id` {missing}."
                _answer(guests.values(), problem)
                raise TimeoutError(problem) from None
            message = _read(guest)
            if message is None:
                continue  # some stranger
            problem = _problem(message, ticket, guests)
            if problem:
                _answer([*guests.values(), guest], problem)
                raise ValueError(problem)
            guests[message["process_id"]] = guest
        _answer(guests.values(), "")


def _visit(address, process_id, ticket, deadline, timeout):
    """Goes to process 0 and waits until all are there."""
    silent = f"`coordinator` {_text(address)} did not answer within {timeout:g} seconds"
    while True:
        try:
            host = socket.create_connection(address, max(deadline - time.monotonic(), 0.001))
            break
        except OSError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{silent}: {error}. Is process 0 started there?") from None
            time.sleep(_PAUSE)
    with host:
        host.sendall(json.dumps({"process_id": process_id, "ticket": ticket}).encode() + b"\n")
        host.settimeout(max(deadline - time.monotonic(), 0.001) + 1)  # process 0 tells it first
        answer = _read(host)
    if answer is None:
        raise TimeoutError(f"{silent} as process 0 of a training would.")
    if answer["problem"]:
        raise ValueError(answer["problem"])


def _listen(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=128)
    except OSError as error:
        raise OSError(
            "`coordinator` must be an address of the machine of process 0, with a free port, got "
            f"{_text(address)}: {error}."
        ) from None


def _problem(message, ticket, guests):
    """What is wrong with one who came, or an empty string."""
    own = message["process_id"]
    if own in guests:
        return f"`process_id` must be another for each process, got {own} twice."
    for name, value in ticket.items():
        other = message["ticket"].get(name)
        if other != value:
            return (
                f"`{name}` must be the same in all processes, got {value!r} in process 0 and "
                f"{other!r} in process {own}."
            )
    return ""


def _read(connection):
    """The message that came in, or `None` if none did."""
    try:
        with connection.makefile("rb") as file:
            return json.loads(file.readline(_LINE))
    except (OSError, ValueError):
        return None


def _answer(guests, problem):
    for guest in guests:
        with contextlib.suppress(OSError):
            guest.sendall(json.dumps({"problem": problem}).encode() + b"\n")


def _text(address):
    return f"{address[0]}:{address[1]}"
