import pycountry
import pytest

from deposit_token.values.countries import country_numeric
from tests.refusals import refuses


@pytest.mark.parametrize(
    ("alpha_2", "numeric"),
    [("HK", 344), ("CN", 156), ("GB", 826), ("JE", 832), ("AF", 4), ("GR", 300)],
)
def test_known_country(alpha_2, numeric):
    assert country_numeric(alpha_2) == numeric


def test_every_country_has_a_number_of_its_own():
    codes = [country.alpha_2 for country in pycountry.countries]
    assert len(codes) > 240
    assert len({country_numeric(code) for code in codes}) == len(codes)


@pytest.mark.parametrize("alpha_2", ["ZZ", "hk", "HKG", "344", "", "UK", "EU", None, 344])
def test_unknown_alpha_2_is_refused(alpha_2):
    with refuses("country", alpha_2, "an ISO 3166-1 alpha-2 code in capital letters, such as HK"):
        country_numeric(alpha_2)
