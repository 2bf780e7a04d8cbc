"""What a node asks of its clients: headers, bearer tokens and certificates."""

import os
import re
import subprocess

from requests import PreparedRequest, Session
from requests.auth import AuthBase

from deposit_token.chain.profile import BearerToken, Certificate, NetworkProfile
from deposit_token.errors import InputError, Unauthorised

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_COMMAND_WITHIN = 60.0
"""Seconds that a command may take to print a bearer token."""


class Bearer(AuthBase):
    """Puts a bearer token on every request (RFC 6750)."""

    def __init__(self, source: BearerToken) -> None:
        self._source = source
        self._token: str | None = None

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._token is None:
            self._token = self._read()
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def renew(self) -> None:
        """Read the token anew for the next request."""
        self._token = None

    def _read(self) -> str:
        """Raises Unauthorised, without the token, if there is none."""
        try:
            if self._source.file is not None:
                found = self._source.file.read_text()
            else:
                found = subprocess.run(
                    self._source.command or (),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=True,
                    text=True,
                    timeout=_COMMAND_WITHIN,
                ).stdout
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            place = self._source.file or (self._source.command or ("",))[0]
            raise Unauthorised(
                f"bearer token: found none by {place} ({type(error).__name__}), accepted is one "
                "that the network's profile says how to get."
            ) from None
        token = found.strip()
        if not re.fullmatch(r"[!-~]+", token):
            raise Unauthorised(
                "bearer token: found an empty one, or one of several words, accepted is one of "
                "printable ASCII."
            )
        return token


def open_session(profile: NetworkProfile) -> Session:
    """A session that shows each server what the profile says, and goes by the environment's proxies
    and authorities as they are now.

    Raises InputError for a variable that is not in the environment, and a certificate without file.
    """
    session = Session()
    # Else requests looks through the environment, and for a .netrc, at every request.
    found = session.merge_environment_settings(profile.url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    session.headers["User-Agent"] = "deposit-token"
    session.headers["Content-Type"] = "application/json"
    for name, value in profile.headers.items():
        session.headers[name] = _header(name, value)
    if profile.token is not None:
        session.auth = Bearer(profile.token)
    if profile.certificate is not None:
        _show(session, profile.certificate)
    return session


def _header(name: str, value: str) -> str:
    found = with_variables(f"header {name}", value)
    if not re.fullmatch(r"[!#-'*+.0-9A-Z^-z|~-]+", name) or not re.fullmatch(r"[ -~]*", found):
        raise InputError("header", name, "a name without blanks, and a value of printable ASCII")
    return found


def with_variables(field: str, text: str) -> str:
    """The text with each `${NAME}` replaced by what is in the environment.

    >>> os.environ["NODE_KEY"] = "k-1"
    >>> with_variables("header X-Key", "${NODE_KEY}")
    'k-1'
    """
    for name in _VARIABLE.findall(text):
        if name not in os.environ:
            raise InputError(field, f"${{{name}}}", "a variable that is in the environment")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], text)


def _show(session: Session, certificate: Certificate) -> None:
    for field, path in certificate:
        if path is not None and not path.is_file():
            raise InputError(f"certificate.{field}", str(path), "a PEM file that is there")
    own = str(certificate.file)
    session.cert = own if certificate.key is None else (own, str(certificate.key))
    if certificate.authority is not None:
        session.verify = str(certificate.authority)
