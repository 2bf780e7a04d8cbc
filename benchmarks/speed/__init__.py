"""How fast the library sends, signs and reads, beside other ways on the same machine."""
