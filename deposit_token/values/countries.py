"""Countries: ISO 3166-1 codes, alphabetic at the edges, numeric in the registry."""

import pycountry

from deposit_token.errors import InputError


def country_numeric(alpha_2: str) -> int:
    """The numeric code of an alpha-2 code; raises InputError if ISO 3166-1 has none.

    >>> country_numeric("HK")
    344
    """
    country = pycountry.countries.get(alpha_2=alpha_2) if isinstance(alpha_2, str) else None
    # pycountry ignores case, the standard does not.
    if country is None or country.alpha_2 != alpha_2:
        accepted = "an ISO 3166-1 alpha-2 code in capital letters, such as HK"
        raise InputError("country", alpha_2, accepted)
    return int(country.numeric)
