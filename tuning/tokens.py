"""The secret by which the chief of a search knows its workers."""

import functools
import hmac
import os
import pathlib
import secrets

import grpc
from keras_tuner.src import protos  # the chief's service has no public place
from keras_tuner.src.distribute import oracle_client

from zoo.whole_files import write_whole

VARIABLE = "SEQZOO_TUNE_TOKEN"
_FILE = "token"
_KEY = "seqzoo-token"  # of the metadata of a call


def token_of(directory, make=False):
    """The secret of a search.

    It is that of the environment variable SEQZOO_TUNE_TOKEN, else that in the file `token` of the
    search's folder, which chief and workers share and only its owner can read.

    Args:
        directory: Folder of the search.
        make: Whether to make the file if there is none.

    Raises:
        FileNotFoundError: If there is none.
    """
    if token := os.environ.get(VARIABLE, "").strip():
        return token
    file = pathlib.Path(directory, _FILE)
    if make and not file.exists():
        file.touch(0o600)
        write_whole(file, secrets.token_hex(32) + "\n")
    if not file.exists():
        raise FileNotFoundError(
            f"`directory` {directory} has no file {_FILE}, by which the chief knows its workers: "
            f"is it the folder of the chief's search? Else set {VARIABLE} to the same value for "
            "both."
        )
    return file.read_text("utf-8").strip()


class Guard(grpc.ServerInterceptor):
    """Lets the calls through that have the token."""

    def __init__(self, token):
        self.token = token.encode("utf-8")

        def deny(request, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no token of this search")

        self.denial = grpc.unary_unary_rpc_method_handler(deny)

    def intercept_service(self, continuation, handler_call_details):
        metadata = dict(handler_call_details.invocation_metadata)
        found = str(metadata.get(_KEY, "")).encode("utf-8")
        if hmac.compare_digest(found, self.token):
            return continuation(handler_call_details)
        return self.denial


def show_token(token, address):
    """Lets Keras Tuner's workers of this process show the token to their chief.

    Raises:
        PermissionError: If the chief at this address has another.
    """
    oracle_client.OracleClient = functools.partial(_Client, token)
    try:
        request = protos.get_service().GetSpaceRequest()
        _stub(address, token).GetSpace(request, wait_for_ready=True, timeout=60)
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.UNAUTHENTICATED:
            raise
        raise PermissionError(
            f"The chief at {address} has another token: `directory` must be that of its search, or "
            f"{VARIABLE} the same for both."
        ) from None


def _stub(address, token):
    channel = grpc.intercept_channel(grpc.insecure_channel(address), _WithToken(token))
    return protos.get_service_grpc().OracleStub(channel)


_KerasClient = oracle_client.OracleClient


class _Client(_KerasClient):
    def __init__(self, token, oracle):
        super().__init__(oracle)
        host, port = (os.environ[f"KERASTUNER_ORACLE_{name}"] for name in ("IP", "PORT"))
        self.stub = _stub(f"{host}:{port}", token)


class _WithToken(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, token):
        self.token = token

    def intercept_unary_unary(self, continuation, client_call_details, request):
        details = _Details(client_call_details, [(_KEY, self.token)])
        return continuation(details, request)


class _Details(grpc.ClientCallDetails):
    """Those of a call, with metadata."""

    def __init__(self, details, metadata):
        self.method, self.timeout = details.method, details.timeout
        self.credentials, self.compression = details.credentials, details.compression
        self.wait_for_ready = details.wait_for_ready
        self.metadata = [*(details.metadata or ()), *metadata]
