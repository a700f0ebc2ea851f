"""What gathers the facts: small readers, each with a bound; what cannot be read is told as such, or left out."""
