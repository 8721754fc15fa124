"""The invented payers."""

from stdnum.co import nit

from vinculo.simulation.payers import payers


def test_payers_have_valid_tax_ids() -> None:
    known = payers()

    assert len({payer.tax_id for payer in known}) == len(known) == 20
    for payer in known:
        assert nit.is_valid(payer.tax_id)
