"""Recording: redacts events, seals personal data and appends to the journal. No other package appends."""
