"""One command in a hardened container that is gone afterwards: what it may do, its isolation, its life, its end."""
