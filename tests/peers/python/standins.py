"""Drives the echo service of tests/KeyService.Standins.Tests with grpcio (grpc-core), a gRPC that is not ours.

/usr/bin/python3 standins.py HOST:PORT HOST:PORT_OF_A_COMPRESSING_SERVER PROTO
Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
"""
import concurrent.futures
import importlib
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

import grpc

target, compressing_target, proto = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
generated = tempfile.TemporaryDirectory()
subprocess.run(["protoc", f"--proto_path={proto.parent}", f"--python_out={generated.name}", proto.name], check=True)
sys.path.insert(0, generated.name)
echo = importlib.import_module(f"{proto.stem}_pb2")

PATIENCE = 10  # seconds


class Stub:
    """The service's methods over one channel."""

    def __init__(self, address, **options):
        self.channel = grpc.insecure_channel(address, **options)
        for method in echo.DESCRIPTOR.services_by_name["EchoService"].methods:
            streams = (method.name in ("ClientStream", "Duplex"), method.name in ("ServerStream", "Duplex"))
            make = {
                (False, False): self.channel.unary_unary,
                (False, True): self.channel.unary_stream,
                (True, False): self.channel.stream_unary,
                (True, True): self.channel.stream_stream,
            }[streams]
            setattr(self, method.name, make(
                f"/standins.v1.EchoService/{method.name}",
                request_serializer=lambda message: message.SerializeToString(),
                response_deserializer=getattr(echo, method.output_type.name).FromString))


class Proxy:
    """Passes bytes on until it is cut."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.sockets = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        host, port = target.split(":")
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            far = socket.create_connection((host, int(port)))
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass  # being cut is what it is for

    def cut(self):
        for each in self.sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side was faster
        self.sockets = []


stub = Stub(target)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def failure(call, code):
    try:
        call()
    except grpc.RpcError as error:
        expect(error.code() == code, f"expected {code}, got {error.code()} {error.details()}")
        return error
    raise AssertionError(f"expected {code}, got OK")


def cancelled(call_id):
    stub.AwaitCancelled(echo.AwaitCancelledRequest(id=call_id), timeout=PATIENCE)


def unary():
    response = stub.Unary(echo.EchoRequest(text="hello", payload=b"\7" * 100_000), timeout=PATIENCE)
    expect(response.text == "hello" and response.payload == b"\7" * 100_000, "another answer")


def server_streaming():
    messages = list(stub.ServerStream(echo.StreamRequest(count=2000, payload_size=10_000), timeout=PATIENCE * 2))
    expect([message.text for message in messages] == [str(i) for i in range(2000)], "another order")
    expect(all(len(message.payload) == 10_000 for message in messages), "another size")


def client_streaming():
    response = stub.ClientStream((echo.EchoRequest(text=text) for text in "abc"), timeout=PATIENCE)
    expect(response.text == "a,b,c", f"answer is {response.text}")


def duplex_streaming():
    messages = stub.Duplex((echo.EchoRequest(text=text) for text in "abc"), timeout=PATIENCE)
    expect([message.text for message in messages] == ["a", "b", "c"], "another answer")


def deadline():
    request = echo.EchoRequest(behaviour=echo.BEHAVIOUR_HANG, id="py-deadline")
    failure(lambda: stub.Unary(request, timeout=0.2), grpc.StatusCode.DEADLINE_EXCEEDED)
    cancelled("py-deadline")


def cancellation():
    call = stub.ServerStream(echo.StreamRequest(count=1, hang=True, id="py-cancel"))
    next(call)
    call.cancel()
    failure(lambda: next(call), grpc.StatusCode.CANCELLED)
    cancelled("py-cancel")


def gzip():
    payload = b"compressible " * 20_000
    compressing = Stub(compressing_target)
    response = compressing.Unary(echo.EchoRequest(payload=payload), compression=grpc.Compression.Gzip, timeout=PATIENCE)
    expect(response.payload == payload, "another payload")
    compressing.channel.close()


def binary_metadata():
    sent = (("x-bytes-bin", b"\x00\xff\x01\xfe"), ("x-bytes-bin", b"\5"), ("x-text", "value"))
    _, call = stub.Unary.with_call(
        echo.EchoRequest(behaviour=echo.BEHAVIOUR_REFLECT_METADATA), metadata=sent, timeout=PATIENCE)
    for place in (call.initial_metadata(), call.trailing_metadata()):
        received = [(key, value) for key, value in place if key.startswith("x-")]
        expect(sorted(received, key=repr) == sorted(sent, key=repr), f"received {received}")


def error_details():
    request = echo.EchoRequest(behaviour=echo.BEHAVIOUR_FAIL_WITH_DETAILS)
    error = failure(lambda: stub.Unary(request, timeout=PATIENCE), grpc.StatusCode.NOT_FOUND)
    expect(error.details() == "no key set ‘ä’, 100%", f"message is {error.details()}")
    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    expect(b"KEY_SET_NOT_FOUND" in details, "no details")


def handler_exception():
    request = echo.EchoRequest(behaviour=echo.BEHAVIOUR_THROW)
    error = failure(lambda: stub.Unary(request, timeout=PATIENCE), grpc.StatusCode.UNKNOWN)
    expect(error.details() == "Exception was thrown by handler.", f"message is {error.details()}")


def unknown_method():
    call = stub.channel.unary_unary("/standins.v1.EchoService/Nothing")
    failure(lambda: call(b"", timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)


def too_large():
    request = echo.EchoRequest(payload=bytes(4 * 1024 * 1024 + 1))
    failure(lambda: stub.Unary(request, timeout=PATIENCE), grpc.StatusCode.RESOURCE_EXHAUSTED)
    stub.Unary(echo.EchoRequest(text="after"), timeout=PATIENCE)


def hundred_streams():
    def count(i):
        return len(list(stub.ServerStream(echo.StreamRequest(count=50, payload_size=100 * i), timeout=PATIENCE * 2)))

    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        counts = list(pool.map(count, range(100)))
    expect(counts == [50] * 100, f"counts are {counts}")


def connection_cut():
    proxy = Proxy()
    through = Stub(proxy.address)
    call = through.ServerStream(echo.StreamRequest(count=1, hang=True, id="py-cut"))
    next(call)
    proxy.cut()
    failure(lambda: next(call), grpc.StatusCode.UNAVAILABLE)
    cancelled("py-cut")
    through.Unary(echo.EchoRequest(text="again"), timeout=PATIENCE, wait_for_ready=True)
    through.channel.close()


failed = False
for check in (unary, server_streaming, client_streaming, duplex_streaming, deadline, cancellation, gzip, binary_metadata,
              error_details, handler_exception, unknown_method, too_large, hundred_streams, connection_cut):
    try:
        check()
        print(f"ok {check.__name__}", flush=True)
    except Exception as error:  # each check reports by itself
        failed = True
        print(f"FAIL {check.__name__} {type(error).__name__}: {error}", flush=True)
stub.channel.close()
sys.exit(1 if failed else 0)
