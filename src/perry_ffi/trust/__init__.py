"""Whether an image is signed as a policy asks: policies, evidence, and what an engine may be given."""
