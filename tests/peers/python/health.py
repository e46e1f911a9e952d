"""Asks grpc.health.v1 with Debian's grpcio, over stubs that Debian's protoc makes here and now.

Usage: health.py HOST:PORT REPOSITORY
The server serves as "library", does not serve as "broken" nor, therefore, as a whole, and knows no other name.
"""

import importlib
import pathlib
import subprocess
import sys
import tempfile
import traceback

import grpc

address, repository = sys.argv[1:]
protos = pathlib.Path(repository) / "src/Standins/Grpc.AspNetCore/Protos"
TIMEOUT = 10
failed = False


def load(folder):
    subprocess.run(["protoc", f"-I{protos}", f"--python_out={folder}", "grpc/health/v1/health.proto"], check=True)
    # The folder grpc/ of the generated module would hide the package grpc.
    sys.path.insert(0, str(pathlib.Path(folder) / "grpc/health/v1"))
    return importlib.import_module("health_pb2")


def check(name, body):
    global failed
    try:
        body()
        print(f"ok {name}")
    except Exception:  # whatever it is, the test shows it
        failed = True
        print(f"FAIL {name} {traceback.format_exc()}")


def expect(wanted, found):
    if wanted != found:
        raise AssertionError(f"expected {wanted}, got {found}")


with tempfile.TemporaryDirectory() as folder, grpc.insecure_channel(address) as channel:
    pb = load(folder)
    Response = pb.HealthCheckResponse
    options = dict(request_serializer=pb.HealthCheckRequest.SerializeToString, response_deserializer=Response.FromString)
    check_health = channel.unary_unary("/grpc.health.v1.Health/Check", **options)
    watch_health = channel.unary_stream("/grpc.health.v1.Health/Watch", **options)

    def status_of(service):
        return check_health(pb.HealthCheckRequest(service=service), timeout=TIMEOUT).status

    def first_watched(service):
        stream = watch_health(pb.HealthCheckRequest(service=service), timeout=TIMEOUT)
        status = next(stream).status
        stream.cancel()
        return status

    def unknown_is_not_found():
        try:
            status_of("unknown")
        except grpc.RpcError as error:
            expect(grpc.StatusCode.NOT_FOUND, error.code())
        else:
            raise AssertionError("no error")

    check("check-mapped-service", lambda: expect(Response.SERVING, status_of("library")))
    check("check-broken-service", lambda: expect(Response.NOT_SERVING, status_of("broken")))
    check("check-whole-server", lambda: expect(Response.NOT_SERVING, status_of("")))
    check("check-unknown-service", unknown_is_not_found)
    check("watch-mapped-service", lambda: expect(Response.SERVING, first_watched("library")))
    check("watch-broken-service", lambda: expect(Response.NOT_SERVING, first_watched("broken")))
    check("watch-unknown-service", lambda: expect(Response.SERVICE_UNKNOWN, first_watched("unknown")))

sys.exit(1 if failed else 0)
