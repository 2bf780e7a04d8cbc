"""The standards, a table of clauses each, on a token as it is deployed."""
