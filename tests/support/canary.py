# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The forms in which a secret is looked for where none should be."""
import base64
import urllib.parse

FIVE = {"client_secret", "code", "code_verifier", "access_token", "refresh_token"}


def forms(secret):
    """As it is, URL-encoded, and in base64 at each of the three places that it can begin at."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for skipped in range(3):
        encoded = base64.b64encode(b"\0" * skipped + secret.encode())
        whole = encoded[-(-skipped * 4 // 3):len(encoded) // 4 * 4 - 4]  # what depends on the secret alone
        yield whole
        yield whole.replace(b"+", b"-").replace(b"/", b"_")
