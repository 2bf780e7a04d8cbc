"""What pages and interfaces say is so."""
