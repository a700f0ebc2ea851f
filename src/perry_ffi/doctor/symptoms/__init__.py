"""The symptoms: each one small function, from the facts to what is wrong and how it is mended; none looks at anything else."""
