"""The signatures that an act brings: whose they have to be, of what, and who has made them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_hash.backends.pysha3 import keccak256 as keccak

from deposit_token.errors import InputError
from deposit_token.protocol.signatures import key_signature
from deposit_token.protocol.structs import Domain, Message
from deposit_token.values.fields import with_checksum

if TYPE_CHECKING:
    from deposit_token.chain.chain import Chain


@dataclass(frozen=True)
class Consent:
    """A signature, and what it has to be one of."""

    who: str
    """Who has to have made it, for messages, such as `payer`."""
    signer: str
    """The address of these; zero for the approver of a bank, whom its policy knows, and where
    nobody has to sign."""
    signature: bytes
    message: Callable[[Domain], Message] = field(compare=False, repr=False)
    """What is signed for an act of the escrow with this domain."""
    token: str | None = None
    """Of the token whose domain it is signed in; None for the escrow's."""
    approved_token: str | None = None
    """Of the token whose bank's approver it is."""
    until: int | None = None
    """When it ends by its own message, in Unix seconds; None if it does with the payment."""

    def digest(self, escrow: Domain, domain_of: Callable[[str], Domain]) -> bytes:
        """The 32 bytes that are signed, by the domains of the escrow and of each token."""
        domain = escrow if self.token is None else domain_of(self.token)
        return self.message(escrow).digest(domain)


def consents_among(arguments: tuple[Any, ...]) -> Iterator[Consent]:
    """The signatures among an act's arguments, or in tuples among them."""
    for argument in arguments:
        if isinstance(argument, Consent):
            yield argument
        elif isinstance(argument, tuple):
            yield from consents_among(argument)


def with_signatures(
    arguments: tuple[Any, ...], signature_of: Callable[[Consent], bytes]
) -> tuple[Any, ...]:
    """An act's arguments as its function takes them, each signature by the bytes that this gives
    for it."""

    def plain(argument: Any) -> Any:
        if isinstance(argument, tuple):
            return with_signatures(argument, signature_of)
        return signature_of(argument) if isinstance(argument, Consent) else argument

    return tuple(map(plain, arguments))


def in_the_form_to_send(
    chain: "Chain", consent: Consent, signer: str, digest: bytes, may_sign: Callable[[str], bool]
) -> bytes:
    """A key's signature as the contracts take it, and that of a contract's wallet as it is.

    `may_sign` says of an address whether its key counts as the signer's. Raises InputError if no
    such key has made it and no contract at `signer` could take it (ERC-1271).
    """
    form = key_signature(consent.signature)
    by = signer_of(digest, form)
    if by is not None and may_sign(by):
        return form
    if chain.has_code(signer):
        return consent.signature
    accepted = f"one by the {consent.who} {signer} under what is to be done"
    raise InputError(f"{consent.who} signature", made_by(digest, consent.signature), accepted)


def made_by(digest: bytes, signature: bytes) -> str:
    """Who has made what was given as a signature of a digest, for messages.

    >>> made_by(bytes(32), b""), made_by(bytes(32), bytes(63))
    ('none', 'one of no key, 63 bytes')
    """
    if not signature:
        return "none"
    by = signer_of(digest, key_signature(signature))
    return (
        f"one by {by}, or under something else" if by else f"one of no key, {len(signature)} bytes"
    )


def signer_of(digest: bytes, signature: bytes) -> str | None:
    """The address whose key made a signature of 65 bytes; None if no key did, as for a contract's.

    >>> signer_of(bytes(32), bytes(65)) is None
    True
    """
    # Whoever sends has loaded it, and others need not wait for it.
    from coincurve import PublicKey

    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    try:
        recoverable = signature[:64] + bytes([signature[64] - 27])
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError:
        return None
    return with_checksum(keccak(key.format(compressed=False)[1:])[-20:])
