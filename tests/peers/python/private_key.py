"""Tries to take a private key out of a PKCS#11 token, with nothing but ctypes between it and the module.

private_key.py MODULE TOKEN_LABEL PIN_FILE ID_IN_HEX
Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
"""
import ctypes
import sys
from ctypes import Structure, byref, c_char_p, c_ubyte, c_ulong, c_void_p, cast, sizeof

module, token_label, pin_file, key_id = sys.argv[1:]
OK, ATTRIBUTE_SENSITIVE = 0x00, 0x11
CLASS, LABEL, VALUE, KEY_TYPE, ID, EXTRACTABLE, PRIVATE_EXPONENT, PRIME_1 = 0x0, 0x3, 0x11, 0x100, 0x102, 0x162, 0x123, 0x124
PRIVATE_KEY, RSA = 3, 0
RW_SERIAL_SESSION, USER = 0x6, 1


class Attribute(Structure):
    _fields_ = [("type", c_ulong), ("value", c_void_p), ("length", c_ulong)]


lib = ctypes.CDLL(module)


def call(name, *arguments):
    return getattr(lib, name)(*arguments)


def must(name, *arguments):
    answer = call(name, *arguments)
    if answer != OK:
        raise RuntimeError(f"{name}: 0x{answer:x}")


def attribute(kind, value):
    return Attribute(kind, cast(byref(value), c_void_p), sizeof(value))


def open_session():
    count = c_ulong(64)
    slots = (c_ulong * 64)()
    must("C_GetSlotList", c_ubyte(1), slots, byref(count))
    for slot in slots[:count.value]:
        info = (c_ubyte * 256)()  # CK_TOKEN_INFO begins with the label: 32 bytes, padded with blanks
        must("C_GetTokenInfo", c_ulong(slot), info)
        if bytes(info[:32]).decode().rstrip() == token_label:
            session = c_ulong()
            must("C_OpenSession", c_ulong(slot), c_ulong(RW_SERIAL_SESSION), None, None, byref(session))
            return session
    raise RuntimeError(f"no token {token_label}")


def find_private_key(session):
    kind, identity = c_ulong(PRIVATE_KEY), (c_ubyte * (len(key_id) // 2))(*bytes.fromhex(key_id))
    template = (Attribute * 2)(attribute(CLASS, kind), attribute(ID, identity))
    must("C_FindObjectsInit", session, template, c_ulong(2))
    found, count = (c_ulong * 2)(), c_ulong()
    must("C_FindObjects", session, found, c_ulong(2), byref(count))
    must("C_FindObjectsFinal", session)
    if count.value != 1:
        raise RuntimeError(f"{count.value} keys")
    return c_ulong(found[0])


def read(session, key, kind):
    buffer = (c_ubyte * 1024)()
    wanted = attribute(kind, buffer)
    answer = call("C_GetAttributeValue", session, key, byref(wanted), c_ulong(1))
    return answer, bytes(buffer)


failed = False


def check(name, holds, why):
    global failed
    failed |= not holds
    print(f"ok {name}" if holds else f"FAIL {name} {why}")


must("C_Initialize", None)
session = open_session()
with open(pin_file, "rb") as file:
    pin = file.read().strip()
must("C_Login", session, c_ulong(USER), c_char_p(pin), c_ulong(len(pin)))
key = find_private_key(session)

answer, key_type = read(session, key, KEY_TYPE)
secrets = (PRIVATE_EXPONENT, PRIME_1) if int.from_bytes(key_type[:sizeof(c_ulong)], sys.byteorder) == RSA else (VALUE,)
results = [read(session, key, secret) for secret in secrets]
check("private_value_is_sensitive", all(found == (ATTRIBUTE_SENSITIVE, bytes(1024)) for found in results), results)
check("public_part_is_readable", answer == OK and read(session, key, LABEL)[0] == OK, hex(answer))  # so the refusal above means something
change = attribute(EXTRACTABLE, c_ubyte(1))
answer = call("C_SetAttributeValue", session, key, byref(change), c_ulong(1))
check("extractable_cannot_be_set", answer != OK, hex(answer))
must("C_Finalize", None)
sys.exit(failed)
