"""What only the plans of projects do, however an engine keeps them: images built and verified, verbs over what is there."""
