"""Verifies tokens with PyJWT and, where PyJWT does not know the algorithm's name, with cryptography alone.

/usr/bin/python3 verify.py CASES
CASES is a JSON file: a list of {name, url, token, alg, issuer, genuine}. Prints "ok NAME" or "FAIL NAME why" for each;
ends with 1 when any failed. A forged token must fail by its signature, not for another reason.
"""
import base64
import functools
import json
import sys
import urllib.request

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@functools.cache
def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["keys"]


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def key_of(url, token):
    kid = jwt.get_unverified_header(token)["kid"]
    (jwk,) = [jwk for jwk in fetch(url) if jwk["kid"] == kid]
    return jwk


def claims_by_pyjwt(case):
    jwk = key_of(case["url"], case["token"])
    return jwt.decode(case["token"], jwt.PyJWK(jwk).key, algorithms=[case["alg"]], issuer=case["issuer"])


def claims_by_cryptography(case):
    """PyJWT 2.6 knows Ed25519 under its older name only."""
    jwk = key_of(case["url"], case["token"])
    assert (jwk["kty"], jwk["crv"], jwk["alg"]) == ("OKP", "Ed25519", "Ed25519"), jwk
    signing_input, _, signature = case["token"].rpartition(".")
    Ed25519PublicKey.from_public_bytes(decode(jwk["x"])).verify(decode(signature), signing_input.encode())
    header, payload = (json.loads(decode(part)) for part in signing_input.split("."))
    assert header["alg"] == "Ed25519", header
    return payload


def verify(case):
    claims = claims_by_cryptography if case["alg"] == "Ed25519" else claims_by_pyjwt
    try:
        subject = claims(case)["sub"]
    except (jwt.InvalidSignatureError, InvalidSignature) as error:
        return "" if not case["genuine"] else repr(error)
    except Exception as error:  # whatever it is, the test shows it
        return repr(error)
    if not case["genuine"]:
        return "a forged token verified"
    return "" if subject == case["alg"] else f"sub {subject}"


failed = False
with open(sys.argv[1], encoding="utf-8") as cases:
    for case in json.load(cases):
        why = verify(case)
        failed |= bool(why)
        print(f"FAIL {case['name']} {why}" if why else f"ok {case['name']}")
sys.exit(failed)
