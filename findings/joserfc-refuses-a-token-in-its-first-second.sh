#!/usr/bin/env bash
# joserfc 1.8.0: a JSON Web Token that says to a fraction of a second when it was issued, and is used at once
#
# Expected: it is good from then on: RFC 7519 section 2 has numbers with a fraction, joserfc takes them, and PyJWT writes what
#           time.time() says
# Seen:     joserfc cuts the fraction off its own time and not off the token's, so until the second is over the token "was
#           issued in the future" or "is not yet valid". A token that was fetched for a call is refused with it, on the average
#           for half a second, and whoever looks into it finds it good. PyJWT 2.15.1 takes it at once; a whole number is good
#           at once with either
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet joserfc==1.8.0 pyjwt==2.15.1 || exit 2
cat >try.py <<'PYTHON'
import sys
import time

import joserfc.jwk
import joserfc.jwt
import jwt

KEY = "a key of thirty-two bytes or more for tests"

def with_joserfc(token):
    claims = joserfc.jwt.decode(token, joserfc.jwk.OctKey.import_key(KEY), algorithms=["HS256"]).claims
    joserfc.jwt.JWTClaimsRegistry().validate(claims)

readers = {"PyJWT": lambda token: jwt.decode(token, KEY, algorithms=["HS256"]), "joserfc": with_joserfc}

def judged(read, token):
    try:
        read(token)
    except Exception as error:
        return str(error).split(": ")[-1]
    return "good"

def in_one_second(read, claim):
    """Issue two tokens and judge them within the same second, which takes another try where it has just ended."""
    while True:
        issued = time.time()
        tokens = [jwt.encode({claim: moment}, KEY) for moment in (issued, int(issued))]
        time.sleep(0.01)
        verdicts = [judged(read, token) for token in tokens]
        if int(time.time()) == int(issued) < issued:
            return tokens[0], int(issued), *verdicts

seen = {}
for claim in ("iat", "nbf"):
    for library, read in readers.items():
        token, second, fraction, whole = in_one_second(read, claim)
        while int(time.time()) == second:
            time.sleep(0.01)
        seen[claim, library] = (fraction, judged(read, token), whole)
        print(f"{library}, {claim} with a fraction: at once {fraction}; in the next second {seen[claim, library][1]}")
wanted = {
    ("iat", "PyJWT"): ("good",) * 3,
    ("nbf", "PyJWT"): ("good",) * 3,
    ("iat", "joserfc"): ("The token was issued in the future", "good", "good"),
    ("nbf", "joserfc"): ("The token is not yet valid", "good", "good"),
}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
