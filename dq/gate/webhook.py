"""verdict.json, posted to the address that the option webhook names."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from dq.gate.verdict import Verdict, verdict_json
from dq.options import bare_address

TIMEOUT = 10.0
"""Seconds that connecting may take, and then each wait for the answer."""


def post_verdict(verdict: Verdict, address: str, *, timeout: float = TIMEOUT) -> str | None:
    """Posts verdict.json to an http or https address; returns why it did not arrive, or None where it did.

    It has arrived where the answer is of the 200s; the answer's body is not read. No redirect is followed: after most
    of them the verdict would be lost, as they turn a POST into a GET, and one may lead to another host or scheme. What
    is returned names the address by scheme and host only, as its path may be a secret. Never raises for what the other
    side does or fails to do.
    """
    body = verdict_json(verdict).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "dq"}
    request = Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - the option takes no other scheme
    try:
        with _opener().open(request, timeout=timeout):
            return None
    except HTTPError as error:
        error.close()
        reason = f"it answered {error.code}{REDIRECTED if error.code in REDIRECTS else ''}"
    except (OSError, HTTPException, ValueError) as error:  # ValueError: a host's name that cannot be encoded
        reason = _told(error, timeout)
    return f"the verdict was not delivered to {bare_address(address)}: {reason}"


REDIRECTS = range(300, 400)
REDIRECTED = ", a redirect, and dq follows none: name the new address"


def _opener() -> OpenerDirector:
    """What opens http and https addresses, through a proxy where the environment names one, and nothing else.

    urllib's own opener also follows redirects, and reads files and FTP.
    """
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    return opener


def _told(error: Exception, timeout: float) -> str:
    """Why there was no answer; never an error's whole text, which may hold the address."""
    cause = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {timeout:g} seconds"
    return (isinstance(cause, OSError) and cause.strerror) or type(cause).__name__
