"""Step three: employment, its payer, and the catalogue of payers."""
