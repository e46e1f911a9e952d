"""Drives the real server with grpcio (grpc-core), a gRPC that is not ours, over descriptors that protoc makes here and now.

/usr/bin/python3 service.py HOST:PORT REPOSITORY HOST:PORT_OF_A_SERVER_THAT_IS_NOT_READY
Expects a key set "python" with one ES256 key. Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

import grpc
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

address, repository, crippled = sys.argv[1:]
TIMEOUT = 20
FOLDERS = [pathlib.Path(repository) / folder for folder in ("protos", "src/Standins/Google.Rpc", "src/Standins/Grpc.AspNetCore/Protos")]
FILES = [f"keyservice/v1/{name}_service.proto" for name in ("signing", "jwks", "key_set")] + [
    "google/rpc/error_details.proto", "grpc/health/v1/health.proto", "grpc/reflection/v1/reflection.proto"]


def load_pool():
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run(
            ["protoc", *(f"-I{folder}" for folder in FOLDERS), "--include_imports", f"--descriptor_set_out={output.name}", *FILES], check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(output.read())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


pool = load_pool()
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


def stub(channel, service, method):
    descriptor = pool.FindServiceByName(service).FindMethodByName(method)
    kind = {"WatchJwks": channel.unary_stream, "ServerReflectionInfo": channel.stream_stream}.get(method, channel.unary_unary)
    return kind(
        f"/{service}/{method}",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=factory.GetPrototype(descriptor.output_type).FromString), factory.GetPrototype(descriptor.input_type)


channel = grpc.insecure_channel(address)


def call(service, method, /, on=channel, **fields):
    send, request = stub(on, service, method)
    return send(request(**fields), timeout=TIMEOUT)


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verifies(kid, digest, signature):
    keys = call("keyservice.v1.JwksService", "GetJwks", key_set="python").jwks.keys
    (jwk,) = [key for key in keys if key.kid == kid]
    x, y = (int.from_bytes(decode(part), "big") for part in (jwk.x, jwk.y))
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    try:
        ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().verify(
            encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except InvalidSignature:
        return False
    return True


def expect(wanted, found):
    if wanted != found:
        raise AssertionError(f"expected {wanted}, got {found}")


def failure(body):
    try:
        body()
    except grpc.RpcError as error:
        return error
    raise AssertionError("it succeeded")


def sign():
    digest = hashlib.sha256(b"some bytes").digest()
    answer = call("keyservice.v1.SigningService", "Sign", key_set="python", digest=digest)
    expect("ES256", answer.algorithm)
    expect(True, verifies(answer.kid, digest, answer.signature))
    expect(False, verifies(answer.kid, hashlib.sha256(b"some other bytes").digest(), answer.signature))


def sign_jwt():
    claims = '{"b":1,"a":9007199254740993,"exp":%d}' % (time.time() + 60)
    answer = call("keyservice.v1.SigningService", "SignJwt", key_set="python", claims_json=claims)
    header, payload, signature = answer.jwt.split(".")
    expect({"alg": "ES256", "kid": answer.kid, "typ": "JWT"}, json.loads(decode(header)))
    expect(claims, decode(payload).decode())
    expect(True, verifies(answer.kid, hashlib.sha256(f"{header}.{payload}".encode()).digest(), decode(signature)))


def sign_batch():
    items = [{"message": b"item %d" % i} for i in range(20)]
    items[7] = {"digest": b"abc"}
    results = call("keyservice.v1.SigningService", "SignBatch", key_set="python", items=items).results
    expect(["error" if i == 7 else "signed" for i in range(20)], [result.WhichOneof("outcome") for result in results])
    expect(grpc.StatusCode.INVALID_ARGUMENT.value[0], results[7].error.code)
    for item, result in zip(items, results):
        if "message" in item:
            expect(True, verifies(result.signed.kid, hashlib.sha256(item["message"]).digest(), result.signed.signature))


def watch_and_rotate():
    stream = call("keyservice.v1.JwksService", "WatchJwks", key_set="python")
    first = next(stream)
    rotated = call("keyservice.v1.KeySetService", "Rotate", key_set="python", request_id="from-python").key_set
    second = next(stream)
    stream.cancel()
    expect(len(first.jwks.keys) + 1, len(second.jwks.keys))
    expect(rotated.revision, second.revision)
    expect(rotated, call("keyservice.v1.KeySetService", "Rotate", key_set="python", request_id="from-python").key_set)


def get_key_set():
    key_set = call("keyservice.v1.KeySetService", "GetKeySet", key_set="python").key_set
    expect(("python", "ES256"), (key_set.name, key_set.spec.signers[0].algorithm))
    expect("KEY_STATE_ACTIVE", type(key_set.keys[0]).DESCRIPTOR.fields_by_name["state"].enum_type.values_by_number[key_set.keys[0].state].name)


def error_details():
    error = failure(lambda: call("keyservice.v1.SigningService", "Sign", key_set="absent", message=b"a"))
    expect(grpc.StatusCode.NOT_FOUND, error.code())
    status = message("google.rpc.Status").FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    expect((error.code().value[0], error.details()), (status.code, status.message))
    details = {any.type_url.rpartition(".")[2]: any.value for any in status.details}
    info = message("google.rpc.ErrorInfo").FromString(details["ErrorInfo"])
    expect(("keyservice", "KEY_SET_NOT_FOUND"), (info.domain, info.reason))
    expect("key_set", message("google.rpc.BadRequest").FromString(details["BadRequest"]).field_violations[0].field)


def health():
    def status_of(target, service=""):
        with grpc.insecure_channel(target) as other:
            return call("grpc.health.v1.Health", "Check", on=other, service=service).status

    expect(1, status_of(address))
    expect(2, status_of(crippled))
    expect(grpc.StatusCode.NOT_FOUND, failure(lambda: status_of(address, "no.such.Service")).code())


def reflection():
    send, request = stub(channel, "grpc.reflection.v1.ServerReflection", "ServerReflectionInfo")
    asked = [request(list_services=""), request(file_containing_symbol="keyservice.v1.KeySetService")]
    listed, found = list(send(iter(asked), timeout=TIMEOUT))
    names = {service.name for service in listed.list_services_response.service}
    expect(set(), {f"keyservice.v1.{name}Service" for name in ("Signing", "Jwks", "KeySet")} - names)
    files = [descriptor_pb2.FileDescriptorProto.FromString(file) for file in found.file_descriptor_response.file_descriptor_proto]
    expect(True, any(service.name == "KeySetService" for file in files for service in file.service))


failed = False
for check in (sign, sign_jwt, sign_batch, watch_and_rotate, get_key_set, error_details, health, reflection):
    try:
        check()
        print(f"ok {check.__name__}")
    except Exception:  # whatever it is, the test shows it
        failed = True
        print(f"FAIL {check.__name__} {traceback.format_exc()}")
channel.close()
sys.exit(failed)
